/* SPDX-License-Identifier: MIT
 * Unmodified programs, stopped before and after each socket call.
 *
 * Programs that are started here are traced with ptrace and a seccomp filter that stops only at the calls of
 * syscall.def: every other call runs at its own speed. Running ones (program_attach()) are stopped at every system
 * call, for a filter cannot be put into them. Threads stop one by one; the others run. A stopped program's TCP is not
 * stopped: that is the kernel's.
 *
 * Whoever steps owns the loop: stepper_collect() takes what happened, calls the hooks, and lets go on whom the
 * program's order does not keep. No function here waits, but for program_start() until the program's own code begins,
 * and stepper_close() until all are gone. */
#ifndef STEP_PROGRAM_H
#define STEP_PROGRAM_H

#include "base/addr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "step/call.h"
#include "step/sockets.h"

#include <sys/queue.h>

enum thread_is {
	THREAD_UNNAMED, /* its first stop came before its parent's word of it */
	THREAD_RUNS,    /* or sleeps in a call */
	THREAD_BEFORE,  /* stopped before the call it is about to make */
	THREAD_AFTER,   /* stopped after it */
	THREAD_FROZEN,  /* by a stop signal (SIGSTOP), until SIGCONT */
	THREAD_LATE,    /* its program was ended, and it has not stopped to be let go: stepper_collect() does it */
};

struct program;
struct process;

struct thread {
	TAILQ_ENTRY(thread) link;
	pid_t tid;
	struct process *process; /* NULL while it is unnamed, or late */
	unsigned number; /* in its program: 1 is the first, the others are counted as they make their first socket call;
	                    0: none yet */
	enum thread_is is;
	bool in_call;  /* it makes `call`; if it is stopped nevertheless, a signal is on its way */
	bool restarts; /* its call was interrupted, and the kernel will make it again */
	bool woke; /* stopped after a call in which it slept when nobody told it to go on: a `past` that comes now means
	              this call */
	bool in_vfork;             /* sleeps until its child has called exec */
	struct call call;          /* that it is about to make, makes, or made last; is.is NULL: none yet */
	bool datagram;             /* the call is about a socket that is no stream: past and to do not mean it */
	uint32_t inode;            /* of the socket that the call is about; 0: of none */
	uint32_t made;             /* of the socket that it brought (accept, socket); 0: none */
	unsigned id;               /* the caller's, of the call */
	struct instant since;      /* when it entered the call */
	unsigned turn;             /* when it stopped: the smallest has waited longest */
	int signal;                /* to be delivered when it goes on; 0 */
	struct instant busy_since; /* it was seen running, without a call or a sleep, since then; 0: it was not */
	int stat;                  /* /proc/…/stat, kept open */
	bool kept;                 /* before its call by the hook `keeps`: it is nobody's turn */
};

/* Descriptors that are watched for being used when they are closed. */
enum { CLOSED_KEPT = 4096 };

struct process {
	TAILQ_ENTRY(process) link;
	pid_t pid;
	struct program *program;
	int pidfd;
	struct modules *modules;             /* of stack.h */
	uint8_t was_socket[CLOSED_KEPT / 8]; /* a bit for each descriptor whose socket was closed: what is done with it
	                                        then is a mistake */
	unsigned n_threads;
	bool told_other_calls; /* HAPPENED_OTHER_CALLS was told of it */
	bool told_trouble;     /* … and modules_trouble(); the caller's */
};

/* What a program is told to do until it has reached something. */
enum order {
	ORDER_STAY, /* stop at each stop */
	ORDER_PAST, /* go on until a call named `word` has returned */
	ORDER_TO,   /* … is about to be made */
	ORDER_GO,   /* never stop */
};

struct program {
	TAILQ_ENTRY(program) link;
	char name[24]; /* the actor's */
	char *command; /* its words, as typed */
	pid_t pid;     /* of its first process */
	bool attached; /* was running before; is left running */
	/* Threads and processes of its family that were there when it was attached to and could not be had, and why the
	 * first of them: what they do is not seen. */
	unsigned missed;
	struct err missed_why;
	int terminal; /* our end of its pseudo-terminal, -1: none */
	char terminal_name[32];
	uint64_t written, shown; /* bytes it wrote to the terminal as far as calls told, and that came out of it */
	struct buf line;         /* the caller's: what it wrote and is no whole line yet */
	enum order order;
	char word[24];
	unsigned only;          /* the order is for the thread of this number, and the others stay; 0: for all */
	struct thread *reached; /* who fulfilled the order; NULL: nobody yet */
	unsigned last_number;
	bool spoke; /* somebody in it made a socket call */
	bool ended;
	bool no_wait;           /* the caller's: none of its calls is kept any more */
	bool untold;            /* it is being ended: what happens to it is no part of its story */
	int status;             /* as waitpid() gave it, of the first process */
	struct cookies cookies; /* of every socket it had that may be there still (step/forget.h) */
};

enum happening {
	HAPPENED_THREAD,
	HAPPENED_CHILD,
	HAPPENED_EXEC,
	HAPPENED_SIGNAL,
	HAPPENED_FROZEN,
	HAPPENED_END,
	HAPPENED_URING,
	HAPPENED_OTHER_CALLS /* it makes system calls of another kind (call.h), which are not followed: told once */
};

struct step_hooks {
	void *ctx;
	void (*enters)(void *ctx, struct thread *t); /* it makes its call now; t->id may be set */
	void (*returned)(void *ctx, struct thread *t);
	/* `number`: of SIGNAL and FROZEN the signal's; of END the status as waitpid() gives it, each thread's end being
	 * told. */
	void (*happened)(void *ctx, struct thread *t, enum happening what, int number);
	void (*output)(void *ctx, struct program *p, const char *bytes, size_t n);
	void (*foreign)(void *ctx, pid_t pid); /* a child of ours that is no program's ended */
	/* Does it stay before its call whatever its program is told, until thread.kept is taken back? NULL: none does.
	 */
	bool (*keeps)(void *ctx, struct thread *t);
};

struct stepper {
	struct step_hooks hooks;
	bool all_families; /* sockets of other families than AF_INET and AF_INET6 count too */
	bool no_uring;     /* io_uring_setup() fails with ENOSYS in programs that are started from now on */
	bool want_cookies; /* each socket's cookie is read when it is made */
	bool no_results; /* nobody wants to know what came of calls: they are told when they begin, and only those that
	                    bring or bind a socket when they return, which saves a stop for each of the others */
	bool whole_stacks; /* the caller's: an interpreter's own frames are shown, too */
	TAILQ_HEAD(threads, thread) threads;
	TAILQ_HEAD(processes, process) processes;
	TAILQ_HEAD(programs, program) programs;
	struct sockets sockets;
	size_t forget_at; /* of step/forget.h */
	unsigned last_turn;
	int signals; /* readable when something happened to a program */
};

/* Blocks SIGCHLD in this thread: do it before others are made. */
void stepper_open(struct stepper *s, struct step_hooks hooks);

/* Kills the programs that were started here, leaves those that were running before as they were. It waits 2 s at most
 * for each of them; of who has not stopped by then, asleep beyond interruption, the end of the calling thread lets go
 * (step/borrow.h). */
void stepper_close(struct stepper *s);

/* How a program is to be placed before it begins: called in the new process, where lastack's rights are still there. */
struct placing {
	int (*enter)(void *ctx); /* 0, or -errno */
	void *ctx;
};

/* Starts argv[0] (looked for in PATH) on a terminal of its own, stopped before its first socket call once it gets
 * there. NULL with `e` filled: not there, no program, a 32-bit one. A setuid program is refused: it would not run as
 * the user it is for. */
struct program *program_start(struct stepper *s, const char *name, char *const argv[], const struct placing *where,
                              struct err *e);

/* Takes a running process with its threads and children; of these, who cannot be had is counted (`missed`). NULL with
 * `e` filled. Its blocking calls may return EINTR. */
struct program *program_attach(struct stepper *s, const char *name, pid_t pid, struct err *e);

/* Lets an attached program go its way, with the signals that are on their way to its threads; kills one that was
 * started. */
void program_end(struct stepper *s, struct program *p);

/* Takes what happened, without waiting, 256 times at most; how much that was. */
unsigned stepper_collect(struct stepper *s);

/* The same for a while, as fast as it can: returns when nothing happened for some milliseconds, or `limit` has
 * passed. */
void stepper_run(struct stepper *s, struct span limit);

/* Sleeps until something happens to a program, at most so long; true if nothing did. */
bool stepper_sleep(struct stepper *s, struct span limit);

/* Is every thread stopped, or asleep in a call? One that has computed for longer than STEP_PATIENCE counts as if it
 * slept: the world goes on without it until it makes a call. */
#define STEP_PATIENCE span_s(1)
bool stepper_settled(struct stepper *s);

/* Does it stand before or after a call, so that it can be let go? */
bool thread_is_stopped(const struct thread *t);

/* Lets a stopped thread go on; program_go(): all of the program's. */
void thread_go(struct stepper *s, struct thread *t);
void program_go(struct stepper *s, const struct program *p);

/* The stopped thread whose turn it is: the one that stopped first, but for who is kept; NULL: none is stopped before or
 * after a call. */
struct thread *program_next(struct stepper *s, const struct program *p);

/* Somebody in a program that sleeps … */
struct waiting {
	bool timed;   /* wakes up by himself */
	bool network; /* waits for the network, or may: is in a socket's call or a poll */
	bool in_call; /* is in a socket's call */
};

/* How much of a processor its processes that are there still have had so far. */
struct span program_worked(const struct stepper *s, const struct program *p);

/* Where does it sleep: "accept", "epoll_wait, server/2 in read"; `named`: "server in accept"? False if a thread runs or
 * is stopped, or all are gone. */
bool program_waits(struct stepper *s, const struct program *p, struct buf *out, bool named, struct waiting *w);

/* The same of one thread. */
bool thread_waits(const struct thread *t, struct buf *out, bool *timed);

/* Types on its terminal; returns when it can be read there. -1 with `e` filled. */
int program_type(struct stepper *s, struct program *p, const char *text, size_t n, struct err *e);

/* A process that is stepped, by its id; NULL: none. */
struct process *process_of(struct stepper *s, pid_t pid);

/* What `from`, which has ended, ever had counts as `p`'s from now on. */
void program_inherit(struct program *p, struct program *from);

/* Notes a socket as one of this program's; NULL is none. */
void program_had(struct program *p, const struct socket_file *f);

/* Has, or had, this socket? One that is gone may be forgotten. */
bool program_has_cookie(const struct program *p, uint64_t cookie);

#endif
