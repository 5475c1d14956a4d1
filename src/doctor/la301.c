/* SPDX-License-Identifier: MIT
 * LA301: an accept queue that is full. */
#include "doctor/listen.h"

/* The kernel admits one more than the backlog (sk_acceptq_is_full(), measured F6). */
static bool la301_is_over(const struct listen_queue *q)
{
	return q->now > q->backlog && q->now > 0;
}

/* How many accept queues of its namespace overflowed; UNKNOWN. */
static int64_t la301_overflows(const struct visit *v, const struct sock *s)
{
	const struct net_facts *n = observation_net(v->o, s->key.netns);

	if (n && !v->o->twice && n->after[CNT_LISTEN_OVERFLOWS] != 0)
		return UNKNOWN;
	return n ? net_rise(n, CNT_LISTEN_OVERFLOWS) : UNKNOWN;
}

static void la301_tell_uncounted(struct visit *v, const struct listen_queue *q)
{
	if (q->drops == UNKNOWN)
		listen_tell_uncounted(v);
	else
		visit_tell_unknown(v, "whether accept queues overflowed (ListenOverflows) is not known");
}

/* Was anything thrown away, and for a full accept queue? */
static enum truth la301_overflowed(const struct visit *v, const struct sock *s, const struct listen_queue *q)
{
	return truth_and(truth_at_least(q->drops, 1), truth_at_least(la301_overflows(v, s), 1));
}

/* In every look; fewer looks might have missed a moment in which it was not. */
static enum truth la301_nearly_full(const struct visit *v, const struct listen_queue *q)
{
	if (!q->least || 100.0 * q->least < visit_limit(v, TH_QUEUE_FULL) * (double)q->backlog)
		return TRUTH_NO;
	return (double)q->looks >= visit_limit(v, TH_QUEUE_LOOKS) ? TRUTH_YES : TRUTH_UNKNOWN;
}

static enum severity la301_severity_of(struct visit *v, const struct sock *s, const struct listen_queue *q)
{
	enum truth overflowed = la301_overflowed(v, s, q), full = la301_nearly_full(v, q);

	if (la301_is_over(q))
		return SEVERITY_CRITICAL;
	if (overflowed == TRUTH_YES)
		return (double)q->drops < visit_limit(v, TH_QUEUE_BURST) ? SEVERITY_INFO : SEVERITY_CRITICAL;
	if (overflowed == TRUTH_UNKNOWN)
		la301_tell_uncounted(v, q);
	if (full == TRUTH_UNKNOWN)
		visit_tell_unknown(v, "whether a queue that is nearly full is so all the time takes more looks at it");
	return full == TRUTH_YES ? SEVERITY_WARNING : SEVERITY_OK;
}

static void la301_tell(struct visit *v, enum severity severity, size_t index, const struct listen_queue *q)
{
	struct finding *f = listen_find(v, severity, index, q);
	const struct process_facts *p = f->subject.process;

	f->confidence = CONFIDENCE_PROVED;
	buf_addf(&f->headline, "queue %u/%u", q->now, q->backlog);
	if (q->drops != UNKNOWN && q->drops > 0) {
		buf_addf(&f->headline, ", %.3g/s thrown away", observation_per_second(v->o, q->drops));
		buf_addf(finding_line(f),
		         "%lld SYNs and last ACKs thrown away at this listener in the window (sk_drops), those that "
		         "came again each time",
		         (long long)q->drops);
		find_figure(v, f, "drops", (double)q->drops, UNIT_SOCKETS, TH_QUEUE_BURST, "sock_diag sk_drops");
	}
	if (p && runtime_info(p->runtime)->backlog)
		buf_addf(finding_line(f), "%s asks for a backlog of %s", runtime_info(p->runtime)->word,
		         runtime_info(p->runtime)->backlog);
}

static void la301_check(struct visit *v)
{
	FOR_EACH_ABOUT(v, TCP_LISTEN, i, s)
	{
		struct listen_queue q = listen_queue(v, i);
		enum severity severity = la301_severity_of(v, s, &q);

		if (severity != SEVERITY_OK)
			la301_tell(v, severity, i, &q);
	}
}

static void la301_explain(struct visit *v, struct finding *f)
{
	if (!find_stopped(v, f))
		find_tell_stacks(v, f);
}

static const enum threshold by[] = { TH_QUEUE_FULL, TH_QUEUE_LOOKS, TH_QUEUE_BURST };

const struct rule rule_LA301 = {
	.text = {
		.id = "LA301", .name = "accept-queue-overflow",
		.sentence = "the queue of complete connections that wait for accept() is full or nearly so: beyond its end the kernel throws away what comes, and clients wait a second or more for nothing",
		.picture = "client: SYN ──▶ SYN queue ── last ACK ──▶ accept queue (backlog + 1) ── accept() ──▶ a descriptor\n"
			   "                                          full: the ACK is thrown away, the client believes in its connection",
		.cause = "accept() is called too rarely (threads, GC, TLS within the loop, no descriptors: LA302, LA305), or the number passed to listen() is too small for bursts",
		.fix = "make the accept loop do nothing else; pass a larger backlog to listen(), and raise net.core.somaxconn of that namespace to it",
		.caveat = "the backlog is cut to somaxconn when listen() is called: change both, then restart",
		.no_help = "raising somaxconn alone and rebooting; tcp_abort_on_overflow, which acts on the last ACK only; SYN cookies",
		.not_when = "a queue that is filled for milliseconds; counters since the start of the machine; a single burst",
		.verify = "ss -Hltn 'sport = :PORT'; nstat -az TcpExtListenOverflows",
		.source = "include/net/sock.h sk_acceptq_is_full(); net/ipv4/tcp_input.c tcp_conn_request(), net/ipv4/tcp_ipv4.c tcp_v4_syn_recv_sock(); measured F6, F7",
		.symptoms = "accept queue|listen queue overflow|times the listen queue of a socket overflowed|ListenOverflows|ListenDrops|connect takes 1 second|connection timed out under load|backlog",
		.scenario = "accept-overflow", .twin = "accept-overflow-not",
	},
	.severity = SEVERITY_CRITICAL, .needs = NEED_LISTENERS, .by = by, .thresholds = ARRAY_SIZE(by),
	.check = la301_check, .explain = la301_explain,
};
