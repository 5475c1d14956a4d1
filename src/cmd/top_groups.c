/* SPDX-License-Identifier: MIT
 * Sockets counted by state, owner, peer, listener or namespace: half a million in some ten milliseconds, for only numbers are compared.
 * The text of a group is made of one of its sockets, when it is shown. */
#include "cmd/top_internal.h"
#include "model/age.h"

#include <stdlib.h>

/* --- keys ---------------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, uint64_t value)
{
	h = ((h ^ value) + 0x632BE59BD9B4E019ULL) * 0x9E3779B97F4A7C15ULL; /* the sum: nothing but 0 would come of 0 */
	return h ^ h >> 29;
}

static uint64_t mix_addr(uint64_t h, const struct addr *a)
{
	uint64_t words[2];

	memcpy(words, a->bytes, sizeof words);
	return mix(mix(mix(h, words[0]), words[1]), a->family);
}

static uint64_t mix_owners(uint64_t h, const struct evidence *ev, const struct sock *s)
{
	uint32_t last = UINT32_MAX;
	unsigned others = 0;

	FOR_EACH_OWNER (o, ev, s) {
		if (last == UINT32_MAX)
			h = mix(mix(h, (uint64_t)holder_of(ev, o)->pid), (uint64_t)holder_of(ev, o)->tid);
		others += o->holder != last;
		last = o->holder;
	}
	return mix(h, others);
}

/* As the column reads: the first owner and how many others, or the reason with the listener's. */
static uint64_t owner_key(const struct evidence *ev, const struct sock *s)
{
	uint64_t h;

	if (s->owner)
		return mix_owners(0, ev, s);
	h = mix(1, s->no_owner);
	return s->listener ? mix_owners(mix(h, s->listener_one_of), ev, &ev->socks[s->listener - 1]) : h;
}

static uint64_t state_key(const struct evidence *ev, const struct sock *s)
{
	(void)ev;
	return mix(0, s->state);
}

static uint64_t netns_key(const struct evidence *ev, const struct sock *s)
{
	(void)ev;
	return mix(0, s->key.netns);
}

/* Without the port, which is another one for each connection; a listener has no peer. */
static uint64_t peer_key(const struct evidence *ev, const struct sock *s)
{
	(void)ev;
	return s->remote.port ? mix_addr(1, &s->remote.addr) : 0;
}

static const struct sock *listener_of(const struct evidence *ev, const struct sock *s)
{
	return s->state == TCP_LISTEN ? s : s->listener ? &ev->socks[s->listener - 1] : NULL;
}

static uint64_t listener_key(const struct evidence *ev, const struct sock *s)
{
	const struct sock *l = listener_of(ev, s);

	return l ? mix(mix_addr(l->key.netns, &l->local.addr), l->local.port) : 0;
}

/* --- texts --------------------------------------------------------------------------------------------- */

static void by_cell(struct buf *out, const struct top *t, size_t index, enum column c)
{
	cell_add(out, c, top_now(t), index, &t->style);
}

static void state_text(struct buf *out, const struct top *t, size_t index) { by_cell(out, t, index, COL_STATE); }
static void owner_text(struct buf *out, const struct top *t, size_t index) { by_cell(out, t, index, COL_OWNER); }
static void netns_text(struct buf *out, const struct top *t, size_t index) { by_cell(out, t, index, COL_NETNS); }

static void peer_text(struct buf *out, const struct top *t, size_t index)
{
	struct endpoint peer = top_now(t)->socks[index].remote;
	char text[ADDR_TEXT];

	if (!peer.port) {
		buf_puts(out, "no peer");
		return;
	}
	peer.port = 0;
	endpoint_format(text, &peer);
	buf_add(out, text, strlen(text) - 2); /* ":*" */
}

static void listener_text(struct buf *out, const struct top *t, size_t index)
{
	const struct evidence *ev = top_now(t);
	const struct sock *l = listener_of(ev, &ev->socks[index]);

	if (l)
		by_cell(out, t, (size_t)(l - ev->socks), COL_LOCAL);
	else
		buf_puts(out, "waits for none");
}

static const struct {
	const char *word;
	uint64_t (*key)(const struct evidence *ev, const struct sock *s);
	void (*text)(struct buf *out, const struct top *t, size_t index);
} kinds[GROUPINGS] = {
	[GROUP_STATE] = { "state", state_key, state_text },
	[GROUP_OWNER] = { "owner", owner_key, owner_text },
	[GROUP_PEER] = { "peer", peer_key, peer_text },
	[GROUP_LISTENER] = { "listener", listener_key, listener_text },
	[GROUP_NETNS] = { "netns", netns_key, netns_text },
};

uint64_t group_key(enum grouping by, const struct evidence *ev, size_t index)
{
	return kinds[by].key(ev, &ev->socks[index]) | 1;
}

void group_text(struct buf *out, const struct top *t, const struct group *g)
{
	kinds[t->groups.by].text(out, t, g->row);
}

const char *grouping_word(enum grouping by)
{
	return kinds[by].word;
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

static void count(struct groups *gs, const struct evidence *ev, const struct sort_key *rows, size_t n)
{
	gs->n = 0;
	make_slots(gs, FEWEST_SLOTS);
	for (size_t i = 0; i < n; i++) {
		uint32_t row = rows[i].index;

		count_in(group_of(gs, group_key(gs->by, ev, row), row), &ev->socks[row]);
	}
}

/* Without the look before there is nothing to compare with: as many as there are now. */
static void compare(struct groups *gs, const struct groups *before)
{
	bool known = before->look + 1 == gs->look && before->look && before->by == gs->by;

	for (size_t i = 0; i < gs->n; i++) {
		const struct group *was = known ? groups_find(before, gs->all[i].key) : NULL;

		gs->all[i].was = was ? was->n : known ? 0 : gs->all[i].n;
	}
}

void groups_count(struct top *t)
{
	struct groups before = t->groups;

	if (t->groups.look == t->n_looks && t->groups.by == t->grouping)
		return;
	t->groups = t->groups_before;
	t->groups_before = before;
	t->groups.by = t->grouping;
	t->groups.look = t->n_looks;
	count(&t->groups, top_now(t), t->history.shown, t->history.n_shown);
	compare(&t->groups, &t->groups_before);
}

void groups_free(struct groups *gs)
{
	free(gs->all);
	free(gs->slots);
	*gs = (struct groups){ 0 };
}
