/* SPDX-License-Identifier: MIT
 * What costs more, and is asked of few processes only: filled by src/sight, for rules see no /proc. A NULL function,
 * or -1: it cannot be told here. */
#ifndef MODEL_PROBES_H
#define MODEL_PROBES_H

#include "model/observation.h"

struct probes {
	void *ctx;
	/* All that the epoll sets of a process watch, for free(); how many. */
	ssize_t (*epoll)(void *ctx, pid_t pid, struct watched **out);
	/* Descriptors of TCP sockets that are not in `ev`, for free(); how many. */
	ssize_t (*strays)(void *ctx, pid_t pid, const struct evidence *ev, struct stray **out);
	/* Adds where the threads of a process are, a line each, the innermost frame of its own code first; how many
	 * threads. The process is not stopped. */
	ssize_t (*stacks)(void *ctx, pid_t pid, struct buf *out);
	/* Where in its source the process has left most connections while it was followed, and a sentence about how
	 * many; false: it was not followed, or has left none. */
	bool (*left)(void *ctx, pid_t pid, struct buf *place, struct buf *sentence);
	/* Lines of /etc/sysctl.conf and its folders that set `name` ("net.ipv4.tcp_tw_recycle"): adds "FILE: NAME =
	 * VALUE"; how many. */
	ssize_t (*configured)(void *ctx, const char *name, struct buf *out);
};

#endif
