/* SPDX-License-Identifier: MIT
 * Libraries that only some commands need: loaded when they are wanted, for each would take longer to load than all the
 * rest. In the static program (make static) they are linked in, and nothing is loaded. */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

enum library {
#define LIBRARY(name, ...) LIBRARY_##name,
#include "base/library.def"
	LIBRARIES
};

struct library_symbol {
	const char *name;
	void *where;        /* of the pointer, to a function or a variable, that is to be filled */
	const void *linked; /* where it is already; NULL: it is to be loaded */
};

/* Defines `symbols`, of what a LIST of X(symbol, pointer) names:
 *   #define LIST(X) X(el_init, lib.init) X(el_end, lib.end)
 *   LIBRARY_SYMBOLS(symbols, LIST)
 * The static program gets their addresses from the linker, whatever their types are. */
#define LIBRARY_SYMBOLS(symbols, LIST)                                                                                 \
	LIST(LIBRARY_EXTERN_) static const struct library_symbol symbols[] = { LIST(LIBRARY_ROW_) };
#ifdef LASTACK_STATIC
#define LIBRARY_EXTERN_(symbol, pointer) extern const char linked_##symbol[] __asm__(#symbol);
#define LIBRARY_ROW_(symbol, pointer)    { #symbol, &(pointer), linked_##symbol },
#else
#define LIBRARY_EXTERN_(symbol, pointer)
#define LIBRARY_ROW_(symbol, pointer) { #symbol, &(pointer), NULL },
#endif

/* Loads it for the rest of the program's life and fills the pointers; false: it is not installed, or lacks one of
 * them. */
bool library_load(enum library which, const struct library_symbol *symbols, size_t n);

/* "libdw is not installed", and what installs it: "install libdw1 (Debian; elsewhere what has libdw.so.1)". */
const char *library_name(enum library which);
const char *library_advice(enum library which);

#endif
