/* SPDX-License-Identifier: MIT
 * An actor, seen from lastack: a process of its own on a host, making ordinary blocking system calls one at a
 * time. This side sends it commands and learns results; actor_child.c is the process. */
#ifndef LAB_ACTOR_H
#define LAB_ACTOR_H

#include "base/err.h"
#include "lab/actor_wire.h"
#include "lab/host.h"
#include "model/conn.h"
#include "step/program.h"

#include <sys/queue.h>

/* A call that was begun and has not returned: `id` numbers it on the timeline, 0 = none. */
struct pending {
	unsigned id;
	enum actor_op op;
	char call[16]; /* as the verb calls it: "connect" */
};

/* What came back. `text` is what recv received (at most ACTOR_KEPT bytes). */
struct result {
	unsigned id;
	enum actor_op op;
	char call[16]; /* the verb's word */
	struct actor_reply reply;
	char text[ACTOR_KEPT + 1];
	int fd; /* a connection that was handed over; -1 = none. Whoever takes the result closes it */
};

struct actor {
	TAILQ_ENTRY(actor) link;
	char name[ACTOR_NAME];
	enum side side;
	pid_t pid;
	int control, urgent; /* our ends of the two sockets */
	int stat;            /* /proc/PID/stat, kept open */
	struct actor_page *page;
	struct pending now, aside; /* aside: made beside a pending call */
	int listener_fd, conn_fd;  /* what it holds, -1 = none */
	bool connected;            /* conn_fd is a connection, not only a bound socket */
	struct result last;        /* of its last finished call; id 0 = none yet */
	struct result *of_role;    /* of a program's last finished call of each role (step/call.h); NULL: no program */
	char heir[ACTOR_NAME];     /* who gets what its pending accept() gives away; "": A.2, A.3 … */
	struct program *program;   /* a real program makes the calls; NULL: a built-in actor. No process of ours then */
	bool doubtful;             /* of a rehearsal: a line about it was wrong */
	unsigned children;         /* how many A.2, A.3 … were named after it */
};

TAILQ_HEAD(actors, actor);

/* Starts the process on `h`. `life` is the reaper's pipe (reaper.h), inherited. NULL with `e` filled. */
struct actor *actor_start(const struct host *h, const char *name, int life, struct err *e);

/* An actor whose calls a program will make. */
struct actor *actor_without_process(const char *name, enum side side);

/* Ends the process (SIGKILL) and frees. A program is not ended: it is the stepper's. */
void actor_stop(struct actor *a);

/* Sends a command; `text` (cmd->text_len bytes) and `fd` (-1 = none) travel along. `id` numbers the call.
 * Must not have a pending call, unless `aside`. 0, or -1 with `e` filled. */
int actor_command(struct actor *a, const struct actor_cmd *cmd, const char *text, int fd, unsigned id, const char *call,
                  bool aside, struct err *e);

/* Takes an answer if one is there: 1 and `r` filled, 0 if not, -1 if the process is gone. Never blocks. */
int actor_collect(struct actor *a, struct result *r);

/* Idle, or asleep in its call? False while it runs, or has an answer on the way. */
bool actor_settled(const struct actor *a);

/* Is this socket its listener or its connection, or, after close, its last one? */
bool actor_has_cookie(const struct actor *a, uint64_t cookie);

/* Adds all of these. */
void actor_add_cookies(const struct actor *a, struct cookies *to);

/* Is `word` what its last call, or the one it is in, is called (a program's read() is a recv)? */
bool actor_call_is(const char *call, const char *word);

/* The last finished call of this name: of a program the last of its kind, else the last one there was. NULL: there was
 * none. */
const struct result *actor_result(const struct actor *a, const char *word);

/* The number its next socket will get: the lowest free one. */
int actor_next_fd(const struct actor *a);

/* Is this how an actor may be called: a host's name, alone or followed by digits, -x or .x? */
bool actor_name_ok(const char *name, enum side *side);

#endif
