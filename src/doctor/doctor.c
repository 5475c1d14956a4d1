/* SPDX-License-Identifier: MIT
 * Judging an observation by all rules. */
#include "doctor/doctor.h"
#include "doctor/causes.h"

#include <stdlib.h>
#include <strings.h>

const struct rule *const doctor_rules[] = {
#define RULE(id, name) &rule_##id,
#include "doctor/rules.def"
#undef RULE
	NULL
};

void rule_add_thresholds(struct buf *out, const struct rule *r)
{
	struct thresholds t;

	thresholds_default(&t);
	for (unsigned i = 0; i < r->thresholds; i++) {
		buf_addf(out, "%s%s ", i ? ", " : "", threshold_info(r->by[i])->word);
		threshold_add(out, &t, r->by[i]);
	}
}

/* --- which rules --------------------------------------------------------------------------------------- */

const struct rule *doctor_rule(const char *word)
{
	for (const struct rule *const *r = doctor_rules; *r; r++)
		if (!strcasecmp(word, (*r)->text.id) || !strcmp(word, (*r)->text.id + 2) ||
		    !strcasecmp(word, (*r)->text.name))
			return *r;
	return NULL;
}

/* "LA1xx" and "LA1" are all of a family. */
static bool doctor_begins(const char *word, size_t n, const char *id)
{
	while (n && (word[n - 1] == 'x' || word[n - 1] == 'X'))
		n--;
	return n >= 3 && n < strlen(id) && strncasecmp(word, id, n) == 0;
}

static bool doctor_names(const char *word, size_t n, const struct rule_text *t)
{
	char whole[64];

	if (n >= sizeof whole)
		return false;
	memcpy(whole, word, n);
	whole[n] = 0;
	return doctor_begins(word, n, t->id) || (doctor_rule(whole) && &doctor_rule(whole)->text == t);
}

static bool doctor_is_meant(const char *list, const struct rule_text *t)
{
	while (list && *list) {
		size_t n = strcspn(list, ", ");

		if (n && doctor_names(list, n, t))
			return true;
		list += n + (list[n] != 0);
	}
	return false;
}

int doctor_check_only(const char *only, struct err *e)
{
	if (!only[strspn(only, ", ")])
		return err_set(e, "--only names rules: ids, names, or LA1xx for a family, separated by commas");
	for (const char *at = only; at && *at;) {
		size_t n = strcspn(at, ", ");
		bool known = n == 0;

		for (const struct rule *const *r = doctor_rules; *r && !known; r++)
			known = doctor_names(at, n, &(*r)->text);
		if (!known)
			return err_set(e, "there is no rule '%.*s'; 'lastack doctor --rules' lists them",
			               (int)(n > 40 ? 40 : n), at);
		at += n + (at[n] != 0);
	}
	return 0;
}

/* --- what a rule needs --------------------------------------------------------------------------------- */

static bool doctor_has_settings(const struct observation *o)
{
	for (size_t i = 0; i < o->n_nets; i++)
		if (net_has_settings(&o->nets[i]))
			return true;
	return false;
}

static bool doctor_has_limits(const struct observation *o)
{
	for (size_t i = 0; i < o->n_processes; i++)
		if (o->processes[i].fds != UNKNOWN && o->processes[i].fd_limit != UNKNOWN)
			return true;
	return o->n_processes == 0 && !o->sight.hidden && !o->sight.saved;
}

static bool doctor_has_conntrack(const struct observation *o)
{
	for (size_t i = 0; i < o->n_nets; i++)
		if (o->nets[i].sysctl[SYS_CONNTRACK_MAX] != UNKNOWN)
			return true;
	return false;
}

/* Where no process may be looked at, everything that is held seems to be nobody's. One that was asked for may hold no
 * socket, and has been looked at all the same. */
static bool doctor_has_owners(const struct observation *o)
{
	const struct process_facts *p = o->only ? observation_process(o, o->only) : NULL;
	bool seen = p ? p->fds != UNKNOWN : !o->sight.hidden;

	return o->last.n_owners > 0 || (seen && !(o->sight.lacks & LACKS_OWNERS));
}

static bool doctor_has_two_looks(const struct observation *o)
{
	return o->twice;
}
static bool doctor_has_host(const struct observation *o)
{
	return o->host.orphans != UNKNOWN;
}
static bool doctor_has_inodes(const struct observation *o)
{
	return !(o->sight.lacks & LACKS_INODES);
}
static bool doctor_has_timers(const struct observation *o)
{
	return !(o->sight.lacks & LACKS_TIMERS);
}
static bool doctor_has_info(const struct observation *o)
{
	return !(o->sight.lacks & LACKS_INFO);
}
static bool doctor_has_connections(const struct observation *o)
{
	return !(o->sight.lacks & LACKS_CONNECTIONS);
}

static bool doctor_has_listeners(const struct observation *o)
{
	return !(o->sight.lacks & LACKS_LISTENERS);
}

static const struct {
	unsigned need;
	bool (*has)(const struct observation *o);
	const char *missing;
} needs[] = {
	{ NEED_TWICE | NEED_COUNTERS, doctor_has_two_looks, "it needs two looks (--window, or --offline twice)" },
	{ NEED_OWNERS, doctor_has_owners, "no process could be looked at" },
	{ NEED_COUNTERS, observation_has_rates, "the kernel's counters could not be read at both ends of the window" },
	{ NEED_INODES | NEED_TIMERS | NEED_INFO | NEED_CONNECTIONS, doctor_has_connections,
	  "only listeners are in what was saved: ss without -a" },
	{ NEED_LISTENERS, doctor_has_listeners, "no listener is in what was saved: ss without -a" },
	{ NEED_INODES, doctor_has_inodes, "ss was saved without -e" },
	{ NEED_TIMERS, doctor_has_timers, "no timer is in what was saved: ss without -o" },
	{ NEED_INFO, doctor_has_info, "no ages are in what was saved: ss without -i" },
	{ NEED_PROCESSES, doctor_has_limits, "no process's descriptors and limits could be read" },
	{ NEED_HOST, doctor_has_host, "numbers of the whole machine are not seen from here" },
	{ NEED_SETTINGS, doctor_has_settings, "the kernel's settings (/proc/sys/net) could not be read" },
	{ NEED_CONNTRACK, doctor_has_conntrack, "nf_conntrack is not loaded, or not seen from here" },
};

/* NULL: nothing. */
static const char *doctor_missing(const struct rule *r, const struct observation *o)
{
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (r->needs & needs[i].need && !needs[i].has(o))
			return needs[i].missing;
	return NULL;
}

/* --- judging ------------------------------------------------------------------------------------------- */

static void doctor_judge(struct visit *v, const struct rule *r)
{
	const char *why = doctor_missing(r, v->o);

	v->out->judged++; /* those that turn out unknown are taken off at the end */
	v->rule = r;
	visit_about(v, NULL);
	if (why) {
		visit_tell_unknown(v, "%s", why);
		return;
	}
	if (r->groups)
		gather_groups(v, r->groups);
	if (r->check)
		r->check(v);
}

static const struct rule *doctor_rule_of(const struct finding *f)
{
	for (const struct rule *const *r = doctor_rules; *r; r++)
		if (&(*r)->text == f->rule)
			return *r;
	return NULL;
}

static void doctor_look_closer(struct visit *v)
{
	for (size_t i = 0; i < v->out->n; i++) {
		v->rule = doctor_rule_of(v->out->all[i]);
		if (v->rule->explain)
			v->rule->explain(v, v->out->all[i]);
	}
}

/* Is it a finding of this process, what it follows from, or the other end of its connections? */
static bool doctor_concerns(const struct findings *fs, const struct finding *f, pid_t pid)
{
	if (f->subject.pid == pid || strncmp(f->rule->id, "LA9", 3) == 0)
		return true;
	for (size_t i = 0; i < fs->n; i++)
		for (const struct finding *own = fs->all[i]; own->subject.pid == pid && own->root; own = own->root)
			if (own->root == f)
				return true;
	return f->other_end && f->root->subject.pid == pid;
}

/* Whose it is is not seen: it may be that process's. */
static bool doctor_is_hidden(const struct visit *v, const struct finding *f)
{
	for (size_t i = 0; i < f->n_socks && !f->subject.pid; i++)
		if (visit_sock(v, f->socks[i])->no_owner == NO_OWNER_HIDDEN)
			return true;
	return false;
}

/* Of one process only: what concerns others, or nobody, is left to a doctor of everything. */
static void doctor_keep_own(struct visit *v, pid_t pid)
{
	struct findings *fs = v->out;
	bool *keep = xcalloc(fs->n + 1, sizeof *keep);
	size_t kept = 0;

	for (size_t i = 0; i < fs->n; i++)
		keep[i] = doctor_concerns(fs, fs->all[i], pid);
	for (size_t i = 0; i < fs->n; i++) {
		v->rule = doctor_rule_of(fs->all[i]);
		if (!keep[i] && doctor_is_hidden(v, fs->all[i]))
			visit_tell_unknown(v, "who holds some of the sockets that it is about is not seen from here");
		if (keep[i])
			fs->all[kept++] = fs->all[i];
		else
			finding_free(fs->all[i]);
	}
	fs->n = kept;
	free(keep);
}

static bool doctor_is_ignored(const struct ignored *g, const struct finding *f)
{
	const struct subject *s = &f->subject;

	if (g->over || (g->rule && &g->rule->text != f->rule))
		return false;
	if (g->port && !(s->has_local && s->local.port == g->port) && !(s->has_peer && s->peer.port == g->port))
		return false;
	return !*g->process || strncmp(g->process, s->comm, sizeof s->comm) == 0;
}

/* Who ignores a trouble ignores both ends of it. */
static void doctor_suppress(struct findings *fs, const struct doctor_settings *s)
{
	for (size_t i = 0; i < fs->n; i++)
		for (size_t k = 0; k < s->n_ignored; k++)
			if (doctor_is_ignored(&s->ignored[k], fs->all[i]))
				fs->all[i]->suppressed = s->ignored[k].reason;
	for (size_t i = 0; i < fs->n; i++)
		if (fs->all[i]->other_end && !fs->all[i]->suppressed)
			fs->all[i]->suppressed = fs->all[i]->root->suppressed;
}

void doctor_examine(const struct observation *o, const struct doctor_settings *s, const struct probes *probes,
                    struct findings *out)
{
	struct visit v;

	visit_begin(&v, o, &s->thresholds, probes, out);
	for (const struct rule *const *r = doctor_rules; *r; r++)
		if (!s->only || doctor_is_meant(s->only, &(*r)->text))
			doctor_judge(&v, *r);
	causes_join(&v, out);
	if (o->only)
		doctor_keep_own(&v, o->only);
	if (probes)
		doctor_look_closer(&v);
	out->judged -= out->n_unjudged;
	doctor_suppress(out, s);
	causes_weigh(out);
	findings_sort(out);
	visit_end(&v);
}
