/* SPDX-License-Identifier: MIT
 * The machine's own network. */
#include "lab/machine.h"
#include "base/proc.h"
#include "lab/lab_internal.h"
#include "packet/decode.h"
#include "source/live.h"
#include "step/forget.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is remembered: sockets that were the other ends of our connections (their ends may outlive ours), and where a
 * connect() goes. */
struct machine {
	struct cookies others[SIDES];
	struct endpoint to;
	enum side side;               /* of who connects; NO_SIDE: nobody */
	struct evidence known[SIDES]; /* our sockets as they were when the last packets were taken */
};

static struct machine *memory(struct lab *l)
{
	if (!l->machine) {
		l->machine = xcalloc(1, sizeof *l->machine);
		l->machine->side = NO_SIDE;
	}
	return l->machine;
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
	l->live = live_open(&no_packets);
	if (!l->live)
		lab_say(l, EV_NOTICE, err_text(&no_packets));
	else
		live_all(l->live);
	return 0;
}

void machine_close(struct lab *l)
{
	live_close(l->live);
	l->live = NULL;
	if (!l->machine)
		return;
	for (int i = 0; i < SIDES; i++) {
		evidence_free(&l->machine->known[i]);
		cookies_free(&l->machine->others[i]);
	}
	free(l->machine);
	l->machine = NULL;
}

void machine_connects(struct lab *l, enum side side, const struct endpoint *to)
{
	memory(l)->to = *to;
	memory(l)->side = side;
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

/* A connection that waits for accept(): its listener is a program's. */
static const struct actor *listener_holder(const struct lab *l, const struct evidence *all, const struct sock *s)
{
	const struct actor *a;

	for (size_t i = 0; i < all->n && all->socks[i].state == TCP_LISTEN; i++)
		if (all->socks[i].local.port == s->local.port && (a = holder(l, &all->socks[i])))
			return a;
	return NULL;
}

/* What others left behind on our port (TIME_WAIT, orphans) is not ours. */
static bool may_wait_for_accept(const struct sock *s)
{
	return !s->inode && (s->state == TCP_ESTABLISHED || s->state == TCP_CLOSE_WAIT || s->state == TCP_SYN_RECV ||
	                     s->state == TCP_NEW_SYN_RECV);
}

static enum side own_side(const struct lab *l, const struct evidence *all, const struct sock *s)
{
	const struct actor *a = holder(l, s);

	if (!a && may_wait_for_accept(s))
		a = listener_holder(l, all, s);
	return a ? a->side : NO_SIDE;
}

static enum side remembered(struct lab *l, uint64_t cookie)
{
	const struct machine *m = memory(l);

	for (int side = 0; side < SIDES; side++)
		if (cookies_have(&m->others[side], cookie))
			return (enum side)side;
	return NO_SIDE;
}

/* The other end of one of ours, of which there are few. */
static enum side other_side(const struct evidence *ours, const enum side *sides, const struct sock *s)
{
	for (size_t i = 0; i < ours->n && s->remote.port; i++)
		if (ours->socks[i].local.port == s->remote.port && endpoint_same(&ours->socks[i].local, &s->remote) &&
		    endpoint_same(&ours->socks[i].remote, &s->local))
			return side_other(sides[i]);
	return NO_SIDE;
}

static void keep(struct evidence *to, const struct sock *s, enum side side, enum side *sides)
{
	if (sides)
		sides[to->n] = side;
	evidence_add(to, s);
}

/* Twice over the table: first what programs hold, then what belongs to that. */
static void split(struct lab *l, const struct evidence *all, struct evidence kept[SIDES])
{
	struct evidence ours = { 0 };
	enum side *sides = xcalloc(all->n + 1, sizeof *sides), side;

	for (size_t i = 0; i < all->n; i++)
		if ((side = own_side(l, all, &all->socks[i])) != NO_SIDE)
			keep(&ours, &all->socks[i], side, sides);
	for (size_t i = 0; i < ours.n; i++)
		keep(&kept[sides[i]], &ours.socks[i], sides[i], NULL);
	for (size_t i = 0; i < all->n; i++) {
		const struct sock *s = &all->socks[i];

		if (own_side(l, all, s) != NO_SIDE)
			continue;
		side = remembered(l, s->key.cookie);
		if (side == NO_SIDE)
			side = other_side(&ours, sides, s);
		if (side == NO_SIDE)
			continue;
		cookies_add(&memory(l)->others[side], s->key.cookie);
		keep(&kept[side], s, side, NULL);
	}
	evidence_free(&ours);
	free(sides);
}

/* --- forgetting ---------------------------------------------------------------------------------------- */

/* In the look that was taken just now, or in the one before: one look may miss a socket that changes its table. */
static bool is_there(void *cookies, uint64_t cookie)
{
	return cookies_have(cookies, cookie);
}

static void forget_gone(struct lab *l, const struct evidence *all)
{
	struct cookies there = { 0 };

	for (size_t i = 0; i < all->n; i++)
		cookies_add(&there, all->socks[i].key.cookie);
	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < memory(l)->known[side].n; i++)
			cookies_add(&there, memory(l)->known[side].socks[i].key.cookie);
	forget_sockets(&l->stepper, is_there, &there);
	for (int side = 0; side < SIDES; side++)
		cookies_keep(&memory(l)->others[side], is_there, &there);
	cookies_free(&there);
}

int machine_look(struct lab *l, struct evidence seen[SIDES], struct err *e)
{
	struct evidence all = { 0 };
	int rc = diag_look(l->hosts[CLIENT].diag, 0, &all, e);

	if (rc == 0)
		split(l, &all, seen);
	if (rc == 0 && forget_is_due(&l->stepper))
		forget_gone(l, &all);
	for (int i = 0; i < SIDES; i++)
		seen[i].at = clock_now();
	evidence_free(&all);
	return rc;
}

/* --- packets ------------------------------------------------------------------------------------------- */

static bool is_end(const struct sock *s, const struct endpoint *local, const struct endpoint *remote)
{
	if (s->state == TCP_LISTEN)
		return s->local.port == local->port;
	return endpoint_same(&s->local, local) && endpoint_same(&s->remote, remote);
}

/* Has this side such an end, in the table? */
static bool has_end(struct lab *l, enum side side, const struct endpoint *local, const struct endpoint *remote)
{
	const struct evidence *ev = &memory(l)->known[side];

	for (size_t i = 0; i < ev->n; i++)
		if (is_end(&ev->socks[i], local, remote))
			return true;
	return false;
}

static enum side sender_of(struct lab *l, const struct segment *s)
{
	const struct machine *m = memory(l);

	for (int side = 0; side < SIDES; side++)
		if (conns_find(&l->timeline.conns, (enum side)side, &s->src, &s->dst))
			return (enum side)side;
	for (int side = 0; side < SIDES; side++) {
		if (has_end(l, (enum side)side, &s->src, &s->dst))
			return (enum side)side;
		if (has_end(l, (enum side)side, &s->dst, &s->src))
			return side_other((enum side)side);
	}
	if (m->side != NO_SIDE && endpoint_same(&s->dst, &m->to))
		return m->side;
	return NO_SIDE;
}

static bool note_live(struct lab *l, const struct live_packet *live)
{
	struct packet *p = xcalloc(1, sizeof *p + live->n);
	bool ours = packet_decode_captured(live->bytes, live->n, &p->seg) && p->seg.protocol == IPPROTO_TCP;

	p->from = ours ? sender_of(l, &p->seg) : NO_SIDE;
	ours = p->from != NO_SIDE;
	if (ours) {
		p->number = ++l->wire.last_number;
		p->kind = segment_kind(&p->seg);
		p->seen = clock_now();
		p->seg.checksum_ok = p->seg.checksum_ok || live->checksum_left;
		p->conn = conns_of(&l->timeline.conns, p->from, &p->seg, &p->resent);
		p->len = live->n;
		memcpy(p->bytes, live->bytes, live->n);
		note_seen(l, p, live->wall_ns);
	}
	free(p);
	return ours;
}

/* Whose they are is known from the sockets, so the table is read first; what changed in it is told after the packets
 * that did it. */
static void learn_ends(struct lab *l)
{
	struct err e;

	for (int i = 0; i < SIDES; i++)
		evidence_clear(&memory(l)->known[i]);
	machine_look(l, memory(l)->known, &e);
}

static void tell_lost(struct lab *l)
{
	unsigned lost = live_lost(l->live);
	char text[80];

	if (!lost)
		return;
	snprintf(text, sizeof text, "%u packets came too fast and were not seen", lost);
	lab_say(l, EV_NOTICE, text);
}

unsigned machine_take_packets(struct lab *l)
{
	struct live_packet p;
	unsigned n = 0;
	struct err e;

	if (!l->live)
		return 0;
	while (live_next(l->live, &p)) {
		if (n == 0)
			learn_ends(l);
		n += note_live(l, &p);
	}
	tell_lost(l);
	if (n) {
		memory(l)->side = NO_SIDE;
		note_look(l, CLIENT, &e);
	}
	return n;
}
