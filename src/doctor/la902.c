/* SPDX-License-Identifier: MIT
 * LA902: parts of the machine that are not seen. */
#include "doctor/rule.h"

/* In no namespace that was looked at. */
static bool la902_is_missing(const struct observation *o, bool (*has)(const struct net_facts *n))
{
	for (size_t i = 0; i < o->n_nets; i++)
		if (has(&o->nets[i]))
			return false;
	return o->n_nets > 0 && !o->sight.saved;
}

static const struct {
	unsigned lacks;
	const char *sentence;
} lacking[] = {
	{ LACKS_OWNERS, "no process is named (-p, as root)" },
	{ LACKS_INODES, "who waits for accept() and who is hidden look the same (-e)" },
	{ LACKS_TIMERS, "no timer is told (-o)" },
	{ LACKS_INFO, "no ages, no retransmissions (-i)" },
	{ LACKS_DROPS, "not what a listener threw away (-m)" },
	{ LACKS_LISTENERS, "no listener is there (-a)" },
	{ LACKS_CONNECTIONS, "only listeners are there (-a)" },
	{ LACKS_END, "it ends within a line: it was cut off" },
};

/* Rules that need what is lacking are unknown. */
static void la902_tell_lacking(struct finding *f, unsigned lacks)
{
	struct buf *line = finding_line(f);

	buf_puts(line, "save it with 'ss -tanpoeim' as root: ");
	for (size_t i = 0, n = 0; i < ARRAY_SIZE(lacking); i++)
		if (lacks & lacking[i].lacks)
			buf_addf(line, "%s%s", n++ ? ", " : "", lacking[i].sentence);
}

static void la902_tell_saved(const struct visit *v, struct finding *f)
{
	const struct sight *s = &v->o->sight;

	if (s->wrong_lines)
		buf_addf(finding_line(f), "%zu line%s could not be understood and %s left out", s->wrong_lines,
		         s->wrong_lines == 1 ? "" : "s", s->wrong_lines == 1 ? "is" : "are");
	if (s->lacks)
		la902_tell_lacking(f, s->lacks);
	if (s->tables > 1)
		buf_addf(finding_line(f),
		         "%zu tables of sockets are in one folder, of which the longest was taken: for two looks name "
		         "two folders",
		         s->tables);
	if (s->times_differ)
		buf_puts(finding_line(f), "the times of the files are those of copies (cp -p keeps them): how long it "
		                          "was in between is told by connections on which nothing came");
	buf_puts(finding_line(f), "saved files have no descriptors, limits, epoll sets or stacks");
}

/* --- parts ----------------------------------------------------------------------------------------------- */

static bool la902_are_closed(const struct visit *v)
{
	return v->o->sight.closed;
}
static bool la902_are_orphans(const struct visit *v)
{
	return v->o->sight.orphans > 0;
}
static bool la902_are_unsure(const struct visit *v)
{
	return v->o->sight.unsure;
}
static bool la902_are_unfollowed(const struct visit *v)
{
	return v->o->sight.unfollowed;
}
static bool la902_is_saved(const struct visit *v)
{
	return v->o->sight.saved;
}
static bool la902_is_contained(const struct visit *v)
{
	return v->o->host.contained;
}
static bool la902_has_no_counters(const struct visit *v)
{
	return la902_is_missing(v->o, net_has_counters);
}
static bool la902_has_no_settings(const struct visit *v)
{
	return la902_is_missing(v->o, net_has_settings);
}

static void la902_tell_closed(const struct visit *v, struct finding *f)
{
	size_t n = v->o->sight.closed;

	buf_addf(finding_line(f), "%zu other network namespace%s could not be entered: %s", n, n == 1 ? "" : "s",
	         v->o->sight.privileged ? "gone meanwhile, or CAP_SYS_ADMIN is lacking"
	                                : "run as root, or with CAP_SYS_ADMIN");
}

static void la902_tell_orphans(const struct visit *v, struct finding *f)
{
	int64_t n = v->o->sight.orphans;

	buf_addf(finding_line(f),
	         "%lld orphan%s in network namespaces that cannot be entered: no process is in them that is seen here; "
	         "--engine=C sees them",
	         (long long)n, n == 1 ? " is" : "s are");
}

static void la902_tell_unsure(const struct visit *v, struct finding *f)
{
	buf_addf(finding_line(f),
	         "%zu chains of the socket table changed each time they were read: sockets may be missing",
	         v->o->sight.unsure);
}

static void la902_tell_unfollowed(const struct visit *v, struct finding *f)
{
	buf_addf(finding_line(f),
	         "%zu of the threads and children of the process could not be followed: what they did is not known; "
	         "'lastack step --leaks -p' says why",
	         v->o->sight.unfollowed);
}

static void la902_tell_contained(const struct visit *v, struct finding *f)
{
	size_t unseen = visit_unseen(v, 0);

	buf_puts(finding_line(f), "from within a container: other containers and the machine itself are not seen; "
	                          "orphans and memory count for all of it");
	if (unseen)
		buf_addf(finding_line(f), "who holds %zu of the sockets is not seen: processes outside of it", unseen);
}

static void la902_tell_no_counters(const struct visit *v, struct finding *f)
{
	(void)v;
	buf_puts(finding_line(f), "the kernel's counters (/proc/net/netstat and snmp) could not be read: what is "
	                          "thrown away or sent again is not known");
}

static void la902_tell_no_settings(const struct visit *v, struct finding *f)
{
	(void)v;
	buf_puts(finding_line(f),
	         "the kernel's settings (/proc/sys/net) could not be read: ports, queues and limits are not known");
}

static const struct {
	bool (*holds)(const struct visit *v);
	void (*tell)(const struct visit *v, struct finding *f);
} parts[] = {
	{ la902_are_closed, la902_tell_closed },
	{ la902_are_orphans, la902_tell_orphans },
	{ la902_are_unsure, la902_tell_unsure },
	{ la902_are_unfollowed, la902_tell_unfollowed },
	{ la902_is_saved, la902_tell_saved },
	{ la902_is_contained, la902_tell_contained },
	{ la902_has_no_counters, la902_tell_no_counters },
	{ la902_has_no_settings, la902_tell_no_settings },
};

static void la902_check(struct visit *v)
{
	struct finding *f = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!parts[i].holds(v))
			continue;
		if (!f) {
			f = find_new(v, SEVERITY_INFO);
			f->confidence = CONFIDENCE_PROVED;
			f->count = v->o->sight.closed;
			buf_puts(&f->headline, "only a part was seen");
		}
		parts[i].tell(v, f);
	}
}

const struct rule rule_LA902 = {
	.text = { .id = "LA902",
	          .name = "view-partial",
	          .of_sight = true,
	          .sentence = "a part of the machine could not be seen from here",
	          .fix = "run as root in the machine's own namespaces; save with ss -tanpoeim as root",
	          .source = "network_namespaces(7)" },
	.severity = SEVERITY_INFO,
	.check = la902_check,
};
