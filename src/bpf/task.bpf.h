/* SPDX-License-Identifier: MIT
 * Numbers of tasks as somebody in a PID namespace knows them. */
#ifndef BPF_TASK_H
#define BPF_TASK_H

#include "bpf/kernel.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* How deep the PID namespace is of who reads the iterator. */
static __always_inline __u32 reader_level(void)
{
	struct task_struct *reader = (struct task_struct *)bpf_get_current_task();

	return BPF_CORE_READ(reader, thread_pid, level);
}

/* A task's number there. */
static __always_inline __s32 number_of(struct task_struct *task, unsigned int level)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct upid *numbers = (struct upid *)((char *)pid + bpf_core_field_offset(struct pid, numbers));

	return BPF_CORE_READ(&numbers[level & 31], nr);
}

#endif
