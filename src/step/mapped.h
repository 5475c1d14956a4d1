/* SPDX-License-Identifier: MIT
 * The files that a process has mapped, by the text of /proc/PID/maps (proc(5)). */
#ifndef STEP_MAPPED_H
#define STEP_MAPPED_H

#include "base/buf.h"

#include <stdint.h>

/* One file: neighbouring mappings of it are one. */
struct mapped {
	uint64_t from, to; /* from the first mapping's begin to the last one's end */
	uint64_t first_to; /* the first one's end: /proc/PID/map_files has it by `from` and this */
	const char *name;  /* as the process itself knows it, or "[vdso]"; in the text */
};

struct mapped_files {
	struct mapped *all; /* in the order of their addresses */
	size_t n, cap;
	char *text;
};

/* The name by which a process knows a file that is called so here, where its root folder is called `root` (as the link
 * /proc/PID/root says): a chroot's path in front of it is taken off. */
const char *mapped_name(const char *here, const char *root);

/* Of a text, which is copied, and names as mapped_name() has them. What is no file, is on no line that looks as it
 * should, or lies before the one in front of it is left out. For mapped_free(). */
void mapped_read(struct mapped_files *m, const char *maps, const char *root);
void mapped_free(struct mapped_files *m);

/* The file whose first mapping begins there; NULL: none. */
const struct mapped *mapped_at(const struct mapped_files *m, uint64_t from);

#endif
