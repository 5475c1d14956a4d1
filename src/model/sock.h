/* SPDX-License-Identifier: MIT
 * One TCP socket as a value: what the kernel said of it at one moment. */
#ifndef MODEL_SOCK_H
#define MODEL_SOCK_H

#include "base/addr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "model/tcp_state.h"

#include <sys/types.h>

/* What identifies an end of a connection: the network namespace and the socket cookie in it. The cookie
 * survives request socket -> child -> TIME_WAIT (doc/kernel/cookie_survives.c); 0 = the kernel has not made one. */
struct sock_key {
	uint64_t netns;	 /* inode number of the namespace */
	uint64_t cookie; /* sock_diag's idiag_cookie, SO_COOKIE */
};

/* Values of idiag_timer (net/ipv4/inet_diag.c inet_diag_msg_sockaddr… inet_sk_diag_fill). */
enum sock_timer { TIMER_OFF, TIMER_ON, TIMER_KEEPALIVE, TIMER_TIMEWAIT, TIMER_PERSIST, TIMER_DELACK, TIMERS };

/* One holder of a socket: a process and its descriptor. */
struct owner {
	pid_t pid;
	int fd;
	char comm[16]; /* /proc/PID/comm: hostile bytes possible, escape when printing */
};

#define SOCK_OWNERS 4

struct sock {
	struct sock_key key;
	enum tcp_state state;
	struct endpoint local, remote;
	/* LISTEN: rq = waiting for accept(), wq = backlog. Others: rq = bytes received and not read (an unread
	 * FIN counts 1), wq = bytes sent and not acknowledged, or not sent yet. */
	uint32_t rq, wq;
	uint32_t half_open; /* LISTEN: request sockets of this port, counted in the same dump */
	enum sock_timer timer;
	struct span timer_left;
	uint8_t retrans; /* of the running timer */
	uint32_t inode;	 /* 0: no file holds it (not accepted yet, orphan, TIME_WAIT, request) */
	uint32_t uid;
	uint32_t drops; /* sk_drops; for a listener, SYNs and ACKs thrown away */
	bool v6only;	/* a listener on :: that does not take IPv4 */
	bool has_info;	/* a full socket: the kernel sent tcp_info; the fields below are set */
	uint32_t rto_us, rtt_us, cwnd, mss, unacked, total_retrans;
	uint8_t owners; /* how many of `owner` are set; more holders are counted, not kept */
	struct owner owner[SOCK_OWNERS];
};

const char *sock_timer_name(enum sock_timer t);
bool sock_timer_parse(const char *text, enum sock_timer *t);

/* True for request, TIME_WAIT and FIN_WAIT2 minisockets: no tcp_info, no owner ever. */
static inline bool sock_is_mini(const struct sock *s)
{
	return !s->has_info;
}

/* "timewait 59.8 s", "on 0.81 s, 3 retransmits"; "" when off. */
void sock_timer_text(struct buf *out, const struct sock *s);

/* The order of a table: listeners first, then by local and remote port. For qsort(). */
int sock_order(const void *a, const void *b);

#endif
