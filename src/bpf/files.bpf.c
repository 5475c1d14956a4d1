/* SPDX-License-Identifier: MIT
 * Every descriptor that is a TCP socket, of every process: for kernels from 5.8 on, which know nothing of walk.bpf.c's casts. */
#include <linux/bpf.h>

#include "bpf/files.h"
#include "bpf/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

char LICENSE[] SEC("license") = "GPL";

enum { AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1, TYPE_MASK = 0170000, TYPE_SOCKET = 0140000 };

/* Its number in the PID namespace of who reads. */
static __always_inline __s32 number_of(struct task_struct *task)
{
	struct task_struct *reader = (struct task_struct *)bpf_get_current_task();
	unsigned int level = BPF_CORE_READ(reader, thread_pid, level);
	struct upid *numbers = (struct upid *)((char *)BPF_CORE_READ(task, thread_pid) + bpf_core_field_offset(struct pid, numbers));

	return BPF_CORE_READ(&numbers[level & 31], nr);
}

static __always_inline bool is_tcp_socket(struct file *file)
{
	struct socket *socket = (struct socket *)BPF_CORE_READ(file, private_data);
	__u16 family = BPF_CORE_READ(socket, sk, __sk_common.skc_family);

	return BPF_CORE_READ(socket, type) == SOCK_STREAM && (family == AF_INET || family == AF_INET6);
}

SEC("iter/task_file")
int list_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct file_record r = { .fd = (__s32)ctx->fd };

	if (!task || !file)
		return 0;
	if ((BPF_CORE_READ(file, f_inode, i_mode) & TYPE_MASK) == TYPE_SOCKET && is_tcp_socket(file))
		r.inode = BPF_CORE_READ(file, f_inode, i_ino);
	r.tid = number_of(task);
	if (!r.inode && r.tid != 1)
		return 0;
	r.pid = number_of(BPF_CORE_READ(task, group_leader));
	BPF_CORE_READ_STR_INTO(&r.comm, task, group_leader, comm);
	bpf_seq_write(ctx->meta->seq, &r, sizeof r);
	return 0;
}
