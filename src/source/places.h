/* SPDX-License-Identifier: MIT
 * Which network namespaces sock_diag must be asked in: for each dump there the kernel walks the hash of the whole
 * machine, so those that have no TCP socket are passed over. */
#ifndef SOURCE_PLACES_H
#define SOURCE_PLACES_H

#include "source/engine.h"
#include "source/net.h"
#include "source/netns.h"

struct place {
	uint32_t netns;   /* index in the list */
	state_set states; /* that were asked for, and that it may have sockets in */
};

struct places {
	struct netns_list list;
	struct place *all; /* never our own namespace */
	size_t n, cap;
	size_t entered, closed; /* looked into; those that may not be entered */
	size_t walks;           /* for so many of them the kernel will walk its hash */
};

/* States whose sockets are in the large hash. */
#define PLACE_HASHED ((state_set)(STATE_SET_ALL & ~(1U << TCP_LISTEN | 1U << TCP_BOUND)))

/* Looks into every namespace but `own`, by what is counted there (net_states()). `list`: the one that was asked for, or
 * NULL for all; it takes them over. `home` is where the thread comes back to. For places_free(), also after -1 with `e`
 * filled: descriptors or memory were lacking. */
int places_read(struct places *p, struct netns_list *list, state_set states, uint64_t own, int home, struct err *e);
void places_free(struct places *p);

/* Enters one of the list, and counts it where that is not permitted: 1 it did, 0 it did not, -1 with `e` filled. */
int places_enter(struct places *p, size_t netns, struct err *e);

#endif
