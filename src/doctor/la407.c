/* SPDX-License-Identifier: MIT
 * LA407: too much is sent again. */
#include "doctor/rule.h"

struct la407_segments {
	int64_t sent;
	int64_t lost; /* sent again for loss: less the probes of a tail, and less what the peer had already */
};

/* OutSegs leaves out what is sent again (tcp_transmit_skb(); measured). False: it is not known. */
static bool la407_count(struct visit *v, const struct net_facts *n, struct la407_segments *s)
{
	int64_t first = 0, again = 0, in_vain = 0;

	if (!visit_add_rise(v, n, CNT_OUT_SEGS, &first) || !visit_add_rise(v, n, CNT_RETRANS_SEGS, &again) ||
	    !visit_add_rise(v, n, CNT_LOSS_PROBES, &in_vain) || !visit_add_rise(v, n, CNT_DSACK_RECV, &in_vain))
		return false;
	s->sent = first + again;
	s->lost = again > in_vain ? again - in_vain : 0;
	return true;
}

/* The destination with most of it, by what each connection says of all its life. */
static void la407_tell_worst(const struct visit *v, struct finding *f)
{
	size_t worst = 0;
	int64_t most = 0;
	char at[ADDR_TEXT];

	FOR_EACH_IN_STATE(v, TCP_ESTABLISHED, i, s)
	{
		int64_t again = visit_number(v, i, INFO_total_retrans);

		if (s->key.netns != f->subject.netns || again <= most) /* UNKNOWN is the least of all */
			continue;
		most = again;
		worst = i;
	}
	if (!most)
		return;
	endpoint_format(at, &visit_sock(v, worst)->remote);
	buf_addf(finding_line(f), "the connection with most of it goes to %s: %lld segments in its life", at,
	         (long long)most);
}

static void la407_check_net(struct visit *v, const struct net_facts *n)
{
	struct la407_segments s;
	double percent;
	struct finding *f;

	if (!la407_count(v, n, &s))
		return;
	percent = s.sent > 0 ? 100.0 * (double)s.lost / (double)s.sent : 0;
	if ((double)s.sent < visit_limit(v, TH_RETRANS_SEGMENTS) || percent < visit_limit(v, TH_RETRANS_WARNING))
		return;
	f = find_new(v, percent >= visit_limit(v, TH_RETRANS_CRITICAL) ? SEVERITY_CRITICAL : SEVERITY_WARNING);
	f->subject.netns = n->netns;
	f->count = (size_t)s.lost;
	buf_addf(&f->headline, "%.2g %% of segments are sent again", percent);
	buf_addf(finding_line(f), "%lld of %lld in the window, probes and what the peer had already left out",
	         (long long)s.lost, (long long)s.sent);
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
