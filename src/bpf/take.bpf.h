/* SPDX-License-Identifier: MIT
 * One socket of the kernel's as a record of walk.h. */
#ifndef BPF_TAKE_H
#define BPF_TAKE_H

#include "bpf/cast.bpf.h"
#include "bpf/walk.h"

#include <stdbool.h>

/* A map of one record of walk.h, which user space reads in place. */
#define ONE_VALUE(name, what)                                                                                          \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                                      \
		__uint(map_flags, BPF_F_MMAPABLE);                                                                     \
		__uint(max_entries, 1);                                                                                \
		__type(key, __u32);                                                                                    \
		__type(value, struct what);                                                                            \
	} name SEC(".maps")

enum { AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1, PROTO_TCP = 6 };

/* include/net/tcp_states.h */
enum { SYN_SENT = 2, TIME_WAIT = 6, CLOSE = 7, CLOSE_WAIT = 8, LISTEN = 10, NEW_SYN_RECV = 12, BOUND = 13 };

/* include/net/inet_connection_sock.h */
enum { TIME_RETRANS = 1, TIME_PROBE0 = 3 };

/* Pairs of members that the kernel, too, reads as one word to compare them. */
union addresses {
	__u64 pair;
	struct {
		__u32 remote, local;
	};
};

union ports {
	__u32 pair;
	struct {
		__u16 remote, local; /* the remote one in network order */
	};
};

static __always_inline void take_addresses(struct walk_sock *w, struct sock_common *c)
{
	union addresses a = { .pair = c->skc_addrpair };
	union ports p = { .pair = c->skc_portpair };

	w->family = c->skc_family;
	w->local[0] = a.local;
	w->remote[0] = a.remote;
	if (w->family == AF_INET6)
		for (int i = 0; i < 4; i++) {
			w->local[i] = c->skc_v6_rcv_saddr.in6_u.u6_addr32[i];
			w->remote[i] = c->skc_v6_daddr.in6_u.u6_addr32[i];
		}
	w->ports = p.pair;
	w->local_port = p.local;
	w->remote_port = __builtin_bswap16(p.remote);
}

static __always_inline void take_common(struct walk_sock *w, struct sock_common *c)
{
	take_addresses(w, c);
	w->sk = (__u64)c;
	w->cookie = c->skc_cookie.counter;
	w->netns = c->skc_net.net->ns.inum;
	w->rq = w->wq = 0;
	w->inode = w->uid = w->drops = 0;
	w->cgroup = 0;
	w->socket = 0;
	w->timer = w->retrans = 0;
	w->timer_left = 0;
	w->since_ack = w->since_snd = 0;
}

static __always_inline __s32 left(unsigned long expires)
{
	return (__s32)(expires - bpf_jiffies64());
}

/* Numbers of idiag_timer. */
enum { ON = 1, KEEPALIVE = 2, TIMEWAIT = 3, PERSIST = 4 };

static __always_inline void take_time_wait(struct walk_sock *w, struct sock_common *c)
{
	struct inet_timewait_sock *tw = AS(inet_timewait_sock, c);

	w->state = tw->tw_substate;
	w->flags = WALK_MINI;
	w->timer = TIMEWAIT;
	w->timer_left = left(tw->tw_timer.expires);
}

static __always_inline void take_request(struct walk_sock *w, struct sock_common *c)
{
	struct request_sock *r = AS(request_sock, c);

	w->flags = WALK_MINI;
	w->timer = ON;
	w->retrans = r->num_retrans;
	w->timer_left = left(r->rsk_timer.expires);
}

/* When the timer of retransmissions and of probes of a closed window fires. Kernels differ in where that stands: beside
 * the timer (6.12), in it (6.16 to 6.18), in struct sock, where that of keep-alive was (from 6.19 on). Each is asked
 * for, so that what this kernel lacks is never reached; where it has none of them, it is not told. */
static __always_inline __s32 left_to_write(struct inet_connection_sock *icsk)
{
	struct sock *sk = &icsk->icsk_inet.sk;

	if (bpf_core_field_exists(icsk->icsk_timeout))
		return left(icsk->icsk_timeout);
	if (bpf_core_field_exists(icsk->icsk_retransmit_timer))
		return left(icsk->icsk_retransmit_timer.expires);
	if (bpf_core_field_exists(sk->tcp_retransmit_timer))
		return left(sk->tcp_retransmit_timer.expires);
	return WALK_LEFT_UNKNOWN;
}

static __always_inline void take_keepalive(struct walk_sock *w, struct inet_connection_sock *icsk,
                                           struct timer_list *timer)
{
	if (!timer->entry.pprev)
		return;
	w->timer = KEEPALIVE;
	w->retrans = icsk->icsk_probes_out;
	w->timer_left = left(timer->expires);
}

/* The timer of keep-alive has a name of its own from 6.19 on, and in 6.12's later releases. Before, it was struct
 * sock's, which is the timer of retransmissions where that is there too. */
static __always_inline void take_idle_timer(struct walk_sock *w, struct inet_connection_sock *icsk)
{
	struct sock *sk = &icsk->icsk_inet.sk;

	if (bpf_core_field_exists(icsk->icsk_keepalive_timer))
		take_keepalive(w, icsk, &icsk->icsk_keepalive_timer);
	else if (bpf_core_field_exists(sk->sk_timer) && !bpf_core_field_exists(sk->tcp_retransmit_timer))
		take_keepalive(w, icsk, &sk->sk_timer);
	else
		w->timer = WALK_TIMER_UNKNOWN;
}

/* net/ipv4/inet_diag.c, inet_sk_diag_fill() */
static __always_inline void take_timer(struct walk_sock *w, struct inet_connection_sock *icsk)
{
	__u8 pending = icsk->icsk_pending;

	if (!pending) {
		take_idle_timer(w, icsk);
		return;
	}
	w->timer = pending == TIME_PROBE0 ? PERSIST : ON;
	w->retrans = pending == TIME_PROBE0 ? icsk->icsk_probes_out : icsk->icsk_retransmits;
	w->timer_left = left_to_write(icsk);
}

static __always_inline void take_queues(struct walk_sock *w, struct tcp_sock *tp)
{
	struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	__s32 unread;

	if (w->state == LISTEN) {
		w->rq = sk->sk_ack_backlog;
		w->wq = sk->sk_max_ack_backlog;
		return;
	}
	unread = (__s32)(tp->rcv_nxt - tp->copied_seq);
	w->rq = unread < 0 ? 0 : unread;
	w->wq = tp->write_seq - tp->snd_una;
}

static __always_inline void take_age(struct walk_sock *w, struct tcp_sock *tp)
{
	__u32 now = (__u32)bpf_jiffies64();

	w->since_ack = now - tp->rcv_tstamp;
	w->since_snd = now - tp->lsndtime;
	if (!tp->data_segs_out)
		w->flags |= WALK_NEVER_SENT;
}

/* Timers lie elsewhere than all that is read besides: for ages only two states need them (model/age.h). */
static __always_inline bool needs_timer(__u8 state, __u32 want)
{
	return want & WALK_TIMER || (want & WALK_AGE && (state == SYN_SENT || state == CLOSE_WAIT));
}

static __always_inline void take_holder(struct walk_sock *w, struct sock *sk, __u32 want)
{
	struct socket *socket = sk->sk_socket;

	w->flags = 0;
	w->socket = (__u64)socket;
	if ((w->state == LISTEN || w->state == BOUND) && w->family == AF_INET6 &&
	    BPF_CORE_READ_BITFIELD(&sk->__sk_common, skc_ipv6only))
		w->flags |= WALK_V6ONLY;
	if (!socket)
		return;
	w->flags |= WALK_HAS_SOCKET;
	if (want & WALK_FILE && socket->file)
		w->flags |= WALK_HAS_FILE;
	if (want & WALK_INODE)
		w->inode = AS(socket_alloc, socket)->vfs_inode.i_ino;
}

struct walk_cgroup cgroup; /* from cgroup.bpf.c, which tells why */

static __always_inline void take_full(struct walk_sock *w, struct sock_common *c, __u32 want)
{
	struct tcp_sock *tp = AS(tcp_sock, c);
	struct sock *sk = &tp->inet_conn.icsk_inet.sk;

	take_holder(w, sk, want);
	take_queues(w, tp);
	if (needs_timer(w->state, want))
		take_timer(w, &tp->inet_conn);
	if (want & WALK_UID)
		w->uid = sk->sk_uid.val;
	if (want & WALK_AGE)
		take_age(w, tp);
	if (want & WALK_DROPS)
		w->drops = sk->sk_drops.counter;
	if (want & WALK_CGROUP)
		w->cgroup = word_at(word_at(word_at((__u64)c + cgroup.in_sock) + cgroup.in_cgroup) + cgroup.in_node);
}

/* Options as TCPI_OPT_TIMESTAMPS, SACK, WSCALE, ECN. */
static __always_inline __u8 options_of(struct tcp_sock *tp)
{
	return (BPF_CORE_READ_BITFIELD(tp, rx_opt.tstamp_ok) ? 1 : 0) |
	       (BPF_CORE_READ_BITFIELD(tp, rx_opt.sack_ok) ? 2 : 0) |
	       (BPF_CORE_READ_BITFIELD(tp, rx_opt.wscale_ok) ? 4 : 0) | (tp->ecn_flags & 1 ? 8 : 0);
}

static __always_inline void take_info(struct walk_info *i, struct sock_common *c)
{
	struct tcp_sock *tp = AS(tcp_sock, c);

	i->since_rcv = (__u32)bpf_jiffies64() - tp->inet_conn.icsk_ack.lrcvtime;
	i->rto = tp->inet_conn.icsk_rto;
	i->rtt_us = tp->srtt_us >> 3;
	i->rttvar_us = tp->mdev_us >> 2;
	i->cwnd = tp->snd_cwnd;
	i->mss = tp->mss_cache;
	i->unacked = tp->packets_out;
	i->lost = tp->lost_out;
	i->retrans_out = tp->retrans_out;
	i->total_retrans = tp->total_retrans;
	i->rcv_wnd = tp->rcv_wnd;
	i->snd_wnd = tp->snd_wnd;
	i->bytes_received = tp->bytes_received;
	i->options = options_of(tp);
	i->snd_wscale = BPF_CORE_READ_BITFIELD(tp, rx_opt.snd_wscale);
	i->rcv_wscale = BPF_CORE_READ_BITFIELD(tp, rx_opt.rcv_wscale);
}

#endif
