/* SPDX-License-Identifier: MIT
 * Sockets counted by state, owner, peer, listener or namespace. */
#include "base/json.h"
#include "base/text.h"
#include "model/age.h"
#include "render/list.h"

#include <stdlib.h>

struct group {
	char *key;
	size_t n;
	struct sock oldest; /* its age; AGE_UNKNOWN until one is known */
	bool bound;	    /* of some the age is a bound or not known: the oldest may be older */
	size_t states[TCP_STATES];
};

struct groups {
	struct group *all;
	size_t n, cap;
	uint32_t *slots; /* open addressing: 1 + index */
	uint32_t mask;
};

static void by_column(struct buf *out, const struct listing *l, size_t index, enum column c)
{
	cell_add(out, c, l->ev, index, l->style);
}

static void state_key(struct buf *out, const struct listing *l, size_t index) { by_column(out, l, index, COL_STATE); }
static void owner_key(struct buf *out, const struct listing *l, size_t index) { by_column(out, l, index, COL_OWNER); }
static void netns_key(struct buf *out, const struct listing *l, size_t index) { by_column(out, l, index, COL_NETNS); }

/* Without the port, which is another one for each connection; a listener has no peer. */
static void peer_key(struct buf *out, const struct listing *l, size_t index)
{
	struct endpoint peer = l->ev->socks[index].remote;
	char text[ADDR_TEXT];

	if (!peer.port) {
		buf_puts(out, "no peer");
		return;
	}
	peer.port = 0;
	endpoint_format(text, &peer);
	buf_add(out, text, strlen(text) - 2); /* ":*" */
}

static void listener_key(struct buf *out, const struct listing *l, size_t index)
{
	const struct sock *s = &l->ev->socks[index];

	if (s->state == TCP_LISTEN)
		by_column(out, l, index, COL_LOCAL);
	else if (s->listener)
		by_column(out, l, s->listener - 1, COL_LOCAL);
	else
		buf_puts(out, "waits for none");
}

static const struct {
	const char *word, *title;
	void (*key)(struct buf *out, const struct listing *l, size_t index);
} groupings[GROUPINGS] = {
	[GROUP_STATE] = { "state", "State", state_key },	  [GROUP_OWNER] = { "owner", "Owner", owner_key },
	[GROUP_PEER] = { "peer", "Peer", peer_key },		  [GROUP_LISTENER] = { "listener", "Listener", listener_key },
	[GROUP_NETNS] = { "netns", "Netns", netns_key },
};

bool grouping_by_word(const char *word, enum grouping *g)
{
	for (int i = 0; i < GROUPINGS; i++) {
		if (!streq(groupings[i].word, word))
			continue;
		*g = (enum grouping)i;
		return true;
	}
	return false;
}

/* --- gathering ----------------------------------------------------------------------------------------- */

/* FNV-1a */
static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261U;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 16777619U;
	return h;
}

static void index_groups(struct groups *gs)
{
	gs->mask = gs->mask ? gs->mask * 2 + 1 : 255;
	free(gs->slots);
	gs->slots = xcalloc((size_t)gs->mask + 1, sizeof *gs->slots);
	for (size_t i = 0; i < gs->n; i++) {
		uint32_t at = hash_of(gs->all[i].key) & gs->mask;

		while (gs->slots[at])
			at = (at + 1) & gs->mask;
		gs->slots[at] = (uint32_t)i + 1;
	}
}

static struct group *group_of(struct groups *gs, const char *key)
{
	uint32_t at;

	if (!gs->slots || gs->n * 2 >= gs->mask)
		index_groups(gs);
	for (at = hash_of(key) & gs->mask; gs->n && gs->slots[at]; at = (at + 1) & gs->mask)
		if (streq(gs->all[gs->slots[at] - 1].key, key))
			return &gs->all[gs->slots[at] - 1];
	gs->all = grow(gs->all, gs->n, &gs->cap, sizeof *gs->all);
	gs->all[gs->n] = (struct group){ .key = xstrdup(key) };
	gs->slots[at] = (uint32_t)gs->n + 1;
	return &gs->all[gs->n++];
}

static void count_age(struct group *g, const struct sock *s)
{
	if (s->age_is == AGE_UNKNOWN || (g->oldest.age_is != AGE_UNKNOWN && g->oldest.age.ns >= s->age.ns))
		return;
	g->oldest.age = s->age;
	g->oldest.age_is = s->age_is;
}

static void count_in(struct group *g, const struct sock *s)
{
	g->n++;
	g->states[s->state]++;
	count_age(g, s);
	g->bound = g->bound || s->age_is != AGE_EXACT;
	if (g->bound && g->oldest.age_is == AGE_EXACT)
		g->oldest.age_is = AGE_AT_LEAST;
}

static int largest_first(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return x->n == y->n ? strcmp(x->key, y->key) : (x->n < y->n) - (x->n > y->n);
}

/* --- printing ------------------------------------------------------------------------------------------ */

static void print_json(FILE *out, const struct group *g, const char *word)
{
	struct buf b = { 0 };
	struct json j = { &b, false };

	json_open(&j, NULL, '{');
	json_string(&j, "group_by", word);
	json_string(&j, "group", g->key);
	json_number(&j, "sockets", (int64_t)g->n);
	if (g->oldest.age_is != AGE_UNKNOWN)
		json_number(&j, "oldest_ns", g->oldest.age.ns);
	json_open(&j, "states", '{');
	for (int s = 0; s < TCP_STATES; s++)
		if (g->states[s])
			json_number(&j, tcp_state_name((enum tcp_state)s), (int64_t)g->states[s]);
	json_close(&j, '}');
	json_close(&j, '}');
	fprintf(out, "%s\n", buf_text(&b));
	buf_free(&b);
}

static void add_states(struct buf *out, const struct group *g)
{
	const char *comma = "";

	for (int s = 0; s < TCP_STATES; s++) {
		if (!g->states[s])
			continue;
		buf_addf(out, "%s%zu %s", comma, g->states[s], tcp_state_name((enum tcp_state)s));
		comma = ", ";
	}
}

static void print_text(FILE *out, const struct group *g, size_t width, const struct listing *l, bool with_states)
{
	struct buf b = { 0 }, age = { 0 };

	sock_age_text(&age, &g->oldest, l->style->utf8);
	buf_addf(&b, "%8zu  ", g->n);
	text_pad_left(&b, buf_text(&age), 9);
	buf_puts(&b, "  ");
	if (with_states)
		text_pad(&b, g->key, width + 2);
	else
		buf_puts(&b, g->key);
	if (with_states)
		add_states(&b, g);
	fprintf(out, "%s\n", buf_text(&b));
	buf_free(&b);
	buf_free(&age);
}

/* A key that is very long must not push the states of the others away. */
enum { KEY_WIDTH = 48 };

static void print_all(FILE *out, const struct groups *gs, const struct listing *l, enum grouping g)
{
	size_t width = strlen(groupings[g].title);
	bool with_states = g != GROUP_STATE;

	for (size_t i = 0; i < gs->n; i++) {
		size_t is = text_width(gs->all[i].key);

		width = is > width && is <= KEY_WIDTH ? is : width;
	}
	if (l->titles && with_states)
		fprintf(out, "%8s  %9s  %-*s  %s\n", "Sockets", "Oldest", (int)width, groupings[g].title, "States");
	else if (l->titles)
		fprintf(out, "%8s  %9s  %s\n", "Sockets", "Oldest", groupings[g].title);
	for (size_t i = 0; i < gs->n; i++)
		print_text(out, &gs->all[i], width, l, with_states);
}

void list_groups(FILE *out, const struct listing *l, enum grouping g, bool json)
{
	struct groups gs = { 0 };
	struct buf key = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		buf_clear(&key);
		groupings[g].key(&key, l, l->rows[i].index);
		count_in(group_of(&gs, buf_text(&key)), &l->ev->socks[l->rows[i].index]);
	}
	if (gs.n)
		qsort(gs.all, gs.n, sizeof *gs.all, largest_first);
	if (!json)
		print_all(out, &gs, l, g);
	for (size_t i = 0; i < gs.n && json; i++)
		print_json(out, &gs.all[i], groupings[g].word);
	for (size_t i = 0; i < gs.n; i++)
		free(gs.all[i].key);
	free(gs.all);
	free(gs.slots);
	buf_free(&key);
}
