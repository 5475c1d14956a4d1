/* SPDX-License-Identifier: MIT
 * Who holds a socket, without privilege: the links of /proc/PID/fd, joined with the sockets by their inode numbers. */
#ifndef SOURCE_OWNER_H
#define SOURCE_OWNER_H

#include "model/evidence.h"

/* Looks through the descriptors of these processes and fills in the owners of the sockets they hold.
 * A process that is gone or may not be looked at adds nothing. */
void owners_fill(struct evidence *ev, const pid_t *pids, size_t n);

/* The same of every process that /proc shows, and of threads that have a table of their own. How many processes could
 * not be looked at: another user's. Those that /proc does not even list count as one, for nobody can count them. */
size_t owners_fill_all(struct evidence *ev);

#endif
