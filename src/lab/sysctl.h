/* SPDX-License-Identifier: MIT
 * Sysctls of the calling thread's network namespace.
 *
 * In a container /proc/sys is mostly mounted read-only. Who may mount there makes a /proc of his own, which is mounted
 * nowhere and seen by nobody else; who may not can only read. */
#ifndef LAB_SYSCTL_H
#define LAB_SYSCTL_H

#include "base/buf.h"

/* Sets it; one that has this value already need not be set. 0 or -errno: ENOENT, this kernel (or a user namespace on
 * it) does not have it; anything else, it has it and it may not be set. */
int sysctl_write(const char *name, const char *value);

/* Has this kernel (or a user namespace on it) such a one? */
bool sysctl_is_there(const char *name);

/* Has it this value, written as sysctl_read() gives it? */
bool sysctl_has(const char *name, const char *value);

/* Appends its value as one line, numbers with one blank between them. 0 or -errno. */
int sysctl_read(const char *name, struct buf *value);

#endif
