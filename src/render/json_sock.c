/* SPDX-License-Identifier: MIT
 * A socket in JSON. */
#include "render/json_sock.h"

void json_endpoint(struct json *j, const char *key, const struct endpoint *e)
{
	char text[ADDR_TEXT];

	endpoint_format(text, e);
	json_string(j, key, text);
}

static void age(struct json *j, const struct sock *s)
{
	if (s->age_is == AGE_UNKNOWN)
		return;
	json_number(j, "age_ns", s->age.ns);
	json_string(j, "age_is", age_is_word((enum age_is)s->age_is));
}

/* Until it fires, and how often it has fired: of none that runs both are 0. */
static void timer(struct json *j, const struct sock *s)
{
	json_string(j, "timer", sock_timer_name(s->timer));
	if (s->timer == TIMER_OFF || sock_timer_left_known(s))
		json_number(j, "timer_ns", s->timer_left.ns);
	json_number(j, "retrans", s->retrans);
}

void json_sock(struct json *j, const struct sock *s, unsigned want)
{
	if (s->key.cookie)
		json_id(j, "sock", s->key.cookie);
	json_id(j, "netns", s->key.netns);
	json_string(j, "state", tcp_state_name(s->state));
	json_endpoint(j, "local", &s->local);
	json_endpoint(j, "remote", &s->remote);
	json_number(j, "rq", s->rq);
	json_number(j, "sq", s->wq);
	if (s->state == TCP_LISTEN)
		json_number(j, "half_open", s->half_open);
	if (s->v6only)
		json_bool(j, "v6only", true);
	if (want & WANT_TIMER && s->timer != TIMER_UNKNOWN)
		timer(j, s);
	if (want & WANT_AGE)
		age(j, s);
	if (want & WANT_INODE && sock_tells(s, TOLD_INODE))
		json_number(j, "inode", s->inode);
	if (want & WANT_UID && sock_tells(s, TOLD_UID))
		json_number(j, "uid", s->uid);
	if (want & WANT_DROPS && sock_tells(s, TOLD_DROPS))
		json_number(j, "drops", s->drops);
	if (want & WANT_CGROUP && s->cgroup)
		json_id(j, "cgroup", s->cgroup);
}

void json_owners(struct json *j, const struct evidence *ev, const struct sock *s)
{
	json_open(j, "owners", '[');
	FOR_EACH_OWNER(o, ev, s)
	{
		const struct holder *h = holder_of(ev, o);

		json_open(j, NULL, '{');
		json_number(j, "pid", h->pid);
		if (h->tid != h->pid)
			json_number(j, "tid", h->tid);
		json_string(j, "comm", h->comm);
		json_number(j, "fd", o->fd);
		json_close(j, '}');
	}
	json_close(j, ']');
	if (!s->owner && s->no_owner)
		json_string(j, "no_owner", no_owner_info((enum no_owner)s->no_owner)->word);
}

void json_info(struct json *j, const struct sock_info *info)
{
	if (!info->known)
		return;
	for (int i = 0; i < SOCK_NUMBERS; i++) {
		int64_t n = sock_number(info, (enum sock_number)i);

		if (n != UNKNOWN)
			json_number(j, sock_number_info((enum sock_number)i)->name, n);
	}
	json_number(j, "options", info->options);
}
