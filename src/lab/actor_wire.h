/* SPDX-License-Identifier: MIT
 * What lastack and an actor's process say to each other: one command, one answer, over a SOCK_SEQPACKET
 * socket, and a page of shared memory. Internal to the lab. */
#ifndef LAB_ACTOR_WIRE_H
#define LAB_ACTOR_WIRE_H

#include "base/addr.h"
#include "base/util.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

enum { ACTOR_TEXT = 65536, ACTOR_KEPT = 4096 };

/* What an actor does. Each is a function in actor_child.c. */
enum actor_op {
	OP_LISTEN,
	OP_BIND,
	OP_CONNECT,
	OP_ACCEPT,
	OP_ADOPT,
	OP_SEND,
	OP_RECV,
	OP_SHUTDOWN,
	OP_CLOSE,
	OP_CLOSE_LISTENER,
	OP_ABORT,
	OP_VANISH,
	OP_SET,
	ACTOR_OPS
};

struct actor_cmd {
	enum actor_op op;
	struct endpoint at; /* listen, bind: local; connect: remote */
	int number;         /* backlog; how (shutdown); row of sockopt.def and its value (set) */
	int value;
	bool reuseaddr, reuseport, v6only;
	bool give_away;    /* accept: hand the new connection over instead of keeping it */
	uint32_t length;   /* send, recv: bytes */
	uint32_t text_len; /* send: bytes of text that follow; 0: `length` bytes of a pattern */
};

struct actor_reply {
	char call[16]; /* the system call that this is the result of: "bind" when listen failed there */
	int64_t ret;
	int32_t err;
	int32_t fd;                   /* the descriptor it was made on */
	int32_t listener_fd, conn_fd; /* what the actor holds now, -1 = none */
	struct endpoint peer;         /* accept: who it was */
	struct endpoint at;           /* of a call that failed: the command's address */
	int32_t reuse;                /* of a bind() that failed: whether its socket had SO_REUSEADDR; -1: not known */
	bool has_fd;                  /* a descriptor travels along (accept, give_away) */
	uint32_t text_len;            /* recv: bytes received that follow, at most ACTOR_KEPT */
};

/* Shared page. The parent calls an actor asleep in its call when the phase is IN_CALL and /proc says S.
 * The cookies are those of its listener and of its connection, or of the last ones it had; they are there
 * before connect() is called, so that a pending one is known. */
enum actor_phase { PHASE_WAITING, PHASE_IN_CALL };

struct actor_page {
	_Atomic int phase;
	_Atomic uint64_t listener_cookie, conn_cookie;
};

/* Descriptors of an actor's process: above any it will ever open, so that its first socket is 3. On their way there
 * they stand above that. */
enum { ACTOR_FD_LIFE = 250, ACTOR_FD_URGENT = 251, ACTOR_FD_CONTROL = 252, ACTOR_FD_NEEDED = ACTOR_FD_CONTROL + 4 };

struct host;

/* The process's whole life; never returns. `control` and `urgent` are its ends of the two sockets, `life`
 * the pipe that tells the reaper when everybody is gone. */
__attribute__((noreturn)) void actor_child(const struct host *h, const char *name, int control, int urgent, int life,
                                           struct actor_page *page, pid_t parent);

#endif
