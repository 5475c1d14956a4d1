/* SPDX-License-Identifier: MIT
 * LA401: data that has come and that nobody reads. */
#include "doctor/rule.h"

static enum truth la401_is_stalled(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index);
	struct span limit = threshold_span(v->t, TH_UNREAD_TIME);
	enum truth long_ago = truth_of(v->o->window.ns >= limit.ns);

	if (!s->owner || (double)s->rq < visit_limit(v, TH_UNREAD_BYTES) || !observation_was(v->o, index))
		return TRUTH_NO;
	return truth_and(truth_not(visit_reads(v, index)),
	                 truth_or(long_ago, visit_since(v, index, INFO_last_rcv_ms, limit)));
}

static void la401_tell(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	struct finding *f = find_new(v, SEVERITY_WARNING);
	uint64_t bytes = 0;
	size_t closed = 0, untold = 0;
	struct buf *line;

	find_group(v, f, g, from, to);
	f->confidence = CONFIDENCE_PROVED;
	for (size_t i = from; i < to; i++) {
		int64_t window = visit_number(v, g->rows[i].index, INFO_rcv_wnd);

		bytes += visit_sock(v, g->rows[i].index)->rq;
		closed += window == 0;
		untold += window == UNKNOWN;
	}
	if (closed)
		f->severity = SEVERITY_CRITICAL;
	buf_addf(&f->headline, "%zu connection%s whose data nobody reads", f->count, f->count == 1 ? "" : "s");
	line = finding_line(f);
	buf_addf(line, "%llu bytes wait, and not one was read in ", (unsigned long long)bytes);
	window_add(v, line);
	if (closed)
		buf_addf(finding_line(f), "%zu have closed their window: their peers can send nothing more", closed);
	if (untold)
		visit_tell_unknown(v, "the windows of %zu are not known: kernel and ss tell them from Linux 6.2 on",
		                   untold);
	find_figure(v, f, "unread_bytes", (double)bytes, UNIT_BYTES, TH_UNREAD_BYTES, "sock_diag");
	find_figure(v, f, "sockets", (double)f->count, UNIT_SOCKETS, THRESHOLDS, "sock_diag");
}

static const struct gathering gathering = { 1U << TCP_ESTABLISHED, la401_is_stalled, gather_by_service, la401_tell };

static void la401_explain(struct visit *v, struct finding *f)
{
	if (!find_stopped(v, f))
		find_tell_stacks(v, f);
}

static const enum threshold by[] = { TH_UNREAD_BYTES, TH_UNREAD_TIME };

const struct rule rule_LA401 = {
	.text = {
		.id = "LA401", .name = "recv-queue-stalled",
		.sentence = "data has arrived, and the program does not read it: its peer soon may not send any more",
		.picture = "peer: write() … write() blocks          us: read() is missing\n"
			   "data ──▶ Recv-Q grows ──▶ window 0 ──▶ the peer's Send-Q grows (LA403 there)",
		.cause = "the thread that reads is blocked: in a write to a peer that does not read either (both wait for each other), a lock, a database; or it reads elsewhere",
		.fix = "read while writing; set a limit of time; take back pressure into account",
		.no_help = "larger buffers (tcp_rmem): it only takes longer",
		.not_when = "back pressure on purpose: a slow consumer behind it; a reader that waits for a whole message (MSG_PEEK, SO_RCVLOWAT)",
		.verify = "ss -tnpi: Recv-Q, and bytes_received twice",
		.source = "net/ipv4/tcp.c tcp_recvmsg(): copied_seq; what came less what waits is what was read; measured F23",
		.symptoms = "Recv-Q grows|Recv-Q not zero|Recv-Q large|server hangs with data in Recv-Q",
		.scenario = "recv-queue-stalled", .twin = "recv-queue-stalled-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_TWICE | NEED_OWNERS | NEED_INFO, .by = by, .thresholds = ARRAY_SIZE(by),
	.groups = &gathering, .explain = la401_explain,
};
