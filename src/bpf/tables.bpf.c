/* SPDX-License-Identifier: MIT
 * A walk without locks over all tables of descriptors, those of threads that have their own too: which of them lead to
 * TCP sockets.
 *
 * Files are SLAB_TYPESAFE_BY_RCU as sockets are (hashes.bpf.c): a descriptor counts if its file and its socket lead to
 * each other, and if it still leads to the file when that was read. */
#include "bpf/take.bpf.h"

char LICENSE[] SEC("license") = "GPL";

ONE_VALUE(fds, walk_fds);

static __u32 zero;

/* --- who we are ---------------------------------------------------------------------------------------- */

const struct file_operations *socket_ops; /* of every file that is a socket */
__u32 level;                              /* of our PID namespace */
__s32 own_socket;                         /* in: a descriptor of ours that is a socket */
__u64 own_net;                            /* its struct net: hashes.bpf.c begins with it */

SEC("raw_tp/sys_enter")
int find_self(void *ctx)
{
	struct task_struct *self = AS(task_struct, bpf_get_current_task());
	__u64 files = (__u64)self->files->fdt->fd;

	struct file *file = AS(file, word_at(files + (__u64)own_socket * sizeof(__u64)));
	struct socket *socket = AS(socket, file->private_data);

	level = self->thread_pid->level;
	socket_ops = file->f_op;
	own_net = (__u64)socket->sk->__sk_common.skc_net.net;
	return 0;
}

/* --- a table ------------------------------------------------------------------------------------------- */

/* A table of descriptors that is being read. */
struct table {
	__u64 files; /* address of its first pointer */
	__u32 task;  /* index of its owner */
	__u32 fd, end;
	__u32 stop; /* if it is full: there was no room for this one */
	__u32 full;
};

static __always_inline __u64 file_at(const struct table *t, __u32 fd)
{
	return word_at(t->files + (__u64)fd * sizeof(__u64));
}

/* --- bound sockets, which are in no hash --------------------------------------------------------------- */

__u32 bound_want; /* WALK_… */

/* As far as the first words of a socket tell, which are read anyway: SCTP's look the same, but are in no hash of
 * TCP's. */
static __always_inline bool may_be_tcp(struct sock_common *c)
{
	return c->skc_family == AF_INET || c->skc_family == AF_INET6;
}

static __always_inline bool is_bound_tcp(struct sock_common *c)
{
	return c->skc_state == CLOSE && c->skc_num && AS(sock, c)->sk_protocol == PROTO_TCP;
}

static __always_inline void take_bound(struct walk_fds *out, struct sock_common *c)
{
	__u32 i = out->n_bound;
	struct walk_sock *w;

	if (i >= WALK_BOUND)
		return;
	w = &out->bound[i];
	take_common(w, c);
	w->hash = c->skc_hash;
	w->state = BOUND;
	take_full(w, c, bound_want);
	out->n_bound = i + 1;
}

/* --- descriptors --------------------------------------------------------------------------------------- */

/* Each descriptor leads through three cache misses: file, socket, sock. So many are followed side by side, one step of
 * all after the other, that the processor waits for all of them at once (measured: half the time of one by one). */
enum { ABREAST = 8 };

/* All ones if they are the same, else 0: a branch here would double what the verifier has to follow, eight times
 * over. */
static __always_inline __u64 if_same(__u64 a, __u64 b)
{
	__u64 differ = a ^ b;

	return ((differ | -differ) >> 63) - 1;
}

static volatile __u64 warmed; /* that the compiler does not leave it out */

static __always_inline __u64 socket_of(__u64 file)
{
	return word_at(file + OFFSET(file, private_data)) &
	       if_same(word_at(file + OFFSET(file, f_op)), (__u64)socket_ops);
}

static __always_inline bool is_stream_of(__u64 socket, __u64 file)
{
	struct socket *s = AS(socket, socket);

	return socket && s->type == SOCK_STREAM && (__u64)s->file == file;
}

/* A function of its own to the verifier, for it is called eight times. */
__noinline int keep_fd(struct table *t, __u32 fd, __u64 file, __u64 socket, __u64 sk)
{
	struct walk_fds *out = bpf_map_lookup_elem(&fds, &zero);
	struct sock_common *c = AS(sock_common, sk);
	__u32 i;

	if (!t || !out || t->full || fd >= t->end || !is_stream_of(socket, file) || !may_be_tcp(c))
		return 0;
	i = out->n;
	if (i >= WALK_FDS || out->n_bound >= WALK_BOUND) {
		t->full = 1;
		t->stop = fd;
		return 0;
	}
	out->all[i] = (struct walk_fd){ sk, socket, c->skc_hash, c->skc_portpair, t->task, fd };
	if (file_at(t, fd) != file)
		return 0;
	out->n = i + 1;
	if (is_bound_tcp(c))
		take_bound(out, c);
	return 0;
}

static long fd_step(__u32 index, struct table *t)
{
	__u64 file[ABREAST], socket[ABREAST], sk[ABREAST], warm = 0;

#pragma unroll
	for (__u32 k = 0; k < ABREAST; k++)
		file[k] = file_at(t, t->fd + k);
#pragma unroll
	for (__u32 k = 0; k < ABREAST; k++)
		socket[k] = socket_of(file[k]);
#pragma unroll
	for (__u32 k = 0; k < ABREAST; k++)
		sk[k] = word_at(socket[k] + OFFSET(socket, sk));
#pragma unroll
	for (__u32 k = 0; k < ABREAST; k++)
		warm ^= word_at(sk[k]);
	warmed = warm;
#pragma unroll
	for (__u32 k = 0; k < ABREAST; k++)
		keep_fd(t, t->fd + k, file[k], socket[k], sk[k]);
	t->fd += ABREAST;
	return t->full ? 1 : 0;
}

/* --- all tables ---------------------------------------------------------------------------------------- */

struct walk_place place;
bool saw_first;                   /* process 1: some machines keep it from iterators */
static struct walk_place stopped; /* no room there: the tasks that follow are for the next time */

/* Its number in our PID namespace. */
static __always_inline __s32 number_of(struct task_struct *task)
{
	struct pid *pid = task->thread_pid;

	return AS(upid, (__u64)pid + OFFSET(pid, numbers) + level * sizeof(struct upid))->nr;
}

static __always_inline void stop_at(__s32 tid, __u32 fd)
{
	stopped.tid = tid;
	stopped.fd = fd;
}

static __always_inline void walk_table(struct walk_fds *out, struct task_struct *task, __s32 tid, __u32 first_fd)
{
	struct task_struct *leader = AS(task_struct, task->group_leader);
	struct fdtable *fdt = AS(fdtable, AS(files_struct, task->files)->fdt);
	__u32 n = fdt->max_fds, i = out->n_tasks, before = out->n;
	struct table t = { .files = (__u64)fdt->fd, .task = i, .fd = first_fd, .end = n };

	if (i >= WALK_TASKS) {
		stop_at(tid, first_fd);
		return;
	}
	out->tasks[i].pid = number_of(leader);
	out->tasks[i].tid = tid;
	__builtin_memcpy(out->tasks[i].comm, leader->comm, sizeof out->tasks[i].comm);
	if (n > first_fd)
		bpf_loop((n - first_fd + ABREAST - 1) / ABREAST, fd_step, &t, 0);
	if (t.full)
		stop_at(tid, t.stop);
	if (out->n != before)
		out->n_tasks = i + 1;
}

SEC("iter/task")
int walk_fds(struct bpf_iter__task *ctx)
{
	struct walk_fds *out = bpf_map_lookup_elem(&fds, &zero);
	struct task_struct *task =
		AS(task_struct, ctx->task); /* what is known as trusted is verified ten times as long */
	__s32 tid;

	if (!ctx->task) {
		place = stopped;
		stopped.tid = 0;
		return 0;
	}
	if (!out || stopped.tid || !task->files)
		return 0;
	if (task->pid != task->tgid && task->files == task->group_leader->files)
		return 0;
	tid = number_of(task);
	saw_first = saw_first || tid == 1;
	if (tid < place.tid)
		return 0;
	walk_table(out, task, tid, tid == place.tid ? place.fd : 0);
	return 0;
}
