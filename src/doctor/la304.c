/* SPDX-License-Identifier: MIT
 * LA304: a backlog from before a change of somaxconn. */
#include "doctor/listen.h"

static void la304_check(struct visit *v)
{
	FOR_EACH_ABOUT(v, TCP_LISTEN, i, s)
	{
		int64_t most = visit_setting_or_tell(v, s->key.netns, SYS_SOMAXCONN);
		struct listen_queue q;
		struct finding *f;

		if (most == UNKNOWN || (int64_t)s->wq <= most)
			continue;
		q = listen_queue(v, i);
		f = listen_find(v, SEVERITY_INFO, i, &q);
		f->confidence = CONFIDENCE_PROVED;
		buf_addf(&f->headline, "backlog %u is more than somaxconn allows now", s->wq);
		buf_addf(finding_line(f),
		         "net.core.somaxconn is %lld: it was larger when listen() was called, and after a restart the "
		         "backlog will be smaller",
		         (long long)most);
		find_figure(v, f, "somaxconn", (double)most, UNIT_SOCKETS, THRESHOLDS, "net.core.somaxconn");
	}
}

const struct rule rule_LA304 = {
	.text = {
		.id = "LA304", .name = "backlog-stale",
		.sentence = "the listener has a larger backlog than listen() would give it today",
		.cause = "net.core.somaxconn was lowered after listen()",
		.fix = "set it back, in sysctl.d too, before the next restart",
		.not_when = "the other way round, a smaller backlog than somaxconn, tells nothing: it is what was asked for",
		.verify = "ss -Hltn, column Send-Q; sysctl net.core.somaxconn",
		.source = "net/socket.c __sys_listen()",
		.symptoms = "backlog changed after restart",
		.scenario = "backlog-stale", .twin = "backlog-stale-not",
	},
	.severity = SEVERITY_INFO, .needs = NEED_SETTINGS | NEED_LISTENERS,
	.check = la304_check,
};
