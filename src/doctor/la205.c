/* SPDX-License-Identifier: MIT
 * LA205: who holds a port that somebody wants to listen on. Asked for by `lastack doctor --port`. */
#include "doctor/rule.h"

/* In what way a socket holds its port, and what frees it (net/ipv4/inet_connection_sock.c inet_csk_bind_conflict();
 * measured F13, F14). */
enum hold { HOLD_LISTENER, HOLD_BOUND, HOLD_CONNECTION, HOLD_SERVED, HOLD_CLOSING, HOLD_UNSURE, HOLDS };

static const struct {
	const char *what, *frees;
} holds[HOLDS] = {
	[HOLD_LISTENER] = { "listens on it", "bind() fails until this listener is closed; SO_REUSEADDR does not help, "
	                                     "SO_REUSEPORT only if both set it, as the same user" },
	[HOLD_BOUND] = { "is bound to it and does not listen",
	                 "bind() fails until it is closed, unless both have SO_REUSEADDR" },
	[HOLD_CONNECTION] = { "connected from it: connect() took the port",
	                      "bind() fails while the connection lasts; keep the port out of connect()'s reach with "
	                      "ip_local_reserved_ports" },
	[HOLD_SERVED] = { "connections that came to it", "with SO_REUSEADDR in the new listener, and in the one from "
	                                                 "which they came, bind() succeeds" },
	[HOLD_CLOSING] = { "nobody: only closing connections are left",
	                   "with SO_REUSEADDR in the new listener, and in the one from which they came, bind() "
	                   "succeeds; else TIME_WAIT ends after 60 s" },
	[HOLD_UNSURE] = { "connections, of which it is not known who asked for them",
	                  "with SO_REUSEADDR in the new listener bind() succeeds if they came to it; if connect() took "
	                  "the "
	                  "port, it fails while they last" },
};

static enum hold la205_hold_of(const struct visit *v, const struct sock *s)
{
	if (s->state == TCP_LISTEN)
		return HOLD_LISTENER;
	if (s->state == TCP_BOUND)
		return HOLD_BOUND;
	if (s->listener)
		return HOLD_SERVED;
	if (!s->owner && s->no_owner != NO_OWNER_HIDDEN)
		return HOLD_CLOSING;
	if (visit_serves(v, s) == TRUTH_UNKNOWN)
		return HOLD_UNSURE;
	return visit_serves(v, s) == TRUTH_YES ? HOLD_SERVED : HOLD_CONNECTION;
}

static enum truth la205_has_port(const struct visit *v, size_t index)
{
	return truth_of(v->o->port && visit_sock(v, index)->local.port == v->o->port);
}

static uint64_t la205_by_holder(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index);

	return s->key.netns << 32 ^ (uint64_t)visit_pid(v, s) << 3 ^ la205_hold_of(v, s);
}

/* Served connections and closing ones are in nobody's way, if the listener does as it should. */
static bool la205_blocks(enum hold h)
{
	return h == HOLD_LISTENER || h == HOLD_BOUND || h == HOLD_CONNECTION;
}

static void la205_tell_states(const struct visit *v, struct finding *f, const struct gather *g, size_t from, size_t to)
{
	size_t counts[TCP_STATES] = { 0 };
	struct buf *line = finding_line(f);

	for (size_t i = from; i < to; i++)
		counts[visit_sock(v, g->rows[i].index)->state]++;
	for (int state = 0; state < TCP_STATES; state++)
		if (counts[state])
			buf_addf(line, "%s%zu %s", line->len ? ", " : "", counts[state],
			         tcp_state_name((enum tcp_state)state));
}

/* How long the last TIME_WAIT will be there: where all of them are that, nothing else holds the port. */
static void la205_tell_left(const struct visit *v, struct finding *f, const struct gather *g, size_t from, size_t to)
{
	struct span longest = { 0 };

	for (size_t i = from; i < to; i++) {
		const struct sock *s = visit_sock(v, g->rows[i].index);

		if (s->state != TCP_TIME_WAIT || !sock_timer_left_known(s))
			return;
		longest = s->timer_left.ns > longest.ns ? s->timer_left : longest;
	}
	buf_puts(&f->headline, "; the last TIME_WAIT ends in ");
	span_add(&f->headline, longest);
}

static void la205_tell(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	const struct sock *s = visit_sock(v, g->rows[from].index);
	enum hold h = la205_hold_of(v, s);
	struct finding *f = find_new(v, la205_blocks(h) ? SEVERITY_WARNING : SEVERITY_INFO);
	size_t others = 0;

	f->confidence = CONFIDENCE_PROVED;
	find_group(v, f, g, from, to);
	f->subject.has_peer = false;
	f->subject.has_local = true;
	f->subject.local = s->local;
	buf_addf(&f->headline, "%s", holds[h].what);
	if (h == HOLD_CLOSING)
		la205_tell_left(v, f, g, from, to);
	la205_tell_states(v, f, g, from, to);
	buf_puts(&f->cause, holds[h].frees);
	FOR_EACH_OWNER(o, &v->o->last, s)
	others += holder_of(&v->o->last, o)->pid != visit_pid(v, s);
	if (others)
		buf_addf(finding_line(f), "%zu other process%s the same descriptor: all of them must close it (LA110)",
		         others, others == 1 ? " holds" : "es hold");
	find_figure(v, f, "sockets", (double)(to - from), UNIT_SOCKETS, THRESHOLDS, "sock_diag");
}

static const struct gathering gathering = { 0, la205_has_port, la205_by_holder, la205_tell };

static void la205_check(struct visit *v)
{
	bool blocked = false;

	for (size_t i = 0; i < v->o->last.n; i++) {
		const struct sock *s = visit_sock(v, i);
		enum hold hold;

		if (la205_has_port(v, i) != TRUTH_YES)
			continue;
		hold = la205_hold_of(v, s);
		blocked = blocked || la205_blocks(hold);
		if (!s->owner && s->no_owner == NO_OWNER_HIDDEN)
			visit_tell_unknown(v, "who holds some sockets of that port is not seen from here");
		if (hold == HOLD_UNSURE)
			visit_tell_unknown(v, "who asked for some connections of that port is not known");
	}
	if (v->o->port && !blocked && (v->o->sight.saved || v->o->sight.lacks & LACKS_BOUND))
		visit_tell_unknown(v,
		                   v->o->sight.saved
		                           ? "sockets that are bound and do not listen are in no saved table"
		                           : "sockets that are bound and do not listen are not told of by this kernel; "
		                             "Linux 6.8 does");
}

const struct rule rule_LA205 = {
	.text = {
		.id = "LA205", .name = "bind-blocked-by-owner",
		.sentence = "the port that was asked for is held: bind() or listen() fails with EADDRINUSE, or would",
		.cause = "another process, or the one before, which has not ended or has left a child that holds the socket",
		.fix = "end who holds it, or take another port; SO_REUSEADDR on every listener, SOCK_CLOEXEC on every socket",
		.caveat = "another network namespace, a container, has ports of its own: they are in nobody's way here",
		.no_help = "tcp_fin_timeout; waiting, where a listener holds it",
		.not_when = "a service that is running as it should: it holds its own port",
		.verify = "ss -tanp 'sport = :PORT'",
		.source = "net/ipv4/inet_connection_sock.c inet_csk_bind_conflict(); measured F13, F14",
		.symptoms = "Address already in use|address already in use|EADDRINUSE|bind: Address already in use|port already in use|アドレスは既に使用中です|주소가 이미 사용 중입니다",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_CONNECTIONS | NEED_LISTENERS,
	.groups = &gathering, .check = la205_check,
};
