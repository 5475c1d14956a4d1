/* SPDX-License-Identifier: MIT
 * Lock-free walks over the kernel's hashes of TCP sockets and over all tables of descriptors: every network namespace at once.
 *
 * Why a walk without locks is right. Each program runs in one RCU read-side section, and the slabs of sockets, request sockets and
 * TIME_WAIT minisockets are SLAB_TYPESAFE_BY_RCU: what was a socket stays memory of a socket of that kind, though perhaps another's.
 * New ones come to the head of a chain. So a chain was read whole if it ended in its own nulls marker (the kernel's own test in
 * __inet_lookup_established()) and its head is the one that it began with: nothing came meanwhile, and nothing led elsewhere. A
 * socket was read whole if its hash and state were the same before and after. Otherwise the chain is read again. */
#include "bpf/take.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define ONE_VALUE(name, what)                           \
	struct {                                        \
		__uint(type, BPF_MAP_TYPE_ARRAY);       \
		__uint(map_flags, BPF_F_MMAPABLE);      \
		__uint(max_entries, 1);                 \
		__type(key, __u32);                     \
		__type(value, struct what);             \
	} name SEC(".maps")

ONE_VALUE(socks, walk_socks);
ONE_VALUE(fds, walk_fds);
ONE_VALUE(hashes, walk_hashes);

static __u32 zero;

/* --- a chain ------------------------------------------------------------------------------------------- */

struct walk_run run;

/* The chain that is being read. */
static __u64 node, first;
static __u32 begins_at; /* run.n when it began */
static __u32 tries;
static bool in_chain; /* it is being read; its node may be 0 all the same: memory that is no longer a hash reads as that */
static bool torn;

enum { TRIES = 8, STEP_EMPTY = 16, STEP_NODES = 4 };

static __always_inline bool is_nulls(__u64 p)
{
	return p & 1;
}

/* The chain that a nulls marker is the end of. Listeners' have LISTENING_NULLS_BASE (include/net/inet_hashtables.h) in it. */
static __always_inline __u32 marker_of(__u64 nulls)
{
	return nulls >> 1 & (run.listening ? (1U << 29) - 1 : ~0U);
}

static __always_inline __u64 head_of(__u32 chain)
{
	if (run.listening)
		return word_at(run.chains + (__u64)chain * bpf_core_type_size(struct inet_listen_hashbucket) +
			       OFFSET(inet_listen_hashbucket, nulls_head));
	return word_at(run.chains + (__u64)chain * sizeof(__u64));
}

static __always_inline __u32 state_bit(__u8 state)
{
	return 1U << (state & 31);
}

static __always_inline bool is_at_ports(struct sock_common *c)
{
	union ports p = { .pair = c->skc_portpair };
	__u16 remote = __builtin_bswap16(p.remote);

	return p.local >= run.local_from && p.local <= run.local_to && remote >= run.remote_from && remote <= run.remote_to;
}

/* A socket lies in the chain that its hash says. (Listeners' is of their port.) */
static __always_inline bool is_elsewhere(__u32 hash)
{
	return !run.listening && (hash & run.mask) != run.from;
}

/* A function of its own to the verifier, which else would follow it once more for each turn of the loops around it. */
__noinline int take(__u64 at)
{
	struct walk_socks *out = bpf_map_lookup_elem(&socks, &zero);
	struct sock_common *c = AS(sock_common, at - OFFSET(sock_common, skc_nulls_node));
	__u32 hash = c->skc_hash, i = run.n;
	__u8 state = c->skc_state;
	struct walk_sock *w;

	if (!out || i >= WALK_SOCKS)
		return 0;
	if (state != TIME_WAIT && !(run.states & state_bit(state))) /* a TIME_WAIT may be a FIN_WAIT2 */
		return 0;
	if (!run.listening && !is_at_ports(c))
		return 0;
	w = &out->all[i];
	w->hash = hash;
	w->state = state;
	take_common(w, c);
	if (state == TIME_WAIT)
		take_time_wait(w, c);
	else if (state == NEW_SYN_RECV)
		take_request(w, c);
	else
		take_full(w, c, run.want);
	if (run.want & WALK_INFO && !(w->flags & WALK_MINI))
		take_info(&out->info[i], c);
	if (c->skc_hash != hash || c->skc_state != state || c->skc_refcnt.refs.counter == 0 || is_elsewhere(hash))
		torn = true;
	else if (state != CLOSE && run.states & state_bit(w->state))
		run.n = i + 1;
	return 0;
}

static __always_inline void begin_chain(void)
{
	first = node = head_of(run.from);
	begins_at = run.n;
	torn = false;
	in_chain = true;
}

/* Was it read whole? Then the next one; if not, again. */
static __always_inline void end_chain(void)
{
	bool whole = !torn && is_nulls(node) && marker_of(node) == run.from && head_of(run.from) == first;

	in_chain = false;
	if (!whole && tries < TRIES) {
		tries++;
		run.again++;
		run.n = begins_at;
		return;
	}
	if (!whole)
		run.unsure++;
	tries = 0;
	run.from++;
}

/* A socket's fields lie in half a dozen cache lines, and the next socket lies anywhere: those of the chains to come are all touched
 * before the first of them is read, so that the processor waits for many at once. What is no socket reads as something or as 0. */
enum { WARMED = 16 };

static __u32 warm_to;
static volatile __u64 warmed; /* that the compiler does not leave it out */

static __always_inline __u64 touch(__u64 at)
{
	__u64 sk = at - OFFSET(sock_common, skc_nulls_node);

	return word_at(sk) ^ word_at(at) ^ word_at(sk + OFFSET(sock, sk_socket)) ^ word_at(sk + OFFSET(tcp_sock, copied_seq)) ^
	       word_at(sk + OFFSET(tcp_sock, write_seq)) ^ word_at(sk + OFFSET(tcp_sock, rcv_nxt));
}

static __always_inline void warm_chains(void)
{
	__u64 heads[WARMED], warm = 0;

	if (run.from < warm_to || run.listening)
		return;
	warm_to = run.from + WARMED;
#pragma unroll
	for (__u32 k = 0; k < WARMED; k++)
		heads[k] = word_at(run.chains + (__u64)(run.from + k) * sizeof(__u64));
#pragma unroll
	for (__u32 k = 0; k < WARMED; k++)
		warm ^= touch(heads[k]);
	warmed = warm;
}

static __always_inline void skip_empty_chains(void)
{
	warm_chains();
	for (int i = 0; i < STEP_EMPTY && run.from < run.to; i++) {
		begin_chain();
		if (node && !is_nulls(node))
			return;
		run.from++;
	}
	in_chain = false;
}

/* No room: this chain is read again with an empty output. A chain that is longer than the whole output is cut off. */
static __always_inline long no_room(void)
{
	if (begins_at == 0) {
		run.unsure++;
		run.from++;
	} else {
		run.n = begins_at;
	}
	in_chain = false;
	return 1;
}

static long walk_step(__u32 index, void *unused)
{
	if (!in_chain)
		skip_empty_chains();
	for (int i = 0; i < STEP_NODES && in_chain && node && !is_nulls(node); i++) {
		if (run.n >= WALK_SOCKS)
			return no_room();
		take(node);
		node = word_at(node);
	}
	if (in_chain && (!node || is_nulls(node)))
		end_chain();
	return run.from >= run.to;
}

SEC("raw_tp/sys_enter")
int walk_chains(void *ctx)
{
	run.n = 0;
	in_chain = false;
	tries = 0;
	warm_to = 0;
	bpf_loop(1U << 23, walk_step, NULL, 0);
	return 0;
}

/* --- which hashes there are ---------------------------------------------------------------------------- */

const struct file_operations *socket_ops; /* of every file that is a socket */
__u32 level;				  /* of our PID namespace */
__u64 jiffies;				  /* the kernel's tick count */
__s32 own_socket;			  /* in: a descriptor of ours that is a socket */

struct nets {
	__u64 first, at; /* list_head of the first, of this one */
	const struct proc_ns_operations *ops;
};

/* Most namespaces share the first one's. Others may come twice: a search here would cost a second of verifying. */
static __always_inline void add_hash(struct walk_hashes *out, __u64 chains, __u32 n, bool listening)
{
	__u64 known = out->n;

	if (!chains || out->all[0].chains == chains || out->all[1].chains == chains)
		return;
	if (known >= WALK_HASHES) {
		out->too_many++;
		return;
	}
	out->all[known].chains = chains;
	out->all[known].n = n;
	out->all[known].listening = listening;
	out->n = known + 1;
}

static long net_step(__u32 index, struct nets *x)
{
	struct walk_hashes *out = bpf_map_lookup_elem(&hashes, &zero);
	struct net *net = AS(net, x->at - OFFSET(net, list));
	struct inet_hashinfo *h = net->ipv4.tcp_death_row.hashinfo;

	if (out && net->ns.ops == x->ops) { /* the list's own head is no namespace */
		add_hash(out, (__u64)h->ehash, h->ehash_mask + 1, false);
		add_hash(out, (__u64)h->lhash2, h->lhash2_mask + 1, true);
	}
	x->at = word_at(x->at);
	return x->at == x->first || !x->at;
}

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

SEC("raw_tp/sys_enter")
int find_hashes(void *ctx)
{
	struct task_struct *self = AS(task_struct, bpf_get_current_task());
	struct net *net = self->nsproxy->net_ns;
	struct walk_hashes *out = bpf_map_lookup_elem(&hashes, &zero);
	struct nets x = { .ops = net->ns.ops };
	struct table own = { 0 };

	if (!out)
		return 0;
	level = self->thread_pid->level;
	jiffies = bpf_jiffies64();
	own.files = (__u64)self->files->fdt->fd;
	socket_ops = AS(file, file_at(&own, own_socket))->f_op;
	out->n = out->too_many = 0;
	out->all[0].chains = out->all[1].chains = 0;
	x.first = x.at = (__u64)net + OFFSET(net, list);
	bpf_loop(1U << 16, net_step, &x, 0);
	return 0;
}

/* --- tables of descriptors ------------------------------------------------------------------------------ */

struct walk_place place;
__u32 bound_want; /* of bound sockets, which are found here: WALK_… */
bool saw_first; /* process 1: some machines keep it from iterators */
static struct walk_place stopped; /* no room there: the tasks that follow are for the next time */

/* As far as the first words of a socket tell, which are read anyway: SCTP's look the same, but are in no hash of TCP's. */
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

/* Each descriptor leads through three cache misses: file, socket, sock. So many are followed side by side, one step of all after the
 * other, that the processor waits for all of them at once (measured: half the time of one by one). */
enum { ABREAST = 8 };

/* All ones if they are the same, else 0: a branch here would double what the verifier has to follow, eight times over. */
static __always_inline __u64 if_same(__u64 a, __u64 b)
{
	__u64 differ = a ^ b;

	return ((differ | -differ) >> 63) - 1;
}

static __always_inline __u64 socket_of(__u64 file)
{
	return word_at(file + OFFSET(file, private_data)) & if_same(word_at(file + OFFSET(file, f_op)), (__u64)socket_ops);
}

/* Files are SLAB_TYPESAFE_BY_RCU too: the socket must lead back to the file. */
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
	struct task_struct *task = AS(task_struct, ctx->task); /* what is known as trusted is verified ten times as long */
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
