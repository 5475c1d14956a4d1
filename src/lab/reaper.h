/* SPDX-License-Identifier: MIT
 * Who cleans up after kill -9.
 *
 * A connection whose process was killed becomes an orphan in FIN_WAIT1 and keeps its network namespace alive for
 * minutes (hours with the lab's retry limits; doc/kernel/orphan_pins_netns.c). So a forked process waits until lastack
 * and all actors are gone, destroys every socket of both hosts, and closes the devices: nothing is left 0.2 s later,
 * and nobody waits for the 35 to 70 ms that closing a TUN device takes. */
#ifndef LAB_REAPER_H
#define LAB_REAPER_H

#include "lab/host.h"
#include "lab/leftovers.h"

/* Forks the reaper once the hosts stand. The returned descriptor is the end of a pipe that this process and
 * every actor keep open as long as they live; -1 with `e` filled. `*pid` is the reaper, a child. `*mine` is what
 * was written down for the lab after one that is killed in one blow: its descriptor is kept open as long, too. */
int reaper_start(const struct host hosts[static SIDES], struct leftovers *mine, pid_t *pid, struct err *e);

/* Ends every socket of the calling thread's network namespace, orphans too: until none is left, or 0.1 s; 3 s where
 * orphans may not be destroyed (source/diag.h). True when none is left. */
bool reaper_end_sockets(void);

#endif
