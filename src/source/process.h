/* SPDX-License-Identifier: MIT
 * What /proc tells of a process: limits, descriptors, who stops it; and what its descriptors lead to. */
#ifndef SOURCE_PROCESS_H
#define SOURCE_PROCESS_H

#include "model/observation.h"

/* Fills in what can be read of p->pid; what cannot stays as it is. `fds` is set too. Its files are read one after
 * another: if the process ends meanwhile, and the number may be another's, nothing is known of it
 * (process_unknown()). */
void process_read(struct process_facts *p);

/* The same of who was seen to hold something at `seen`: of a process that began later nothing is known either. */
void process_read_seen(struct process_facts *p, struct instant seen);

/* Is the process of this number the one that was there at `seen`, and not one that began later? To the clock tick
 * (10 ms) in which it began. false too if there is none. */
bool process_was_there(pid_t pid, struct instant seen);

/* Does /proc show it to us? There is always a process 1: where it is missing, /proc hides those of others
 * (hidepid=2). */
bool process_is_listed(pid_t pid);

/* May we look at processes of others (CAP_SYS_PTRACE)? Root may not have it in a container. */
bool process_may_trace(void);

/* Open descriptors (Linux 6.2 tells the number as the size of /proc/PID/fd; before they are counted). UNKNOWN: may not
 * be looked at. */
int64_t process_fds(pid_t pid);

/* What its epoll sets watch (/proc/PID/fdinfo/N, "tfd:"), for free(); how many, or -1: not all of it may be looked at.
 */
ssize_t process_epoll(pid_t pid, struct watched **out);

/* Descriptors of TCP sockets (system.sockprotoname) whose inode is not in `inodes`, which is in ascending order: the
 * connection is over and the descriptor is not. For free(); how many, or -1: not all may
 * be looked at. */
ssize_t process_strays(pid_t pid, const uint32_t *inodes, size_t n, struct stray **out);

#endif
