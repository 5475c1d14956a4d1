/* SPDX-License-Identifier: MIT
 * Every descriptor that is a TCP socket, of every process: for kernels from 5.17 on (5.11 has
 * bpf_sock_from_file(), 5.17 does a light skeleton's relocations), which know nothing of cast.bpf.h's casts. */
#include <linux/bpf.h>

#include "bpf/files.h"
#include "bpf/task.bpf.h"

#include <stdbool.h>

char LICENSE[] SEC("license") = "GPL";

enum { AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1, PROTO_TCP = 6 };
enum { CLOSE = 7 }; /* include/net/tcp_states.h */

/* Pointers are followed by bpf_probe_read_kernel() (BPF_CORE_READ): for each one that the verifier follows itself it
 * goes through the names of all of the kernel's types, to see if what it leads to may be trusted (since 6.2; measured:
 * a third of what loading took). */

static __always_inline bool is_tcp(struct socket *socket, struct sock *sk)
{
	__u16 family;

	if (socket->type != SOCK_STREAM || !sk)
		return false;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	return family == AF_INET || family == AF_INET6;
}

/* The network namespace of a socket with a port and without a state: bind() was called, and neither listen() nor
 * connect(). 0: it is none of these. */
static __always_inline __u32 bound_in(struct sock *sk)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_state) != CLOSE || !BPF_CORE_READ(sk, __sk_common.skc_num) ||
	    BPF_CORE_READ(sk, sk_protocol) != PROTO_TCP)
		return 0;
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

static __always_inline void take_socket(struct file_record *r, struct socket *socket)
{
	struct sock *sk;

	r->inode = r->bound = 0;
	if (!socket)
		return;
	sk = BPF_CORE_READ(socket, sk);
	if (!is_tcp(socket, sk))
		return;
	r->inode = (__u32)BPF_CORE_READ((struct socket_alloc *)socket, vfs_inode.i_ino);
	r->bound = bound_in(sk);
}

static __u32 level;               /* of the reader's PID namespace */
static struct file_record record; /* of the task that is being looked through; a descriptor needs only the rest */

static __always_inline void begin_task(struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	level = reader_level();
	record.tid = number_of(task, level);
	record.pid = number_of(leader, level);
	BPF_CORE_READ_INTO(&record.comm, leader, comm);
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
	take_socket(&record, bpf_sock_from_file(file));
	if (record.inode || record.tid == 1)
		bpf_seq_write(ctx->meta->seq, &record, sizeof record);
	return 0;
}
