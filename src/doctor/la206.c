/* SPDX-License-Identifier: MIT
 * LA206: services on ports that connect() may take. */
#include "doctor/rule.h"

static enum truth la206_may_be_taken(const struct net_facts *n, uint16_t port)
{
	enum truth behind, before, free;

	if (!n)
		return TRUTH_UNKNOWN;
	behind = truth_not(truth_at_least(n->sysctl[SYS_PORTS_FROM], port + 1));
	before = truth_at_least(n->sysctl[SYS_PORTS_TO], port);
	free = n->reserved_told ? truth_of(!net_port_reserved(n, port)) : TRUTH_UNKNOWN;
	return truth_and(truth_and(behind, before), free);
}

/* Listeners for this machine alone are mostly made by listen() without bind(): the port is told to whom it concerns. */
static enum truth la206_is_service(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index);

	return truth_and(truth_of(s->owner && !addr_is_loopback(&s->local.addr)),
	                 la206_may_be_taken(observation_net(v->o, s->key.netns), s->local.port));
}

static void la206_tell(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	const struct net_facts *n = observation_net(v->o, visit_sock(v, g->rows[from].index)->key.netns);
	struct finding *f = find_new(v, SEVERITY_INFO);
	struct buf *line;

	f->confidence = CONFIDENCE_POSSIBLE;
	f->subject.netns = n->netns;
	f->count = to - from;
	buf_addf(&f->headline, "%zu listener%s in the range that connect() takes ports from", f->count,
	         f->count == 1 ? "" : "s");
	line = finding_line(f);
	for (size_t i = from; i < to && i < from + 8; i++) {
		const struct sock *s = visit_sock(v, g->rows[i].index);
		const struct process_facts *p = visit_owner(v, s);

		buf_addf(line, "%s%u ", i > from ? ", " : "", s->local.port);
		find_add_process(line, visit_pid(v, s), p ? p->comm : "");
	}
	buf_puts(line, to - from > 8 ? ", …" : "");
	buf_addf(finding_line(f),
	         "ip_local_port_range is %lld to %lld; what it takes while a service is down, the service does not get "
	         "back",
	         (long long)n->sysctl[SYS_PORTS_FROM], (long long)n->sysctl[SYS_PORTS_TO]);
	find_figure(v, f, "listeners", (double)f->count, UNIT_SOCKETS, THRESHOLDS, "ip_local_port_range");
}

static const struct gathering gathering = { 1U << TCP_LISTEN, la206_is_service, gather_by_netns, la206_tell };

const struct rule rule_LA206 = {
	.text = {
		.id = "LA206", .name = "port-in-ephemeral-range",
		.sentence = "a service listens on a port that connect() may take for itself: when that happens while the service is restarted, it fails with EADDRINUSE",
		.cause = "the service's port was chosen without a look at ip_local_port_range",
		.fix = "move the port below the range, or name it in ip_local_reserved_ports (of its own network namespace)",
		.caveat = "a reserved port is still given to a bind() that asks for it",
		.no_help = "SO_REUSEADDR: the port is held by an established connection",
		.not_when = "the port was the kernel's choice and is told to whom it concerns",
		.verify = "sysctl net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports",
		.source = "Documentation/networking/ip-sysctl.rst; measured F14; kubernetes/kops#6342",
		.symptoms = "Address already in use after restart|port taken by outgoing connection",
		.scenario = "port-collision", .twin = "port-collision-not",
	},
	.severity = SEVERITY_INFO, .needs = NEED_OWNERS | NEED_SETTINGS | NEED_LISTENERS,
	.groups = &gathering,
};
