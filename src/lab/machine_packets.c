/* SPDX-License-Identifier: MIT
 * Packets of the machine's own network: which are let in, and whose they are. */
#include "lab/lab_internal.h"
#include "lab/machine.h"
#include "lab/machine_internal.h"
#include "packet/decode.h"
#include "source/live.h"
#include "step/sockets.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

/* How long a connect() is remembered whose socket is not known. */
#define CONNECT_KEPT span_s(1)

/* What one call takes, at most. */
enum { PACKETS_AT_ONCE = 256 };
#define TIME_AT_ONCE span_ms(2)

/* --- which are let in ---------------------------------------------------------------------------------- */

static void forget_old_connects(struct machine *m, struct instant now)
{
	for (int i = 0; i < CONNECTS; i++) {
		struct connecting *c = &m->connecting[i];

		if (!c->since.ns || !instant_reached(instant_after(c->since, CONNECT_KEPT), now))
			continue;
		c->since.ns = 0;
		m->ports.changed = true;
	}
}

static size_t ports_of_peers(const struct machine *m, uint16_t out[static CONNECTS])
{
	size_t n = 0;

	for (int i = 0; i < CONNECTS; i++)
		if (m->connecting[i].since.ns)
			out[n++] = m->connecting[i].to.port;
	return n;
}

static void let_all_in(struct lab *l)
{
	live_all(l->live);
	if (!machine_memory(l)->all_packets)
		lab_say(l, EV_NOTICE,
		        "the programs use more ports than the kernel can tell apart: every packet of the machine is "
		        "looked "
		        "at, and more may come than can be taken");
	machine_memory(l)->all_packets = true;
}

void machine_renew(struct lab *l)
{
	struct machine *m = machine_memory(l);
	uint16_t own[LIVE_PORTS_MAX + 1], peers[CONNECTS];
	struct live_ports wanted = { .own = own, .peer = peers };

	if (!l->live || !m->ports.changed)
		return;
	m->ports.changed = false;
	wanted.n_own = ports_wanted(&m->ports, clock_now(), own);
	wanted.n_peer = ports_of_peers(m, peers);
	if (live_only(l->live, &wanted) < 0)
		let_all_in(l);
}

void machine_connects(struct lab *l, enum side side, const struct endpoint *to)
{
	struct machine *m = machine_memory(l);

	m->connecting[m->next_connect++ % CONNECTS] = (struct connecting){ *to, side, clock_now() };
	m->ports.changed = true;
	machine_renew(l);
}

void machine_binds(struct lab *l, uint16_t port)
{
	ports_use(&machine_memory(l)->ports, port, clock_now());
	machine_renew(l);
}

/* Its own port is known: that of its peer need not be let in any more. */
static void is_connected(struct machine *m, const struct endpoint *to)
{
	for (int i = 0; i < CONNECTS; i++) {
		if (!m->connecting[i].since.ns || !endpoint_same(&m->connecting[i].to, to))
			continue;
		m->connecting[i].since.ns = 0;
		m->ports.changed = true;
	}
}

void machine_meets(struct lab *l, enum side side, uint32_t inode, int pidfd, int fd, bool anew)
{
	struct machine *m = machine_memory(l);
	struct endpoint local, remote;

	if ((!anew && cookies_have(&m->met, inode)) || !socket_ends(pidfd, fd, &local, &remote))
		return;
	if (!m->unfollowed) /* else its addresses may come without a call */
		cookies_add(&m->met, inode);
	if (!local.port)
		return;
	ports_use(&m->ports, local.port, clock_now());
	m->bound = m->bound || !remote.port;
	if (remote.port) {
		ends_add(&m->known, &local, &remote, side)->still = false;
		is_connected(m, &remote);
	}
	machine_renew(l);
}

/* --- whose they are ------------------------------------------------------------------------------------ */

/* Which side sent it, by what is known; NO_SIDE: it is nobody's here. */
static enum side known_sender(const struct lab *l, const struct machine *m, const struct segment *s)
{
	const struct listening *at;
	const struct end *e;

	for (int side = 0; side < SIDES; side++)
		if (conns_find(&l->timeline.conns, (enum side)side, &s->src, &s->dst))
			return (enum side)side;
	if ((e = ends_find(&m->known, &s->src, &s->dst)))
		return e->side;
	if ((e = ends_find(&m->known, &s->dst, &s->src)))
		return side_other(e->side);
	if ((at = machine_listener(m, &s->src)))
		return at->side;
	if ((at = machine_listener(m, &s->dst)))
		return side_other(at->side);
	for (int i = 0; i < CONNECTS; i++)
		if (m->connecting[i].since.ns && endpoint_same(&s->dst, &m->connecting[i].to))
			return m->connecting[i].side;
	return NO_SIDE;
}

/* A packet went from here to there: both ends may be others than they were. */
static void hear_of(struct machine *m, const struct endpoint *from, const struct endpoint *to, enum side side)
{
	ends_add(&m->known, from, to, side)->still = false;
	ends_add(&m->known, to, from, side_other(side))->still = false;
}

/* Reading what came. */
struct taking {
	struct lab *l;
	bool looked;   /* once is enough */
	bool whatever; /* something came, whoever's it is */
};

/* What is not known may belong to a socket that a program made since the last look. */
static void look_once(struct taking *t)
{
	struct evidence seen[SIDES] = { { .n = 0 }, { .n = 0 } };
	struct err e;

	t->looked = true;
	machine_look(t->l, seen, &e);
	for (int i = 0; i < SIDES; i++)
		evidence_free(&seen[i]);
}

static enum side sender_of(struct taking *t, const struct segment *s)
{
	struct machine *m = machine_memory(t->l);
	enum side side = known_sender(t->l, m, s);

	if (side != NO_SIDE || !m->stale || t->looked)
		return side;
	look_once(t);
	return known_sender(t->l, m, s);
}

static bool note_live(struct taking *t, const struct live_packet *live)
{
	struct packet *p = xcalloc(1, sizeof *p + live->n);
	bool ours = packet_decode_captured(live->bytes, live->n, &p->seg) && p->seg.protocol == IPPROTO_TCP;
	struct lab *l = t->l;

	p->from = ours ? sender_of(t, &p->seg) : NO_SIDE;
	ours = p->from != NO_SIDE;
	if (ours) {
		hear_of(machine_memory(l), &p->seg.src, &p->seg.dst, p->from);
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

/* --- what was not seen --------------------------------------------------------------------------------- */

void machine_tell_lost(struct lab *l)
{
	struct machine *m = machine_memory(l);
	char text[80];

	m->lost += live_lost(l->live);
	if (m->lost == m->lost_said)
		return;
	m->lost_said = m->lost;
	snprintf(text, sizeof text, "%llu packets came too fast and were not seen", (unsigned long long)m->lost);
	lab_say(l, EV_NOTICE, text);
}

static void count_lost(struct lab *l)
{
	struct machine *m = machine_memory(l);

	m->lost += live_lost(l->live);
	if (m->lost >= m->lost_said * 10 && m->lost > m->lost_said)
		machine_tell_lost(l);
}

unsigned machine_take_packets(struct lab *l)
{
	struct instant end = instant_after(clock_now(), TIME_AT_ONCE);
	struct taking t = { .l = l };
	struct live_packet p;
	unsigned n = 0;
	struct err e;

	if (!l->live)
		return 0;
	forget_old_connects(machine_memory(l), clock_now());
	for (int i = 0; i < PACKETS_AT_ONCE && !instant_reached(end, clock_now()) && live_next(l->live, &p); i++) {
		t.whatever = true;
		n += note_live(&t, &p);
	}
	if (t.whatever) /* what is lost is lost behind what waits to be taken */
		count_lost(l);
	machine_renew(l);
	if (n)
		note_look(l, CLIENT, &e);
	return n;
}
