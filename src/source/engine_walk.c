/* SPDX-License-Identifier: MIT
 * Engine C: the tables of descriptors, then the hashes of sockets; joined by the kernel's address of each socket.
 *
 * Between the two walks a socket may be closed and another be made at the same address, so a descriptor counts only if hash and
 * ports are the same too. What was opened between them has no descriptor yet: those tables are walked once more. */
#include "model/age.h"
#include "model/belonging.h"
#include "source/engine.h"
#include "source/walk.h"

#include <stdlib.h>
#include <sys/socket.h>

/* --- descriptors, by the socket's address -------------------------------------------------------------- */

struct held {
	uint64_t sk;
	uint32_t hash, ports;
	uint32_t holder; /* index in evidence.holders */
	int32_t fd;
};

struct slot {
	uint32_t tag;
	uint32_t at; /* 1 + the index of the descriptor; 0: free */
};

struct descriptors {
	struct held *all;
	size_t n, cap;
	struct slot *slots; /* open addressing; made when all are known */
	uint32_t mask;
};

static uint64_t mix(uint64_t sk)
{
	return (sk >> 6) * 0x9E3779B97F4A7C15ULL;
}

static uint32_t tag_of(uint64_t mixed)
{
	return (uint32_t)mixed;
}

static uint32_t place_of(const struct descriptors *d, uint64_t mixed)
{
	return (uint32_t)(mixed >> 32) & d->mask;
}

/* From the last one: what is found first is added first, and an owner is added in front of the others. */
static void index_descriptors(struct descriptors *d)
{
	d->mask = 1023;
	while (d->mask < d->n * 2)
		d->mask = d->mask * 2 + 1;
	free(d->slots);
	d->slots = xcalloc((size_t)d->mask + 1, sizeof *d->slots);
	for (size_t i = d->n; i-- > 0;) {
		uint64_t mixed = mix(d->all[i].sk);
		uint32_t at = place_of(d, mixed);

		while (d->slots[at].at)
			at = (at + 1) & d->mask;
		d->slots[at] = (struct slot){ tag_of(mixed), (uint32_t)i + 1 };
	}
}

/* What a socket is known by; hash and ports tell it from one that was made at the same address later. */
struct identity {
	uint64_t sk;
	uint32_t hash, ports;
};

/* --- one look ------------------------------------------------------------------------------------------ */

struct look {
	struct walker *w;
	const struct engine_ask *ask;
	struct evidence *ev;
	struct descriptors fds;
	size_t first;	/* index of our first socket in the evidence */
	struct identity *ids; /* of each */
	size_t cap_ids;
	bool unowned;	/* a socket that has a file has nobody yet */
};

static void add_holders(struct look *l, const struct walk_fds *piece)
{
	for (uint32_t i = 0; i < piece->n_tasks; i++) {
		struct holder h = { piece->tasks[i].pid, piece->tasks[i].tid, "" };

		memcpy(h.comm, piece->tasks[i].comm, sizeof h.comm - 1);
		evidence_add_holder(l->ev, &h);
	}
}

static void add_descriptors(struct look *l, const struct walk_fds *piece)
{
	uint32_t first_holder = (uint32_t)l->ev->n_holders;
	struct descriptors *d = &l->fds;

	add_holders(l, piece);
	while (d->n + piece->n > d->cap) {
		d->cap = d->cap ? d->cap * 2 : WALK_FDS;
		d->all = xrealloc(d->all, d->cap, sizeof *d->all);
	}
	for (uint32_t i = 0; i < piece->n; i++) {
		const struct walk_fd *f = &piece->all[i];

		d->all[d->n++] = (struct held){ f->sk, f->hash, f->ports, first_holder + f->task, f->fd };
	}
}

static enum sock_timer timer_of(uint8_t number)
{
	return number < TIMERS ? (enum sock_timer)number : TIMER_OFF;
}

static struct addr address_of(uint8_t family, const uint32_t words[4])
{
	struct addr a = { .family = family };

	memcpy(a.bytes, words, family == AF_INET6 ? 16 : 4);
	return a;
}

static enum tcp_state state_of(const struct walk_sock *w)
{
	return tcp_state_of_number(w->state);
}

static struct span timer_left(const struct look *l, const struct walk_sock *w)
{
	return w->timer && w->timer_left > 0 ? walker_ticks(l->w, w->timer_left) : (struct span){ 0 };
}

/* For those whom no descriptor will be found of. */
static uint8_t reason_unheld(const struct look *l, const struct walk_sock *w)
{
	if (!(w->flags & WALK_HAS_SOCKET))
		return NO_OWNER_UNKNOWN;
	if (!(w->flags & WALK_HAS_FILE))
		return NO_OWNER_KERNEL;
	return walker_sees_all_processes(l->w) ? NO_OWNER_IN_FLIGHT : NO_OWNER_HIDDEN;
}

static void fill_sock(struct sock *s, const struct look *l, const struct walk_sock *w)
{
	*s = (struct sock){
		.key = { w->netns, w->cookie }, .state = state_of(w),
		.local = { address_of(w->family, w->local), w->local_port }, .remote = { address_of(w->family, w->remote), w->remote_port },
		.rq = w->rq, .wq = w->wq,
		.timer = timer_of(w->timer), .timer_left = timer_left(l, w), .retrans = w->retrans,
		.inode = w->inode, .uid = w->uid, .drops = w->drops, .cgroup = w->cgroup,
		.v6only = w->flags & WALK_V6ONLY, .held = w->flags & WALK_HAS_SOCKET, .is_mini = w->flags & WALK_MINI,
		.no_owner = reason_unheld(l, w),
	};
}

static uint32_t in_ms(const struct look *l, uint32_t ticks)
{
	return (uint32_t)span_to_ms(walker_ticks(l->w, ticks));
}

static struct sock_info times_of(const struct look *l, const struct walk_sock *w)
{
	return (struct sock_info){ .known = !(w->flags & WALK_MINI), .last_snd_ms = in_ms(l, w->since_snd),
				   .last_rcv_ms = in_ms(l, w->since_rcv), .last_ack_ms = in_ms(l, w->since_ack) };
}

static void add_info(struct look *l, struct sock_info times, const struct walk_info *i)
{
	struct sock_info *info = evidence_add_info(l->ev);

	*info = times;
	if (!times.known)
		return;
	info->rto_us = (uint32_t)(walker_ticks(l->w, i->rto).ns / 1000);
	info->rtt_us = i->rtt_us;
	info->rttvar_us = i->rttvar_us;
	info->cwnd = i->cwnd;
	info->mss = i->mss;
	info->unacked = i->unacked;
	info->lost = i->lost;
	info->retrans_out = i->retrans_out;
	info->total_retrans = i->total_retrans;
	info->rcv_wnd = i->rcv_wnd;
	info->snd_wnd = i->snd_wnd;
	info->options = i->options;
	info->snd_wscale = i->snd_wscale;
	info->rcv_wscale = i->rcv_wscale;
}

static void add_sock(struct look *l, const struct walk_sock *w, const struct walk_info *info)
{
	struct sock_info times;
	struct sock *s;

	if ((l->ask->netns && l->ask->netns != w->netns) || state_of(w) >= TCP_STATES)
		return;
	l->ids = grow(l->ids, l->ev->n - l->first, &l->cap_ids, sizeof *l->ids);
	l->ids[l->ev->n - l->first] = (struct identity){ w->sk, w->hash, w->ports };
	s = evidence_next(l->ev);
	fill_sock(s, l, w);
	if (!(l->ask->want & (WANT_AGE | WANT_INFO)))
		return;
	times = times_of(l, w);
	sock_set_age(s, &times);
	if (l->ask->want & WANT_INFO)
		add_info(l, times, info);
}

static bool is_same(const struct held *h, const struct identity *id)
{
	return h->sk == id->sk && h->hash == id->hash && h->ports == id->ports;
}

static void own(struct look *l, struct sock *s, const struct identity *id)
{
	uint64_t mixed = mix(id->sk);

	for (uint32_t at = place_of(&l->fds, mixed); l->fds.slots[at].at; at = (at + 1) & l->fds.mask) {
		const struct held *h = &l->fds.all[l->fds.slots[at].at - 1];

		if (l->fds.slots[at].tag == tag_of(mixed) && is_same(h, id))
			evidence_add_owner(l->ev, s, h->holder, h->fd);
	}
	if (s->owner)
		s->no_owner = NO_OWNER_UNKNOWN;
	l->unowned = l->unowned || (!s->owner && s->no_owner == NO_OWNER_IN_FLIGHT);
}

/* The index and the descriptors are read at random places: those to come are asked for while one is looked at. */
enum { AHEAD = 8 };

static void own_all(struct look *l)
{
	struct sock *socks = &l->ev->socks[l->first];
	size_t n = l->ev->n - l->first;

	l->unowned = false;
	index_descriptors(&l->fds);
	for (size_t i = 0; i < n; i++) {
		const struct identity *far = &l->ids[i + 2 * AHEAD < n ? i + 2 * AHEAD : i], *near = &l->ids[i + AHEAD < n ? i + AHEAD : i];

		__builtin_prefetch(&l->fds.slots[place_of(&l->fds, mix(far->sk))]);
		__builtin_prefetch(&l->fds.all[l->fds.slots[place_of(&l->fds, mix(near->sk))].at]);
		if (socks[i].held && !socks[i].owner)
			own(l, &socks[i], &l->ids[i]);
	}
}

/* A descriptor may be copied: a bound socket is added once. */
static bool is_known(const struct look *l, uint64_t sk)
{
	for (size_t i = l->first; i < l->ev->n; i++)
		if (l->ids[i - l->first].sk == sk)
			return true;
	return false;
}

static int look_at_descriptors(struct look *l, bool with_bound, unsigned want, struct err *e)
{
	const struct walk_fds *piece;

	l->fds.n = 0;
	for (bool again = true; (piece = walker_fds(l->w, again, want, e)); again = false) {
		add_descriptors(l, piece);
		for (uint32_t i = 0; i < piece->n_bound && with_bound; i++)
			if (!is_known(l, piece->bound[i].sk))
				add_sock(l, &piece->bound[i], &(struct walk_info){ 0 });
	}
	return *e->text ? -1 : 0;
}

static struct walk_asked asked_of(const struct engine_ask *ask)
{
	static const struct {
		unsigned want, walk;
	} of[] = { { WANT_OWNERS, WALK_FILE }, { WANT_INODE, WALK_INODE }, { WANT_TIMER, WALK_TIMER }, { WANT_UID, WALK_UID },
		   { WANT_AGE, WALK_AGE },	{ WANT_DROPS, WALK_DROPS }, { WANT_CGROUP, WALK_CGROUP }, { WANT_INFO, WALK_INFO | WALK_AGE } };
	struct walk_asked a = { 0, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(of); i++)
		if (ask->want & of[i].want)
			a.want |= of[i].walk;
	for (int s = 0; s < TCP_STATES; s++)
		if (!ask->states || state_set_has(ask->states, (enum tcp_state)s))
			a.states |= 1U << tcp_state_info((enum tcp_state)s)->number;
	return a;
}

static int look_at_hash(struct look *l, int hash, const struct walk_asked *asked, struct err *e)
{
	const struct walk_socks *piece;
	bool again = true;
	size_t n;

	do {
		piece = walker_socks(l->w, hash, again, asked, &n, e);
		for (size_t i = 0; piece && i < n; i++)
			add_sock(l, &piece->all[i], &piece->info[i]);
		again = false;
	} while (piece && n);
	return piece ? 0 : -1;
}

static int look_at_all(struct look *l, struct err *e)
{
	struct walk_asked asked = asked_of(l->ask);
	bool owners = l->ask->want & WANT_OWNERS;
	bool bound = !l->ask->states || state_set_has(l->ask->states, TCP_BOUND);
	int hashes = walker_hashes(l->w, e), rc = hashes < 0 ? -1 : 0;

	if (rc == 0 && (owners || bound))
		rc = look_at_descriptors(l, bound, asked.want, e);
	for (int i = 0; i < hashes && rc == 0; i++)
		rc = look_at_hash(l, i, &asked, e);
	if (rc < 0 || !owners)
		return rc;
	own_all(l);
	if (l->unowned && (rc = look_at_descriptors(l, false, asked.want, e)) == 0)
		own_all(l);
	return rc;
}

static int look(void *state, const struct engine_ask *ask, struct evidence *ev, struct engine_report *report, struct err *e)
{
	struct look l = { .w = state, .ask = ask, .ev = ev, .first = ev->n };
	int rc = look_at_all(&l, e);

	walker_troubles(l.w, &report->again, &report->unsure);
	if (ask->want & WANT_OWNERS)
		evidence_belonging(ev);
	free(l.fds.all);
	free(l.fds.slots);
	free(l.ids);
	return rc;
}

static void *engine_open(struct err *e)
{
	return walker_open(e);
}

static void engine_close(void *state)
{
	walker_close(state);
}

const struct engine engine_walk = { "C", "BPF walks of the kernel's hashes and tables", engine_open, engine_close, look };
