/* SPDX-License-Identifier: MIT
 * LA303: a backlog that somaxconn cuts. */
#include "doctor/listen.h"

static void la303_check(struct visit *v)
{
	FOR_EACH_IN_STATE(v, TCP_LISTEN, i, s)
	{
		const struct net_facts *n = visit_net(v, s->key.netns);
		struct listen_queue q = listen_queue(v, i);
		struct finding *f;

		if (!n || n->sysctl[SYS_SOMAXCONN] != (int64_t)s->wq || q.drops == UNKNOWN || q.drops <= 0)
			continue;
		f = listen_find(v, (double)q.drops < visit_limit(v, TH_QUEUE_BURST) ? SEVERITY_INFO : SEVERITY_WARNING,
		                i, &q);
		buf_addf(&f->headline, "its backlog is somaxconn, %u, and was too small", s->wq);
		buf_addf(finding_line(f),
		         "net.core.somaxconn of its network namespace is %lld: what was passed to listen() was that or "
		         "more",
		         (long long)n->sysctl[SYS_SOMAXCONN]);
		find_figure(v, f, "somaxconn", (double)n->sysctl[SYS_SOMAXCONN], UNIT_SOCKETS, THRESHOLDS,
		            "net.core.somaxconn");
	}
	listen_tell_uncounted(v);
}

static const enum threshold by[] = { TH_QUEUE_BURST };

const struct rule rule_LA303 = {
	.text = {
		.id = "LA303", .name = "backlog-capped",
		.sentence = "the listener's backlog is as large as net.core.somaxconn of its namespace allows, and it overflowed",
		.cause = "net.core.somaxconn (4096 since Linux 5.4, 128 before; each container has its own)",
		.fix = "raise net.core.somaxconn in that namespace, then restart the listener, if accept() keeps up otherwise",
		.caveat = "in a container the host's value counts for nothing",
		.no_help = "changing it without calling listen() again",
		.verify = "nsenter -t PID -n sysctl net.core.somaxconn; ss -Hltn, column Send-Q",
		.source = "net/ipv4/af_inet.c, net/socket.c __sys_listen(): the smaller of both, at that moment",
		.symptoms = "somaxconn|net.core.somaxconn|TCP backlog setting of 511 cannot be enforced",
		.scenario = "backlog-capped", .twin = "backlog-capped-not",
	},
	.severity = SEVERITY_INFO, .needs = NEED_TWICE | NEED_SETTINGS | NEED_LISTENERS, .by = by, .thresholds = ARRAY_SIZE(by),
	.check = la303_check,
};
