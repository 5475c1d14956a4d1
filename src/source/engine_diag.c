/* SPDX-License-Identifier: MIT
 * Engines A and B: sock_diag, namespace by namespace; and A's owners, from /proc. */
#include "model/belonging.h"
#include "source/diag.h"
#include "source/engine_internal.h"
#include "source/net.h"
#include "source/netns.h"
#include "source/owner.h"

#include <errno.h>
#include <unistd.h>

/* Listeners whatever their ports are, which costs next to nothing; the others by theirs. */
static int dump_by_ports(struct diag *d, const struct engine_ask *ask, const struct diag_ask *what, struct evidence *ev,
                         struct err *e)
{
	state_set states = ask->states ? ask->states : STATE_SET_ALL, listen = state_set_of(TCP_LISTEN);
	struct diag_ask listeners = *what, others = *what;

	listeners.states = states & listen;
	others.states = states & (state_set)~listen;
	others.local = ask->local;
	others.remote = ask->remote;
	if (listeners.states && diag_dump(d, &listeners, ev, e) < 0)
		return -1;
	return others.states ? diag_dump(d, &others, ev, e) : 0;
}

static int dump_here(const struct engine_ask *ask, struct evidence *ev, struct err *e)
{
	struct diag_ask what = { .states = ask->states,
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

/* It is we who lack something, and not the namespace that is closed. */
static bool is_shortage(int rc)
{
	return rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM;
}

/* A namespace that may not be entered is counted; one that is gone has nothing to be missed. */
static int dump_there(const struct netns *ns, int home, const struct engine_ask *ask, struct evidence *ev,
                      struct engine_report *report, struct err *e)
{
	int rc = netns_enter(ns);

	if (is_shortage(rc))
		return err_sys(e, -rc, "another network namespace cannot be looked at");
	if (rc < 0) {
		report->closed += rc != -ENOENT;
		return 0;
	}
	rc = dump_here(ask, ev, e);
	netns_back(home);
	report->namespaces++;
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

static int dump_all(const struct engine_ask *ask, struct evidence *ev, struct engine_report *report, struct err *e)
{
	int home = netns_home(e), rc = 0;
	uint64_t own = netns_own();
	struct netns_list all;

	if (home < 0)
		return -1;
	netns_list_read(&all);
	for (size_t i = 0; i < all.n && rc == 0; i++) {
		if (ask->netns && ask->netns != all.all[i].inode)
			continue;
		if (all.all[i].inode != own)
			rc = dump_there(&all.all[i], home, ask, ev, report, e);
		else if ((rc = dump_here(ask, ev, e)) == 0)
			report->namespaces++;
	}
	netns_list_free(&all);
	close(home);
	return rc == 0 && !report->namespaces ? none_seen(ask, report, e) : rc;
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

static int dump_and_compare(const struct engine_ask *ask, struct evidence *ev, struct engine_report *report,
                            struct err *e)
{
	int64_t before = asks_for_orphans(ask) ? orphans_of_machine() : UNKNOWN;
	size_t from = ev->n;

	if (dump_all(ask, ev, report, e) < 0)
		return -1;
	report->orphans = orphans_unseen(ev, from, before, before > 0 ? orphans_of_machine() : before);
	return 0;
}

int look_by_diag(const struct engine_ask *ask, struct evidence *ev, struct engine_report *report, owners_finder owners,
                 void *state, struct err *e)
{
	ssize_t hidden;

	if (dump_and_compare(ask, ev, report, e) < 0)
		return -1;
	report->no_bound = (!ask->states || state_set_has(ask->states, TCP_BOUND)) && !diag_tells_bound();
	if (!(ask->want & WANT_OWNERS))
		return 0;
	hidden = owners(state, ev, e);
	if (hidden < 0)
		return -1;
	report->hidden = (size_t)hidden;
	tell_unheld(ev, hidden == 0 && in_first_pid_namespace());
	evidence_belonging(ev);
	return 0;
}

/* --- engine A ------------------------------------------------------------------------------------------ */

static ssize_t owners_by_proc(void *state, struct evidence *ev, struct err *e)
{
	(void)state;
	(void)e;
	return (ssize_t)owners_fill_all(ev);
}

static void *engine_open(struct err *e)
{
	static int nothing;

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
	return look_by_diag(ask, ev, report, owners_by_proc, state, e);
}

const struct engine engine_proc = { "A",         "sock_diag and /proc", PROCESSES_NEED | NAMESPACES_NEED,
	                            engine_open, engine_close,          look };
