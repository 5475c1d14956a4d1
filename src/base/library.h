/* SPDX-License-Identifier: MIT
 * Libraries that only some commands need: loaded when they are wanted, for each would take longer to load than all the
 * rest. */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

struct library_symbol {
	const char *name;
	void *where; /* of the pointer, to a function or a variable, that is to be filled */
};

/* Loads it for the rest of the program's life and fills the pointers; false: it is not installed, or lacks one of
 * them. */
bool library_load(const char *name, const struct library_symbol *symbols, size_t n);

#endif
