/* SPDX-License-Identifier: MIT
 * The seccomp filter that stops a program at its socket calls and nowhere else. */
#ifndef STEP_FILTER_H
#define STEP_FILTER_H

#include <stdbool.h>

/* Puts it on the calling process, which must be traced with PTRACE_O_TRACESECCOMP before it makes the next call:
 * without a tracer those calls fail with ENOSYS. Stays over fork and exec. Calls of a foreign architecture (32-bit)
 * stop too. `no_uring`: io_uring_setup() fails with ENOSYS. 0 or -errno. */
int filter_install(bool no_uring);

#endif
