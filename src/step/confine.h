/* SPDX-License-Identifier: MIT
 * A child of ours that reads what strangers made, and can do nothing else. */
#ifndef STEP_CONFINE_H
#define STEP_CONFINE_H

/* Gives up everything, for good: all capabilities, every descriptor but these two (-1: one fewer), and every system
 * call that does not read from what is open, use memory or talk over what is open (seccomp(2)); others fail with
 * EACCES. It is ended with `parent`, hears of no signal that a terminal sends, and may not take more than a few GB of
 * memory. 0 or -errno: then it is to end itself. */
int confine(int fd1, int fd2, int parent);

#endif
