/* SPDX-License-Identifier: MIT
 * LA107: closed connections whose FIN nobody acknowledges. */
#include "doctor/rule.h"

static enum truth la107_is_unanswered(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index);
	enum truth orphan = truth_and(truth_of(!s->is_mini), visit_is_nobodys(s));

	return truth_and(orphan,
	                 truth_and(visit_timer_is(s, TIMER_ON), visit_retransmits(s, visit_limit(v, TH_RETRANSMITS))));
}

static bool la107_is_enough(struct visit *v, size_t n)
{
	int64_t most = visit_setting(v, SYS_MAX_ORPHANS);

	if ((double)n >= visit_limit(v, TH_CLOSING_COUNT))
		return true;
	if (most == UNKNOWN)
		visit_tell_unknown(v, "how many orphans there may be is not seen from here");
	return most != UNKNOWN && (int64_t)n * 4 >= most;
}

static void la107_judge(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	size_t states[TCP_STATES] = { 0 };
	struct finding *f;
	struct buf *line;

	if (!la107_is_enough(v, to - from))
		return;
	f = find_new(v, SEVERITY_WARNING);
	find_group(v, f, g, from, to);
	f->subject.has_local = f->subject.has_peer = false;
	for (size_t i = from; i < to; i++)
		states[visit_sock(v, g->rows[i].index)->state]++;
	buf_addf(&f->headline, "%zu closed connections whose FIN is not acknowledged", f->count);
	line = finding_line(f);
	buf_addf(line, "no process; sent again %.0f times or more: %zu FIN_WAIT1, %zu CLOSING, %zu LAST_ACK",
	         visit_limit(v, TH_RETRANSMITS), states[TCP_FIN_WAIT1], states[TCP_CLOSING], states[TCP_LAST_ACK]);
	find_figure(v, f, "sockets", (double)f->count, UNIT_SOCKETS, TH_CLOSING_COUNT, "sock_diag");
}

static const struct gathering gathering = { 1U << TCP_FIN_WAIT1 | 1U << TCP_CLOSING | 1U << TCP_LAST_ACK,
	                                    la107_is_unanswered, gather_by_netns, la107_judge };

static const enum threshold by[] = { TH_RETRANSMITS, TH_CLOSING_COUNT };

const struct rule rule_LA107 = {
	.text = {
		.id = "LA107", .name = "closing-unacked",
		.sentence = "the programs have closed and are done; the kernel sends their FINs again and again, and no peer answers",
		.picture = "us: close()                                       peer: gone\n"
			   "FIN ──▶ FIN_WAIT1 or LAST_ACK ── FIN again, again … ──▶ given up after tcp_orphan_retries",
		.cause = "the peers have vanished (power, mobile networks, a middlebox that forgot the connection), or a packet filter drops what ends a connection",
		.fix = "nothing at small numbers, for they end by themselves; look at what lies between if all peers of one place are among them",
		.caveat = "lower tcp_orphan_retries only where peers are the whole Internet: it cuts off slow ones",
		.no_help = "tcp_fin_timeout, tcp_tw_reuse; restarting the program, which has closed them already",
		.not_when = "a peer with a closed window, which acknowledges and takes nothing",
		.verify = "ss -Htano '( state fin-wait-1 or state last-ack or state closing )': timer on, and its count",
		.source = "net/ipv4/tcp_timer.c tcp_orphan_retries(); measured F21",
		.symptoms = "LAST_ACK|FIN_WAIT1|LAST_ACK without process|FIN_WAIT1 Send-Q 1|CLOSING",
		.scenario = "closing-unacked", .twin = "closing-unacked-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_INODES | NEED_TIMERS, .by = by, .thresholds = ARRAY_SIZE(by),
	.groups = &gathering,
};
