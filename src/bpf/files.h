/* SPDX-License-Identifier: MIT
 * What the iterator over descriptors hands over: shared by files.bpf.c and source/engine_files.c. */
#ifndef BPF_FILES_H
#define BPF_FILES_H

#include <linux/types.h>

struct file_record {
	__u32 inode;        /* 0: no socket, but a sign that process 1 was seen */
	__s32 pid, tid, fd; /* in the reader's PID namespace */
	__u32 bound;        /* the network namespace of a socket that is bound only; 0: it is none */
	char comm[16];
};

#endif
