/* SPDX-License-Identifier: MIT
 * Where the threads of a process are, for a person. */
#ifndef SIGHT_THREADS_H
#define SIGHT_THREADS_H

#include "base/buf.h"

#include <stdint.h>
#include <sys/types.h>

/* Adds a paragraph for each of the first 16 threads of the process: its name, and its frames, or why there are none.
 * Nothing is stopped: only threads that sleep tell. `began`: when the process began (struct proc_stat); if it is
 * another one by now, that is said instead. */
void threads_add(struct buf *out, pid_t pid, uint64_t began);

#endif
