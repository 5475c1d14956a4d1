/* SPDX-License-Identifier: MIT
 * The registers of all threads of one process, without stopping them: bpf_task_pt_regs(), Linux 5.15. They are those of
 * the last time that the thread entered the kernel, so of one that is there, and of no other, they are good. */
#include <linux/bpf.h>

#include "bpf/threads.h"
#include "bpf/task.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct pt_regs {
};
#pragma clang attribute pop

__s32 wanted; /* the process, as the reader knows it */
static struct thread_record record;

SEC("iter/task")
int list_registers(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	__u32 level, size = bpf_core_type_size(struct pt_regs);

	if (!task)
		return 0;
	level = reader_level();
	if (number_of(task->group_leader, level) != wanted)
		return 0;
	record.tid = number_of(task, level);
	size = size < sizeof record.reg ? size : sizeof record.reg;
	if (bpf_probe_read_kernel(record.reg, size, (void *)bpf_task_pt_regs(task)) == 0)
		bpf_seq_write(ctx->meta->seq, &record, sizeof record);
	return 0;
}
