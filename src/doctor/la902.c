/* SPDX-License-Identifier: MIT
 * LA902: parts of the machine that are not seen. */
#include "doctor/rule.h"

/* In no namespace that was looked at. */
static bool is_missing(const struct observation *o, bool (*has)(const struct net_facts *n))
{
	for (size_t i = 0; i < o->n_nets; i++)
		if (has(&o->nets[i]))
			return false;
	return o->n_nets > 0 && !o->sight.saved;
}

static void check(struct visit *v)
{
	const struct sight *s = &v->o->sight;
	bool no_counters = is_missing(v->o, net_has_counters), no_settings = is_missing(v->o, net_has_settings);
	size_t unseen = visit_unseen(v, 0);
	struct finding *f;

	if (!s->closed && !s->unsure && !s->saved && !v->o->host.contained && !no_counters && !no_settings)
		return;
	f = visit_find(v, SEVERITY_INFO);
	f->confidence = CONFIDENCE_PROVED;
	f->count = s->closed;
	buf_puts(&f->headline, "only a part was seen");
	if (s->closed)
		buf_addf(finding_line(f), "%zu other network namespace%s could not be entered: run as root, or with CAP_SYS_ADMIN", s->closed, s->closed == 1 ? "" : "s");
	if (s->unsure)
		buf_addf(finding_line(f), "%zu chains of the socket table changed each time they were read: sockets may be missing", s->unsure);
	if (s->saved)
		buf_puts(finding_line(f), "from saved files: what they do not tell is not known, and counters since the start of the machine tell no rate");
	if (v->o->host.contained)
		buf_puts(finding_line(f), "from within a container: other containers and the machine itself are not seen; orphans and memory count for all of it");
	if (v->o->host.contained && unseen)
		buf_addf(finding_line(f), "who holds %zu of the sockets is not seen: processes outside of it", unseen);
	if (no_counters)
		buf_puts(finding_line(f), "the kernel's counters (/proc/net/netstat and snmp) could not be read: what is thrown away or sent again is not known");
	if (no_settings)
		buf_puts(finding_line(f), "the kernel's settings (/proc/sys/net) could not be read: ports, queues and limits are not known");
}

const struct rule rule_LA902 = {
	.text = { .id = "LA902", .name = "view-partial", .sentence = "a part of the machine could not be seen from here",
		  .fix = "run as root in the machine's own namespaces", .source = "network_namespaces(7)" },
	.severity = SEVERITY_INFO,
	.check = check,
};
