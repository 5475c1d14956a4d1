/* SPDX-License-Identifier: MIT
 * What was gathered about a host at one moment, as a value: it can be kept, compared and shown later. */
#ifndef MODEL_EVIDENCE_H
#define MODEL_EVIDENCE_H

#include "model/sock.h"

/* A process, or a thread that has its own table of descriptors, that holds a socket. */
struct holder {
	pid_t pid;
	pid_t tid;     /* the same as `pid`, but for a thread with its own table */
	char comm[16]; /* /proc/PID/comm: hostile bytes possible, escape when printing */
};

/* One descriptor of a socket. */
struct owner {
	uint32_t holder; /* index in evidence.holders */
	int32_t fd;
	uint32_t next; /* 1 + the index of the socket's next one; 0: the last */
};

/* What is to be gathered beside addresses, states and queues: each costs something. */
enum evidence_want {
	WANT_OWNERS = 1, /* owners, and the reasons where there are none */
	WANT_TIMER = 2,
	WANT_UID = 4,
	WANT_INODE = 8,
	WANT_AGE = 16, /* of all states; without it TIME_WAIT's and the handshake's only, if their timers are there */
	WANT_DROPS = 32,
	WANT_CGROUP = 64,
	WANT_INFO = 128, /* infos */
};

struct evidence {
	struct instant at; /* when the look began */
	struct sock *socks;
	size_t n, cap;
	struct sock_info *infos; /* of socks[i], as many as there are of these; NULL: not asked for */
	size_t n_infos, cap_infos;
	struct holder *holders;
	size_t n_holders, cap_holders;
	struct owner *owners;
	size_t n_owners, cap_owners;
};

/* All descriptors of a socket, in the order of processes. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a name that it declares */
#define FOR_EACH_OWNER(o, ev, s) for (const struct owner *o = owner_at(ev, (s)->owner); o; o = owner_at(ev, o->next))
/* NOLINTEND(bugprone-macro-parentheses) */

static inline const struct owner *owner_at(const struct evidence *ev, uint32_t index)
{
	return index ? &ev->owners[index - 1] : NULL;
}

static inline const struct holder *holder_of(const struct evidence *ev, const struct owner *o)
{
	return &ev->holders[o->holder];
}

/* Is it one of its descriptors? */
static inline bool evidence_is_held_by(const struct evidence *ev, const struct sock *s, pid_t pid)
{
	FOR_EACH_OWNER(o, ev, s)
	if (holder_of(ev, o)->pid == pid)
		return true;
	return false;
}

/* The process that comes first of those that have the socket; 0: none is known. */
static inline pid_t first_owner_pid(const struct evidence *ev, const struct sock *s)
{
	const struct owner *o = owner_at(ev, s->owner);

	return o ? holder_of(ev, o)->pid : 0;
}

/* Adds a holder (its index), and one of its descriptors to a socket (in front of those that were added before). */
uint32_t evidence_add_holder(struct evidence *ev, const struct holder *h);
void evidence_add_owner(struct evidence *ev, struct sock *s, uint32_t holder, int fd);

/* The info of the socket that was added last, zeroed. From the first call on every socket has one: what is not asked
 * for it is not known. */
struct sock_info *evidence_add_info(struct evidence *ev);

struct sock *evidence_add(struct evidence *ev, const struct sock *s);
struct sock *evidence_next(struct evidence *ev); /* room for one more, not set: the caller does that at once */
/* Counts request sockets into their listeners (half_open), leaves out closed sockets whose connection has gone on as a
 * minisocket of the same cookie, and puts the rows into table order. Of evidence without infos. */
void evidence_finish(struct evidence *ev);
void evidence_reserve(struct evidence *ev, size_t n); /* so many sockets are expected */
void evidence_clear(struct evidence *ev);             /* empty, memory kept */
void evidence_free(struct evidence *ev);

/* Calls `changed` for each socket that is in one look and not in the other (`was` or `is` NULL), or in both
 * with another state, owner, queue or (listeners) half-open count; listeners last. Timers and rtt are no change. */
void evidence_diff(const struct evidence *was, const struct evidence *is,
                   void (*changed)(void *ctx, const struct sock *was, const struct sock *is), void *ctx);

#endif
