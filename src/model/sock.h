/* SPDX-License-Identifier: MIT
 * One TCP socket as a value: what the kernel said of it at one moment. */
#ifndef MODEL_SOCK_H
#define MODEL_SOCK_H

#include "base/addr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "model/tcp_state.h"
#include "model/unknown.h"

#include <sys/types.h>

/* What identifies an end of a connection: the network namespace and the socket cookie in it. The cookie
 * survives request socket -> child -> TIME_WAIT (doc/kernel/cookie_survives.c); 0 = the kernel has not made one. */
struct sock_key {
	uint64_t netns;  /* inode number of the namespace */
	uint64_t cookie; /* sock_diag's idiag_cookie, SO_COOKIE */
};

/* Values of idiag_timer (net/ipv4/inet_diag.c inet_diag_msg_sockaddr… inet_sk_diag_fill). */
enum sock_timer {
	TIMER_OFF,
	TIMER_ON,
	TIMER_KEEPALIVE,
	TIMER_TIMEWAIT,
	TIMER_PERSIST,
	TIMER_DELACK,
	TIMERS,
	TIMER_UNKNOWN = TIMERS /* whether one runs is not told */
};

/* Why no process holds a socket, from no_owner.def. */
enum no_owner {
#define NO_OWNER(name, word, text, sentence) NO_OWNER_##name,
#include "model/no_owner.def"
#undef NO_OWNER
	NO_OWNER_REASONS
};

struct no_owner_info {
	const char *word;     /* for filters and JSON: "not-accepted" */
	const char *text;     /* for the owner column */
	const char *sentence; /* what it means */
};
const struct no_owner_info *no_owner_info(enum no_owner why);

/* How well the time in the present state is known: the kernel keeps none (rules are in model/age.h). */
enum age_is { AGE_UNKNOWN, AGE_EXACT, AGE_AT_LEAST };
const char *age_is_word(enum age_is is); /* "", "exact", "at-least" */

/* What told.def names. */
enum sock_told {
#define TOLD(name, word, sentence) TOLD_##name,
#include "model/told.def"
#undef TOLD
	SOCK_TOLDS
};

#define TOLD_BIT(what) ((uint8_t)(1U << (what)))

const char *sock_told_word(enum sock_told what);

/* The numbers of info.def. */
enum sock_number {
#define INFO(member, type, kernel, sentence) INFO_##member,
#define INFO_AFTER                           INFO
#include "model/info.def"
#undef INFO
#undef INFO_AFTER
	SOCK_NUMBERS
};

#define INFO_BIT(number) (1U << (number))
#define INFO_EVERY       (INFO_BIT(SOCK_NUMBERS) - 1)

/* Has it sent data, in all its life? */
enum sent { SENT_UNKNOWN, SENT_NEVER, SENT_SOME };

/* What tcp_info adds; kept apart, for only some columns need it. */
struct sock_info {
	bool known;      /* a full socket: the kernel sent tcp_info */
	uint32_t untold; /* INFO_BIT() of each number below that this source does not tell: it is 0 then, and means
	                  * nothing. Who may meet such a source asks sock_number() */
#define INFO(member, type, kernel, sentence) type member;
#define INFO_AFTER                           INFO
#include "model/info.def"
#undef INFO
#undef INFO_AFTER
	uint8_t sent;    /* enum sent */
	uint8_t options; /* TCPI_OPT_… of <linux/tcp.h>: timestamps 1, sack 2, wscale 4, ecn 8 */
	uint8_t snd_wscale, rcv_wscale;
};

struct sock_number_info {
	const char *name;    /* of the member, and in JSON */
	size_t offset, size; /* in struct sock_info */
};
const struct sock_number_info *sock_number_info(enum sock_number n);

/* UNKNOWN where nothing is told of the socket (`info` may be NULL), or not this. */
int64_t sock_number(const struct sock_info *info, enum sock_number n);

/* Puts it where it belongs: it is told from then on. */
void sock_number_set(struct sock_info *info, enum sock_number n, uint64_t value);

/* 128 bytes, the wide members first: tables hold half a million. */
struct sock {
	struct sock_key key;
	uint64_t cgroup;        /* id of the cgroup (v2) in which it was made; 0: unknown */
	struct span timer_left; /* UNKNOWN ns: one runs, and it is not told for how long */
	struct span age;        /* in the present state */
	enum tcp_state state;
	enum sock_timer timer;
	/* LISTEN: rq = waiting for accept(), wq = backlog. Others: rq = bytes received and not read (an unread
	 * FIN counts 1), wq = bytes sent and not acknowledged, or not sent yet. */
	uint32_t rq, wq;
	uint32_t half_open; /* LISTEN: request sockets of this port, counted in the same dump */
	uint32_t inode;     /* 0: no file holds it (not accepted yet, orphan, TIME_WAIT, request) */
	uint32_t uid;
	uint32_t drops;    /* sk_drops; for a listener, SYNs and ACKs thrown away */
	uint32_t owner;    /* 1 + the index of the first in evidence.owners; 0: nobody that was seen */
	uint32_t listener; /* 1 + the index in evidence.socks of whom it waits for; 0: none, or not known */
	struct endpoint local, remote;
	uint8_t retrans;  /* of the running timer */
	uint8_t age_is;   /* enum age_is of `age` */
	uint8_t no_owner; /* enum no_owner, where `owner` is 0 and reasons were looked for (model/belonging.h) */
	uint8_t untold;   /* TOLD_BIT() of what this source does not tell of it */
	bool listener_one_of : 1; /* there are others of that port (SO_REUSEPORT) */
	bool v6only : 1;          /* a listener on :: that does not take IPv4 */
	bool on_device : 1;       /* bound to a network device (SO_BINDTODEVICE), or to a link-local address's */
	bool held;                /* it has a struct socket: a process may hold it, or the kernel itself */
	bool is_mini;             /* a request, TIME_WAIT or FIN_WAIT2 minisocket: no tcp_info, no owner ever */
};

/* A connection without a struct socket is told as root's by kernels that ask that one (sock_i_uid()), a minisocket by
 * all: then it is not known whose it is. */
static inline uint8_t uid_untold(bool held, uint32_t uid)
{
	return held || uid ? 0 : TOLD_BIT(TOLD_UID);
}

static inline bool sock_tells(const struct sock *s, enum sock_told what)
{
	return !(s->untold & TOLD_BIT(what));
}

const char *sock_timer_name(enum sock_timer t);

/* Does a timer run that is known, and is it told when it fires? */
bool sock_timer_runs(const struct sock *s);
/* States of a socket that the kernel counts as an orphan: closed by its process, and not by its peer. */
#define SOCK_ORPHANED ((state_set)(1U << TCP_FIN_WAIT1 | 1U << TCP_FIN_WAIT2 | 1U << TCP_CLOSING | 1U << TCP_LAST_ACK))

static inline bool sock_is_orphan(const struct sock *s)
{
	return !s->held && !s->is_mini && state_set_has(SOCK_ORPHANED, s->state);
}

bool sock_timer_left_known(const struct sock *s);

bool sock_timer_parse(const char *text, enum sock_timer *t);

/* A number of its namespace and addresses, without the cookie, which the kernel makes late: the same for the same
 * connection in every look, and in practice for no other. */
uint64_t sock_hash(const struct sock *s);

/* Takes out of the queues what is no number of bytes: while connect() begins, the socket is in SYN_SENT already and its
 * sequence numbers are not set (tcp_v4_connect(); measured: one look of some hundreds beside 10,000 connects a
 * second). */
void sock_settle_queues(struct sock *s);

/* "timewait 59.8 s", "on 0.81 s, 3 retransmits"; "" when off. */
void sock_timer_text(struct buf *out, const struct sock *s);

/* The order of a table: listeners first, then by local and remote port. For qsort(). */
int sock_order(const void *a, const void *b);

#endif
