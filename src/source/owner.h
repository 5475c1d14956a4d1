/* SPDX-License-Identifier: MIT
 * Who holds a socket: processes and descriptors, found from the socket's inode in /proc/PID/fd. */
#ifndef SOURCE_OWNER_H
#define SOURCE_OWNER_H

#include "model/evidence.h"

/* Looks through the descriptors of these processes and fills in the owners of the sockets they hold.
 * A process that is gone or may not be looked at adds nothing. */
void owners_fill(struct evidence *ev, const pid_t *pids, size_t n);

#endif
