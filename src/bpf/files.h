/* SPDX-License-Identifier: MIT
 * What the iterator over descriptors hands over: shared by files.bpf.c and source/engine_files.c. */
#ifndef BPF_FILES_H
#define BPF_FILES_H

#include <linux/types.h>

struct file_record {
	__u32 inode;        /* 0: no socket, but a sign that process 1 was seen */
	__s32 pid, tid, fd; /* in the reader's PID namespace */
	char comm[16];
};

#endif
