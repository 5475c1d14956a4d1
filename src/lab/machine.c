/* SPDX-License-Identifier: MIT
 * The machine's own network. */
#include "lab/machine.h"
#include "base/proc.h"
#include "lab/lab_internal.h"
#include "lab/machine_internal.h"
#include "source/live.h"
#include "step/forget.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct machine *machine_memory(struct lab *l)
{
	if (!l->machine)
		l->machine = xcalloc(1, sizeof *l->machine);
	return l->machine;
}

void machine_changed(struct lab *l)
{
	machine_memory(l)->stale = true;
}

void machine_unfollowed(struct lab *l)
{
	machine_memory(l)->unfollowed = true;
}

/* --- which namespace ----------------------------------------------------------------------------------- */

static bool is_ours(const char *path)
{
	struct stat theirs, ours;

	return stat(path, &theirs) == 0 && stat("/proc/self/ns/net", &ours) == 0 && theirs.st_ino == ours.st_ino;
}

/* Moves this process there: everything that is opened from now on is of that namespace. */
static int enter_namespace(pid_t pid, struct err *e)
{
	char path[48];
	int fd, rc;

	snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
	if (!pid || is_ours(path))
		return 0;
	if (kill(pid, 0) < 0 && errno == ESRCH)
		return err_set(e, "there is no process %d", pid);
	if (proc_is_zombie(pid))
		return err_set(e, "process %d has ended; its parent has not asked for its exit code yet", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	rc = fd < 0 ? -1 : setns(fd, CLONE_NEWNET);
	if (rc < 0)
		err_sys(e, errno, "the network namespace of process %d cannot be entered; %s", pid,
		        geteuid() ? "try as root"
		                  : "in a container it takes the capabilities SYS_PTRACE and SYS_ADMIN");
	if (fd >= 0)
		close(fd);
	return rc;
}

int machine_open(struct lab *l, pid_t pid, struct err *e)
{
	struct err no_packets;

	if (enter_namespace(pid, e) < 0)
		return -1;
	for (int i = 0; i < SIDES; i++) {
		diag_close(l->hosts[i].diag);
		l->hosts[i].side = (enum side)i;
		l->hosts[i].diag = diag_open(e);
		if (!l->hosts[i].diag)
			return -1;
	}
	live_close(l->live);
	l->live = l->no_packets ? NULL : live_open(&no_packets);
	if (!l->live && !l->no_packets)
		lab_say(l, EV_NOTICE, err_text(&no_packets));
	machine_memory(l)->ports.changed = true;
	machine_memory(l)->whole.ns = 0;
	machine_renew(l);
	return 0;
}

void machine_close(struct lab *l)
{
	struct machine *m = l->machine;

	live_close(l->live);
	l->live = NULL;
	l->machine = NULL;
	if (!m)
		return;
	ends_free(&m->known);
	free(m->listening);
	table_free(&m->by_port);
	for (int i = 0; i < SIDES; i++)
		cookies_free(&m->others[i]);
	cookies_free(&m->met);
	evidence_free(&m->carried);
	evidence_free(&m->hidden);
	diag_close(m->sweeper);
	free(m);
}

/* --- whose is it --------------------------------------------------------------------------------------- */

static const struct actor *holder(const struct lab *l, const struct sock *s)
{
	const struct actor *a;

	TAILQ_FOREACH (a, &l->actors, link)
		if (actor_has_cookie(a, s->key.cookie))
			return a;
	return NULL;
}

const struct listening *machine_listener(const struct machine *m, const struct endpoint *at)
{
	struct endpoint plain = endpoint_plain(at);
	struct table_walk w = table_find(&m->by_port, at->port);

	for (uint32_t i; table_next(&m->by_port, &w, &i);) {
		const struct endpoint *here = &m->listening[i].at;

		if (here->port == at->port && (addr_is_any(&here->addr) || addr_equal(&here->addr, &plain.addr)))
			return &m->listening[i];
	}
	return NULL;
}

/* In their order, in which they are found. */
static void index_listeners(struct machine *m)
{
	table_clear(&m->by_port);
	table_reserve(&m->by_port, m->n_listening);
	for (size_t i = 0; i < m->n_listening; i++)
		table_add(&m->by_port, m->listening[i].at.port, (uint32_t)i);
}

static void learn_listeners(struct lab *l, const struct evidence *all)
{
	struct machine *m = machine_memory(l);
	const struct actor *a;

	m->n_listening = 0;
	for (size_t i = 0; i < all->n; i++) {
		if (all->socks[i].state != TCP_LISTEN || !(a = holder(l, &all->socks[i])))
			continue;
		m->listening = grow(m->listening, m->n_listening, &m->cap_listening, sizeof *m->listening);
		m->listening[m->n_listening++] = (struct listening){ endpoint_plain(&all->socks[i].local), a->side };
	}
	index_listeners(m);
}

bool machine_may_wait(const struct sock *s)
{
	return !s->inode && (s->state == TCP_ESTABLISHED || s->state == TCP_CLOSE_WAIT || s->state == TCP_SYN_RECV ||
	                     s->state == TCP_NEW_SYN_RECV);
}

static enum side own_side(const struct lab *l, const struct machine *m, const struct sock *s)
{
	const struct actor *a = holder(l, s);
	const struct listening *at;

	if (a)
		return a->side;
	at = machine_may_wait(s) ? machine_listener(m, &s->local) : NULL;
	return at ? at->side : NO_SIDE;
}

/* Another one's socket: the other end of one of ours, or once was. */
static enum side other_side(struct machine *m, const struct sock *s)
{
	const struct end *ours;

	for (int side = 0; side < SIDES; side++)
		if (cookies_have(&m->others[side], s->key.cookie))
			return (enum side)side;
	ours = s->remote.port ? ends_find(&m->known, &s->remote, &s->local) : NULL;
	if (!ours)
		return NO_SIDE;
	cookies_add(&m->others[side_other(ours->side)], s->key.cookie);
	return side_other(ours->side);
}

static void keep(struct machine *m, const struct sock *s, enum side side, struct evidence kept[SIDES])
{
	evidence_add(&kept[side], s);
	if (s->remote.port)
		ends_add(&m->known, &s->local, &s->remote, side);
}

static void keep_own(struct lab *l, const struct evidence *all, bool own[], struct evidence kept[SIDES])
{
	struct machine *m = machine_memory(l);
	struct instant now = clock_now();

	for (size_t i = 0; i < all->n; i++) {
		const struct sock *s = &all->socks[i];
		enum side side = own_side(l, m, s);

		own[i] = side != NO_SIDE;
		if (!own[i])
			continue;
		keep(m, s, side, kept);
		if (s->state != TCP_TIME_WAIT)
			ports_use(&m->ports, s->local.port, now);
	}
}

enum side machine_side(struct lab *l, const struct sock *s)
{
	struct machine *m = machine_memory(l);
	enum side side = own_side(l, m, s);

	return side == NO_SIDE ? other_side(m, s) : side;
}

/* --- forgetting ---------------------------------------------------------------------------------------- */

/* In the look that was taken just now, or in the one before: one look may miss a socket that changes its table. */
static bool is_there(void *cookies, uint64_t cookie)
{
	return cookies_have(cookies, cookie);
}

static void add_cookies(struct cookies *to, const struct evidence *ev)
{
	for (size_t i = 0; i < ev->n; i++)
		cookies_add(to, ev->socks[i].key.cookie);
}

/* Of connections that are over packets may still come for a moment: a RST for what was never read. */
enum { OVER_KEPT = 1024 };

static bool is_over(void *lab, const struct conn *c)
{
	const struct lab *l = lab;
	const struct endpoint *client = &c->end[CLIENT].at, *server = &c->end[SERVER].at;

	return l->timeline.conns.last_number - c->number >= OVER_KEPT &&
	       !ends_find(&l->machine->known, client, server) && !ends_find(&l->machine->known, server, client);
}

static bool is_nowhere(void *ctx, uint64_t cookie)
{
	(void)ctx;
	(void)cookie;
	return false;
}

void machine_forget_closed(struct lab *l)
{
	if (forget_is_due(&l->stepper))
		forget_sockets(&l->stepper, is_nowhere, NULL);
}

static void forget_gone(struct lab *l, const struct evidence *all)
{
	struct machine *m = machine_memory(l);
	struct cookies there = { 0 };

	add_cookies(&there, all);
	for (int side = 0; side < SIDES; side++)
		add_cookies(&there, &l->seen[side]);
	forget_sockets(&l->stepper, is_there, &there);
	for (int side = 0; side < SIDES; side++)
		cookies_keep(&m->others[side], is_there, &there);
	cookies_free(&m->met); /* they are asked again */
	if (l->forgets)
		conns_forget(&l->timeline.conns, is_over, l);
	cookies_free(&there);
}

/* --- splitting ----------------------------------------------------------------------------------------- */

/* Twice over the table: first what programs hold, then what belongs to that. */
void machine_split(struct lab *l, const struct evidence *all, struct evidence kept[SIDES])
{
	struct machine *m = machine_memory(l);
	bool *own = xcalloc(all->n + 1, sizeof *own);
	enum side side;

	ends_clear(&m->known);
	learn_listeners(l, all);
	keep_own(l, all, own, kept);
	for (size_t i = 0; i < all->n; i++)
		if (!own[i] && (side = other_side(m, &all->socks[i])) != NO_SIDE)
			keep(m, &all->socks[i], side, kept);
	for (int i = 0; i < SIDES; i++)
		evidence_finish(&kept[i]);
	m->stale = false;
	free(own);
	machine_renew(l);
	if (forget_is_due(&l->stepper))
		forget_gone(l, all);
}
