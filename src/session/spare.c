/* SPDX-License-Identifier: MIT
 * The run queue of a moment. The load average itself looks back a minute, and would keep a machine idle as long. */
#include "session/spare.h"
#include "base/file.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LOADAVG_MAX = 128 };

/* Those that this process may use. */
static unsigned processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) < 0 ? 1 : (unsigned)CPU_COUNT(&set);
}

bool processor_seems_spare(const char *loadavg, unsigned processors, struct span napped)
{
	unsigned runnable;

	/* "0.20 0.18 0.12 2/80 11206": two of eighty threads */
	return napped.ns < SPARE_NAP.ns + SPARE_LATE.ns && sscanf(loadavg, "%*s %*s %*s %u/", &runnable) == 1 &&
	       runnable <= processors;
}

bool processor_is_spare(void)
{
	const struct timespec nap = { .tv_nsec = SPARE_NAP.ns };
	struct instant began = clock_now();
	struct buf text = { 0 };
	bool spare;

	nanosleep(&nap, NULL);
	spare = file_read("/proc/loadavg", &text, LOADAVG_MAX) == 0 &&
	        processor_seems_spare(buf_text(&text), processors(), span_since(began));
	buf_free(&text);
	return spare;
}
