/* SPDX-License-Identifier: MIT
 * Where the debug information of a program may lie that was taken out of it: as gdb looks for it ("Debugging
 * Information in Separate Files"). */
#ifndef STEP_DEBUG_FILE_H
#define STEP_DEBUG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DEBUG_PLACES = 4, DEBUG_PATH = 1024 };

struct debug_wanted {
	const uint8_t *build_id; /* of the program */
	size_t n_build_id;       /* 0: it has none */
	const char *file;        /* the program, by its whole name */
	const char *link;        /* what it says that the other is called; NULL: nothing */
	bool shared; /* `link` leads from debug information to another's that it shares (dwz): a path, not a name */
};

/* The paths to look at, in order; how many. What is too long is left out. */
size_t debug_places(const struct debug_wanted *w, char paths[static DEBUG_PLACES][DEBUG_PATH]);

/* May such a path be opened for somebody who must not see other files? What lies in /usr/lib/debug, and what is called
 * so. */
bool debug_path_allowed(const char *path);
#define DEBUG_FOLDER "/usr/lib/debug/"

/* The checksum of a .gnu_debuglink, of a file's bytes so far: 0 at first. */
uint32_t debug_crc(uint32_t crc, const uint8_t *bytes, size_t n);

#endif
