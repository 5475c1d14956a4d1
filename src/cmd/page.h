/* SPDX-License-Identifier: MIT
 * The manual pages as plain text, made by tools/pages when the program is built: whoever has the program has them. */
#ifndef CMD_PAGE_H
#define CMD_PAGE_H

#include <stddef.h>

struct page {
	const char *name; /* "lab", "scenario"; of lastack(1) itself "lastack" */
	const char *what; /* what its NAME section says */
	const char *text; /* at most 78 columns */
};

extern const struct page pages[];
extern const size_t pages_n;

#endif
