/* SPDX-License-Identifier: MIT
 * Every TCP socket with its owners: three ways, one result.
 *
 *   A  sock_diag and /proc/PID/fd: works everywhere; without privilege it sees the owners of one's own processes
 *   B  sock_diag and a BPF iterator over all descriptors (Linux 5.17): owners at a quarter of A's price, of all
 *      processes
 *   C  two lock-free BPF walks, of the hashes and of the tables of descriptors (Linux 6.2): every network namespace at
 *      once
 *
 * A and B enter other network namespaces one by one, where that is permitted, and where a process in it or a name of
 * ip-netns(8) leads there: what a process that was killed left in a namespace of its own only C sees. */
#ifndef SOURCE_ENGINE_H
#define SOURCE_ENGINE_H

#include "base/err.h"
#include "base/privilege.h"
#include "model/filter.h"

struct engine_ask {
	unsigned want;    /* WANT_… */
	state_set states; /* 0: all */
	uint64_t netns;   /* only this one; 0: all */
	pid_t way;        /* a process that may be in it; 0: none is known */
	struct port_range local,
		remote;    /* only these ports, `to` 0: all; listeners are told whatever their ports are */
	size_t most_walks; /* A, B: not where more namespaces than these have sockets; 0: however many. For
	                      engine_look() */
};

/* How well it could be seen. */
struct engine_report {
	size_t hidden;     /* processes whose descriptors may not be looked at */
	size_t namespaces; /* that were looked at; C: 0, it sees all */
	size_t closed;     /* namespaces that could not be entered */
	int64_t orphans;   /* A, B: orphans of the machine that are in none of the namespaces that were looked at */
	size_t unsure;     /* chains of a hash that changed each time they were read: something may be missing or stand
	                      twice */
	size_t again;      /* chains that were read again */
	bool no_bound;     /* BOUND was asked for, and this kernel's sock_diag does not tell of such sockets */
};

struct engine {
	const char *letter;  /* "A" */
	const char *summary; /* "sock_diag and /proc" */
	uint64_t needs;      /* PRIVILEGE(…) without which a look of the open engine sees less */
	/* `want`: all that looks may ask for. NULL with `e` filled: this kernel does not take it, and why
	 * (source/bpf_load.h), or this user may not. */
	void *(*open)(unsigned want, struct err *e);
	void (*close)(void *state);
	/* One look at everything, added to `ev`, unordered; owners, ages and reasons as far as they are wanted. 0; -1
	 * with `e` filled; 1: more than ask->most_walks, and what is in `ev` is not all. */
	int (*look)(void *state, const struct engine_ask *ask, struct evidence *ev, struct engine_report *report,
	            struct err *e);
};

/* What it takes to look at the processes of others in /proc: their links (ptrace(2), access mode checking) and their
 * folders. */
#define PROCESSES_NEED (PRIVILEGE(CAP_SYS_PTRACE) | PRIVILEGE(CAP_DAC_READ_SEARCH))

/* To enter their network namespaces (setns(2)). */
#define NAMESPACES_NEED PRIVILEGE(CAP_SYS_ADMIN)

/* To run a BPF program that is loaded: older kernels want it for every bpf(2), where those without privilege may not
 * use BPF. */
#define BPF_NEEDS PRIVILEGE(CAP_BPF)

extern const struct engine engine_proc, engine_files, engine_walk;

/* Loading BPF programs while looking, where CAP_SYS_ADMIN is not there for it. */
#define LOADING_NEEDS (BPF_NEEDS | PRIVILEGE(CAP_PERFMON))

/* An engine that is open, or will be by the first look. */
struct engine_chosen {
	const struct engine *engine;
	void *state;
	uint64_t needs;  /* for all looks to come */
	char why[400];   /* why this one: a sentence for -v; after a look */
	size_t expected; /* sockets, of the whole machine; 0: not known */
	bool settled;    /* no look will change it any more */
};

/* How often it will be looked with it. */
enum engine_use { ENGINE_ONCE, ENGINE_A_FEW_TIMES, ENGINE_LASTING };

/* The one that is named ("A", "B", "C"; "a" too), or by NULL the one that is quickest here:
 *
 *   C, else B, else A, where it will be looked with it again and again, or beyond ENGINE_SMALL sockets: to load C takes
 *      some 10 ms (B's small program takes one), and a socket costs a fifth of what it costs them;
 *   A  where no owner is wanted: for that there is nothing to be loaded;
 *   B, else A, otherwise.
 *
 * Of the last two the first look may find that more than ENGINE_WALKS other namespaces have sockets, for each of which
 * the kernel walks the hash of the whole machine: then it is C, if that opens. And where there is one look only, B is
 * loaded beside it. -1 with `e` filled: the one that is named does not open, or there is none of that name. `want`: all
 * that looks may ask for. */
enum { ENGINE_SMALL = 8000, ENGINE_WALKS = 12 };
int engine_choose(struct engine_chosen *c, const char *name, enum engine_use use, unsigned want, struct err *e);
void engine_release(struct engine_chosen *c);

/* One look with it, into `ev`, which is empty. 0, or -1 with `e` filled. */
int engine_look(struct engine_chosen *c, const struct engine_ask *ask, struct evidence *ev,
                struct engine_report *report, struct err *e);

#endif
