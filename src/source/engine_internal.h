/* SPDX-License-Identifier: MIT
 * What the engines that dump by sock_diag share. */
#ifndef SOURCE_ENGINE_INTERNAL_H
#define SOURCE_ENGINE_INTERNAL_H

#include "source/engine.h"

/* Fills in the owners of what was dumped: how many processes could not be looked at, or -1 with `e` filled. */
typedef ssize_t (*owners_finder)(void *state, struct evidence *ev, struct err *e);

/* How many orphans of the machine are not among those that were dumped, from ev->socks[from] on: they are in network
 * namespaces to which neither a process nor a name leads. The kernel counts them for the whole machine: `before` and
 * `after` the dump, UNKNOWN where that is not known, and then this is. 0 where they may have come and gone meanwhile.
 */
int64_t orphans_unseen(const struct evidence *ev, size_t from, int64_t before, int64_t after);

/* Dumps each namespace that is asked for, then owners, ages and reasons as far as they are wanted. */
int look_by_diag(const struct engine_ask *ask, struct evidence *ev, struct engine_report *report, owners_finder owners,
                 void *state, struct err *e);

#endif
