/* SPDX-License-Identifier: MIT
 * What the rules about listeners share: their queues over the window. */
#ifndef DOCTOR_LISTEN_H
#define DOCTOR_LISTEN_H

#include "doctor/rule.h"

/* How its accept queue was, in all looks of the window. */
struct listen_queue {
	uint32_t now, backlog;
	uint32_t least, most; /* that waited */
	uint32_t looks;
	int64_t drops;       /* connections thrown away at this listener within the window; UNKNOWN */
	struct span oldest;  /* for so long the oldest of those that wait has; 0: not known, or nobody waits */
	size_t oldest_index; /* that one, in the last look */
	size_t ageless;      /* that wait, or may, and of whom it is not known for how long */
	enum truth unmoved;  /* somebody waited in the first look, and all who did wait still: nobody was accepted */
};
struct listen_queue listen_queue(const struct visit *v, size_t listener);

/* A finding about a listener, with its queue as first line. */
struct finding *listen_find(struct visit *v, enum severity severity, size_t listener, const struct listen_queue *q);

/* A rule that asks for `drops` is unknown besides what it finds where they are not known. */
void listen_tell_uncounted(struct visit *v);

#endif
