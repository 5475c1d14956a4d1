/* SPDX-License-Identifier: MIT
 * LA407: too much is sent again. */
#include "doctor/rule.h"

static int64_t la407_known(int64_t rise)
{
	return rise == UNKNOWN ? 0 : rise;
}

/* Sent again for loss: less the probes of a tail, and less what the peer had already. */
static int64_t la407_lost(const struct net_facts *n)
{
	int64_t again = la407_known(net_rise(n, CNT_RETRANS_SEGS)) - la407_known(net_rise(n, CNT_LOSS_PROBES)) -
	                la407_known(net_rise(n, CNT_DSACK_RECV));

	return again > 0 ? again : 0;
}

/* The destination with most of it, by what each connection says of all its life. */
static void la407_tell_worst(const struct visit *v, struct finding *f)
{
	size_t worst = 0;
	uint32_t most = 0;
	char at[ADDR_TEXT];

	FOR_EACH_IN_STATE(v, TCP_ESTABLISHED, i, s)
	{
		const struct sock_info *info = visit_info(v, i);

		if (!info || s->key.netns != f->subject.netns || info->total_retrans <= most)
			continue;
		most = info->total_retrans;
		worst = i;
	}
	if (!most)
		return;
	endpoint_format(at, &visit_sock(v, worst)->remote);
	buf_addf(finding_line(f), "the connection with most of it goes to %s: %u segments in its life", at, most);
}

/* OutSegs leaves out what is sent again (tcp_transmit_skb(); measured). */
static void la407_check_net(struct visit *v, const struct net_facts *n)
{
	int64_t sent = la407_known(net_rise(n, CNT_OUT_SEGS)) + la407_known(net_rise(n, CNT_RETRANS_SEGS)),
		again = la407_lost(n);
	double percent = sent > 0 ? 100.0 * (double)again / (double)sent : 0;
	struct finding *f;

	if ((double)sent < visit_limit(v, TH_RETRANS_SEGMENTS) || percent < visit_limit(v, TH_RETRANS_WARNING))
		return;
	f = find_new(v, percent >= visit_limit(v, TH_RETRANS_CRITICAL) ? SEVERITY_CRITICAL : SEVERITY_WARNING);
	f->subject.netns = n->netns;
	f->count = (size_t)again;
	buf_addf(&f->headline, "%.2g %% of segments are sent again", percent);
	buf_addf(finding_line(f), "%lld of %lld in the window, probes and what the peer had already left out",
	         (long long)again, (long long)sent);
	find_figure(v, f, "retransmitted_percent", percent, UNIT_PERCENT, TH_RETRANS_WARNING,
	            "/proc/net/snmp RetransSegs, OutSegs");
	la407_tell_worst(v, f);
}

static void la407_check(struct visit *v)
{
	for (size_t i = 0; i < v->o->n_nets; i++)
		la407_check_net(v, &v->o->nets[i]);
}

static const enum threshold by[] = { TH_RETRANS_SEGMENTS, TH_RETRANS_WARNING, TH_RETRANS_CRITICAL };

const struct rule rule_LA407 = {
	.text = {
		.id = "LA407", .name = "retransmit-rate",
		.sentence = "so many segments are sent again that requests wait for it",
		.cause = "loss on the way: a full queue, a bad cable or radio, a policer, a hole for large packets",
		.fix = "find whether one destination or all are concerned, then look at the path (interface errors, ethtool -S, tc -s qdisc)",
		.no_help = "larger buffers; tcp_retries2",
		.not_when = "few segments; reordering that DSACK proves to be none",
		.verify = "nstat TcpRetransSegs TcpOutSegs, twice",
		.source = "net/ipv4/tcp_output.c __tcp_retransmit_skb()",
		.symptoms = "packet loss|retransmissions|RetransSegs|slow connection",
		.scenario = "retransmit-rate", .twin = "retransmit-rate-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_COUNTERS, .by = by, .thresholds = ARRAY_SIZE(by),
	.check = la407_check,
};
