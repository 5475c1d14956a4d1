/* SPDX-License-Identifier: MIT
 * A socket in JSON. */
#include "render/json_sock.h"

static void endpoint(struct json *j, const char *key, const struct endpoint *e)
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

void json_sock(struct json *j, const struct sock *s, unsigned want)
{
	if (s->key.cookie)
		json_id(j, "sock", s->key.cookie);
	json_id(j, "netns", s->key.netns);
	json_string(j, "state", tcp_state_name(s->state));
	endpoint(j, "local", &s->local);
	endpoint(j, "remote", &s->remote);
	json_number(j, "rq", s->rq);
	json_number(j, "sq", s->wq);
	if (s->state == TCP_LISTEN)
		json_number(j, "half_open", s->half_open);
	if (s->v6only)
		json_bool(j, "v6only", true);
	if (want & WANT_TIMER) {
		json_string(j, "timer", sock_timer_name(s->timer));
		json_number(j, "timer_ns", s->timer_left.ns);
		json_number(j, "retrans", s->retrans);
	}
	if (want & WANT_AGE)
		age(j, s);
	if (want & WANT_INODE)
		json_number(j, "inode", s->inode);
	if (want & WANT_UID)
		json_number(j, "uid", s->uid);
	if (want & WANT_DROPS)
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
	json_number(j, "rtt_us", info->rtt_us);
	json_number(j, "rttvar_us", info->rttvar_us);
	json_number(j, "rto_us", info->rto_us);
	json_number(j, "cwnd", info->cwnd);
	json_number(j, "mss", info->mss);
	json_number(j, "unacked", info->unacked);
	json_number(j, "lost", info->lost);
	json_number(j, "total_retrans", info->total_retrans);
	json_number(j, "options", info->options);
	json_number(j, "rcv_wnd", info->rcv_wnd);
	json_number(j, "snd_wnd", info->snd_wnd);
	json_number(j, "bytes_received", (int64_t)info->bytes_received);
	json_number(j, "last_snd_ms", info->last_snd_ms);
	json_number(j, "last_rcv_ms", info->last_rcv_ms);
	json_number(j, "last_ack_ms", info->last_ack_ms);
}
