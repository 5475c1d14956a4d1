/* SPDX-License-Identifier: MIT
 * Being told to end (SIGINT, SIGTERM, SIGHUP) as a descriptor that becomes readable: so that what was begun is ended
 * well. */
#ifndef BASE_INTERRUPT_H
#define BASE_INTERRUPT_H

#include "base/clock.h"

/* From now on these signals end nothing by themselves; for close(). */
int interrupt_open(void);

/* Sleeps until then. True when we are to end. */
bool interrupt_wait(int fd, struct instant until);

/* Milliseconds until then, for poll(): never fewer than are left, 0 when it has passed. */
int ms_until(struct instant when);

#endif
