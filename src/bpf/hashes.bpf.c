/* SPDX-License-Identifier: MIT
 * A lock-free walk over the kernel's hashes of TCP sockets: every network namespace at once.
 *
 * Why a walk without locks is right. The program runs in one RCU read-side section, and the slabs of sockets, request
 * sockets and TIME_WAIT minisockets are SLAB_TYPESAFE_BY_RCU: what was a socket stays memory of a socket of that kind,
 * though perhaps another's. New ones come to the head of a chain. So a chain was read whole if it ended in its own
 * nulls marker (the kernel's own test in __inet_lookup_established()) and its head is the one that it began with:
 * nothing came meanwhile, and nothing led elsewhere. A socket was read whole if its hash and state were the same before
 * and after. Otherwise the chain is read again. */
#include "bpf/take.bpf.h"

char LICENSE[] SEC("license") = "GPL";

ONE_VALUE(socks, walk_socks);
ONE_VALUE(hashes, walk_hashes);

static __u32 zero;

/* --- a chain ------------------------------------------------------------------------------------------- */

struct walk_run run;

/* The chain that is being read. */
static __u64 node, first;
static __u32 begins_at; /* run.n when it began */
static __u32 tries;
static bool
	in_chain; /* it is being read; its node may be 0 all the same: memory that is no longer a hash reads as that */
static bool torn;

enum { TRIES = 8, STEP_EMPTY = 16, STEP_NODES = 4 };

static __always_inline bool is_nulls(__u64 p)
{
	return p & 1;
}

/* The chain that a nulls marker is the end of. Listeners' have LISTENING_NULLS_BASE (include/net/inet_hashtables.h) in
 * it. */
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

	return p.local >= run.local_from && p.local <= run.local_to && remote >= run.remote_from &&
	       remote <= run.remote_to;
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

/* A socket's fields lie in half a dozen cache lines, and the next socket lies anywhere: those of the chains to come are
 * all touched before the first of them is read, so that the processor waits for many at once. What is no socket reads
 * as something or as 0. */
enum { WARMED = 16 };

static __u32 warm_to;
static volatile __u64 warmed; /* that the compiler does not leave it out */

static __always_inline __u64 touch(__u64 at)
{
	__u64 sk = at - OFFSET(sock_common, skc_nulls_node);

	return word_at(sk) ^ word_at(at) ^ word_at(sk + OFFSET(sock, sk_socket)) ^
	       word_at(sk + OFFSET(tcp_sock, copied_seq)) ^ word_at(sk + OFFSET(tcp_sock, write_seq)) ^
	       word_at(sk + OFFSET(tcp_sock, rcv_nxt));
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

/* The caller's struct net, from which the others are found: in, from tables.bpf.c. Not from its task here: the kernel
 * keeps nsproxy's name where it keeps inet_hashinfo's (cgroup.bpf.c). */
__u64 own_net;

SEC("raw_tp/sys_enter")
int find_hashes(void *ctx)
{
	struct net *net = AS(net, own_net);
	struct walk_hashes *out = bpf_map_lookup_elem(&hashes, &zero);
	struct nets x = { .ops = net->ns.ops };

	if (!out)
		return 0;
	out->n = out->too_many = 0;
	out->all[0].chains = out->all[1].chains = 0;
	x.first = x.at = own_net + OFFSET(net, list);
	bpf_loop(1U << 16, net_step, &x, 0);
	return 0;
}
