/* SPDX-License-Identifier: MIT
 * The scenarios that are built in: the files of scenarios/, made into C by tools/embed. */
#ifndef SCRIPT_SCENARIO_H
#define SCRIPT_SCENARIO_H

#include <stddef.h>

struct scenario {
	const char *name; /* "close" */
	const char *text; /* the whole file */
};

extern const struct scenario scenarios[]; /* in the order in which they are best met */
extern const size_t scenarios_n;

const struct scenario *scenario_find(const char *name);

/* About how long it lasts, in milliseconds, because it waits so long (durations.def); 0: no longer than its work takes,
 * or that was not measured. */
unsigned scenario_lasts(const char *name);

/* The text of its title command; not for free(), valid until the next call. */
const char *scenario_title(const struct scenario *s);

#endif
