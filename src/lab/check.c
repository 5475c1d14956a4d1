/* SPDX-License-Identifier: MIT
 * Each packet of the lab's timeline is told to four observers of its connection; at each quiet point their sets of
 * states are held against the sockets that the kernel has. A set must contain the truth.
 *
 * The kernel knows a socket by its addresses, so the connections between the same ports are taken together. No socket:
 * CLOSED, or LISTEN, where only the listener would answer. */
#include "lab/check.h"
#include "tcp/watch.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *name;
	const struct tcp_view *view;
} places[CHECK_VIEWS] = { [CHECK_CLIENT] = { "client", &tcp_view_client },
	                  [CHECK_SERVER] = { "server", &tcp_view_server },
	                  [CHECK_MIDDLE] = { "middle", &tcp_view_middle },
	                  [CHECK_TAP] = { "tap", &tcp_view_tap } };

/* One connection, as each place sees it. */
struct check_conn {
	const struct conn *conn;
	struct tcp_watch watch[CHECK_VIEWS];
	bool known[CHECK_VIEWS];            /* a packet of it was seen there */
	struct check_conn *older;           /* between the same ports, before it */
	bool replaced;                      /* there is a younger one */
	bool crashed[SIDES];                /* the end vanished, and its host has not spoken since */
	state_set said[CHECK_VIEWS][SIDES]; /* what was complained of last; 0: nothing */
	bool finished[SIDES];               /* no socket, and every place says so: counted once */
};

/* Verdicts at one quiet point. A line of a scenario makes several, while it waits; the last one counts, but what is
 * wrong at any of them is wrong. */
struct verdicts {
	struct check_count count[CHECK_VIEWS];
	unsigned long crashes, deferred, cookies, ended;
};

struct check {
	bool verbose;
	size_t next;               /* the first event that was not taken */
	unsigned packet;           /* the last one's number */
	struct check_conn **conns; /* by connection number, from 1 */
	size_t n, cap;
	struct verdicts sum, line; /* of all lines before; of the last quiet point of this one */
	char crashing[ACTOR_NAME]; /* who is about to vanish */
	struct buf said;
};

struct check *check_new(bool verbose)
{
	struct check *c = xcalloc(1, sizeof *c);

	c->verbose = verbose;
	return c;
}

void check_free(struct check *c)
{
	for (size_t i = 0; c && i < c->n; i++) {
		for (int v = 0; v < CHECK_VIEWS; v++)
			if (c->conns[i]->known[v])
				tcp_watch_free(&c->conns[i]->watch[v]);
		free(c->conns[i]);
	}
	if (!c)
		return;
	free(c->conns);
	buf_free(&c->said);
	free(c);
}

/* --- packets --------------------------------------------------------------------------------------------- */

static struct check_conn *same_ports(const struct check *c, const struct conn *conn)
{
	for (size_t i = c->n; i-- > 0;) {
		const struct conn *old = c->conns[i]->conn;

		if (endpoint_equal(&old->end[CLIENT].at, &conn->end[CLIENT].at) &&
		    endpoint_equal(&old->end[SERVER].at, &conn->end[SERVER].at))
			return c->conns[i];
	}
	return NULL;
}

static struct check_conn *followed_of(struct check *c, const struct lab *l, unsigned number)
{
	while (c->n < number) {
		struct check_conn *f = xcalloc(1, sizeof *f);

		f->conn = l->timeline.conns.all[c->n];
		f->older = same_ports(c, f->conn);
		if (f->older)
			f->older->replaced = true;
		c->conns = grow(c->conns, c->n, &c->cap, sizeof(struct check_conn *));
		c->conns[c->n++] = f;
	}
	return c->conns[number - 1];
}

/* The observer at a place; made when the place sees the first packet. */
static struct tcp_watch *watch_at(struct check_conn *f, int v, const struct event *e)
{
	struct tcp_watch *w = &f->watch[v];

	if (!f->known[v])
		tcp_watch_init(w, places[v].view, f->older && f->older->known[v] ? &f->older->watch[v] : NULL,
		               &e->packet.seg, e->side, e->at.ns);
	f->known[v] = true;
	return w;
}

/* Other connections of the same listener may wait for accept(): then its queue may be full. */
static bool crowded(const struct check *c, const struct check_conn *f, int v)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct check_conn *other = c->conns[i];

		if (other != f && other->known[v] && other->conn->end[SERVER].at.port == f->conn->end[SERVER].at.port &&
		    tcp_watch_may_wait(&other->watch[v]))
			return true;
	}
	return false;
}

/* A packet has left its sender: told to everybody who is between, or there. An injected one passes the tap only, as if
 * it had. */
static void left(struct check_conn *f, const struct event *e)
{
	static const bool sees[CHECK_VIEWS][SIDES] = { [CHECK_CLIENT] = { true, false },
		                                       [CHECK_SERVER] = { false, true },
		                                       [CHECK_MIDDLE] = { true, true },
		                                       [CHECK_TAP] = { true, true } };

	if (e->packet.fate != FATE_INJECTED)
		f->crashed[e->side] = false;
	for (int v = 0; v < CHECK_VIEWS; v++)
		if (sees[v][e->side] && (e->packet.fate != FATE_INJECTED || v == CHECK_TAP))
			tcp_watch_sent(watch_at(f, v, e), e->side, &e->packet.seg, e->packet.number, e->at.ns);
}

/* It has arrived. At the receiver's place it is seen for the first time, and was sent at some time before. */
static void arrived(const struct check *c, struct check_conn *f, const struct event *e)
{
	enum side to = side_other(e->side);
	int there = to == CLIENT ? CHECK_CLIENT : CHECK_SERVER;
	struct segment s = e->packet.seg;

	watch_at(f, there, e)->crowded = crowded(c, f, there);
	watch_at(f, CHECK_MIDDLE, e)->crowded = crowded(c, f, CHECK_MIDDLE);
	if (s.checksum_ok)
		tcp_watch_sent(watch_at(f, there, e), e->side, &s, e->packet.number, e->at.ns);
	tcp_watch_arrived(watch_at(f, there, e), to, &s, e->at.ns);
	tcp_watch_arrived(watch_at(f, CHECK_MIDDLE, e), to, &s, e->at.ns);
}

static void passed_on(const struct check *c, struct check_conn *f, const struct event *e)
{
	struct event whole = *e;

	if (e->packet.fate == FATE_CORRUPTED) /* as it left */
		whole.packet.seg.checksum_ok = true;
	if (e->packet.fate != FATE_DOUBLED) /* the wire's own copy was sent by nobody */
		left(f, &whole);
	if (fate_arrives(e->packet.fate))
		arrived(c, f, e);
	if (e->packet.fate == FATE_TWICE)
		arrived(c, f, e);
}

/* A crash is not on the wire: what its kernel no longer has is not compared until it speaks again. */
static void crashed(struct check *c, const struct lab *l, const struct event *e)
{
	const struct sock *was = &e->socket.was;
	const struct conn *conn = conns_find(&l->timeline.conns, e->side, &was->local, &was->remote);

	if (conn)
		followed_of(c, l, conn->number)->crashed[e->side] = true;
	*c->crashing = 0;
}

static void end_line(struct check *c)
{
	for (int v = 0; v < CHECK_VIEWS; v++) {
		c->sum.count[v].verdicts += c->line.count[v].verdicts;
		c->sum.count[v].single += c->line.count[v].single;
		c->sum.count[v].likely += c->line.count[v].likely;
	}
	c->sum.crashes += c->line.crashes;
	c->sum.deferred += c->line.deferred;
	c->sum.cookies += c->line.cookies;
	c->sum.ended += c->line.ended;
	c->line = (struct verdicts){ 0 };
}

/* Has this event a connection's end disappear? Of a descriptor that is still open a closed socket stays. */
static bool has_gone(const struct event *e)
{
	return e->kind == EV_SOCKET &&
	       (e->socket.gone || e->socket.is.state == TCP_CLOSED || e->socket.is.state == TCP_BOUND);
}

static void take(struct check *c, const struct lab *l, const struct event *e)
{
	struct check_conn *f;

	if (e->kind == EV_LINE)
		end_line(c);
	if (e->kind == EV_CALL && e->call.silent)
		snprintf(c->crashing, sizeof c->crashing, "%s", e->who);
	if (*c->crashing && streq(e->who, c->crashing) && has_gone(e))
		crashed(c, l, e);
	if ((e->kind != EV_PACKET && e->kind != EV_AGAIN && e->kind != EV_RELEASED) || !e->packet.conn)
		return;
	c->packet = e->packet.number;
	f = followed_of(c, l, e->packet.conn);
	if (e->kind == EV_PACKET)
		passed_on(c, f, e);
	else if (e->kind == EV_AGAIN)
		left(f, e);
	else
		arrived(c, f, e);
}

/* --- verdicts -------------------------------------------------------------------------------------------- */

enum { NO_SOCKET = 1 << TCP_CLOSED | 1 << TCP_LISTEN };

/* What the kernel has between these ports: TCP_CLOSED if nothing. */
static enum tcp_state truth(const struct lab *l, const struct conn *conn, enum side side)
{
	const struct evidence *ev = &l->seen[side];

	for (size_t i = 0; i < ev->n; i++) {
		const struct sock *s = &ev->socks[i];

		if (endpoint_same(&s->local, &conn->end[side].at) &&
		    endpoint_same(&s->remote, &conn->end[side_other(side)].at))
			return s->state == TCP_NEW_SYN_RECV ? TCP_SYN_RECV : s->state;
	}
	return TCP_CLOSED;
}

/* All connections between the same ports; no socket is one answer, whatever it is called. */
static state_set inferred(struct check_conn *f, int v, enum side side, int64_t now)
{
	state_set live = 0;
	bool may_be_none = true;

	for (; f; f = f->older) {
		state_set may;

		if (!f->known[v])
			continue;
		tcp_watch_until(&f->watch[v], now);
		may = f->watch[v].end[side].may;
		live |= may & ~NO_SOCKET;
		may_be_none = may_be_none && (may & NO_SOCKET);
	}
	return live | (may_be_none ? state_set_of(TCP_CLOSED) : 0);
}

/* Of the connections between the same ports the youngest one that is likely to have a socket. */
static enum tcp_state likely_of(const struct check_conn *f, int v, enum side side)
{
	enum tcp_state likely = TCP_CLOSED;

	for (; f && (NO_SOCKET >> likely & 1); f = f->older)
		likely = f->known[v] ? f->watch[v].end[side].likely : likely;
	return likely;
}

static void complain(struct check *c, const struct check_conn *f, int v, enum side side, state_set set,
                     enum tcp_state is)
{
	buf_addf(&c->said, "explain: %s: after packet #%u, connection %u, %s: inferred ", places[v].name, c->packet,
	         f->conn->number, side_name(side));
	state_set_text(&c->said, set, f->watch[v].end[side].likely);
	buf_addf(&c->said, ", the kernel says %s%s\n", tcp_state_name(is), state_set_has(set, is) ? "" : ": WRONG");
}

/* Did the host count such an event since the lab began? */
static bool counted(const struct lab *l, enum side side, const char *name)
{
	struct counters now = { 0 };
	const struct counter *found = NULL;
	bool twice, is;

	if (counters_read(l->hosts[side].counter_fds, &now) == 0)
		found = counter_find(&now, name, &twice);
	is = found && found->value > 0;
	counters_free(&now);
	return is;
}

/* What no packet tells, the kernel's counters do: a request that TCP_DEFER_ACCEPT keeps though the handshake is over is
 * left out; where cookies were sent, no socket is what SYN_RECV looks like; an end that was given up, or for whose
 * TIME_WAIT there was no room, is gone without a packet. */
static bool explained(struct check *c, const struct lab *l, enum side side, state_set set, enum tcp_state is)
{
	if (is == TCP_SYN_RECV && state_set_has(set, TCP_ESTABLISHED) && counted(l, side, "TCPDeferAcceptDrop")) {
		c->line.deferred++;
		return true;
	}
	if (is == TCP_CLOSED && state_set_has(set, TCP_SYN_RECV) && counted(l, side, "SyncookiesSent")) {
		c->line.cookies++;
		return true;
	}
	if (is == TCP_CLOSED && (counted(l, side, "TCPAbortOnTimeout") || counted(l, side, "TCPTimeWaitOverflow"))) {
		c->line.ended++;
		return true;
	}
	return false;
}

static void compare_at(struct check *c, const struct lab *l, struct check_conn *f, int v, enum side side, state_set set,
                       enum tcp_state is)
{
	bool right = state_set_has(set, is);
	enum tcp_state likely = likely_of(f, v, side);

	if (!right && explained(c, l, side, set, is))
		return;
	if (f->finished[side] && right)
		return;
	if (c->verbose || (!right && f->said[v][side] != set))
		complain(c, f, v, side, set, is);
	f->said[v][side] = right ? 0 : set;
	c->line.count[v].verdicts++;
	c->line.count[v].single += state_set_single(set);
	c->line.count[v].likely += likely == is || ((NO_SOCKET >> likely & 1) && is == TCP_CLOSED);
	c->sum.count[v].wrong += !right;
}

static void compare(struct check *c, const struct lab *l, struct check_conn *f, enum side side, int64_t now)
{
	enum tcp_state is = truth(l, f->conn, side);
	bool all_know = is == TCP_CLOSED;

	if (f->crashed[side]) {
		c->line.crashes++;
		return;
	}
	for (int v = 0; v < CHECK_VIEWS; v++) {
		state_set set;

		if (!f->known[v])
			continue;
		set = inferred(f, v, side, now);
		all_know = all_know && set == state_set_of(TCP_CLOSED);
		compare_at(c, l, f, v, side, set, is);
	}
	f->finished[side] = all_know;
}

void check_quiet(struct check *c, const struct lab *l)
{
	int64_t now = span_since(l->timeline.began).ns;

	for (; c->next < l->timeline.n; c->next++)
		take(c, l, l->timeline.events[c->next]);
	c->line = (struct verdicts){ 0 };
	for (size_t i = 0; i < c->n; i++)
		if (!c->conns[i]->replaced)
			for (int side = 0; side < SIDES; side++)
				compare(c, l, c->conns[i], (enum side)side, now);
}

/* --- what is printed ------------------------------------------------------------------------------------- */

static double share(unsigned long part, unsigned long whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 100.0;
}

void check_add_counts(const struct check_count counts[CHECK_VIEWS], const char *before, struct buf *out)
{
	for (int v = 0; v < CHECK_VIEWS; v++)
		buf_addf(out, "%sexplain: %s: %lu verdicts, %lu single (%.1f %%), %lu as likely (%.1f %%), %lu wrong\n",
		         before, places[v].name, counts[v].verdicts, counts[v].single,
		         share(counts[v].single, counts[v].verdicts), counts[v].likely,
		         share(counts[v].likely, counts[v].verdicts), counts[v].wrong);
}

unsigned long check_report(struct check *c, struct buf *out)
{
	unsigned long wrong = 0;

	end_line(c);
	buf_puts(out, buf_text(&c->said));
	if (c->sum.crashes)
		buf_addf(out,
		         "explain: %lu looks at ends that vanished, or gave up connect(), are left out: it is not on "
		         "the wire\n",
		         c->sum.crashes);
	if (c->sum.deferred)
		buf_addf(out,
		         "explain: %lu verdicts on requests kept by TCP_DEFER_ACCEPT are left out: it is not on the "
		         "wire\n",
		         c->sum.deferred);
	if (c->sum.cookies)
		buf_addf(out, "explain: %lu times SYN_RECV was a SYN cookie: no socket\n", c->sum.cookies);
	if (c->sum.ended)
		buf_addf(out,
		         "explain: %lu verdicts on ends that were given up, or got no TIME_WAIT, are left out: it is "
		         "not "
		         "on the wire\n",
		         c->sum.ended);
	check_add_counts(c->sum.count, "", out);
	for (int v = 0; v < CHECK_VIEWS; v++)
		wrong += c->sum.count[v].wrong;
	return wrong;
}

bool check_take_line(struct check_count sums[CHECK_VIEWS], const char *line)
{
	struct check_count n;
	char name[16];

	if (sscanf(line, "explain: %15[a-z]: %lu verdicts, %lu single (%*f %%), %lu as likely (%*f %%), %lu wrong",
	           name, &n.verdicts, &n.single, &n.likely, &n.wrong) != 5)
		return false;
	for (int v = 0; v < CHECK_VIEWS; v++) {
		if (!streq(places[v].name, name))
			continue;
		sums[v].verdicts += n.verdicts;
		sums[v].single += n.single;
		sums[v].likely += n.likely;
		sums[v].wrong += n.wrong;
		return true;
	}
	return false;
}
