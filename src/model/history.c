/* SPDX-License-Identifier: MIT
 * Counts, comings and goings, and changes over a row of looks. */
#include "model/history.h"
#include "base/hash.h"
#include "model/changes.h"

#include <stdlib.h>

/* --- identity ------------------------------------------------------------------------------------------ */

uint64_t history_key(const struct sock *s)
{
	return sock_hash(s) | 1;
}

bool history_first(const struct history *h, const struct sock *s, struct instant *first)
{
	const struct seen_row *row = seen_find(&h->seen, history_key(s));

	*first = row ? row->first : h->began;
	return row != NULL;
}

/* --- counting ------------------------------------------------------------------------------------------ */

const struct history_sample *history_sample(const struct history *h, size_t back)
{
	size_t kept = h->n_samples < HISTORY_SAMPLES ? h->n_samples : HISTORY_SAMPLES;

	return back < kept ? &h->samples[(h->n_samples - 1 - back) % HISTORY_SAMPLES] : NULL;
}

static struct history_sample *new_sample(struct history *h, struct instant at)
{
	struct history_sample *s = &h->samples[h->n_samples++ % HISTORY_SAMPLES];

	*s = (struct history_sample){ .at = at };
	return s;
}

static struct history_sample *count(struct history *h, const struct evidence *ev, const struct filter *f)
{
	struct history_sample *s = new_sample(h, ev->at);

	h->shown = reserve(h->shown, ev->n, &h->cap_shown, sizeof *h->shown);
	h->n_shown = 0;
	for (size_t i = 0; i < ev->n; i++) {
		if (!filter_match(f, ev, i))
			continue;
		h->shown[h->n_shown++] = (struct sort_key){ .index = (uint32_t)i };
		s->counts[ev->socks[i].state]++;
	}
	s->sockets = h->n_shown;
	return s;
}

/* --- listeners ----------------------------------------------------------------------------------------- */

/* Several may have one address (SO_REUSEPORT): they are told apart by their files. */
static uint64_t listener_key(const struct sock *s)
{
	return hash_mix(history_key(s), s->inode);
}

static int by_key(const void *a, const void *b)
{
	uint64_t x = ((const struct listener_now *)a)->key, y = ((const struct listener_now *)b)->key;

	return (x > y) - (x < y);
}

static int larger_first(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static bool is_full(const struct listener_now *l)
{
	return l->rq > l->backlog;
}

/* What is in trouble, then what is busy, then by port. */
static int by_weight(const void *a, const void *b)
{
	const struct listener_now *x = a, *y = b;
	const int orders[] = { larger_first(x->dropped, y->dropped), larger_first(is_full(x), is_full(y)),
		               larger_first(x->rq, y->rq),           larger_first(x->half_open, y->half_open),
		               larger_first(x->drops, y->drops),     larger_first(y->port, x->port) };

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++)
		if (orders[i])
			return orders[i];
	return (x->key > y->key) - (x->key < y->key);
}

static void sort_listeners(struct history *h, int (*order)(const void *, const void *))
{
	if (h->n_listeners)
		qsort(h->listeners, h->n_listeners, sizeof *h->listeners, order);
}

static void add_listener(struct history *h, const struct evidence *ev, size_t i, const struct history *old)
{
	const struct sock *s = &ev->socks[i];
	struct listener_now l = { .key = listener_key(s),
		                  .index = (uint32_t)i,
		                  .drops = s->drops,
		                  .counted = sock_tells(s, TOLD_DROPS),
		                  .rq = s->rq,
		                  .backlog = s->wq,
		                  .half_open = s->half_open,
		                  .port = s->local.port };
	const struct listener_now *was =
		old->n_listeners ? bsearch(&l, old->listeners, old->n_listeners, sizeof l, by_key) : NULL;

	l.known = was && l.counted && was->counted;
	l.dropped = l.known ? l.drops - was->drops : 0; /* the kernel's counter wraps, and so does this */
	h->listeners = grow(h->listeners, h->n_listeners, &h->cap_listeners, sizeof *h->listeners);
	h->listeners[h->n_listeners++] = l;
}

static void mark_shown(struct history *h, const struct evidence *ev, const struct filter *f)
{
	for (size_t i = 0; i < h->n_listeners; i++)
		h->listeners[i].shown = filter_match(f, ev, h->listeners[i].index);
}

static void add_listeners(struct history *h, const struct evidence *ev, const struct filter *f)
{
	struct history old;

	sort_listeners(h, by_key);
	old = *h;
	h->listeners = NULL;
	h->n_listeners = h->cap_listeners = 0;
	for (size_t i = 0; i < ev->n; i++)
		if (ev->socks[i].state == TCP_LISTEN)
			add_listener(h, ev, i, &old);
	free(old.listeners);
	mark_shown(h, ev, f);
	sort_listeners(h, by_weight);
}

/* --- what went ----------------------------------------------------------------------------------------- */

size_t history_gone(const struct history *h)
{
	return h->gone.total < HISTORY_GONE ? h->gone.total : HISTORY_GONE;
}

size_t history_gone_slot(const struct history *h, size_t i)
{
	return (h->gone.total - history_gone(h) + i) % HISTORY_GONE;
}

struct life gone_life(const struct gone *g, struct instant began)
{
	int64_t shortest = g->last.ns - g->first.ns, longest = g->noticed.ns - g->before.ns;

	if (g->was_before)
		return (struct life){ LIFE_AT_LEAST, span_between(began, g->last) };
	if (shortest == 0)
		return (struct life){ LIFE_LESS_THAN, { longest } };
	return (struct life){ LIFE_ABOUT, { (shortest + longest) / 2 } };
}

/* All at once: they are filled slot by slot, and the evidence's arrays keep the same index. */
static void make_gone(struct gone_ring *g)
{
	g->all = xcalloc(HISTORY_GONE, sizeof *g->all);
	g->ev.socks = xcalloc(HISTORY_GONE, sizeof *g->ev.socks);
	g->ev.holders = xcalloc(HISTORY_GONE, sizeof *g->ev.holders);
	g->ev.owners = xcalloc(HISTORY_GONE, sizeof *g->ev.owners);
	g->ev.cap = g->ev.cap_holders = g->ev.cap_owners = HISTORY_GONE;
}

static void keep_socket(struct evidence *to, size_t slot, const struct evidence *from, const struct sock *s)
{
	const struct owner *o = owner_at(from, s->owner);

	to->socks[slot] = *s;
	to->socks[slot].listener = 0;
	to->socks[slot].owner = o ? (uint32_t)slot + 1 : 0;
	if (!o)
		return;
	to->holders[slot] = *holder_of(from, o);
	to->owners[slot] = (struct owner){ (uint32_t)slot, o->fd, 0 };
}

static void keep_gone(struct history *h, const struct evidence *was, size_t i, struct instant noticed)
{
	const struct sock *s = &was->socks[i];
	const struct seen_row *row = seen_find(&h->seen, history_key(s));
	size_t slot = h->gone.total++ % HISTORY_GONE;

	if (!h->gone.all)
		make_gone(&h->gone);
	h->gone.ev.n = h->gone.ev.n_holders = h->gone.ev.n_owners = history_gone(h);
	keep_socket(&h->gone.ev, slot, was, s);
	h->gone.all[slot] = (struct gone){ .before = row ? row->before : h->began,
		                           .first = row ? row->first : h->began,
		                           .last = was->at,
		                           .noticed = noticed,
		                           .was_before = !row };
}

/* --- what changed -------------------------------------------------------------------------------------- */

size_t history_events(const struct history *h)
{
	return h->n_events < HISTORY_EVENTS ? h->n_events : HISTORY_EVENTS;
}

const struct history_event *history_event(const struct history *h, size_t i)
{
	return &h->events[(h->n_events - history_events(h) + i) % HISTORY_EVENTS];
}

static struct event_side side_of(const struct evidence *ev, const struct sock *s)
{
	const struct owner *o = owner_at(ev, s->owner);

	return (struct event_side){ s->rq, s->wq, s->state == TCP_LISTEN ? s->half_open : 0,
		                    o ? holder_of(ev, o)->pid : 0, (uint8_t)s->state };
}

static bool same_side(const struct event_side *a, const struct event_side *b)
{
	return a->rq == b->rq && a->wq == b->wq && a->half_open == b->half_open && a->pid == b->pid &&
	       a->state == b->state;
}

void history_note(struct history *h, const struct evidence *was, size_t i, const struct evidence *is, size_t k)
{
	const struct sock *s = &is->socks[k];
	struct history_event e = { is->at, history_key(s), s->key.cookie, side_of(was, &was->socks[i]),
		                   side_of(is, s) };

	if (same_side(&e.was, &e.is))
		return;
	if (!h->events)
		h->events = xcalloc(HISTORY_EVENTS, sizeof *h->events);
	h->events[h->n_events++ % HISTORY_EVENTS] = e;
}

/* --- taking a look in ---------------------------------------------------------------------------------- */

struct taking {
	struct history *h;
	const struct evidence *was, *is;
	const struct filter *filter;
	struct history_sample *sample;
};

static void tell(void *ctx, size_t was, size_t is)
{
	struct taking *t = ctx;

	if (was == NO_ROW) {
		t->sample->came += filter_match(t->filter, t->is, is);
		seen_set(&t->h->seen, history_key(&t->is->socks[is]), t->was->at, t->is->at);
	} else if (is == NO_ROW) {
		bool shown = filter_match(t->filter, t->was, was);

		t->sample->went += shown;
		if (shown)
			keep_gone(t->h, t->was, was, t->is->at);
		seen_remove(&t->h->seen, history_key(&t->was->socks[was]));
	} else {
		history_note(t->h, t->was, was, t->is, is);
	}
}

static struct rows all_rows(struct history *h, int which, const struct evidence *ev)
{
	h->rows[which] = reserve(h->rows[which], ev->n, &h->cap_rows[which], sizeof *h->rows[which]);
	return rows_of(ev, h->rows[which]);
}

static void take_changes(struct history *h, const struct evidence *was, const struct evidence *is,
                         const struct filter *f, struct history_sample *sample)
{
	struct taking t = { h, was, is, f, sample };
	struct rows a = all_rows(h, 0, was), b = all_rows(h, 1, is);

	changes_tell(&a, &b, tell, &t);
}

void history_add(struct history *h, const struct evidence *was, const struct evidence *is, const struct filter *f)
{
	struct history_sample *sample = count(h, is, f);

	if (!was)
		h->began = is->at;
	h->interval = was ? span_between(was->at, is->at) : (struct span){ 0 };
	h->at = is->at;
	add_listeners(h, is, f);
	if (was)
		take_changes(h, was, is, f, sample);
}

void history_refilter(struct history *h, const struct evidence *is, const struct filter *f)
{
	h->n_samples = 0;
	count(h, is, f);
	mark_shown(h, is, f);
}

void history_free(struct history *h)
{
	free(h->shown);
	free(h->listeners);
	free(h->gone.all);
	evidence_free(&h->gone.ev);
	free(h->events);
	seen_free(&h->seen);
	free(h->rows[0]);
	free(h->rows[1]);
	*h = (struct history){ 0 };
}
