/* SPDX-License-Identifier: MIT
 * What happened, in order. */
#include "model/timeline.h"

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

void timeline_free(struct timeline *tl)
{
	for (size_t i = 0; i < tl->n; i++) {
		event_clear(tl->events[i]);
		free(tl->events[i]);
	}
	free(tl->events);
	conns_free(&tl->conns);
	*tl = (struct timeline){ 0 };
}
