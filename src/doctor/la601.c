/* SPDX-License-Identifier: MIT
 * LA601: idle connections that would not notice that their peer is gone. */
#include "doctor/rule.h"

/* A socket with SO_KEEPALIVE always has its timer running while nothing else is. */
static enum truth la601_is_blind(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index);
	struct span limit = threshold_span(v->t, TH_IDLE_TIME);
	enum truth idle = truth_and(
			   visit_since(v, index, INFO_last_rcv_ms, limit),
			   truth_or(visit_never_sent(v, index), visit_since(v, index, INFO_last_snd_ms, limit))),
		   blind = truth_and(visit_timer_is(s, TIMER_OFF), visit_serves(v, s));

	return truth_and(truth_of(s->owner && !s->rq && !s->wq), truth_and(idle, blind));
}

static void la601_judge(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	struct finding *f;
	struct buf *line;

	if ((double)(to - from) < visit_limit(v, TH_IDLE_COUNT))
		return;
	f = find_new(v, SEVERITY_WARNING);
	f->confidence = CONFIDENCE_POSSIBLE;
	find_group(v, f, g, from, to);
	buf_addf(&f->headline, "%zu connections idle, without keep-alive", f->count);
	line = finding_line(f);
	buf_puts(line, "not a byte in either direction for ");
	threshold_add(line, v->t, TH_IDLE_TIME);
	buf_puts(line, " or longer, and no timer that would ask the peer");
	find_figure(v, f, "sockets", (double)f->count, UNIT_SOCKETS, TH_IDLE_COUNT, "sock_diag");
}

static const struct gathering gathering = { 1U << TCP_ESTABLISHED, la601_is_blind, gather_by_service, la601_judge };

static const enum threshold by[] = { TH_IDLE_TIME, TH_IDLE_COUNT };

const struct rule rule_LA601 = {
	.text = {
		.id = "LA601", .name = "no-keepalive-idle",
		.sentence = "many connections are silent for hours and nothing asks whether their peers still live: those that do not stay for ever",
		.cause = "neither SO_KEEPALIVE nor an idle limit in the server",
		.fix = "SO_KEEPALIVE with TCP_KEEPIDLE below the idle limit of what lies between (AWS NLB 350 s, Azure 240 s), or an idle limit of the program",
		.no_help = "tcp_keepalive_time alone: it is for sockets with SO_KEEPALIVE",
		.not_when = "a protocol with heartbeats of its own, less often than two hours",
		.verify = "ss -tnpo state established: no timer:(keepalive,…)",
		.source = "net/ipv4/tcp_timer.c tcp_keepalive_timer()",
		.symptoms = "dead connections|half-open connections stay|connections never end|keepalive",
		.scenario = "no-keepalive-idle", .twin = "no-keepalive-idle-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_OWNERS | NEED_TIMERS | NEED_INFO, .by = by, .thresholds = ARRAY_SIZE(by),
	.groups = &gathering,
};
