/* SPDX-License-Identifier: MIT
 * LA302: nobody calls accept(). */
#include "doctor/listen.h"

/* In both looks the same ones wait. */
static enum truth la302_is_stalled(const struct visit *v, const struct listen_queue *q)
{
	enum truth unmoved = v->o->twice ? q->unmoved : TRUTH_UNKNOWN,
		   long_ago = truth_of(q->oldest.ns >= threshold_span(v->t, TH_ACCEPT_STALL).ns);

	if (q->ageless)
		long_ago = truth_or(long_ago, TRUTH_UNKNOWN);
	return truth_and(truth_of(q->now > 0), truth_and(unmoved, long_ago));
}

/* Before the oldest waiter at most a full queue has been accepted since it came, so this is the shortest time that
 * accept() can take. It may be slow, and not stalled. */
static struct span la302_shortest_pause(const struct sock *s, const struct listen_queue *q)
{
	return (struct span){ q->oldest.ns / ((int64_t)s->wq + 1) };
}

/* Ten times what makes a stall, for each place in the queue. */
static enum truth la302_is_slow(const struct visit *v, size_t index, const struct listen_queue *q)
{
	struct span pause = la302_shortest_pause(visit_sock(v, index), q);
	enum truth slow = truth_of(pause.ns >= 10 * threshold_span(v->t, TH_ACCEPT_STALL).ns);

	if (q->ageless)
		slow = truth_or(slow, TRUTH_UNKNOWN);
	return truth_and(truth_of(q->now > 0), slow);
}

static void la302_tell_slow(struct visit *v, size_t index, const struct listen_queue *q)
{
	struct finding *f = listen_find(v, SEVERITY_WARNING, index, q);
	struct buf *line;

	f->confidence = CONFIDENCE_LIKELY;
	buf_addf(&f->headline, v->o->twice ? "accept() is slow, %u wait" : "accept() is slow or stalled, %u wait",
	         q->now);
	line = finding_line(f);
	buf_puts(line, "since the oldest came accept() was called once in ");
	span_add(line, la302_shortest_pause(visit_sock(v, index), q));
	buf_puts(line, v->o->twice ? " at most" : " at most; two looks would tell whether at all");
	find_figure(v, f, "oldest_waiter", (double)q->oldest.ns, UNIT_NS, TH_ACCEPT_STALL, "tcp_info last_ack_recv");
}

static void la302_tell_stalled(struct visit *v, size_t index, const struct listen_queue *q)
{
	struct finding *f = listen_find(v, SEVERITY_CRITICAL, index, q);

	f->confidence = CONFIDENCE_PROVED;
	buf_puts(&f->headline, "no accept() in ");
	window_add(v, &f->headline);
	buf_addf(&f->headline, ", %u wait", q->now);
	buf_puts(finding_line(f), "accept() was not called: all who waited when we began to look wait still");
	find_figure(v, f, "oldest_waiter", (double)q->oldest.ns, UNIT_NS, TH_ACCEPT_STALL, "tcp_info last_ack_recv");
}

static void la302_tell_unsure(struct visit *v, const struct listen_queue *q)
{
	if (q->ageless)
		visit_tell_unknown(v, "who waits for accept(), or for how long, is not known of some");
	else
		visit_tell_unknown(v, "whether accept() is called at all takes two looks");
}

static void la302_check(struct visit *v)
{
	FOR_EACH_ABOUT(v, TCP_LISTEN, i, s)
	{
		struct listen_queue q = listen_queue(v, i);
		enum truth stalled = la302_is_stalled(v, &q), slow = la302_is_slow(v, i, &q);

		if (stalled == TRUTH_YES)
			la302_tell_stalled(v, i, &q);
		else if (slow == TRUTH_YES)
			la302_tell_slow(v, i, &q);
		if (stalled == TRUTH_UNKNOWN || (stalled == TRUTH_NO && slow == TRUTH_UNKNOWN))
			la302_tell_unsure(v, &q);
	}
}

static void la302_explain(struct visit *v, struct finding *f)
{
	if (!find_stopped(v, f))
		find_tell_stacks(v, f);
}

static const enum threshold by[] = { TH_ACCEPT_STALL };

const struct rule rule_LA302 = {
	.text = {
		.id = "LA302", .name = "accept-stalled",
		.sentence = "connections are complete and wait, and the program has not called accept() at all while we looked, or calls it much too seldom",
		.picture = "client: connect() = 0, write()      us: accept() is missing\n"
			   "ESTABLISHED ─────────────────────── ESTABLISHED, no owner, its data unread",
		.cause = "the thread that should call it: blocked in a read, a handshake, a lock; busy; ended; or short of descriptors (LA305)",
		.fix = "accept() in a thread or loop that waits for nothing else",
		.caveat = "a program may pause accept() on purpose at its limit of connections (nginx worker_connections, maxconn)",
		.no_help = "a larger backlog: more clients wait as long",
		.not_when = "the process is stopped by a debugger; a limit on purpose",
		.verify = "ss -Hltn 'sport = :PORT' twice: Recv-Q does not fall; strace -f -e accept,accept4 -p PID",
		.source = "net/ipv4/inet_connection_sock.c inet_csk_accept(): first come, first served; measured F1, F2",
		.symptoms = "accept blocked|server does not accept|connects but no answer|Recv-Q of LISTEN grows",
		.scenario = "accept-stalled", .twin = "accept-stalled-not",
	},
	.severity = SEVERITY_CRITICAL, .needs = NEED_INFO | NEED_INODES | NEED_LISTENERS, .by = by, .thresholds = ARRAY_SIZE(by),
	.check = la302_check, .explain = la302_explain,
};
