/* SPDX-License-Identifier: MIT
 * Real programs as actors of a lab: run, steered, and what they do noted on the timeline. The engine is
 * step/program.h. */
#ifndef LAB_PROGRAMS_H
#define LAB_PROGRAMS_H

#include "lab/lab.h"

/* How long a program may sleep in something that ends by itself before past, to and until give up waiting for it. */
#define STEER_LIMIT span_s(5)

/* How the one program is called that runs in the machine's own network. Its side is the client's: the left one. */
#define LONE_PROGRAM "program"

/* Starts a program on the actor's host, stopped before its first socket call (or asleep, or ended). An actor whose
 * program has ended may be given another one. -1 with `e` filled. */
int lab_run(struct lab *l, const char *name, char *const argv[], struct err *e);

/* Takes a running process instead: the machine's own network only. Its threads stop at their next call. */
int lab_attach(struct lab *l, const char *name, pid_t pid, struct err *e);

/* Says whose calls are not seen of the programs that were attached to, because they could not be had. */
void lab_tell_missed(struct lab *l);
size_t lab_missed(const struct lab *l); /* how many of them */

/* Is one of the programs a running process that was taken? */
bool lab_has_attached(struct lab *l);

/* What a program is told. */
struct steering {
	struct program *program; /* NULL: all of them */
	unsigned thread;         /* of that program; 0: all */
	enum order order;
	const char *word; /* of ORDER_PAST and ORDER_TO */
	struct span within;
	bool by_clock; /* exactly so long; else who has no processor is waited for longer (lab_gives_up()) */
};

/* Lets it go on until it has got there. A program that sleeps on the way is no error: what it waits in is noted, and it
 * stops at the next stop. A program that ends on the way is one. -1 with `e` filled. */
int lab_steer(struct lab *l, const struct steering *to, struct err *e);

/* Lets it go freely: for `within`, after which it stops at its next stop; 0: for good, and returns when all is
 * quiet. */
int lab_go(struct lab *l, const struct steering *to, struct err *e);

/* One stop further: the program that went on last goes on, until it sleeps; then the next one that is stopped. 1:
 * something was done; 0: nobody is stopped; -1 with `e` filled. */
int lab_next_stop(struct lab *l, struct err *e);

/* The thread whose turn it is at lab_next_stop(), NULL if nobody is stopped. */
struct thread *lab_turn(struct lab *l);

/* "server stops before recvfrom(4, …) at echo_server.c:57 main"; nothing if nobody is stopped before a call. */
void lab_next_text(struct lab *l, struct buf *out);

/* Notes the stack of every thread (of one program; NULL: all). Threads that run or sleep are looked at where they
 * are. */
int lab_stacks(struct lab *l, struct program *p, struct err *e);

/* How many programs are still there. */
unsigned lab_programs(struct lab *l);

/* What every program that is still there sleeps in: "server in accept, client in read". `*timed`: somebody wakes up by
 * himself. False if one runs or is stopped. */
bool lab_all_wait(struct lab *l, struct buf *out, bool *timed);

/* Is something on its way on the wire, that may still wake somebody? */
bool lab_wire_waits(struct lab *l);

/* For lab_init() and the loop: opens the engine; takes what happened; a program's exit code (128 + signal). */
void programs_open(struct lab *l);

/* All is quiet: what programs have written is on the timeline, whole lines or not. */
void programs_flush(struct lab *l);
int program_code(const struct program *p);

/* "exits 0", "killed by SIGSEGV", of a program that has ended. */
void program_end_text(struct buf *out, const struct program *p);

/* The program of an actor, or of one of its threads (server/2); NULL with `e` filled if it has none. */
struct program *program_of(struct lab *l, const char *actor, struct err *e);

/* "server", "server/2". */
void numbered_name(const struct program *p, unsigned number, char name[static ACTOR_NAME]);
void thread_name(const struct thread *t, char name[static ACTOR_NAME]);

#endif
