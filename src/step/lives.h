/* SPDX-License-Identifier: MIT
 * The life of each connection of the stepped programs: where in the source it was made, where its end was read, where
 * it was touched last. Of what is still held when its peer has closed, this names the lines that leak it. */
#ifndef STEP_LIVES_H
#define STEP_LIVES_H

#include "step/program.h"
#include "step/stack.h"

/* One call of a life: where, and how it reads. */
struct site {
	struct stack *stack; /* NULL: there was no such call, or it was not seen */
	const char *call;    /* its name */
	char *text;          /* "read(4, "", 1024) = 0" */
	unsigned number;     /* of the thread that made it, in its program */
};

struct life {
	uint32_t inode;
	pid_t pid;                   /* the process that made the first of these calls */
	struct site made, eof, last; /* eof: a read that returned 0, or a call that found the connection reset */
	struct site copied;          /* the last dup() of its descriptor */
	struct instant touched;      /* by any call */
	bool deaf;                   /* shutdown(SHUT_RD): reads return 0 whatever the peer does */
};

struct lives {
	struct life *all;
	size_t n, cap, sweep_at;
	bool wanted; /* set by who wants them kept */
};

/* A thread's call has returned: what it means for its socket. One that is no stream has no life. */
void lives_returned(struct lives *ls, struct stepper *s, const struct thread *t);

/* By the socket's inode; NULL: not made while it was stepped. */
const struct life *life_of(const struct lives *ls, uint32_t inode);

void lives_free(struct lives *ls);

/* A descriptor that holds a socket. */
struct holding {
	uint32_t inode;
	struct process *process;
	int fd;
};

/* Every socket that the program's processes hold, by inode, from /proc/PID/fd: so what was duplicated, inherited or
 * received is there. For free(). */
struct holding *holdings_of(struct stepper *s, const struct program *p, size_t *n);

#endif
