/* SPDX-License-Identifier: MIT
 * A lab: two hosts on the real kernel TCP, a wire between them that can hold packets, actors that make system
 * calls, and a timeline of all that is seen.
 *
 * Everything happens in one thread and in lockstep: while an actor runs nothing is delivered; when all are
 * idle or asleep in their call, results are noted, both kernels' sockets are looked at, and one packet moves.
 * So the same scenario gives the same timeline however loaded the machine is; only times differ.
 *
 * Times on the timeline are those at which the lab took note. */
#ifndef LAB_LAB_H
#define LAB_LAB_H

#include "base/near.h"
#include "lab/actor.h"
#include "lab/bound.h"
#include "lab/leftovers.h"
#include "lab/wire.h"
#include "model/timeline.h"
#include "step/lives.h"

struct lab;

/* The packet goes; the lab stops; something else was wanted, and is to be asked for again. */
enum pace_answer { PACE_GOES_ON, PACE_STOPS, PACE_AGAIN };

/* What the lab needs from above; filled by cmd/. */
struct lab_hooks {
	void *ctx;
	void (*show)(void *ctx);                   /* quiet was reached: the timeline may be shown up to here */
	void (*quiet)(void *ctx);                  /* quiet was reached, and both hosts were looked at; may be NULL */
	void (*show_all)(void *ctx, bool verbose); /* the verb `packets` */
	/* --pace: each packet waits for the person. `ask` says which packet is next; when `pace_fd` is readable,
	 * `answer` reads what was typed. NULL: no pace. */
	void (*ask)(void *ctx, const struct packet *next);
	enum pace_answer (*answer)(void *ctx);
	int pace_fd;
	/* `expect finding`: judges the lab as it is, letting time pass for the doctor's window. Adds "ID/NAME/SEVERITY"
	 * of each rule that fires, and "ID/NAME/unknown" of each that could not be judged, or not all, separated by
	 * blanks. -1 with `e` filled. NULL: there is no doctor. */
	int (*diagnose)(void *ctx, struct lab *l, struct buf *found, struct err *e);
	bool (*rule_known)(void *ctx, const char *word);
	void (*rules)(void *ctx, struct near *near); /* tries each rule's id and name */
	int (*threshold)(void *ctx, const char *name, const char *value, struct err *e); /* the verb `threshold` */
};

/* Whom a program in front of its connect() waits for (lab/awaited.h). */
struct awaited {
	struct instant since, asleep; /* when it was held; since when the others sleep */
	unsigned looks;               /* at so many looks in a row */
};

struct counting;

struct lab {
	struct host_options options;
	struct span latency; /* option rtt: half of it */
	bool started;        /* the hosts are made */
	struct host hosts[SIDES];
	struct wire wire;
	struct timeline timeline;
	struct actors actors;
	size_t n_actors;
	struct evidence seen[SIDES];   /* the last look at each host */
	bool dirty[SIDES];             /* something may have changed since */
	struct bound bound;            /* may a socket be bound and no more? */
	struct counters marked[SIDES]; /* counters when the lab began, or at the last mark */
	struct lab_hooks hooks;
	pid_t reaper;
	int life;                   /* the reaper's pipe */
	struct leftovers leftovers; /* its lock is held as long as the pipe */
	int signals;                /* of base/interrupt.h */
	bool keep_bytes;            /* packets' bytes stay on the timeline, for a capture file */
	bool free_form;             /* a session, not a scenario: it needs no title */
	unsigned last_call;
	unsigned packets_in_burst; /* moved since the lab was last quiet */
	unsigned expectations;     /* that held */
	char *title;
	bool unprivileged; /* set by who called hosts_become_able(): the lab is not run by root, but by: */
	uid_t uid;
	gid_t gid;
	struct stepper stepper;      /* the programs that actors run */
	struct lives lives;          /* of their connections */
	const struct thread *turn;   /* the thread that went on last; only to be compared, for it may be gone */
	struct program *turn_of;     /* its program, whose record stays */
	struct machine *machine;     /* of the machine's own network: what machine.c remembers */
	bool no_packets;             /* nobody will read of packets: no capture is made of the machine's own network */
	struct live *live;           /* the capture of the machine's own network; NULL: none */
	struct instant deadline;     /* programs that compute, call or answer each other without end are no longer
	                                waited for then; 0: none */
	bool forgets;                /* nobody will ask for what is over and was shown: it is forgotten */
	bool silent;                 /* what programs do is not kept: nobody will read it */
	char *no_run;                /* why the verb `run` is refused; NULL: it is not */
	char *no_start;              /* why the hosts could not be made; NULL if they could */
	char *skipped;               /* why the scenario cannot run here; NULL if it can */
	struct rehearsal *rehearsal; /* lines are only read (rehearsal.h); NULL: they are carried out */
	bool cleaning;               /* something went wrong, and the lines of `finally` are run */
	char *failed;                /* the expectation that failed, with what was seen; NULL if none */

	struct awaited awaited;
	bool attaching;            /* a running program is being taken: what is seen now was there before */
	char *exits;               /* of programs that went by themselves: the exit code, and whose it is; NULL */
	bool counts;               /* somebody will read what the kernels count as packets come (lab/counting.h) */
	struct counting *counting; /* what counting.c remembers */
};

/* How long a running call may keep the lab from being quiet, and the next verb of an actor waits for the one
 * before. */
#define LAB_BUSY_LIMIT span_s(5)
#define LAB_CALL_LIMIT span_s(1)

/* Has somebody been waited for longer than `limit`? Not before he has had a second of a processor, which is little
 * where others compute; and after a minute in any case. */
#define LAB_WORK_LEAST span_s(1)
#define LAB_WAIT_MOST  span_s(60)
bool lab_gives_up(struct span limit, struct span waited, struct span worked);

/* An empty lab, which takes options. */
void lab_init(struct lab *l, struct lab_hooks hooks);

/* Makes hosts, wire and reaper, as the options say: about 3 ms. Time begins. -1 with `e` filled, nothing left
 * behind. */
int lab_start(struct lab *l, struct err *e);

/* Ends actors and gives everything back; namespaces and devices are closed by the reaper a moment later. */
void lab_close(struct lab *l);

/* Runs until quiet: every actor idle or asleep in its call, nothing in the wire's devices. */
int lab_quiet(struct lab *l, struct err *e);

/* Sleeps until something happens on the wire, an actor answers, `fd` (-1: none) is readable, or `limit` passes. */
int lab_pause(struct lab *l, struct span limit, int fd, struct err *e);

/* Serves the wire until `fd` is readable: what a person waits before does not stop it. -1 with `e` filled when
 * interrupted. */
int lab_serve_until(struct lab *l, int fd, struct err *e);

/* The same for a moment: 1 when `fd` is readable, 0 when something was done or a second has passed, -1 with `e` filled.
 * What changed is on the timeline. */
int lab_serve(struct lab *l, int fd, struct err *e);

/* Puts the deadline forward to `end`, never back. What it was before, to be set again. */
struct instant lab_end_by(struct lab *l, struct instant end);

/* Lets time pass: quiet again and again for so long. */
int lab_run_for(struct lab *l, struct span d, struct err *e);

/* An actor by name, born if it is not there yet. NULL with `e` filled. lab_find_actor(): NULL if not there. */
struct actor *lab_actor(struct lab *l, const char *name, struct err *e);
struct actor *lab_find_actor(struct lab *l, const char *name);

/* Takes an actor that was made elsewhere; returns it. */
struct actor *lab_add_actor(struct lab *l, struct actor *a);

/* Waits up to LAB_CALL_LIMIT for a pending call to return; -1 with an error that names it. */
int lab_await(struct lab *l, struct actor *a, struct err *e);

/* Begins a system call: notes it as `shown` on the timeline, sends it, runs until quiet. It may be pending
 * afterwards. `verb` is what the result is known by. */
int lab_call(struct lab *l, struct actor *a, const struct actor_cmd *cmd, const char *text, const char *verb,
             const char *shown, struct err *e);

/* The same beside a call that is pending on the same socket. */
int lab_call_aside(struct lab *l, struct actor *a, const struct actor_cmd *cmd, const char *verb, const char *shown,
                   struct err *e);

/* The name under which the connection of these endpoints is known, "" if it is nobody's. */
const char *lab_name_of_cookie(const struct lab *l, uint64_t cookie);

/* Counters are counted from now on. */
void lab_mark(struct lab *l);

/* Looks at both hosts now, with owners. `seen` is for evidence_free(), after -1 as well, which has `e` filled. */
int lab_look(struct lab *l, struct evidence seen[SIDES], struct err *e);

/* Everything of both hosts in one table, added to `ev`: with tcp_info, drops, ages, owners and reasons. For a
 * doctor. */
int lab_observe(struct lab *l, struct evidence *ev, struct err *e);

/* A sentence of the lab's own on the timeline; EV_NOTE, EV_LINE, EV_NOTICE. */
void lab_say(struct lab *l, enum event_kind kind, const char *text);

/* A packet as the timeline keeps it. */
struct event_packet lab_packet(const struct packet *p, enum fate fate);

#endif
