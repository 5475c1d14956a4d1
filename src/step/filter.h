/* SPDX-License-Identifier: MIT
 * The seccomp filter that stops a program at its socket calls and nowhere else. */
#ifndef STEP_FILTER_H
#define STEP_FILTER_H

#include <stdbool.h>

/* Puts it on the calling process, which must be traced with PTRACE_O_TRACESECCOMP before it makes the next call:
 * without a tracer those calls fail with ENOSYS. Stays over fork and exec. Calls of another kind (32-bit)
 * stop too, all of them. `no_uring`: io_uring_setup() fails with ENOSYS. 0 or -errno. */
int filter_install(bool no_uring);

/* The same as a program (linux/filter.h), of at most FILTER_MAX instructions; how many. */
enum { FILTER_MAX = 80 };
struct sock_filter;
unsigned short filter_compose(struct sock_filter *rows, bool no_uring);

#endif
