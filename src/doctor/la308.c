/* SPDX-License-Identifier: MIT
 * LA308: SYNs are thrown away, for cookies are off. */
#include "doctor/rule.h"

/* Without cookies a full SYN queue is seen in ListenDrops; a full accept queue raises ListenOverflows as well (measured
 * F9). */
static int64_t la308_lost_syns(struct visit *v, const struct net_facts *n)
{
	int64_t full = 0, drops = 0, overflows = 0;

	visit_add_rise(v, n, CNT_REQ_Q_FULL_DROP, &full);
	if (!visit_add_rise(v, n, CNT_LISTEN_DROPS, &drops) || !visit_add_rise(v, n, CNT_LISTEN_OVERFLOWS, &overflows))
		return full;
	return full > drops - overflows ? full : drops - overflows;
}

/* 0 where there are cookies. */
static int64_t la308_lost_without_cookies(struct visit *v, const struct net_facts *n)
{
	if (n->sysctl[SYS_SYNCOOKIES] == UNKNOWN)
		visit_tell_unknown(v, "whether SYN cookies are on could not be read");
	return n->sysctl[SYS_SYNCOOKIES] == 0 ? la308_lost_syns(v, n) : 0;
}

static void la308_check(struct visit *v)
{
	for (size_t i = 0; i < v->o->n_nets; i++) {
		const struct net_facts *n = &v->o->nets[i];
		int64_t lost = la308_lost_without_cookies(v, n);
		struct finding *f;

		if (lost <= 0)
			continue;
		f = find_new(v, SEVERITY_WARNING);
		f->confidence = CONFIDENCE_PROVED;
		f->subject.netns = n->netns;
		f->count = (size_t)lost;
		buf_addf(&f->headline, "%.3g SYNs a second are thrown away", observation_per_second(v->o, lost));
		buf_addf(finding_line(f),
		         "net.ipv4.tcp_syncookies is 0 there, and %lld SYNs were thrown away in the window",
		         (long long)lost);
		find_figure(v, f, "syns", (double)lost, UNIT_SOCKETS, THRESHOLDS,
		            "/proc/net/netstat ListenDrops, ListenOverflows, TCPReqQFullDrop");
	}
}

const struct rule rule_LA308 = {
	.text = {
		.id = "LA308", .name = "syncookies-off-drops",
		.sentence = "SYN cookies are off, and SYNs are thrown away for want of room: clients wait a second, then three, then seven",
		.cause = "net.ipv4.tcp_syncookies=0; without cookies a quarter of the queue is kept for peers that are known",
		.fix = "tcp_syncookies=1, which acts only when the queue is full; a larger backlog",
		.no_help = "tcp_abort_on_overflow",
		.verify = "sysctl net.ipv4.tcp_syncookies; nstat -az TcpExtListenDrops TcpExtListenOverflows",
		.source = "net/ipv4/tcp_input.c tcp_conn_request(); measured F9",
		.symptoms = "tcp_syncookies=0|SYN dropped|ListenDrops without ListenOverflows",
		.scenario = "syncookies-off", .twin = "syncookies-off-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_COUNTERS | NEED_SETTINGS,
	.check = la308_check,
};
