/* SPDX-License-Identifier: MIT
 * LA303: a backlog that somaxconn cuts. */
#include "doctor/listen.h"

static void la303_tell(struct visit *v, size_t index, const struct listen_queue *q)
{
	const struct sock *s = visit_sock(v, index);
	bool burst = (double)q->drops < visit_limit(v, TH_QUEUE_BURST);
	struct finding *f = listen_find(v, burst ? SEVERITY_INFO : SEVERITY_WARNING, index, q);

	buf_addf(&f->headline, "its backlog is somaxconn, %u, and was too small", s->wq);
	buf_addf(finding_line(f),
	         "net.core.somaxconn of its network namespace is %u: what was passed to listen() was that or more",
	         s->wq);
	find_figure(v, f, "somaxconn", s->wq, UNIT_SOCKETS, THRESHOLDS, "net.core.somaxconn");
}

static void la303_check(struct visit *v)
{
	FOR_EACH_ABOUT(v, TCP_LISTEN, i, s)
	{
		struct listen_queue q = listen_queue(v, i);
		int64_t most = UNKNOWN;

		if (q.drops != 0)
			most = visit_setting_or_tell(v, s->key.netns, SYS_SOMAXCONN);
		if (most != (int64_t)s->wq)
			continue;
		if (q.drops == UNKNOWN)
			listen_tell_uncounted(v);
		else
			la303_tell(v, i, &q);
	}
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
