/* SPDX-License-Identifier: MIT
 * The registers of a process's threads where they entered the kernel, without stopping them: by BPF (Linux 5.15).
 * /proc/TID/syscall tells the program counter and the stack pointer alone, which ends a stack where a function has its
 * frame in another register. */
#ifndef SOURCE_REGISTERS_H
#define SOURCE_REGISTERS_H

#include "base/buf.h"
#include "bpf/threads.h"

#include <sys/types.h>

struct registers {
	struct thread_record *all;
	size_t n, cap;
};

/* Loads the program that reads them, and keeps it: for who gives up the privilege to load any before it needs them. It
 * is loaded for each reading otherwise. */
void registers_open(void);
void registers_close(void);

/* None where BPF may not be loaded or the process has ended: then /proc has to do. For registers_free(). */
void registers_read(struct registers *r, pid_t pid);
void registers_free(struct registers *r);

/* Those of a thread, in the order of struct user_regs_struct; NULL: not known. */
const __u64 *registers_of(const struct registers *r, pid_t tid);

#endif
