/* SPDX-License-Identifier: MIT
 * A socket's queues, owner and timer in words. */
#include "render/socket.h"
#include "render/ladder_internal.h"

#include <stdlib.h>

/* Which event, on which timeline, and what was shown of it before. */
struct place {
	struct view *v;
	const struct timeline *tl;
	size_t index;
};

static struct shown_queue *queue_shown(struct view *v, uint64_t cookie)
{
	for (size_t i = 0; i < v->n_queues; i++)
		if (v->queues[i].cookie == cookie)
			return &v->queues[i];
	v->queues = grow(v->queues, v->n_queues, &v->cap_queues, sizeof *v->queues);
	v->queues[v->n_queues] = (struct shown_queue){ .cookie = cookie };
	return &v->queues[v->n_queues++];
}

static void forget_queue(struct view *v, uint64_t cookie)
{
	for (size_t i = 0; i < v->n_queues; i++) {
		if (v->queues[i].cookie != cookie)
			continue;
		v->queues[i] = v->queues[--v->n_queues];
		return;
	}
}

/* Queues change with every packet; what counts is how they stand when all is quiet. */
static bool last_word(const struct place *at, uint64_t cookie)
{
	for (size_t i = at->index + 1; i < at->tl->n; i++) {
		const struct event *e = at->tl->events[i];

		if (e->kind == EV_SOCKET && !e->socket.gone && e->socket.is.key.cookie == cookie)
			return false;
	}
	return true;
}

static bool carries_data(const struct sock *s)
{
	return s->state == TCP_ESTABLISHED || s->state == TCP_CLOSE_WAIT;
}

/* After a half-close data still comes: an owner may read it. */
static bool may_receive(const struct sock *s)
{
	return carries_data(s) || (s->inode && (s->state == TCP_FIN_WAIT1 || s->state == TCP_FIN_WAIT2));
}

static void say(struct buf *b, const char *text)
{
	if (b->len)
		buf_puts(b, ", ");
	buf_puts(b, text);
}

static void add_queues(const struct place *at, struct buf *b, const struct sock *s)
{
	struct shown_queue *shown = queue_shown(at->v, s->key.cookie);
	char text[32];

	if (!may_receive(s) || !last_word(at, s->key.cookie))
		return;
	if (s->rq != shown->rq) {
		snprintf(text, sizeof text, "Recv-Q %u", s->rq);
		say(b, text);
	}
	if (carries_data(s) && s->wq != shown->wq) {
		snprintf(text, sizeof text, "Send-Q %u", s->wq);
		say(b, text);
	}
	shown->rq = s->rq;
	shown->wq = s->wq;
}

/* In the machine's own network there may be several. */
static void add_listener(const struct view *v, struct buf *b, const struct sock *s)
{
	char text[64], at[ADDR_TEXT];

	if (v->names[CLIENT]) {
		endpoint_format(at, &s->local);
		buf_puts(b, at);
		buf_puts(b, " ");
	}
	snprintf(text, sizeof text, "LISTEN %u/%u waiting", s->rq, s->wq);
	buf_puts(b, text);
	if (s->half_open) {
		snprintf(text, sizeof text, "%u half-open", s->half_open);
		say(b, text);
	}
}

static void add_bound(struct buf *b, const struct event_socket *es)
{
	char at[ADDR_TEXT];

	if (!es->appeared && es->was.state == TCP_BOUND)
		return;
	endpoint_format(at, &es->is.local);
	buf_addf(b, "BOUND to %s", at);
}

static bool orphan(const struct sock *s)
{
	return s->inode == 0 && (s->state == TCP_FIN_WAIT1 || s->state == TCP_CLOSING || s->state == TCP_LAST_ACK);
}

static void add_owner(struct buf *b, const struct event_socket *es)
{
	const struct sock *s = &es->is;
	bool had = !es->appeared && es->was.inode != 0;

	if (orphan(s)) {
		if (es->appeared || had || !orphan(&es->was))
			say(b, "no owner: closed by its process");
	} else if (carries_data(s) && s->inode == 0) {
		if (es->appeared || es->was.state == TCP_NEW_SYN_RECV)
			say(b, "no owner: not yet accepted");
	} else if (s->inode && !es->appeared && es->was.inode == 0 && carries_data(s)) {
		say(b, "accepted: now it has an owner");
	}
}

static void add_timer(struct buf *b, const struct event_socket *es)
{
	const struct sock *s = &es->is;
	struct buf timer = { 0 };

	if ((s->timer != TIMER_TIMEWAIT && s->timer != TIMER_PERSIST) ||
	    (!es->appeared && es->was.state == s->state && es->was.timer == s->timer))
		return;
	buf_puts(&timer, "timer ");
	sock_timer_text(&timer, s);
	if (s->state == TCP_FIN_WAIT2) /* the kernel gives it the same name */
		buf_puts(&timer, " (tcp_fin_timeout)");
	say(b, buf_text(&timer));
	buf_free(&timer);
}

/* A request or a connection that nobody accepted yet is told apart by its client. */
static void add_peer(const struct place *at, struct buf *b, enum side side, const struct sock *s)
{
	const struct conn *c = conns_find(&at->tl->conns, side, &s->local, &s->remote);
	char text[ACTOR_NAME + 8];

	if (side != SERVER || !c || !*c->end[CLIENT].who || streq(c->end[CLIENT].who, view_name(at->v, CLIENT)))
		return;
	snprintf(text, sizeof text, "of %s", c->end[CLIENT].who);
	say(b, text);
}

/* Of which, in front of what is said, where there are several that nothing else tells apart. */
static void put_port(const struct place *at, enum side side, const struct sock *s, struct buf *b)
{
	const struct conn *c = conns_find(&at->tl->conns, side, &s->local, &s->remote);
	uint16_t port = ladder_port(at->v, at->tl, c);
	char *said = port && b->len ? xstrdup(buf_text(b)) : NULL;

	if (!said)
		return;
	buf_clear(b);
	buf_addf(b, ":%u %s", port, said);
	free(said);
}

void socket_describe(struct view *v, const struct timeline *tl, size_t index, struct buf *b)
{
	const struct place place = { v, tl, index }, *at = &place;
	const struct event *e = tl->events[index];
	const struct event_socket *es = &e->socket;

	if (es->gone) {
		forget_queue(v, es->was.key.cookie);
		return;
	}
	if (es->is.state == TCP_LISTEN) {
		add_listener(v, b, &es->is);
		return;
	}
	if (es->is.state == TCP_BOUND) {
		add_bound(b, es);
		return;
	}
	add_owner(b, es);
	add_timer(b, es);
	add_queues(at, b, &es->is);
	put_port(at, e->side, &es->is, b);
	if (!*e->who && (b->len || es->appeared || es->was.state != es->is.state))
		add_peer(at, b, e->side, &es->is);
}

const char *view_name(const struct view *v, enum side side)
{
	return v->names[side] ? v->names[side] : side_name(side);
}

void view_free(struct view *v)
{
	free(v->queues);
	v->queues = NULL;
	v->n_queues = v->cap_queues = 0;
}
