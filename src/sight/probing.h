/* SPDX-License-Identifier: MIT
 * What rules ask for besides: epoll sets, strayed sockets, stacks. From the running machine. */
#ifndef SIGHT_PROBING_H
#define SIGHT_PROBING_H

#include "base/err.h"
#include "model/observation.h"
#include "model/probes.h"

/* What a process has left while it was followed; for buf_free(). */
struct followed {
	pid_t pid;
	uint64_t began; /* when it was started: the number may be another's afterwards */
	struct buf place, sentence;
	size_t missed; /* of its threads and children, that could not be followed */
};

/* How processes are asked. */
struct probing {
	const struct observation *of;
	struct followed followed;
	bool stop_threads; /* for all their registers; else they are looked at as they sleep */
	/* What was found of one process: it is asked for each of its findings, and looked at once. */
	pid_t stacks_of;
	ssize_t threads;
	struct buf stacks;
};

/* `of`: whose processes they are. A number that is another process's by now, or that it does not have, tells nothing.
 */
void probes_open(struct probes *p, struct probing *how, const struct observation *of);
void probes_close(struct probing *how);

/* Runs what traces a process in a thread of its own, with whose end whatever it traces still is let go (step/borrow.h).
 */
bool probing_within(void (*work)(void *ctx), void *ctx);

#endif
