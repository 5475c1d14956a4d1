/* SPDX-License-Identifier: MIT
 * Ports by their last use. */
#include "lab/ports.h"

#include <stdlib.h>

/* How long a port counts after its last use, and how long it counts as in use: sockets are looked at every few seconds
 * at least, also where that is slow. */
#define KEPT   span_s(60)
#define IN_USE span_s(10)

/* So many that are in use no more. */
enum { IDLE_MOST = 128 };

static bool is_older(struct instant used, struct span than, struct instant now)
{
	return !used.ns || instant_reached(instant_after(used, than), now);
}

void ports_use(struct ports *p, uint16_t port, struct instant now)
{
	if (!port)
		return;
	p->changed = p->changed || is_older(p->used[port], IN_USE, now);
	p->used[port] = now;
}

static int youngest_first(const void *a, const void *b, void *ctx)
{
	const struct ports *p = ctx;
	const uint16_t *x = a, *y = b;

	return (p->used[*x].ns < p->used[*y].ns) - (p->used[*x].ns > p->used[*y].ns);
}

size_t ports_wanted(const struct ports *p, struct instant now, uint16_t out[static LIVE_PORTS_MAX + 1])
{
	uint16_t *all = xcalloc(ARRAY_SIZE(p->used), sizeof *all);
	size_t n = 0, in_use = 0, most;

	for (size_t port = 1; port < ARRAY_SIZE(p->used); port++) {
		if (is_older(p->used[port], KEPT, now))
			continue;
		all[n++] = (uint16_t)port;
		in_use += !is_older(p->used[port], IN_USE, now);
	}
	if (n)
		qsort_r(all, n, sizeof *all, youngest_first, (void *)(uintptr_t)p);
	most = in_use > LIVE_PORTS_MAX ? LIVE_PORTS_MAX + 1 : in_use > IDLE_MOST ? in_use : IDLE_MOST;
	n = n < most ? n : most;
	memcpy(out, all, n * sizeof *all);
	free(all);
	return n;
}
