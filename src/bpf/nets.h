/* SPDX-License-Identifier: MIT
 * What the iterator over processes hands over: shared by nets.bpf.c and source/engine_files.c. */
#ifndef BPF_NETS_H
#define BPF_NETS_H

#include <linux/types.h>

/* A process that is in another network namespace than the one before it. */
struct net_record {
	__u32 netns;
	__s32 pid; /* in the reader's PID namespace */
};

#endif
