/* SPDX-License-Identifier: MIT
 * LA404: sent again and again, and no answer. */
#include "doctor/rule.h"

/* Longer than the first timer ran, three times: it has doubled with each retransmission since. */
static enum truth la404_is_silent(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index);
	int64_t ack = visit_number(v, index, INFO_last_ack_ms), rto = visit_number(v, index, INFO_rto_us);

	if (ack == UNKNOWN || rto == UNKNOWN || s->timer == TIMER_UNKNOWN)
		return TRUTH_UNKNOWN;
	return truth_of(span_ms(ack).ns > 3 * span_us(rto >> (s->retrans < 10 ? s->retrans : 10)).ns);
}

static enum truth la404_is_unanswered(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index);
	enum truth again = truth_and(visit_timer_is(s, TIMER_ON), visit_retransmits(s, visit_limit(v, TH_RETRANSMITS)));

	return truth_and(again, la404_is_silent(v, index));
}

/* How long the kernel tries: tcp_retries2 doublings of 200 ms, at most 2 min each (net/ipv4/tcp_timer.c
 * retransmits_timed_out()). */
static struct span la404_patience(int64_t retries)
{
	int64_t ms = 0, wait = 200;

	for (int64_t i = 0; i <= retries && i < 64; i++) {
		ms += wait;
		wait = wait * 2 > 120000 ? 120000 : wait * 2;
	}
	return span_ms(ms);
}

static void la404_tell_left(const struct visit *v, struct finding *f, int64_t longest)
{
	int64_t retries = visit_setting_of(v, f->subject.netns, SYS_RETRIES2);
	struct buf *line = finding_line(f);
	struct span left;

	buf_puts(line, "no ACK for ");
	span_add(line, span_ms(longest));
	if (retries == UNKNOWN)
		return;
	left.ns = la404_patience(retries).ns - span_ms(longest).ns;
	buf_addf(line, "; by tcp_retries2 = %lld the kernel gives up (ETIMEDOUT) ", (long long)retries);
	buf_puts(line, left.ns > 0 ? "in about " : "at any moment");
	if (left.ns > 0)
		span_add(line, left);
}

static void la404_tell(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	struct finding *f = find_new(v, SEVERITY_WARNING);
	int64_t longest = 0;

	find_group(v, f, g, from, to);
	for (size_t i = from; i < to; i++) {
		int64_t ms = visit_number(v, g->rows[i].index, INFO_last_ack_ms);

		longest = ms > longest ? ms : longest;
	}
	buf_addf(&f->headline, "%zu connection%s whose peer does not answer", f->count, f->count == 1 ? "" : "s");
	la404_tell_left(v, f, longest);
	find_figure(v, f, "sockets", (double)f->count, UNIT_SOCKETS, THRESHOLDS, "sock_diag");
	find_figure(v, f, "since_ack", (double)span_ms(longest).ns, UNIT_NS, THRESHOLDS, "tcp_info last_ack_recv");
}

static const struct gathering gathering = { 1U << TCP_ESTABLISHED | 1U << TCP_CLOSE_WAIT, la404_is_unanswered,
	                                    gather_by_service, la404_tell };

static const enum threshold by[] = { TH_RETRANSMITS };

const struct rule rule_LA404 = {
	.text = {
		.id = "LA404", .name = "send-unacked",
		.sentence = "data is sent again and again, and the peer acknowledges nothing: it is gone, or the path to it or back is",
		.picture = "us: write() = n        ─── data ──▶ lost … data again: 0.2 s, 0.4 s … 2 min ──▶ ETIMEDOUT after some 15 min",
		.cause = "a host that went down without a FIN, a middlebox that forgot the connection, a path that drops",
		.fix = "TCP_USER_TIMEOUT for what must know sooner; tcp_retries2 of 8 within a data centre",
		.caveat = "keep-alives do not run while data is unacknowledged",
		.no_help = "tcp_keepalive_time",
		.not_when = "a peer with a closed window, which answers (LA403)",
		.verify = "ss -tnoi: timer on, its count, lastack",
		.source = "net/ipv4/tcp_timer.c tcp_write_timeout(), retransmits_timed_out()",
		.symptoms = "No route to host|EHOSTUNREACH|connection hangs 15 minutes|tcp_retries2|retransmission timeout",
		.scenario = "send-unacked", .twin = "send-unacked-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_TIMERS | NEED_INFO, .by = by, .thresholds = ARRAY_SIZE(by),
	.groups = &gathering,
};
