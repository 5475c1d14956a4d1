/* SPDX-License-Identifier: MIT
 * Every descriptor that is a TCP socket, of every process: for kernels from 5.17 on (5.11 has
 * bpf_sock_from_file(), 5.17 does a light skeleton's relocations), which know nothing of cast.bpf.h's casts. */
#include <linux/bpf.h>

#include "bpf/files.h"
#include "bpf/task.bpf.h"

#include <stdbool.h>

char LICENSE[] SEC("license") = "GPL";

enum { AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1 };

static __always_inline bool is_tcp_socket(struct file *file)
{
	struct socket *socket = bpf_sock_from_file(file);
	__u16 family;

	if (!socket || socket->type != SOCK_STREAM || !socket->sk)
		return false;
	family = socket->sk->__sk_common.skc_family;
	return family == AF_INET || family == AF_INET6;
}

static __u32 level;               /* of the reader's PID namespace */
static struct file_record record; /* of the task that is being looked through; a descriptor needs only the rest */

static __always_inline void begin_task(struct task_struct *task)
{
	level = reader_level();
	record.tid = number_of(task, level);
	record.pid = number_of(task->group_leader, level);
	__builtin_memcpy(record.comm, task->group_leader->comm, sizeof record.comm);
}

static struct task_struct *last;

SEC("iter/task_file")
int list_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;

	if (!task || !file) {
		last = NULL; /* the end; another task may be made at the same address */
		return 0;
	}
	if (task != last)
		begin_task(task);
	last = task;
	record.fd = (__s32)ctx->fd;
	record.inode = is_tcp_socket(file) ? (__u32)file->f_inode->i_ino : 0;
	if (record.inode || record.tid == 1)
		bpf_seq_write(ctx->meta->seq, &record, sizeof record);
	return 0;
}
