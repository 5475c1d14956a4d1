/* SPDX-License-Identifier: MIT
 * Engines A and B: sock_diag, namespace by namespace; and A's owners, from /proc. */
#include "model/belonging.h"
#include "source/diag.h"
#include "source/engine_internal.h"
#include "source/net.h"
#include "source/netns.h"
#include "source/owner.h"

#include <fcntl.h>
#include <unistd.h>

#define EVERY_STATE ((state_set)((1U << TCP_STATES) - 1))

/* Listeners whatever their ports are, which costs next to nothing; the others by theirs. */
static int dump_by_ports(struct diag *d, const struct engine_ask *ask, const struct diag_ask *what, struct evidence *ev,
                         struct err *e)
{
	state_set states = ask->states ? ask->states : EVERY_STATE, listen = state_set_of(TCP_LISTEN);
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

/* A namespace that is gone, or may not be entered, is counted. */
static int dump_there(const struct netns *ns, int home, const struct engine_ask *ask, struct evidence *ev,
                      struct engine_report *report, struct err *e)
{
	int rc;

	if (netns_enter(ns) < 0) {
		report->closed++;
		return 0;
	}
	rc = dump_here(ask, ev, e);
	netns_back(home);
	report->namespaces++;
	return rc;
}

static int dump_all(const struct engine_ask *ask, struct evidence *ev, struct engine_report *report, struct err *e)
{
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), rc = 0;
	uint64_t own = netns_own();
	struct netns_list all;

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
	if (home >= 0)
		close(home);
	if (rc == 0 && ask->netns && !report->namespaces)
		return err_set(e, "that network namespace may not be entered; try as root, or with CAP_SYS_ADMIN");
	return rc;
}

static void tell_unheld(struct evidence *ev, bool all_seen)
{
	for (size_t i = 0; i < ev->n; i++)
		if (ev->socks[i].held && !ev->socks[i].owner)
			ev->socks[i].no_owner = all_seen ? NO_OWNER_ONE_OF : NO_OWNER_HIDDEN;
}

int look_by_diag(const struct engine_ask *ask, struct evidence *ev, struct engine_report *report, owners_finder owners,
                 void *state, struct err *e)
{
	ssize_t hidden;

	if (dump_all(ask, ev, report, e) < 0)
		return -1;
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
