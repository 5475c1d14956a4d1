/* SPDX-License-Identifier: MIT
 * What the lab notes on its timeline: sockets that changed, packets, results of calls. */
#include "lab/lab_internal.h"
#include "base/system.h"
#include "base/text.h"
#include "lab/counting.h"
#include "lab/machine.h"
#include "lab/why.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RECEIVED_SHOWN = 40 };

void lab_say(struct lab *l, enum event_kind kind, const char *text)
{
	timeline_append(&l->timeline, (struct event){ .kind = kind, .side = NO_SIDE, .text = xstrdup(text) });
}

const char *lab_name_of_cookie(const struct lab *l, uint64_t cookie)
{
	const struct actor *a;

	TAILQ_FOREACH (a, &l->actors, link)
		if (actor_has_cookie(a, cookie))
			return a->name;
	return "";
}

struct note_ctx {
	struct lab *l;
	enum side side;
};

static void note_socket(void *ctx, const struct sock *was, const struct sock *is)
{
	struct note_ctx *n = ctx;
	struct event ev = { .kind = EV_SOCKET, .side = n->side };
	const struct sock *either = is ? is : was;

	assert(either); /* evidence_diff() never tells of nothing */

	ev.socket.appeared = !was;
	ev.socket.gone = !is;
	if (was)
		ev.socket.was = *was;
	if (is)
		ev.socket.is = *is;
	ev.socket.before =
		n->l->attaching && !was && !conns_find(&n->l->timeline.conns, n->side, &either->local, &either->remote);
	snprintf(ev.who, sizeof ev.who, "%s", lab_name_of_cookie(n->l, either->key.cookie));
	timeline_append(&n->l->timeline, ev);
}

/* Whose is this socket when both hosts are one? Its actor's; else the side on which its connection has this end. A
 * listener or a bound socket whose actor is gone counts as the server's. */
static enum side side_of_conn(const struct lab *l, const struct sock *s)
{
	return conns_find(&l->timeline.conns, CLIENT, &s->local, &s->remote) ? CLIENT : SERVER;
}

static enum side side_of(const struct lab *l, const struct sock *s)
{
	const struct actor *a;

	TAILQ_FOREACH (a, &l->actors, link)
		if (actor_has_cookie(a, s->key.cookie))
			return a->side;
	return side_of_conn(l, s);
}

/* All of a look at once, so that a thousand actors' sockets are not sought with each of a thousand actors. A socket is
 * held on one side only: the wire is between them. */
static void keep_side(const struct lab *l, struct evidence *ev, enum side side)
{
	struct cookies held[SIDES] = { { .n = 0 }, { .n = 0 } };
	const struct actor *a;
	size_t kept = 0;

	TAILQ_FOREACH (a, &l->actors, link)
		actor_add_cookies(a, &held[a->side]);
	for (size_t i = 0; i < ev->n; i++) {
		const struct sock *s = &ev->socks[i];
		bool others = cookies_have(&held[side_other(side)], s->key.cookie);

		if (cookies_have(&held[side], s->key.cookie) || (!others && side_of_conn(l, s) == side))
			ev->socks[kept++] = *s;
	}
	ev->n = kept;
	for (int i = 0; i < SIDES; i++)
		cookies_free(&held[i]);
}

/* `states`: as for diag_look(). */
static int look_for(struct lab *l, enum side side, state_set states, struct evidence *ev, struct err *e)
{
	if (diag_look(l->hosts[side].diag, states, ev, e) < 0)
		return -1;
	if (l->options.loopback)
		keep_side(l, ev, side);
	return 0;
}

int note_evidence(struct lab *l, enum side side, struct evidence *ev, struct err *e)
{
	return look_for(l, side, bound_states(l, side), ev, e);
}

/* The same, of which the next such look knows. */
static int look_next(struct lab *l, enum side side, struct evidence *now, struct err *e)
{
	state_set states = bound_states_now(l, side);

	if (look_for(l, side, states, now, e) < 0)
		return -1;
	if (states && !bound_comes_back(l, side, &l->seen[side], now))
		return 0;
	if (states && look_for(l, side, 0, now, e) < 0)
		return -1;
	bound_looked(l, side, now);
	return 0;
}

/* The look takes the place of the one before; what differs is told. */
static void replace_look(struct lab *l, enum side side, struct evidence *now)
{
	struct note_ctx n = { l, side };

	evidence_diff(&l->seen[side], now, note_socket, &n);
	evidence_free(&l->seen[side]);
	l->seen[side] = *now;
	l->dirty[side] = false;
}

/* One look is for both sides. */
static int look_at_machine(struct lab *l, struct err *e)
{
	struct evidence now[SIDES] = { { .n = 0 }, { .n = 0 } };

	int rc = machine_look(l, now, e);

	if (rc <= 0) /* 0: the last look still holds */
		return rc;
	for (int i = 0; i < SIDES; i++)
		replace_look(l, (enum side)i, &now[i]);
	return 0;
}

int note_look(struct lab *l, enum side side, struct err *e)
{
	struct evidence now = { 0 };

	if (l->options.machine)
		return look_at_machine(l, e);
	if (look_next(l, side, &now, e) < 0) {
		evidence_free(&now);
		return -1;
	}
	replace_look(l, side, &now);
	return 0;
}

int note_look_where_dirty(struct lab *l, struct err *e)
{
	for (int i = 0; i < SIDES; i++)
		if (l->dirty[i] && note_look(l, (enum side)i, e) < 0)
			return -1;
	return 0;
}

/* A program may have several: all of them are marked. */
static void mark_several(struct lab *l, const char *who)
{
	const struct actor *a = lab_find_actor(l, who);
	size_t n = 0;

	for (size_t i = 0; a && a->program && i < l->timeline.conns.n; i++)
		n += streq(l->timeline.conns.all[i]->end[CLIENT].who, who);
	for (size_t i = 0; n > 1 && i < l->timeline.conns.n; i++) {
		struct conn_end *end = &l->timeline.conns.all[i]->end[CLIENT];

		end->one_of = end->one_of || streq(end->who, who);
	}
}

/* A connection's end is called after the actor that holds its socket, so that connections can be told apart. */
static void name_end(struct lab *l, struct conn *c, enum side side)
{
	const struct evidence *ev = &l->seen[side];
	struct conn_end *end = &c->end[side];

	for (size_t i = 0; i < ev->n && !*end->who; i++) {
		if (!endpoint_equal(&ev->socks[i].local, &end->at) ||
		    !endpoint_equal(&ev->socks[i].remote, &c->end[side_other(side)].at))
			continue;
		snprintf(end->who, sizeof end->who, "%s", lab_name_of_cookie(l, ev->socks[i].key.cookie));
		if (side == CLIENT && *end->who)
			mark_several(l, end->who);
	}
}

struct event_packet lab_packet(const struct packet *p, enum fate fate)
{
	struct event_packet ep = { .number = p->number,
		                   .fate = fate,
		                   .seg = p->seg,
		                   .copies = p->copies,
		                   .resent = p->resent,
		                   .kept = span_since(p->seen) };

	if (p->conn) {
		ep.conn = p->conn->number;
		ep.rel_seq = conn_relative_seq(p->conn, p->from, p->seg.seq);
		ep.rel_ack = conn_relative_ack(p->conn, p->from, p->seg.ack);
		/* The RST that answers a SYN has 0 (RFC 9293 3.10.7.1): that is no number to be taken for another. */
		ep.seq_absolute = p->seg.seq && !conn_seq_is_relative(p->conn, p->from);
		ep.ack_absolute = p->seg.ack && !conn_ack_is_relative(p->conn, p->from);
		snprintf(ep.port_of, sizeof ep.port_of, "%s", p->conn->end[CLIENT].who);
	}
	return ep;
}

static void keep_bytes(const struct lab *l, struct event_packet *ep, const struct packet *p)
{
	if (!l->keep_bytes)
		return;
	ep->bytes = xcalloc(p->len, 1);
	ep->n_bytes = p->len;
	memcpy(ep->bytes, p->bytes, p->len);
}

static struct event packet_event(const struct lab *l, enum event_kind kind, const struct packet *p, enum fate fate)
{
	struct event ev = { .kind = kind, .side = p->from, .packet = lab_packet(p, fate) };

	keep_bytes(l, &ev.packet, p);
	return ev;
}

static void note_packet(struct lab *l, enum event_kind kind, const struct packet *p, enum fate fate)
{
	struct event ev = packet_event(l, kind, p, fate);

	ev.packet.cookie = counting_made_cookie(l, p);
	timeline_append(&l->timeline, ev);
}

/* The first packet of a connection on a shared device: sent by the actor whose socket has this address. */
static enum side packet_sender(void *ctx, const struct segment *s)
{
	struct lab *l = ctx;
	struct evidence ev = { 0 };
	enum side side = CLIENT;
	struct err e;

	if (diag_look(l->hosts[CLIENT].diag, DIAG_HASHED, &ev, &e) == 0)
		for (size_t i = 0; i < ev.n; i++)
			if (endpoint_equal(&ev.socks[i].local, &s->src) && endpoint_equal(&ev.socks[i].remote, &s->dst))
				side = side_of(l, &ev.socks[i]) == SERVER &&
				                       *lab_name_of_cookie(l, ev.socks[i].key.cookie)
				               ? SERVER
				               : CLIENT;
	evidence_free(&ev);
	return side;
}

static bool watched(const struct lab *l, const struct packet *p)
{
	return l->packets_in_burst < BURST_WATCHED || (p->seg.flags & (SYN | FIN | RST));
}

/* The sender's state before its packet goes on: what the packet says, its kernel has done already. */
static void packet_arrived(void *ctx, const struct packet *p)
{
	struct lab *l = ctx;
	struct err e;

	l->packets_in_burst++;
	if (watched(l, p))
		note_look(l, p->from, &e);
	if (p->conn) {
		name_end(l, p->conn, CLIENT);
		name_end(l, p->conn, SERVER);
	}
}

/* Not before what is on the timeline already, and not in the future, whatever the clocks say. */
void note_seen(struct lab *l, const struct packet *p, int64_t wall_ns)
{
	const struct timeline *tl = &l->timeline;
	struct span at = { wall_ns - tl->wall_ns }, now = span_since(tl->began),
		    last = tl->n ? tl->events[tl->n - 1]->at : span_s(0);

	if (!wall_ns || at.ns > now.ns)
		at = now;
	if (at.ns < last.ns)
		at = last;
	timeline_append_at(&l->timeline, packet_event(l, EV_PACKET, p, FATE_PASSED), at);
}

static void packet_seen(void *ctx, const struct packet *p, enum fate fate)
{
	note_packet(ctx, EV_PACKET, p, fate);
}

static void packet_released(void *ctx, const struct packet *p)
{
	note_packet(ctx, EV_RELEASED, p, FATE_PASSED);
}

static void packet_discarded(void *ctx, const struct packet *p)
{
	note_packet(ctx, EV_DISCARDED, p, FATE_DROPPED);
}

static void packet_delivered(void *ctx, const struct packet *p)
{
	struct lab *l = ctx;

	counting_ends(l, p);
	l->dirty[side_other(p->from)] = true;
}

static void packet_handed(void *ctx, const struct packet *p)
{
	counting_begins(ctx, p);
}

static void packet_again(void *ctx, const struct packet *copy, const struct packet *original)
{
	struct event ev = { .kind = EV_AGAIN, .side = copy->from, .packet = lab_packet(copy, FATE_HELD) };
	struct lab *l = ctx;

	ev.packet.number = original ? original->number : 0;
	ev.packet.copies = original ? original->copies : 0;
	keep_bytes(l, &ev.packet, copy);
	timeline_append(&l->timeline, ev);
}

/* --- results ------------------------------------------------------------------------------------------- */

/* The port of the listener that accepted; 0: not known. */
static uint16_t listening_port(const struct lab *l, const struct actor *a)
{
	const struct evidence *ev = &l->seen[a->side];
	uint64_t cookie = atomic_load(&a->page->listener_cookie);

	for (size_t i = 0; i < ev->n && cookie; i++)
		if (ev->socks[i].key.cookie == cookie)
			return ev->socks[i].local.port;
	return 0;
}

/* Which client was accepted; nothing where it is the only one. Another connection of another port may come from the
 * same port. */
static const char *accepted_client(const struct lab *l, const struct actor *a, const struct result *r)
{
	uint16_t port = a->page ? listening_port(l, a) : 0;

	for (size_t i = l->timeline.conns.n; i-- > 0;) {
		const struct conn *c = l->timeline.conns.all[i];

		if (endpoint_equal(&c->end[CLIENT].at, &r->reply.peer) && (!port || c->end[SERVER].at.port == port))
			return c->end[CLIENT].who;
	}
	return "";
}

static void result_text(const struct lab *l, const struct actor *a, struct buf *out, const struct result *r)
{
	const struct actor_reply *y = &r->reply;

	if (y->ret >= 0)
		buf_addf(out, "%lld", (long long)y->ret);
	else
		buf_addf(out, "-1 %s (%s)%s%s%s", errno_name(y->err), errno_text(y->err),
		         r->op == OP_LISTEN ? " from " : "", r->op == OP_LISTEN ? y->call : "",
		         r->op == OP_LISTEN ? "()" : "");
	if (r->op == OP_RECV && y->text_len) {
		buf_puts(out, " \"");
		text_escape(out, r->text, y->text_len < RECEIVED_SHOWN ? y->text_len : RECEIVED_SHOWN);
		buf_puts(out, y->ret > RECEIVED_SHOWN ? "…\"" : "\"");
	}
	if (r->op == OP_RECV && y->ret == 0)
		buf_puts(out, " (end of file)");
	if (r->op == OP_ACCEPT && y->ret >= 0 && *accepted_client(l, a, r))
		buf_addf(out, " (%s)", accepted_client(l, a, r));
}

static char *why_actor_failed(struct lab *l, const struct actor *a, const struct result *r)
{
	bool listens = r->op == OP_LISTEN || r->op == OP_ACCEPT || r->op == OP_CLOSE_LISTENER;
	struct failure f = { .call = r->reply.call,
		             .err = r->reply.err,
		             .side = a->side,
		             .who = a->name,
		             .fd = r->reply.fd,
		             .at = r->reply.at,
		             .reuse = r->reply.reuse };

	if (a->page && r->op != OP_LISTEN && r->op != OP_BIND)
		f.cookie = atomic_load(listens ? &a->page->listener_cookie : &a->page->conn_cookie);
	return why_failed(l, &f);
}

static void note_result(struct lab *l, const struct actor *a, const struct result *r)
{
	struct event ev = { .kind = EV_RESULT, .side = a->side }, *noted;
	struct buf text = { 0 };

	result_text(l, a, &text, r);
	ev.call = (struct event_call){ .id = r->id, .text = xstrdup(buf_text(&text)), .failed = r->reply.ret < 0 };
	snprintf(ev.who, sizeof ev.who, "%s", a->name);
	noted = timeline_append(&l->timeline, ev);
	if (r->reply.ret < 0)
		noted->call.why = why_actor_failed(l, a, r);
	buf_free(&text);
}

/* A connection that accept() gave away gets an actor of its own: A.2, A.3 … It adopts the descriptor; that
 * is the lab's doing and no system call of the story. */
static int hand_over(struct lab *l, struct actor *from, struct result *r, struct err *e)
{
	struct actor_cmd adopt = { .op = OP_ADOPT };
	char name[ACTOR_NAME + 16];
	struct actor *a;
	int rc = -1;

	if (*from->heir)
		snprintf(name, sizeof name, "%s", from->heir);
	else
		snprintf(name, sizeof name, "%s.%u", from->name, ++from->children + 1);
	a = lab_actor(l, name, e);
	if (a)
		rc = actor_command(a, &adopt, NULL, r->fd, ++l->last_call, "accept", false, e);
	close(r->fd);
	return rc;
}

static void note_adopted(struct lab *l, const struct actor *a, const struct result *r)
{
	struct event ev = { .kind = EV_NOTICE, .side = a->side };
	char text[80];

	snprintf(text, sizeof text, "%s takes this connection, as its descriptor %d", a->name, r->reply.fd);
	ev.text = xstrdup(text);
	timeline_append(&l->timeline, ev);
}

static int take_result(struct lab *l, struct actor *a, struct result *r, struct err *e)
{
	l->dirty[a->side] = true;
	if (r->op == OP_ADOPT) {
		note_adopted(l, a, r);
		return 0;
	}
	note_result(l, a, r);
	return r->fd >= 0 ? hand_over(l, a, r, e) : 0;
}

/* Takes what actors answered, in the order of their birth. */
int note_results(struct lab *l, struct err *e)
{
	struct actor *a;
	struct result r;
	int rc;

	TAILQ_FOREACH (a, &l->actors, link) {
		while (!a->program && (a->now.id || a->aside.id) && (rc = actor_collect(a, &r)) != 0) {
			if (rc < 0)
				return err_set(e,
				               "the process of actor %s is gone: killed from outside, or too few "
				               "descriptors (see 'ulimit -n')",
				               a->name);
			if (take_result(l, a, &r, e) < 0)
				return -1;
		}
	}
	return 0;
}

struct wire_hooks note_hooks(struct lab *l)
{
	return (struct wire_hooks){ l,
		                    packet_sender,
		                    packet_arrived,
		                    packet_seen,
		                    packet_released,
		                    packet_delivered,
		                    packet_discarded,
		                    packet_again,
		                    packet_handed };
}
