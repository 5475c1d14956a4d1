/* SPDX-License-Identifier: MIT
 * LA801: the table of tracked connections is nearly full. */
#include "doctor/rule.h"

static void la801_check_net(struct visit *v, const struct net_facts *n)
{
	int64_t now = n->sysctl[SYS_CONNTRACK_COUNT], most = n->sysctl[SYS_CONNTRACK_MAX];
	double percent = most > 0 ? 100.0 * (double)now / (double)most : 0;
	struct finding *f;

	if (most == UNKNOWN || now == UNKNOWN) { /* it is loaded, and then in all of them */
		visit_tell_unknown(
			v, "how many connections are tracked, or may be, could not be read of all network namespaces");
		return;
	}
	if (percent < visit_limit(v, TH_CONNTRACK_WARNING) && !(n->own && visit_said(v, SAID_CONNTRACK)))
		return;
	f = find_new(v, percent >= visit_limit(v, TH_CONNTRACK_CRITICAL) ? SEVERITY_CRITICAL : SEVERITY_WARNING);
	f->confidence = CONFIDENCE_PROVED;
	f->subject.netns = n->netns;
	f->count = (size_t)now;
	buf_addf(&f->headline, "%lld of %lld connections tracked", (long long)now, (long long)most);
	buf_addf(finding_line(f),
	         "when it is full, packets of new connections are dropped: nf_conntrack: table full, dropping packet");
	find_said(v, f, SAID_CONNTRACK);
	find_figure(v, f, "conntrack_percent", percent, UNIT_PERCENT, TH_CONNTRACK_WARNING,
	            "net.netfilter.nf_conntrack_count, nf_conntrack_max");
}

static void la801_check(struct visit *v)
{
	for (size_t i = 0; i < v->o->n_nets; i++)
		la801_check_net(v, &v->o->nets[i]);
}

static const enum threshold by[] = { TH_CONNTRACK_WARNING, TH_CONNTRACK_CRITICAL, TH_LOG_AGE };

const struct rule rule_LA801 = {
	.text = {
		.id = "LA801", .name = "conntrack-full",
		.sentence = "the packet filter's table of connections is nearly full: then it drops the packets of new ones",
		.cause = "more connections than the table was made for, or entries that live too long (nf_conntrack_tcp_timeout_established: five days)",
		.fix = "raise nf_conntrack_max and the number of buckets; shorten the time-outs; leave out of tracking what needs none (NOTRACK)",
		.caveat = "the states in conntrack are its own guess, not the sockets'",
		.no_help = "anything of TCP's settings",
		.not_when = "nf_conntrack is not loaded",
		.verify = "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max; conntrack -S",
		.source = "net/netfilter/nf_conntrack_core.c __nf_conntrack_alloc()",
		.symptoms = "nf_conntrack: table full, dropping packet|table full, dropping packet|nf_conntrack",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_CONNTRACK, .by = by, .thresholds = ARRAY_SIZE(by),
	.check = la801_check,
};
