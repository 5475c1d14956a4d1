/* SPDX-License-Identifier: MIT
 * Engines A and B: sock_diag, namespace by namespace; and A's owners, from /proc. */
#include "base/file.h"
#include "model/belonging.h"
#include "source/diag.h"
#include "source/engine_internal.h"
#include "source/owner.h"
#include "source/places.h"

#include <unistd.h>

/* Listeners whatever their ports are, which costs next to nothing; the others by theirs. */
static int dump_by_ports(struct diag *d, const struct engine_ask *ask, const struct diag_ask *what, struct evidence *ev,
                         struct err *e)
{
	state_set listen = state_set_of(TCP_LISTEN);
	struct diag_ask listeners = *what, others = *what;

	listeners.states = what->states & listen;
	others.states = what->states & (state_set)~listen;
	others.local = ask->local;
	others.remote = ask->remote;
	if (listeners.states && diag_dump(d, &listeners, ev, e) < 0)
		return -1;
	return others.states ? diag_dump(d, &others, ev, e) : 0;
}

static int dump_here(const struct engine_ask *ask, state_set states, struct evidence *ev, struct err *e)
{
	struct diag_ask what = { .states = states,
		                 .info = ask->want & (WANT_AGE | WANT_INFO),
		                 .memory = ask->want & WANT_DROPS,
		                 .cgroup = ask->want & WANT_CGROUP };
	struct diag *d = diag_open(e);
	int rc = d ? 0 : -1;

	if (rc == 0 && (ask->local.to || ask->remote.to))
		rc = dump_by_ports(d, ask, &what, ev, e);
	else if (rc == 0)
		rc = diag_dump(d, &what, ev, e);
	diag_close(d);
	return rc;
}

/* Neither the one that was asked for, nor our own. */
static int none_seen(const struct engine_ask *ask, const struct engine_report *report, struct err *e)
{
	if (!ask->netns)
		return err_set(e,
		               "no network namespace can be looked at from here, not even our own: this kernel has no "
		               "/proc/PID/ns/net (gVisor has none); look from outside");
	if (report->closed)
		return err_set(e, "that network namespace may not be entered; try as root, or with CAP_SYS_ADMIN");
	return err_set(e, "nothing leads into that network namespace: no process that may be looked at is in it, and "
	                  "ip-netns has no name for it; try --engine=C, which needs no way in");
}

/* --- one look ------------------------------------------------------------------------------------------ */

struct look {
	const struct engine_ask *ask;
	const struct diag_way *way;
	void *state; /* the way's */
	struct evidence *ev;
	struct engine_report *report;
	uint64_t own;
	int home;
	struct places places;
	struct err *e;
};

static state_set asked_states(const struct engine_ask *ask)
{
	return ask->states ? ask->states : STATE_SET_ALL;
}

/* Sockets that are bound only are dumped last, and only where a descriptor led to one: for them the kernel walks
 * another hash of the whole machine. Not if somebody asks for just these: one that no process has is found by a dump
 * alone. */
static bool bound_last(const struct look *l)
{
	return l->way->bound && l->ask->want & WANT_OWNERS && asked_states(l->ask) == STATE_SET_ALL;
}

static state_set states_first(const struct look *l, state_set states)
{
	return bound_last(l) ? states & DIAG_HASHED : states;
}

static int dump_home(struct look *l)
{
	state_set states = states_first(l, asked_states(l->ask) & net_states());

	l->report->namespaces++;
	return states ? dump_here(l->ask, states, l->ev, l->e) : 0;
}

static int dump_there(struct look *l, size_t netns, state_set states)
{
	int rc = states ? places_enter(&l->places, netns, l->e) : 0;

	if (rc <= 0)
		return rc;
	rc = dump_here(l->ask, states, l->ev, l->e);
	netns_back(l->home);
	return rc;
}

/* Where the others are: the one that is asked for, or all. */
static int find_others(struct look *l)
{
	struct netns_list list = { 0 };
	struct netns one;

	if (!l->ask->netns) {
		netns_list_begin(&list);
		l->way->namespaces(l->state, &list);
		netns_list_add_named(&list);
	} else if (netns_find(l->ask->netns, l->ask->way, &one)) {
		netns_list_add(&list, one.inode, one.pid, one.name);
	}
	return places_read(&l->places, &list, asked_states(l->ask), l->own, l->home, l->e);
}

static int dump_others(struct look *l)
{
	int rc = find_others(l);

	l->report->namespaces += l->places.entered;
	if (rc == 0 && l->ask->most_walks && l->places.walks > l->ask->most_walks)
		return 1;
	for (size_t i = 0; i < l->places.n && rc == 0; i++)
		rc = dump_there(l, l->places.all[i].netns, states_first(l, l->places.all[i].states));
	return rc;
}

/* Our own first, while an engine's program is loaded; and no other is looked for where only ours is asked for. */
static int dump_all(struct look *l)
{
	bool ours = l->own && (!l->ask->netns || l->ask->netns == l->own);
	int rc = ours ? dump_home(l) : 0;

	if (rc == 0 && (!ours || !l->ask->netns))
		rc = dump_others(l);
	l->report->closed = l->places.closed;
	return rc == 0 && !l->report->namespaces ? none_seen(l->ask, l->report, l->e) : rc;
}

/* Those of one namespace; it may have been passed over until now. */
static int dump_bound_of(struct look *l, uint64_t inode)
{
	const struct netns *ns = netns_by_inode(&l->places.list, inode);

	if (inode == l->own && (!l->ask->netns || l->ask->netns == l->own))
		return dump_here(l->ask, state_set_of(TCP_BOUND), l->ev, l->e);
	return ns ? dump_there(l, (size_t)(ns - l->places.list.all), state_set_of(TCP_BOUND)) : 0;
}

/* Not every process is seen from here: any namespace may have some. */
static int dump_bound_everywhere(struct look *l)
{
	int rc = l->ask->netns && l->ask->netns != l->own ? 0 : dump_bound_of(l, l->own);

	for (size_t i = 0; i < l->places.n && rc == 0; i++)
		if (state_set_has(l->places.all[i].states, TCP_BOUND))
			rc = dump_there(l, l->places.all[i].netns, state_set_of(TCP_BOUND));
	return rc;
}

static int dump_bound(struct look *l)
{
	ssize_t n;
	const uint64_t *where = l->way->bound(l->state, &n);
	int rc = 0;

	if (n < 0)
		return dump_bound_everywhere(l);
	for (ssize_t i = 0; i < n && rc == 0; i++)
		rc = dump_bound_of(l, where[i]);
	return rc;
}

static void tell_unheld(struct evidence *ev, bool all_seen)
{
	for (size_t i = 0; i < ev->n; i++)
		if (ev->socks[i].held && !ev->socks[i].owner)
			ev->socks[i].no_owner = all_seen ? NO_OWNER_ONE_OF : NO_OWNER_HIDDEN;
}

/* --- orphans nobody led us to -------------------------------------------------------------------------- */

int64_t orphans_unseen(const struct evidence *ev, size_t from, int64_t before, int64_t after)
{
	int64_t least, moved, seen = 0;

	if (before == UNKNOWN || after == UNKNOWN)
		return UNKNOWN;
	least = before < after ? before : after;
	moved = before < after ? after - before : before - after;
	for (size_t i = from; i < ev->n; i++)
		seen += sock_is_orphan(&ev->socks[i]);
	return least > seen + moved ? least - seen : 0;
}

static int64_t orphans_of_machine(void)
{
	struct sockstat s;

	sockstat_read(&s);
	return s.orphans;
}

/* Was asked for every orphan that there is? */
static bool asks_for_orphans(const struct engine_ask *ask)
{
	return !ask->netns && !ask->local.to && !ask->remote.to &&
	       (!ask->states || (ask->states & SOCK_ORPHANED) == SOCK_ORPHANED);
}

static int dump_and_compare(struct look *l)
{
	int64_t before = asks_for_orphans(l->ask) ? orphans_of_machine() : UNKNOWN;
	size_t from = l->ev->n;
	int rc = dump_all(l);

	if (rc == 0)
		l->report->orphans = orphans_unseen(l->ev, from, before, before > 0 ? orphans_of_machine() : before);
	return rc;
}

static int find_owners(struct look *l)
{
	ssize_t hidden = l->way->seek(l->state, l->ev, l->e);

	if (hidden == 0 && bound_last(l))
		hidden = dump_bound(l);
	if (hidden == 0)
		hidden = l->way->join(l->state, l->ev);
	if (hidden < 0)
		return -1;
	l->report->hidden = (size_t)hidden;
	tell_unheld(l->ev, hidden == 0 && in_first_pid_namespace());
	evidence_belonging(l->ev);
	return 0;
}

int look_by_diag(const struct engine_ask *ask, struct evidence *ev, struct engine_report *report,
                 const struct diag_way *way, void *state, struct err *e)
{
	struct look l = { .ask = ask,
		          .way = way,
		          .state = state,
		          .ev = ev,
		          .report = report,
		          .own = netns_own(),
		          .home = netns_home(e),
		          .e = e };
	int rc = l.home < 0 ? -1 : dump_and_compare(&l);

	if (rc == 0 && ask->want & WANT_OWNERS)
		rc = find_owners(&l);
	report->no_bound = state_set_has(asked_states(ask), TCP_BOUND) && !diag_tells_bound();
	places_free(&l.places);
	fd_close(&l.home);
	return rc;
}

/* --- engine A ------------------------------------------------------------------------------------------ */

static void namespaces_by_proc(void *state, struct netns_list *l)
{
	(void)state;
	netns_list_add_processes(l);
}

static int seek_nothing(void *state, struct evidence *ev, struct err *e)
{
	(void)state;
	(void)ev;
	(void)e;
	return 0;
}

static ssize_t owners_by_proc(void *state, struct evidence *ev)
{
	(void)state;
	return (ssize_t)owners_fill_all(ev);
}

const struct diag_way way_of_proc = { namespaces_by_proc, seek_nothing, NULL, owners_by_proc };

static void *engine_open(unsigned want, struct err *e)
{
	static int nothing;

	(void)want;

	(void)e;
	return &nothing;
}

static void engine_close(void *state)
{
	(void)state;
}

static int look(void *state, const struct engine_ask *ask, struct evidence *ev, struct engine_report *report,
                struct err *e)
{
	return look_by_diag(ask, ev, report, &way_of_proc, state, e);
}

const struct engine engine_proc = { "A",         "sock_diag and /proc", PROCESSES_NEED | NAMESPACES_NEED,
	                            engine_open, engine_close,          look };
