/* SPDX-License-Identifier: MIT
 * Errors, and what they come from. */
#include "lab/why.h"
#include "lab/lab_internal.h"
#include "lab/sysctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* --- what is on the table ---------------------------------------------------------------------------------- */

/* Its socket as it was seen last; NULL: never. `*at`: by which event. */
static const struct sock *last_seen(const struct lab *l, uint64_t cookie, size_t *at)
{
	const struct timeline *tl = &l->timeline;

	for (size_t i = tl->n; cookie && i-- > 0;) {
		const struct event *e = tl->events[i];

		if (e->kind != EV_SOCKET)
			continue;
		*at = i;
		if (!e->socket.gone && e->socket.is.key.cookie == cookie)
			return &e->socket.is;
		if (e->socket.gone && e->socket.was.key.cookie == cookie)
			return &e->socket.was;
	}
	*at = tl->n;
	return NULL;
}

/* The same where it is there still. */
static const struct sock *is_now(const struct lab *l, uint64_t cookie)
{
	for (int side = 0; side < SIDES && cookie; side++)
		for (size_t i = 0; i < l->seen[side].n; i++)
			if (l->seen[side].socks[i].key.cookie == cookie)
				return &l->seen[side].socks[i];
	return NULL;
}

/* The connection that the call is about, by its socket; 0: not known. */
static unsigned conn_of(const struct lab *l, const struct failure *f)
{
	size_t at;
	const struct sock *s = last_seen(l, f->cookie, &at);
	const struct conn *c = s ? conns_find(&l->timeline.conns, f->side, &s->local, &s->remote) : NULL;

	return c ? c->number : 0;
}

static bool is_packet(const struct event *e)
{
	return (e->kind == EV_PACKET && fate_arrives(e->packet.fate)) || e->kind == EV_RELEASED;
}

static bool is_thrown(const struct timeline *tl, size_t i)
{
	const struct event *next = i + 1 < tl->n ? tl->events[i + 1] : NULL;

	return next && next->kind == EV_COUNTED && next->counted.number == tl->events[i]->packet.number &&
	       counted_info(next->counted.what)->thrown;
}

static bool is_of(const struct event *e, const struct failure *f, unsigned conn)
{
	return conn ? e->packet.conn == conn : f->at.port && endpoint_same(&e->packet.seg.src, &f->at);
}

/* The RST that came to it: the last one before its socket went. NULL: none was seen. */
static const struct event_packet *rst_of(const struct lab *l, const struct failure *f)
{
	const struct timeline *tl = &l->timeline;
	unsigned conn = conn_of(l, f);
	size_t i;

	last_seen(l, f->cookie, &i);
	if (i < tl->n && !tl->events[i]->socket.gone && tl->events[i]->socket.is.state != TCP_CLOSED)
		i = tl->n;
	while (i-- > 0) {
		const struct event *e = tl->events[i];

		if (is_packet(e) && e->side == side_other(f->side) && e->packet.seg.flags & RST && is_of(e, f, conn) &&
		    !is_thrown(tl, i))
			return &e->packet;
	}
	return NULL;
}

/* --- addresses ---------------------------------------------------------------------------------------------- */

static bool may_clash(const struct addr *a, const struct addr *b)
{
	return addr_is_any(a) || addr_is_any(b) || addr_equal(a, b);
}

/* How much a socket stands in the way of bind(). */
static int weight(const struct sock *s)
{
	return s->state == TCP_LISTEN ? 3 : s->state == TCP_BOUND ? 2 : 1;
}

/* Who holds this address in the namespace of `side`; a copy. `*n`: how many do. */
static bool find_holder(struct lab *l, const struct failure *f, struct sock *holder, size_t *n)
{
	const struct diag_ask ask = { .local = { f->at.port, f->at.port } };
	struct evidence all = { 0 };
	struct err e;

	*n = 0;
	if (!f->at.port || diag_dump(l->hosts[f->side].diag, &ask, &all, &e) < 0)
		all.n = 0;
	for (size_t i = 0; i < all.n; i++) {
		const struct sock *s = &all.socks[i];

		if (s->local.port != f->at.port || s->key.cookie == f->cookie ||
		    !may_clash(&s->local.addr, &f->at.addr))
			continue;
		if (!(*n)++ || weight(s) > weight(holder))
			*holder = *s;
	}
	evidence_free(&all);
	return *n > 0;
}

static void add_name(struct buf *b, const struct lab *l, const struct sock *s)
{
	const char *name = lab_name_of_cookie(l, s->key.cookie);

	if (*name)
		buf_addf(b, " of %s", name);
}

static void add_end(struct buf *b, const struct endpoint *at)
{
	struct endpoint plain = endpoint_plain(at);

	endpoint_add(b, &plain);
}

static void address_in_use(struct lab *l, const struct failure *f, struct buf *b)
{
	struct sock s = { .state = TCP_CLOSED };
	size_t n;

	if (!find_holder(l, f, &s, &n))
		return;
	add_end(b, &s.local);
	if (s.state == TCP_LISTEN)
		buf_puts(b, " is held by the listener");
	else if (s.state == TCP_BOUND)
		buf_puts(b, " is held by a bound socket");
	else
		buf_addf(b, " is held by a connection in %s", tcp_state_name(s.state));
	add_name(b, l, &s);
	if (n > 1)
		buf_addf(b, " and %zu more", n - 1);
	if (s.state == TCP_LISTEN && f->reuse > 0)
		buf_puts(b, ": SO_REUSEADDR does not help against a listener");
	else if (f->reuse == 0 && s.state != TCP_LISTEN)
		buf_puts(b, ", and this socket has no SO_REUSEADDR");
	else if (f->reuse > 0)
		buf_puts(b, ": SO_REUSEADDR must have been set on both, and is on this one");
}

static bool is_own_address(const struct lab *l, const struct failure *f)
{
	const struct host *h = &l->hosts[f->side];

	return addr_is_any(&f->at.addr) || addr_is_loopback(&f->at.addr) || addr_equal(&f->at.addr, &h->v4) ||
	       addr_equal(&f->at.addr, &h->v6);
}

/* net.ipv4.ip_local_port_range of that host. */
static bool port_range(struct lab *l, enum side side, int *from, int *to)
{
	struct buf text = { 0 };
	bool is;

	if (!l->options.machine && host_enter(&l->hosts[side]) < 0)
		return false;
	is = sysctl_read("net.ipv4.ip_local_port_range", &text) == 0 && sscanf(buf_text(&text), "%d %d", from, to) == 2;
	if (!l->options.machine && host_enter(&l->hosts[SERVER]) < 0)
		is = false;
	buf_free(&text);
	return is;
}

static size_t towards(struct lab *l, const struct failure *f)
{
	const struct diag_ask ask = { .remote = { f->at.port, f->at.port } };
	struct evidence all = { 0 };
	size_t n = 0;
	struct err e;

	if (diag_dump(l->hosts[f->side].diag, &ask, &all, &e) == 0)
		for (size_t i = 0; i < all.n; i++)
			n += all.socks[i].key.cookie != f->cookie && endpoint_same(&all.socks[i].remote, &f->at);
	evidence_free(&all);
	return n;
}

static void not_available(struct lab *l, const struct failure *f, struct buf *b)
{
	int from, to;
	size_t n;

	if (streq(f->call, "bind") || streq(f->call, "listen")) {
		if (l->options.machine || is_own_address(l, f))
			return;
		buf_addf(b, "the %s has no such address", side_name(f->side));
		return;
	}
	n = towards(l, f);
	if (!port_range(l, f->side, &from, &to) || n < (size_t)(to - from + 1))
		return;
	buf_addf(b, "all %d local ports (ip_local_port_range %d to %d) are taken towards ", to - from + 1, from, to);
	add_end(b, &f->at);
}

/* --- connections --------------------------------------------------------------------------------------------- */

/* Does somebody listen there? Of a host that is not ours that is not known. */
static enum truth is_listened(struct lab *l, const struct failure *f)
{
	const struct diag_ask ask = { .states = 1U << TCP_LISTEN };
	enum side there = f->side;
	struct evidence all = { 0 };
	bool found = false;
	struct err e;

	for (int i = 0; i < SIDES && !l->options.machine; i++)
		if (addr_equal(&f->at.addr, &l->hosts[i].v4) || addr_equal(&f->at.addr, &l->hosts[i].v6))
			there = (enum side)i;
	if (there == f->side && !addr_is_loopback(&f->at.addr) && !addr_is_any(&f->at.addr) &&
	    (l->options.machine || !is_own_address(l, f)))
		return TRUTH_UNKNOWN;
	if (diag_dump(l->hosts[there].diag, &ask, &all, &e) < 0)
		return TRUTH_UNKNOWN;
	for (size_t i = 0; i < all.n && !found; i++)
		found = all.socks[i].local.port == f->at.port && may_clash(&all.socks[i].local.addr, &f->at.addr);
	evidence_free(&all);
	return truth_of(found);
}

static void refused(struct lab *l, const struct failure *f, struct buf *b)
{
	const struct event_packet *rst = rst_of(l, f);
	enum truth listened = is_listened(l, f);

	if (rst)
		buf_addf(b, "the RST #%u", rst->number);
	if (listened != TRUTH_NO)
		return;
	buf_addf(b, "%snobody listens on ", rst ? ": " : "");
	add_end(b, &f->at);
}

static void reset(struct lab *l, const struct failure *f, struct buf *b)
{
	const struct event_packet *rst = rst_of(l, f);

	if (rst)
		buf_addf(b, "the RST #%u", rst->number);
}

static void broken_pipe(struct lab *l, const struct failure *f, struct buf *b)
{
	static const state_set sent_fin = 1U << TCP_FIN_WAIT1 | 1U << TCP_FIN_WAIT2 | 1U << TCP_CLOSING |
	                                  1U << TCP_LAST_ACK | 1U << TCP_TIME_WAIT;
	const struct sock *s = is_now(l, f->cookie);
	const struct event_packet *rst;

	if (s && state_set_has(sent_fin, s->state))
		buf_addf(b, "it has sent its FIN and is in %s: nothing may follow", tcp_state_name(s->state));
	else if (!s && (rst = rst_of(l, f)))
		buf_addf(b, "the RST #%u had ended the connection", rst->number);
}

/* What it sent since anything came last, and was not answered. */
static void timed_out(struct lab *l, const struct failure *f, struct buf *b)
{
	const struct timeline *tl = &l->timeline;
	unsigned conn = conn_of(l, f), sent = 0, first = 0, last = 0;
	size_t i = tl->n;

	while (conn && i-- > 0) {
		const struct event *e = tl->events[i];

		if ((e->kind != EV_PACKET && e->kind != EV_RELEASED) || e->packet.conn != conn)
			continue;
		if (is_packet(e) && e->side != f->side) {
			last = e->packet.number;
			break;
		}
		if (e->kind == EV_PACKET && e->side == f->side) {
			sent += 1 + e->packet.copies;
			first = e->packet.number;
		}
	}
	if (!sent)
		return;
	buf_addf(b, "%u packet%s, from #%u on, and no answer came", sent, sent == 1 ? "" : "s", first);
	if (last)
		buf_addf(b, " since #%u", last);
}

static void not_connected(struct lab *l, const struct failure *f, struct buf *b)
{
	const struct sock *s = is_now(l, f->cookie);
	const struct event_packet *rst;

	if (s && (s->state == TCP_LISTEN || s->state == TCP_BOUND || s->state == TCP_SYN_SENT))
		buf_addf(b, "its socket is in %s", tcp_state_name(s->state));
	else if (!s && (rst = rst_of(l, f)))
		buf_addf(b, "the RST #%u had ended its connection", rst->number);
	else if (!s && f->cookie)
		buf_puts(b, "its socket has no connection");
}

static void is_connected(struct lab *l, const struct failure *f, struct buf *b)
{
	const struct sock *s = is_now(l, f->cookie);

	if (!s || !s->remote.port)
		return;
	buf_puts(b, "its socket is connected to ");
	add_end(b, &s->remote);
	buf_addf(b, ", in %s", tcp_state_name(s->state));
}

/* accept() and a socket that does not listen. */
static void invalid(struct lab *l, const struct failure *f, struct buf *b)
{
	const struct sock *s = is_now(l, f->cookie);

	if (!streq(f->call, "accept") && !streq(f->call, "accept4"))
		return;
	if (s && s->state != TCP_LISTEN)
		buf_addf(b, "its socket does not listen: it is in %s", tcp_state_name(s->state));
	else if (!s && f->cookie)
		buf_puts(b, "its socket does not listen");
}

/* Who closed that descriptor before. */
static void bad_descriptor(struct lab *l, const struct failure *f, struct buf *b)
{
	const struct timeline *tl = &l->timeline;
	char text[32], when[SPAN_TEXT];

	snprintf(text, sizeof text, "close(%d)", f->fd);
	for (size_t i = tl->n; i-- > 0;) {
		const struct event *e = tl->events[i];

		if (e->kind != EV_CALL || !streq(e->call.text, text) || e->side != f->side)
			continue;
		span_format(when, e->at);
		buf_addf(b, "%s closed descriptor %d at %s", e->who, f->fd, when);
		return;
	}
}

static const struct {
	int err;
	void (*tell)(struct lab *l, const struct failure *f, struct buf *b);
} reasons[] = {
	{ EADDRINUSE, address_in_use }, { EADDRNOTAVAIL, not_available },
	{ ECONNREFUSED, refused },      { ECONNRESET, reset },
	{ ECONNABORTED, reset },        { EPIPE, broken_pipe },
	{ ETIMEDOUT, timed_out },       { ENOTCONN, not_connected },
	{ EISCONN, is_connected },      { EINVAL, invalid },
	{ EBADF, bad_descriptor },
};

char *why_failed(struct lab *l, const struct failure *f)
{
	struct buf b = { 0 };
	struct err e;

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (reasons[i].err != f->err)
			continue;
		note_look(l, f->side, &e);
		l->dirty[f->side] = true; /* as who called takes it to be */
		reasons[i].tell(l, f, &b);
	}
	return b.text;
}
