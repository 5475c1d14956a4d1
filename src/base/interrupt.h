/* SPDX-License-Identifier: MIT
 * Being told to end, by SIGINT, SIGTERM, SIGHUP or SIGQUIT: the first time in an orderly way, the second time at once.
 *
 * The signals are caught, never blocked: whatever the program is stuck in, a second one ends it as if nobody had asked
 * to be told (the kernel lets go of traced threads then). The same signal comes twice from timeout(1), which sends it
 * to the process and to its group: what comes within INTERRUPT_BURST of the first one is that one. */
#ifndef BASE_INTERRUPT_H
#define BASE_INTERRUPT_H

#include "base/clock.h"

#define INTERRUPT_BURST span_ms(250)

/* A descriptor that is readable from the first signal on until interrupt_heeded(); nobody reads from it. It may be
 * opened within what has it open already: all see the same signal, and the last to close gives the signals back to what
 * they did before. SIGHUP stays ignored where it is (nohup). System calls go on after the first signal (SA_RESTART),
 * but for those that wait for descriptors or time. A child that fork() makes is ended by the first one unless it opens
 * for itself. -1: no descriptor is left; signals do then what they did. */
int interrupt_open(void);

/* Closes and marks as closed (-1); -1 is allowed. */
void interrupt_close(int *fd);

/* That descriptor, for poll(); -1, which poll() passes over, where nobody has it open. Signals come to any thread: who
 * waits in another hears of them by this alone. */
int interrupt_fd(void);

/* The first signal that came since interrupt_open() or interrupt_heeded(); 0: none. */
int interrupt_signal(void);

/* What was asked for is done, and the program goes on (a prompt): the next signal is a first one again. */
void interrupt_heeded(void);

/* Called in the process that was told to end at once, before it does; only what a signal's handler may call. NULL:
 * nobody is. */
void interrupt_last_words(void (*say)(void));

/* Sleeps until then. True when we are to end. */
bool interrupt_wait(int fd, struct instant until);

/* Milliseconds until then, for poll(): never fewer than are left, 0 when it has passed. */
int ms_until(struct instant when);

#endif
