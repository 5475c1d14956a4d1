/* SPDX-License-Identifier: MIT
 * What the iterator over the threads of a process hands over: shared by threads.bpf.c and source/registers.c. */
#ifndef BPF_THREADS_H
#define BPF_THREADS_H

#include <linux/types.h>

enum { KEPT_REGISTERS = 34 };

struct thread_record {
	__s32 tid; /* in the reader's PID namespace */
	__u32 unused;
	__u64 reg[KEPT_REGISTERS]; /* the beginning of the kernel's struct pt_regs: user_regs_struct on x86-64 (21 of
	                              them) and on arm64 */
};

#endif
