/* SPDX-License-Identifier: MIT
 * What happened, in order. */
#include "model/timeline.h"

#include <assert.h>
#include <stdlib.h>

void timeline_begin(struct timeline *tl)
{
	*tl = (struct timeline){ .began = clock_now(), .wall_ns = clock_wall_ns() };
}

void timeline_restart(struct timeline *tl)
{
	tl->began = clock_now();
	tl->wall_ns = clock_wall_ns();
	for (size_t i = 0; i < tl->n; i++)
		tl->events[i]->at = span_s(0);
}

struct event *timeline_append(struct timeline *tl, struct event e)
{
	return timeline_append_at(tl, e, span_since(tl->began));
}

struct event *timeline_append_at(struct timeline *tl, struct event e, struct span at)
{
	struct event *kept = xcalloc(1, sizeof *kept);

	e.at = at;
	*kept = e;
	tl->events = grow(tl->events, tl->n, &tl->cap, sizeof(struct event *));
	tl->events[tl->n++] = kept;
	return kept;
}

static void free_events(struct event *const events[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		event_clear(events[i]);
		free(events[i]);
	}
}

void timeline_forget(struct timeline *tl, size_t n)
{
	assert(n <= tl->n);
	free_events(tl->events, n);
	tl->n -= n;
	tl->forgotten += n;
	if (n)
		memmove(tl->events, tl->events + n, tl->n * sizeof(struct event *));
}

void timeline_free(struct timeline *tl)
{
	free_events(tl->events, tl->n);
	free(tl->events);
	conns_free(&tl->conns);
	*tl = (struct timeline){ 0 };
}
