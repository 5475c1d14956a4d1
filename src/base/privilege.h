/* SPDX-License-Identifier: MIT
 * Giving up what a command may do once it has opened what only more may open: for all of this process's life, and for
 * whatever it would exec. */
#ifndef BASE_PRIVILEGE_H
#define BASE_PRIVILEGE_H

#include "base/err.h"

#include <linux/capability.h>
#include <stdint.h>

#define PRIVILEGE(cap) (UINT64_C(1) << (cap))

/* Keeps no more than these of the capabilities that it has (all of them where CAP_SYS_PTRACE is among these and it does
 * not have it: without that one it may look only at processes that can do no more than it can, ptrace(2)), whether user
 * 0 or not, and lets no exec give any of them back (PR_SET_NO_NEW_PRIVS). Of the calling thread and of those that it
 * makes from now on: to be called while there is one thread, and never by who starts programs for a user. -1 with `e`
 * filled: it could not, and has what it had. */
int privilege_keep(uint64_t capabilities, struct err *e);

/* Those that are in effect. */
uint64_t privileges(void);

#endif
