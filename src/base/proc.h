/* SPDX-License-Identifier: MIT
 * /proc: the folders whose entries are numbers, and what the links of descriptors say. */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

/* A walk over a folder's numbers: the processes of /proc, the threads of /proc/PID/task, the descriptors of
 * /proc/PID/fd. Every other name is passed over. */
struct numbers {
	DIR *dir; /* dirfd() of it serves readlinkat() */
	int number;
	const char *name; /* the number as it is written; valid until the next one */
};

/* The path is a format as printf's. false: there is no such folder or it may not be looked at, errno says which; the
 * walk is then empty and closing it is allowed. */
bool numbers_open(struct numbers *w, const char *path, ...) __attribute__((format(printf, 2, 3)));

/* The next one, in no order; false at the end. */
bool numbers_next(struct numbers *w);
void numbers_close(struct numbers *w);

/* The link of the descriptor that the walk stands at, cut at the room there is. false: it may not be read, or is
 * closed; errno says which, and `link` is "". */
#define LINK_ROOM 64
bool numbers_link(const struct numbers *w, char link[static LINK_ROOM]);

/* "socket:[81234]" -> 81234; 0 for a link to anything else (proc(5), /proc/PID/fd). */
uint32_t socket_of_link(const char *link);

#endif
