/* SPDX-License-Identifier: MIT
 * Loading a BPF program, and the reason where the kernel does not take it: what it lacks, in its own words. */
#ifndef SOURCE_BPF_LOAD_H
#define SOURCE_BPF_LOAD_H

#include "base/err.h"

/* What is loaded. */
struct bpf_wanted {
	const char *what;  /* "the walks of its socket tables" */
	const char *since; /* the first kernel that has all it takes: "6.2" */
	/* Loads it anew each time. `log`: BPF_LOG_ROOM zeroed bytes for what the verifier says, or NULL. 0 or -errno.
	 */
	int (*load)(void *ctx, char *log);
};

enum { BPF_LOG_ROOM = 1 << 20 };

/* Loads it, and if that fails once more, to hear why. 0, or -1 with `e` filled. */
int bpf_load(const struct bpf_wanted *w, void *ctx, struct err *e);

/* The kernel that did not take it. */
struct bpf_refusal {
	int rc; /* -errno */
	const char *release;
	bool has_btf;
	const char *said;        /* the verifier's log; "": nothing */
	const char *relocations; /* lines about them, not all of which may be whole */
};

/* The sentence; always -1. The reasons by rank: no permission; a kernel that is too old; no BTF; a member that its
 * structures lack and that was read without asking; the verifier's last line; the error alone. */
int bpf_refused(const struct bpf_wanted *w, const struct bpf_refusal *r, struct err *e);

#endif
