/* SPDX-License-Identifier: MIT
 * LA306: of several listeners of one port, one is not served. */
#include "base/hash.h"
#include "doctor/listen.h"

static uint64_t la306_by_port(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index);

	return hash_mix(addr_hash(s->key.netns, &s->local.addr), s->local.port);
}

/* Over its backlog, or with many waiting in every look; fewer looks might have missed when it was not so. */
static enum truth la306_suffers(const struct visit *v, const struct listen_queue *q)
{
	if (q->now && q->now > q->backlog)
		return TRUTH_YES;
	if ((double)q->least < visit_limit(v, TH_IMBALANCE))
		return TRUTH_NO;
	return (double)q->looks >= visit_limit(v, TH_QUEUE_LOOKS) ? TRUTH_YES : TRUTH_UNKNOWN;
}

static void la306_tell(struct visit *v, size_t index, const struct listen_queue *q, size_t listeners)
{
	struct finding *f = listen_find(v, SEVERITY_WARNING, index, q);

	buf_addf(&f->headline, "%u wait here, none at another of %zu listeners", q->now, listeners);
	buf_addf(finding_line(f),
	         "SO_REUSEPORT: the kernel deals new connections out by their addresses and does not ask who is busy");
}

static void la306_judge_port(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	bool idle = false;

	for (size_t i = from; i < to; i++)
		idle |= visit_sock(v, g->rows[i].index)->rq == 0;
	for (size_t i = from; i < to && idle && to - from > 1; i++) {
		struct listen_queue q = listen_queue(v, g->rows[i].index);

		enum truth suffers = la306_suffers(v, &q);

		if (suffers == TRUTH_YES)
			la306_tell(v, g->rows[i].index, &q, to - from);
		if (suffers == TRUTH_UNKNOWN)
			visit_tell_unknown(v, "whether many wait all the time takes more looks at the queues");
	}
}

static const struct gathering gathering = { 1U << TCP_LISTEN, NULL, la306_by_port, la306_judge_port };

static void la306_explain(struct visit *v, struct finding *f)
{
	if (f->subject.process &&
	    process_is_stopped(f->subject.process)) { /* if that is not known, nothing is claimed */
		buf_puts(&f->cause, "its process is stopped, and still gets its share of the connections");
		return;
	}
	find_tell_stacks(v, f);
}

static const enum threshold by[] = { TH_IMBALANCE, TH_QUEUE_LOOKS };

const struct rule rule_LA306 = {
	.text = {
		.id = "LA306", .name = "reuseport-imbalance",
		.sentence = "several listeners share a port, and one of them lets its connections wait while another has nothing to do",
		.cause = "one worker is stopped, blocked or overloaded; the kernel does not move what waits at it to another",
		.fix = "end or restart that worker; one listener for all workers, or a BPF program that deals out (SO_ATTACH_REUSEPORT_EBPF); tcp_migrate_req=1 for the time when it closes",
		.no_help = "a larger backlog",
		.not_when = "the moment after a burst",
		.verify = "ss -Hltnp 'sport = :PORT'",
		.source = "net/core/sock_reuseport.c reuseport_select_sock()",
		.symptoms = "SO_REUSEPORT|one worker hangs|uneven workers",
		.scenario = "reuseport-imbalance", .twin = "reuseport-imbalance-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_LISTENERS, .by = by, .thresholds = ARRAY_SIZE(by),
	.groups = &gathering, .explain = la306_explain,
};
