/* SPDX-License-Identifier: MIT
 * LA105: half-closed connections whose peers never close. */
#include "doctor/rule.h"

/* An orphan's FIN_WAIT2 has a timer and ends by itself (measured F20). */
static enum truth la105_is_stuck(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index);
	enum truth idle = truth_and(truth_of(s->owner), visit_timer_is(s, TIMER_OFF));

	idle = truth_and(idle, visit_since(v, index, INFO_last_rcv_ms, threshold_span(v->t, TH_SETTLED)));
	return truth_and(idle, visit_settled(v, index));
}

static void la105_judge(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	struct finding *f;
	struct buf *line;

	if ((double)(to - from) < gather_enough(v, TH_FIN_WAIT2_COUNT))
		return;
	f = find_new(v, SEVERITY_WARNING);
	f->confidence = CONFIDENCE_PROVED;
	find_group(v, f, g, from, to);
	buf_addf(&f->headline, "%zu FIN_WAIT2 that are still held", f->count);
	line = finding_line(f);
	buf_puts(line, "our side was shut down and not closed, no timer runs, the peers send nothing; ");
	find_add_ages(v, f, line);
	find_figure(v, f, "sockets", (double)f->count, UNIT_SOCKETS, TH_FIN_WAIT2_COUNT, "sock_diag");
}

static const struct gathering gathering = { 1U << TCP_FIN_WAIT2, la105_is_stuck, gather_by_service, la105_judge };

static void la105_explain(struct visit *v, struct finding *f)
{
	find_tell_stacks(v, f);
}

static const enum threshold by[] = { TH_SETTLED, TH_FIN_WAIT2_COUNT };

const struct rule rule_LA105 = {
	.text = {
		.id = "LA105", .name = "fin-wait2-owned",
		.sentence = "the program has ended its side with shutdown() and waits, without a limit of time, for peers that do not close theirs",
		.picture = "us: shutdown(SHUT_WR)      peer: close() is missing\n"
			   "FIN ──▶ FIN_WAIT1 ── ACK ──▶ FIN_WAIT2 ── for ever, for it is not closed ──▶",
		.cause = "the peer leaks CLOSE_WAITs (LA101 there); here no deadline stands behind shutdown()",
		.fix = "set a deadline after shutdown(SHUT_WR), and close() when it has passed; find the leak of the peer",
		.caveat = "close() alone makes it an orphan, which tcp_fin_timeout ends after 60 s",
		.no_help = "tcp_fin_timeout: it is for orphans, and these have an owner",
		.not_when = "the peer is still sending",
		.verify = "ss -tnpo state fin-wait-2: a process, and no timer",
		.source = "RFC 9293 3.6, case 1; net/ipv4/tcp.c tcp_close(): the timer begins there; measured F20",
		.symptoms = "FIN_WAIT2|many FIN_WAIT2|FIN_WAIT2 pile-up",
		.scenario = "fin-wait2-owned", .twin = "fin-wait2-owned-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_OWNERS | NEED_TIMERS | NEED_INFO, .by = by, .thresholds = ARRAY_SIZE(by),
	.groups = &gathering, .explain = la105_explain,
};
