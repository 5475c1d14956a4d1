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
	struct port_range local,
		remote; /* only these ports, `to` 0: all; listeners are told whatever their ports are */
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
	/* NULL with `e` filled: this kernel does not take it, and why (source/bpf_load.h), or this user may not. */
	void *(*open)(struct err *e);
	void (*close)(void *state);
	/* One look at everything, added to `ev`, unordered; owners, ages and reasons as far as they are wanted. -1 with
	 * `e` filled. */
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

/* An engine that is open. */
struct engine_chosen {
	const struct engine *engine;
	void *state;
	char why[400];   /* why this one: a sentence for -v */
	size_t expected; /* sockets, of the whole machine; 0: not known */
};

/* The one that is named ("A", "B", "C"; "a" too), or by NULL the one that is quickest here: B, else A, up to
 * ENGINE_SMALL sockets, for loading C takes 14 ms (B's small program takes less than one); beyond, or when it is
 * `lasting` (looked with again and again), C, else B, else A. -1 with `e` filled: the one that is named does not open,
 * or there is none of that name. */
enum { ENGINE_SMALL = 8000 };
int engine_choose(struct engine_chosen *c, const char *name, bool lasting, struct err *e);
void engine_release(struct engine_chosen *c);

#endif
