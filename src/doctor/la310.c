/* SPDX-License-Identifier: MIT
 * LA310: connection attempts that nobody answers. */
#include "doctor/rule.h"
#include "base/hash.h"

static uint64_t la310_destination(const struct sock *s)
{
	return hash_mix(addr_hash(s->key.netns, &s->remote.addr), s->remote.port);
}

static void la310_tell(struct visit *v, enum severity severity, const struct gather *g, size_t from, size_t to)
{
	struct finding *f = find_new(v, severity);
	struct buf *line;

	find_group(v, f, g, from, to);
	f->confidence = CONFIDENCE_PROVED;
	buf_addf(&f->headline, "%zu connect() that nobody answers", f->count);
	line = finding_line(f);
	buf_addf(line, "SYN_SENT, each SYN sent again %.0f times or more; ", visit_limit(v, TH_SYN_RETRANSMITS));
	find_add_ages(v, f, line);
	find_figure(v, f, "sockets", (double)f->count, UNIT_SOCKETS, TH_SYN_SENT_COUNT, "sock_diag");
}

/* Several places at once: what they have in common is here. */
static void la310_tell_all(struct visit *v, const struct gather *g, size_t places)
{
	struct finding *f = find_new(v, SEVERITY_CRITICAL);

	f->subject.netns = visit_sock(v, g->rows[0].index)->key.netns;
	for (size_t i = 0; i < g->n; i++)
		finding_sock(f, g->rows[i].index);
	f->count = g->n;
	buf_addf(&f->headline, "%zu connect() to %zu destinations that nobody answers", g->n, places);
	buf_addf(finding_line(f), "SYN_SENT to %zu addresses, each SYN sent again %.0f times or more", places,
	         visit_limit(v, TH_SYN_RETRANSMITS));
	buf_puts(&f->cause, "several destinations are silent at once: the fault is near, this machine's own way out "
	                    "(route, firewall, NAT)");
	find_figure(v, f, "destinations", (double)places, UNIT_NONE, TH_SYN_SENT_PLACES, "sock_diag");
	find_figure(v, f, "sockets", (double)g->n, UNIT_SOCKETS, TH_SYN_SENT_COUNT, "sock_diag");
}

/* Addresses, not ports: several of one address say nothing about the way out; and to this machine itself there is
 * none. */
static size_t la310_count_places(const struct visit *v, const struct gather *g)
{
	struct gather places = { 0 };
	size_t from = 0, to = 0, n = 0;

	for (size_t i = 0; i < g->n; i++) {
		const struct addr *a = &visit_sock(v, g->rows[i].index)->remote.addr;

		if (!addr_is_loopback(a))
			gather_add(&places, addr_hash(0, a), g->rows[i].index);
	}
	while (gather_next(&places, &from, &to))
		n++;
	gather_free(&places);
	return n;
}

static void la310_collect(struct visit *v, struct gather *g)
{
	FOR_EACH_ABOUT(v, TCP_SYN_SENT, i, s)
	{
		enum truth again = visit_retransmits(s, visit_limit(v, TH_SYN_RETRANSMITS));

		if (again == TRUTH_UNKNOWN)
			visit_tell_unknown(v, "how often some SYNs were sent again is not known");
		if (again == TRUTH_YES)
			gather_add(g, la310_destination(s), i);
	}
}

static void la310_check(struct visit *v)
{
	double enough = gather_enough(v, TH_SYN_SENT_COUNT);
	struct gather g = { 0 };
	size_t from = 0, to = 0, places;

	la310_collect(v, &g);
	places = la310_count_places(v, &g);
	if (g.n && places && (double)places >= visit_limit(v, TH_SYN_SENT_PLACES))
		la310_tell_all(v, &g, places);
	else
		while (gather_next(&g, &from, &to))
			if ((double)(to - from) >= enough)
				la310_tell(v, SEVERITY_WARNING, &g, from, to);
	gather_free(&g);
}

static const enum threshold by[] = { TH_SYN_RETRANSMITS, TH_SYN_SENT_COUNT, TH_SYN_SENT_PLACES };

const struct rule rule_LA310 = {
	.text = {
		.id = "LA310", .name = "syn-sent-stuck",
		.sentence = "SYNs are sent and sent again, and neither a SYN+ACK nor a reset comes back: connect() hangs, for more than two minutes by default",
		.picture = "connect(): SYN ──▶ SYN_SENT ── 1 s ── SYN ── 1 s, 2 s, 4 s … ── ETIMEDOUT",
		.cause = "a filter that drops, a host that is down, an accept queue that is full at the other end (LA301 there)",
		.fix = "see whether the SYN arrives there (lastack list state syn-recv, a capture); set a shorter limit for connect() in the program",
		.caveat = "with TCP_USER_TIMEOUT or tcp_syn_retries only the wait gets shorter",
		.no_help = "tcp_fin_timeout, tcp_tw_reuse",
		.not_when = "a scanner; the slower of two addresses tried at once, which is given up within a second",
		.verify = "ss -Htnpo state syn-sent",
		.source = "net/ipv4/tcp_timer.c tcp_write_timeout(); measured F28",
		.symptoms = "Connection timed out|connection timed out|ETIMEDOUT|SYN_SENT|connect hangs|connect takes 1 s|接続がタイムアウトしました|연결 시간 초과",
		.scenario = "syn-sent-stuck", .twin = "syn-sent-stuck-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_TIMERS, .by = by, .thresholds = ARRAY_SIZE(by),
	.check = la310_check,
};
