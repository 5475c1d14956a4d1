/* SPDX-License-Identifier: MIT
 * Gathering an observation: two looks at everything, looks at the listeners between them, counters and settings of each
 * network namespace, and the processes behind the sockets. */
#ifndef SIGHT_LOOKING_H
#define SIGHT_LOOKING_H

#include "model/observation.h"
#include "source/engine.h"

/* Where it is looked: at the machine, by an engine, or at a lab. */
struct looking;
struct looking_place {
	int (*look)(struct looking *l, struct evidence *ev, struct err *e);
	/* Calls `each` in every network namespace, which the calling thread has then entered. */
	void (*each_net)(struct looking *l, void (*each)(struct looking *l, uint64_t netns, bool own));
};

struct looking {
	const struct looking_place *place;
	void *ctx; /* the place's */
	struct engine_chosen engine;
	struct engine_ask ask;
	struct engine_report report;
	struct observation *o;
	struct evidence samples[QUEUE_SAMPLES]; /* of listeners only */
	size_t n_samples;
	bool nets_noted; /* only namespaces that are in the observation are read */
	struct instant began;
	struct instant seen; /* the last look was over: who holds sockets in it had begun by then */
};

/* Opens an engine ("A", "B", "C"; NULL: the best for what is here). `netns`: only this namespace, 0: all; `only`: the
 * process that is meant, 0: all. -1 with `e` filled. looking_close() also after that. */
int looking_open(struct looking *l, struct observation *o, const char *engine, uint64_t netns, pid_t only,
                 struct err *e);
void looking_close(struct looking *l);

/* The same at another place. */
void looking_at(struct looking *l, struct observation *o, const struct looking_place *place, void *ctx);

/* Forgets what was seen, for another round: the engine stays open. */
void looking_again(struct looking *l);

/* The first look, which begins the window. The observation can be judged after it, as one look. */
int looking_first(struct looking *l, struct err *e);

/* A look at the accept queues, as many as there is room for. */
void looking_queues(struct looking *l);

/* The last look, which ends the window; joins both. */
int looking_last(struct looking *l, struct err *e);

#endif
