/* SPDX-License-Identifier: MIT
 * The local ports of the programs in the machine's own network, and when each was in use last: the kernel lets in the
 * packets of these alone (source/live.h). */
#ifndef LAB_PORTS_H
#define LAB_PORTS_H

#include "base/clock.h"
#include "source/live.h"

struct ports {
	struct instant used[1 << 16]; /* by port; 0: never */
	bool changed;                 /* one came that was not among them: the filter is to be renewed */
};

/* A socket of the programs has this port, and is not in TIME_WAIT. Port 0 is none. */
void ports_use(struct ports *p, uint16_t port, struct instant now);

/* Those whose packets are wanted, the youngest first; how many, LIVE_PORTS_MAX + 1 meaning that there are more than a
 * filter can hold. Late packets come to a port that is not in use any more: it counts for a minute, but only while
 * there are few of these, so that a client of many short connections does not make its own packets, and other people's,
 * pass a long filter. */
size_t ports_wanted(const struct ports *p, struct instant now, uint16_t out[static LIVE_PORTS_MAX + 1]);

#endif
