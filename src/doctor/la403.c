/* SPDX-License-Identifier: MIT
 * LA403: a peer that takes nothing. */
#include "doctor/rule.h"

/* Slowly: its kernel opens the window only when there is room for more than a little (RFC 9293 3.8.6.2.2). */
static enum truth la403_peer_reads(const struct visit *v, size_t index)
{
	ssize_t peer = visit_other_end(v, index);

	return peer >= 0 ? visit_reads(v, (size_t)peer) : TRUTH_NO;
}

/* The persist timer runs only while nothing is under way and the window is closed; probes do not count as sending
 * (measured). */
static enum truth la403_is_stalled(const struct visit *v, size_t index)
{
	enum truth stalled = truth_and(visit_timer_is(visit_sock(v, index), TIMER_PERSIST),
	                               visit_since(v, index, INFO_last_snd_ms, threshold_span(v->t, TH_PEER_STALL)));

	return truth_and(stalled, truth_not(la403_peer_reads(v, index)));
}

static void la403_tell(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	struct finding *f = find_new(v, v->o->twice ? SEVERITY_WARNING : SEVERITY_INFO);
	uint64_t bytes = 0;
	int64_t longest = 0;

	find_group(v, f, g, from, to);
	f->confidence = v->o->twice ? CONFIDENCE_PROVED : CONFIDENCE_POSSIBLE;
	for (size_t i = from; i < to; i++) {
		int64_t ms = visit_number(v, g->rows[i].index, INFO_last_snd_ms);

		bytes += visit_sock(v, g->rows[i].index)->wq;
		longest = ms > longest ? ms : longest;
	}
	buf_addf(&f->headline, "%zu connection%s whose peer takes nothing", f->count, f->count == 1 ? "" : "s");
	buf_addf(finding_line(f), "%llu bytes wait in Send-Q; the window is closed, for ", (unsigned long long)bytes);
	span_add(&f->lines[f->n_lines - 1], span_ms(longest));
	buf_puts(&f->lines[f->n_lines - 1], " at one of them");
	if (!v->o->twice) {
		buf_puts(finding_line(f), "one look: a peer that reads slowly looks the same");
		visit_tell_unknown(v, "whether a peer reads at all takes two looks");
	}
	find_figure(v, f, "unsent_bytes", (double)bytes, UNIT_BYTES, THRESHOLDS, "sock_diag");
	find_figure(v, f, "stalled", (double)span_ms(longest).ns, UNIT_NS, TH_PEER_STALL, "tcp_info last_data_sent");
}

static const struct gathering gathering = { 1U << TCP_ESTABLISHED | 1U << TCP_CLOSE_WAIT | 1U << TCP_FIN_WAIT1 |
	                                            1U << TCP_LAST_ACK,
	                                    la403_is_stalled, gather_by_service, la403_tell };

static const enum threshold by[] = { TH_PEER_STALL };

const struct rule rule_LA403 = {
	.text = {
		.id = "LA403", .name = "peer-window-zero",
		.sentence = "there is data to send, the network is well, and the peer's window is closed: its program does not read",
		.picture = "us: write() blocks        peer: read() is missing\n"
			   "data ──▶ window 0 ◀── probe, every 0.2 s to 2 min ──▶ window 0",
		.cause = "the program at the other end (LA401 there)",
		.fix = "look at the other end; here, a limit of time for writing, and what to do with a slow client",
		.no_help = "net.ipv4.tcp_wmem, tcp_retries2: the probes are answered, so it goes on for ever",
		.not_when = "a consumer that is slow on purpose, and does read",
		.verify = "ss -tnoi: timer persist",
		.source = "RFC 9293 3.8.6.1; net/ipv4/tcp_timer.c tcp_probe_timer(); measured F23",
		.symptoms = "Send-Q stuck|Send-Q grows|zero window|window full|TCP ZeroWindow",
		.scenario = "peer-window-zero", .twin = "peer-window-zero-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_TIMERS | NEED_INFO, .by = by, .thresholds = ARRAY_SIZE(by),
	.groups = &gathering,
};
