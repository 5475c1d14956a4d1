/* SPDX-License-Identifier: MIT
 * The kernel side of engine C: loads src/bpf/hashes.bpf.c and tables.bpf.c and hands over what they find, piece by
 * piece. */
#ifndef SOURCE_WALK_H
#define SOURCE_WALK_H

#include "base/clock.h"
#include "base/err.h"
#include "bpf/walk.h"
#include "model/filter.h"

struct walker;

/* Loads the programs (some 10 ms; `cgroups`: also what tells where those stand, 1 ms more). NULL with `e` filled
 * (source/bpf_load.h): no CAP_BPF and CAP_PERFMON, a kernel before 6.2, no BTF, or one that lacks what is read without
 * asking. walker_close() takes NULL. */
struct walker *walker_open(bool cgroups, struct err *e);
void walker_close(struct walker *w);

/* After a walk of the descriptors: were those of every process seen? Not from a PID namespace that is not the first
 * one, nor where process 1 is kept from iterators. */
bool walker_sees_all_processes(const struct walker *w);

/* May WALK_CGROUP be wanted? Not on a kernel where no socket knows its cgroup. */
bool walker_knows_cgroups(const struct walker *w);

/* A span of the kernel's clock, in which its timers and the times of its last packets are. */
struct span walker_ticks(const struct walker *w, int64_t ticks);

/* Descriptors, in a thread of its own if one likes, beside the hashes: the next piece, the first one if `again`; NULL
 * at the end, or with `e` filled, which is emptied before. Valid until the next call. `want`: WALK_…, of the bound
 * sockets that are found on the way. */
const struct walk_fds *walker_fds(struct walker *w, bool again, unsigned want, struct err *e);

/* Hashes: finds them; how many, or -1. */
int walker_hashes(struct walker *w, struct err *e);

/* Is it the listeners' hash, in which nobody else is? */
bool walker_is_listeners(const struct walker *w, int i);

/* The next piece of the hash `i`, the first one if `again`: `*n` sockets, none at the end. NULL with `e` filled.
 * `again` and `unsure` count the chains that changed while they were read. */
struct walk_asked {
	unsigned want;                   /* WALK_… */
	uint32_t states;                 /* mask of the kernel's numbers */
	struct port_range local, remote; /* not of listeners */
};
const struct walk_socks *walker_socks(struct walker *w, int i, bool again, const struct walk_asked *asked, size_t *n,
                                      struct err *e);
void walker_troubles(const struct walker *w, size_t *again, size_t *unsure);

#endif
