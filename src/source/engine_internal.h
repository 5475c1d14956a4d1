/* SPDX-License-Identifier: MIT
 * What the engines that dump by sock_diag share. */
#ifndef SOURCE_ENGINE_INTERNAL_H
#define SOURCE_ENGINE_INTERNAL_H

#include "source/engine.h"
#include "source/netns.h"

/* How an engine finds what sock_diag does not tell. */
struct diag_way {
	/* Adds the namespaces of processes to the list. */
	void (*namespaces)(void *state, struct netns_list *l);
	/* Looks through the descriptors. 0, or -1 with `e` filled. */
	int (*seek)(void *state, struct evidence *ev, struct err *e);
	/* Which namespaces have sockets that are bound only, as far as descriptors lead to them: `*n` of them; -1: not
	 * all processes were seen. NULL for one that sees no descriptors. */
	const uint64_t *(*bound)(void *state, ssize_t *n);
	/* Gives all sockets their owners: how many processes could not be looked at. */
	ssize_t (*join)(void *state, struct evidence *ev);
};

/* How many orphans of the machine are not among those that were dumped, from ev->socks[from] on: they are in network
 * namespaces to which neither a process nor a name leads. The kernel counts them for the whole machine: `before` and
 * `after` the dump, UNKNOWN where that is not known, and then this is. 0 where they may have come and gone meanwhile.
 */
int64_t orphans_unseen(const struct evidence *ev, size_t from, int64_t before, int64_t after);

/* Dumps each namespace that is asked for, then owners, ages and reasons as far as they are wanted. 0; -1 with `e`
 * filled; 1: more than ask->most_walks other namespaces have sockets, and nothing was looked at. */
int look_by_diag(const struct engine_ask *ask, struct evidence *ev, struct engine_report *report,
                 const struct diag_way *way, void *state, struct err *e);

/* A's owners, for who cannot do better. */
extern const struct diag_way way_of_proc;

/* B, of which the program is loaded beside the first dump, in a thread of its own. What the kernel says to that is
 * known after the look: if it did not take it, the look took A's way. NULL: built without BPF. */
void *files_open_beside(void);
struct err *files_refused(void *state); /* NULL: it was taken */

#endif
