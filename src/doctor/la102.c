/* SPDX-License-Identifier: MIT
 * LA102: connections whose end nobody has read. */
#include "doctor/close_wait.h"

/* Of a client they are a pool that is not in use: LA104. */
static enum truth la102_was_not_read(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index);

	return truth_and(truth_of(s->owner && !close_wait_was_read(s)), visit_serves(v, s));
}

static const struct gathering unread = { 1U << TCP_CLOSE_WAIT, la102_was_not_read, gather_by_service,
	                                 close_wait_judge };

static const enum threshold by[] = { TH_SETTLED, TH_CLOSE_WAIT_COUNT, TH_CLOSE_WAIT_GROWTH, TH_FDS_WARNING,
	                             TH_FDS_TIME_LEFT };

const struct rule rule_LA102 = {
	.text = {
		.id = "LA102", .name = "close-wait-unread",
		.sentence = "the peers have closed, and the program has not read so far: it does not read these connections at all, or comes to it too late",
		.picture = "peer: close()      us: nobody reads\n"
			   "FIN ─────────────▶ CLOSE_WAIT, Recv-Q 1 or more ── until it is read ──▶",
		.cause = "no read is pending or asked for: worker threads that are blocked or too few (a lock, a database), or an event loop without interest in reading",
		.fix = "let the event loop watch for EPOLLIN or EPOLLRDHUP always; bound what workers wait for, and close when it takes too long",
		.caveat = "more threads only move the limit, if what they wait for does not answer",
		.no_help = "tcp_keepalive_*, tcp_fin_timeout; a larger backlog",
		.not_when = "the process is stopped by a debugger; a proxy that waits for its other side on purpose",
		.verify = "ss -tnp state close-wait, column Recv-Q; cat /proc/PID/task/*/wchan",
		.source = "net/ipv4/tcp_input.c tcp_fin(), tcp_data_queue(): an unread FIN counts 1 in Recv-Q; measured",
		.symptoms = "CLOSE_WAIT Recv-Q 1|CLOSE_WAIT with Recv-Q|server does not read|threads blocked",
		.scenario = "close-wait-unread", .twin = "close-wait-unread-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_OWNERS | NEED_INFO, .by = by, .thresholds = ARRAY_SIZE(by),
	.groups = &unread, .explain = close_wait_explain,
};
