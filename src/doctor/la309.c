/* SPDX-License-Identifier: MIT
 * LA309: SYN+ACKs that nobody answers, to few peers. */
#include "doctor/rule.h"
#include "base/hash.h"

static uint64_t la309_by_port(const struct visit *v, size_t index)
{
	return hash_mix(visit_sock(v, index)->key.netns, visit_sock(v, index)->local.port);
}

static enum truth la309_is_unanswered(const struct visit *v, size_t index)
{
	return visit_retransmits(visit_sock(v, index), visit_limit(v, TH_SYN_RETRANSMITS));
}

static void la309_count_peers(const struct visit *v, const struct gather *g, size_t from, size_t to, size_t *peers)
{
	struct gather by_peer = { 0 };
	size_t a = 0, b = 0;

	for (size_t i = from; i < to; i++)
		gather_add(&by_peer, addr_hash(0, &visit_sock(v, g->rows[i].index)->remote.addr), g->rows[i].index);
	for (*peers = 0; gather_next(&by_peer, &a, &b);)
		++*peers;
	gather_free(&by_peer);
}

/* Of whom it is not known whether they were answered: they may be more peers. */
static bool la309_any_unsure(const struct visit *v, uint64_t port)
{
	FOR_EACH_IN_STATE(v, TCP_NEW_SYN_RECV, i, s)
	if (la309_is_unanswered(v, i) == TRUTH_UNKNOWN && la309_by_port(v, i) == port)
		return true;
	return false;
}

static void la309_judge(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	struct finding *f;
	size_t peers;

	if ((double)(to - from) < visit_limit(v, TH_SYN_RECV_COUNT) || la309_any_unsure(v, g->rows[from].key))
		return;
	la309_count_peers(v, g, from, to, &peers);
	if ((double)peers > visit_limit(v, TH_SYN_RECV_PEERS)) /* a flood: LA307 */
		return;
	f = find_new(v, SEVERITY_WARNING);
	find_group(v, f, g, from, to);
	buf_addf(&f->headline, "%zu half-open connections of %zu peer%s get no answer", f->count, peers,
	         peers == 1 ? "" : "s");
	buf_addf(finding_line(f),
	         "each SYN+ACK was sent again %.0f times or more: they, or the ACKs for them, are lost",
	         visit_limit(v, TH_SYN_RETRANSMITS));
	find_figure(v, f, "sockets", (double)f->count, UNIT_SOCKETS, TH_SYN_RECV_COUNT, "sock_diag");
	find_figure(v, f, "peers", (double)peers, UNIT_NONE, TH_SYN_RECV_PEERS, "sock_diag");
}

static const struct gathering gathering = { 1U << TCP_NEW_SYN_RECV, la309_is_unanswered, la309_by_port, la309_judge };

static const enum threshold by[] = { TH_SYN_RETRANSMITS, TH_SYN_RECV_COUNT, TH_SYN_RECV_PEERS };

const struct rule rule_LA309 = {
	.text = {
		.id = "LA309", .name = "syn-recv-unanswered",
		.sentence = "clients begin to connect, and the handshake's second or third packet never arrives",
		.picture = "client: SYN ──▶ here: SYN_RECV ── SYN+ACK ──▶ lost?      client: SYN_SENT, SYN again\n"
			   "                                  ◀── ACK ── lost?",
		.cause = "packets back to these peers take another way or are filtered: asymmetric routing, a firewall with state, a missing route, a wrong MSS or VLAN",
		.fix = "capture at both ends and see which packet is missing: lastack explain FILE tells it",
		.no_help = "SYN cookies, a larger backlog",
		.not_when = "very many peers with one connection each: a flood (LA307)",
		.verify = "ss -Htno state syn-recv: the timer's count",
		.source = "net/ipv4/inet_connection_sock.c reqsk_timer_handler()",
		.symptoms = "SYN_RECV|SYN+ACK lost|half-open connections",
		.scenario = "syn-recv-unanswered", .twin = "syn-recv-unanswered-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_TIMERS, .by = by, .thresholds = ARRAY_SIZE(by),
	.groups = &gathering,
};
