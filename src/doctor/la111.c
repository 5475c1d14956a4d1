/* SPDX-License-Identifier: MIT
 * LA111: connections that got no TIME_WAIT. */
#include "doctor/rule.h"

static void la111_tell(struct visit *v, const struct net_facts *n, int64_t rise)
{
	struct finding *f = find_new(v, SEVERITY_WARNING);

	f->confidence = CONFIDENCE_PROVED;
	f->subject.netns = n->netns;
	f->count = (size_t)rise;
	buf_addf(&f->headline, "%lld connections ended without TIME_WAIT", (long long)rise);
	buf_addf(finding_line(f), "TCPTimeWaitOverflow rose by %lld in the window", (long long)rise);
	if (n->sysctl[SYS_MAX_TW_BUCKETS] != UNKNOWN)
		buf_addf(finding_line(f), "tcp_max_tw_buckets is %lld", (long long)n->sysctl[SYS_MAX_TW_BUCKETS]);
	find_figure(v, f, "overflows", (double)rise, UNIT_SOCKETS, THRESHOLDS, "/proc/net/netstat TCPTimeWaitOverflow");
}

static void la111_check(struct visit *v)
{
	for (size_t i = 0; i < v->o->n_nets; i++) {
		int64_t rise = 0;

		if (visit_add_rise(v, &v->o->nets[i], CNT_TIME_WAIT_OVERFLOW, &rise) && rise > 0)
			la111_tell(v, &v->o->nets[i], rise);
	}
}

const struct rule rule_LA111 = {
	.text = {
		.id = "LA111", .name = "time-wait-overflow",
		.sentence = "there are as many TIME_WAITs as tcp_max_tw_buckets allows: connections end at once, and an old duplicate may then hit a new connection",
		.cause = "tcp_max_tw_buckets was lowered, or very many connections are opened and closed here",
		.fix = "raise tcp_max_tw_buckets (256 bytes each); reuse connections",
		.no_help = "tcp_fin_timeout",
		.verify = "nstat -az TcpExtTCPTimeWaitOverflow",
		.source = "net/ipv4/inet_timewait_sock.c inet_twsk_alloc(); measured in a lab with tcp_max_tw_buckets=0: both FIN_WAIT2 and TIME_WAIT of closed sockets are left out",
		.symptoms = "TCP: time wait bucket table overflow|time wait bucket table overflow|TCPTimeWaitOverflow",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_COUNTERS,
	.check = la111_check,
};
