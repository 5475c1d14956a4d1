/* SPDX-License-Identifier: MIT
 * Groups of sockets. */
#include "model/groups.h"
#include "base/hash.h"

#include <stdlib.h>

/* --- keys ---------------------------------------------------------------------------------------------- */

static uint64_t mix_owners(uint64_t h, const struct evidence *ev, const struct sock *s)
{
	uint32_t last = UINT32_MAX;
	unsigned others = 0;

	FOR_EACH_OWNER(o, ev, s)
	{
		if (last == UINT32_MAX)
			h = hash_mix(hash_mix(h, (uint64_t)holder_of(ev, o)->pid), (uint64_t)holder_of(ev, o)->tid);
		others += o->holder != last;
		last = o->holder;
	}
	return hash_mix(h, others);
}

/* As the column reads: the first owner and how many others, or the reason with the listener's. */
static uint64_t owner_key(const struct evidence *ev, const struct sock *s)
{
	uint64_t h;

	if (s->owner)
		return mix_owners(0, ev, s);
	h = hash_mix(1, s->no_owner);
	return s->listener ? mix_owners(hash_mix(h, s->listener_one_of), ev, &ev->socks[s->listener - 1]) : h;
}

/* The process in whose name a socket is counted: its first owner, or that of the listener for which it waits; NULL:
 * none. */
const struct holder *group_program(const struct evidence *ev, const struct sock *s)
{
	const struct sock *of = !s->owner && s->listener ? &ev->socks[s->listener - 1] : s;

	return of->owner ? holder_of(ev, owner_at(ev, of->owner)) : NULL;
}

/* All processes of a name are one; beside them those that wait for their accept(), and what nobody holds, by reason. */
static uint64_t program_key(const struct evidence *ev, const struct sock *s)
{
	const struct holder *program = group_program(ev, s);
	uint64_t h = s->owner ? 0 : hash_mix(1, s->no_owner);

	for (const char *c = program ? program->comm : ""; *c; c++)
		h = hash_mix(h, (unsigned char)*c);
	return hash_mix(h, program != NULL);
}

static uint64_t state_key(const struct evidence *ev, const struct sock *s)
{
	(void)ev;
	return hash_mix(0, s->state);
}

static uint64_t netns_key(const struct evidence *ev, const struct sock *s)
{
	(void)ev;
	return hash_mix(0, s->key.netns);
}

/* Without the port, which is another one for each connection; a listener has no peer. */
static uint64_t peer_key(const struct evidence *ev, const struct sock *s)
{
	(void)ev;
	return s->remote.port ? addr_hash(1, &s->remote.addr) : 0;
}

const struct sock *group_listener(const struct evidence *ev, const struct sock *s)
{
	return s->state == TCP_LISTEN ? s : s->listener ? &ev->socks[s->listener - 1] : NULL;
}

static uint64_t listener_key(const struct evidence *ev, const struct sock *s)
{
	const struct sock *l = group_listener(ev, s);

	return l ? hash_mix(addr_hash(l->key.netns, &l->local.addr), l->local.port) : 0;
}

const char *const grouping_words[] = {
	[GROUP_STATE] = "state",       [GROUP_OWNER] = "owner", [GROUP_PROGRAM] = "program", [GROUP_PEER] = "peer",
	[GROUP_LISTENER] = "listener", [GROUP_NETNS] = "netns", [GROUPINGS] = NULL
};

static const struct {
	const char *title;
	uint64_t (*key)(const struct evidence *ev, const struct sock *s);
} kinds[GROUPINGS] = {
	[GROUP_STATE] = { "State", state_key },          [GROUP_OWNER] = { "Owner", owner_key },
	[GROUP_PROGRAM] = { "Program", program_key },    [GROUP_PEER] = { "Peer", peer_key },
	[GROUP_LISTENER] = { "Listener", listener_key }, [GROUP_NETNS] = { "Netns", netns_key },
};

const char *grouping_title(enum grouping g)
{
	return kinds[g].title;
}

uint64_t group_key(enum grouping by, const struct evidence *ev, size_t index)
{
	return kinds[by].key(ev, &ev->socks[index]) | 1;
}

/* --- counting ------------------------------------------------------------------------------------------ */

/* The lowest bit of a key says nothing. */
static size_t slot_of(const struct groups *gs, uint64_t key)
{
	size_t at = (key >> 1) & (gs->n_slots - 1);

	while (gs->slots[at] && gs->all[gs->slots[at] - 1].key != key)
		at = (at + 1) & (gs->n_slots - 1);
	return at;
}

const struct group *groups_find(const struct groups *gs, uint64_t key)
{
	uint32_t found = gs->n_slots ? gs->slots[slot_of(gs, key)] : 0;

	return found ? &gs->all[found - 1] : NULL;
}

enum { FEWEST_SLOTS = 256 };

static void make_slots(struct groups *gs, size_t n)
{
	free(gs->slots);
	gs->n_slots = n;
	gs->slots = xcalloc(n, sizeof *gs->slots);
	for (size_t i = 0; i < gs->n; i++)
		gs->slots[slot_of(gs, gs->all[i].key)] = (uint32_t)i + 1;
}

static struct group *group_of(struct groups *gs, uint64_t key, uint32_t row)
{
	size_t at;

	if (gs->n * 2 >= gs->n_slots)
		make_slots(gs, gs->n_slots * 2);
	at = slot_of(gs, key);
	if (gs->slots[at])
		return &gs->all[gs->slots[at] - 1];
	gs->all = grow(gs->all, gs->n, &gs->cap, sizeof *gs->all);
	gs->all[gs->n] = (struct group){ .key = key, .row = row };
	gs->slots[at] = (uint32_t)++gs->n;
	return &gs->all[gs->n - 1];
}

static void count_age(struct group *g, const struct sock *s)
{
	if (s->age_is == AGE_UNKNOWN || (g->oldest_is != AGE_UNKNOWN && g->oldest.ns >= s->age.ns))
		return;
	g->oldest = s->age;
	g->oldest_is = s->age_is;
}

static void count_in(struct group *g, const struct sock *s)
{
	g->n++;
	g->states[s->state]++;
	count_age(g, s);
	g->bound = g->bound || s->age_is != AGE_EXACT;
	if (g->bound && g->oldest_is == AGE_EXACT)
		g->oldest_is = AGE_AT_LEAST;
}

void groups_count(struct groups *gs, enum grouping by, const struct evidence *ev, const struct sort_key *rows, size_t n)
{
	gs->by = by;
	gs->n = 0;
	make_slots(gs, FEWEST_SLOTS);
	for (size_t i = 0; i < n; i++) {
		uint32_t row = rows[i].index;

		count_in(group_of(gs, group_key(by, ev, row), row), &ev->socks[row]);
	}
}

void groups_compare(struct groups *gs, const struct groups *before)
{
	for (struct group *g = gs->all; g && g < gs->all + gs->n; g++) {
		const struct group *was = before ? groups_find(before, g->key) : g;

		g->was = was ? was->n : 0;
	}
}

void groups_free(struct groups *gs)
{
	free(gs->all);
	free(gs->slots);
	*gs = (struct groups){ 0 };
}
