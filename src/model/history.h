/* SPDX-License-Identifier: MIT
 * What a row of looks tells that one look does not: counts over time, what came and went and how long it lived, what
 * listeners throw away in a second, and the changes of each socket.
 *
 * Nothing is kept for each socket but for those that came since the first look (24 bytes). Memory has an end: the last
 * HISTORY_GONE sockets that went and the last HISTORY_EVENTS changes are known, of older ones only how many there
 * were. */
#ifndef MODEL_HISTORY_H
#define MODEL_HISTORY_H

#include "base/sort.h"
#include "model/evidence.h"
#include "model/filter.h"
#include "model/history_seen.h"

enum { HISTORY_SAMPLES = 60, HISTORY_GONE = 10000, HISTORY_EVENTS = 20000 };

/* One look, counted: of those that the filter lets through. */
struct history_sample {
	struct instant at;
	uint32_t counts[TCP_STATES];
	size_t sockets, came, went;
};

struct listener_now {
	uint64_t key;
	uint32_t index;   /* in the look's sockets */
	uint32_t drops;   /* in all its life */
	uint32_t dropped; /* since the look before */
	uint32_t rq, backlog, half_open;
	uint16_t port;
	bool counted; /* drops are told */
	bool known;   /* and were in the look before */
	bool shown;   /* the filter lets it through */
};

/* One that went. Its last state, queues and first owner are those of history.gone's evidence. */
struct gone {
	struct instant before; /* the look before `first` */
	struct instant first, last;
	struct instant noticed; /* the first look in which it was missing */
	bool was_before;        /* it was there already in the first look of all */
};

enum life_is { LIFE_AT_LEAST, LIFE_ABOUT, LIFE_LESS_THAN };
struct life {
	enum life_is is;
	struct span span;
};

/* Slots are used in turn: number `i` of all that went, while it is remembered, is in i % HISTORY_GONE. */
struct gone_ring {
	struct evidence ev; /* socks[slot], with their first owner, so that a filter and cells can be had of it */
	struct gone *all;
	size_t total;
};

struct event_side {
	uint32_t rq, wq, half_open;
	pid_t pid; /* the first owner; 0: nobody */
	uint8_t state;
};

struct history_event {
	struct instant at;
	uint64_t key, cookie;
	struct event_side was, is;
};

struct history {
	struct instant began, at;                       /* of the first look, of the last one */
	struct span interval;                           /* between the last two; 0: there was one only */
	struct history_sample samples[HISTORY_SAMPLES]; /* number i in i % HISTORY_SAMPLES */
	size_t n_samples;                               /* since the filter was changed */
	struct sort_key *shown; /* indexes of what the filter lets through, as the look has them */
	size_t n_shown, cap_shown;
	struct listener_now *listeners; /* those that matter first */
	size_t n_listeners, cap_listeners;
	struct gone_ring gone;
	struct history_event *events;
	size_t n_events; /* in all: number i in i % HISTORY_EVENTS */
	struct seen seen;
	struct sort_key *rows[2]; /* of both looks, for changes_tell() */
	size_t cap_rows[2];
};

/* Takes a look in; `was` is the look before, NULL at the first. ev->at says when. */
void history_add(struct history *h, const struct evidence *was, const struct evidence *is, const struct filter *f);

/* Another filter: counts begin anew with the look that was taken in last. What went and what changed stays. */
void history_refilter(struct history *h, const struct evidence *is, const struct filter *f);
void history_free(struct history *h);

/* `back` samples ago, 0 is the last; NULL: not that many. */
const struct history_sample *history_sample(const struct history *h, size_t back);

/* The same socket has the same key in every look; never 0. Sockets without an address share theirs. */
uint64_t history_key(const struct sock *s);

/* When it was first seen; false: it was there before, and `first` is the first look of all. */
bool history_first(const struct history *h, const struct sock *s, struct instant *first);

/* Notes a change between two looks that history_add() has not told, because nothing began and nothing ended; no change:
 * nothing. */
void history_note(struct history *h, const struct evidence *was, size_t i, const struct evidence *is, size_t k);

/* Number `i` of those remembered, 0 is the oldest. */
size_t history_events(const struct history *h);
const struct history_event *history_event(const struct history *h, size_t i);

/* How many of those that went are remembered; the slot of the `i`-th, 0 is the oldest. */
size_t history_gone(const struct history *h);
size_t history_gone_slot(const struct history *h, size_t i);
struct life gone_life(const struct gone *g, struct instant began);

#endif
