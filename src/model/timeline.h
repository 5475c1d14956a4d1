/* SPDX-License-Identifier: MIT
 * What happened, in order: append-only. Sources append, renderers read from a cursor of their own. Of what goes on for
 * days the oldest is forgotten when it has been shown. */
#ifndef MODEL_TIMELINE_H
#define MODEL_TIMELINE_H

#include "model/event.h"

struct timeline {
	struct instant began;
	int64_t wall_ns; /* the same moment since 1970, CLOCK_REALTIME */
	struct event **events;
	size_t n, cap;
	size_t forgotten;   /* events that stood before the first one */
	struct conns conns; /* the connections its packets belong to */
};

void timeline_begin(struct timeline *tl);

/* Time begins now; what is on the timeline already was at its beginning. */
void timeline_restart(struct timeline *tl);

/* Takes a copy of `e` (and what it owns), stamps it with the present; the copy stays where it is. */
struct event *timeline_append(struct timeline *tl, struct event e);

/* The same at another time than the present: of a capture. Times must not go back. */
struct event *timeline_append_at(struct timeline *tl, struct event e, struct span at);

/* Forgets the oldest `n` of at most timeline.n events; those after them stand `n` places further to the front. */
void timeline_forget(struct timeline *tl, size_t n);

void timeline_free(struct timeline *tl);

#endif
