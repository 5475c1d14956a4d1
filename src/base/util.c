/* SPDX-License-Identifier: MIT
 * Memory that never comes back NULL. */
#include "base/util.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The documented exit code for "could not look" (see err.h). */
#define EXIT_NO_MEMORY 3

static void *checked(void *p)
{
	if (p)
		return p;
	fputs("lastack: no memory left; try again with fewer sockets or a higher limit (ulimit -v)\n",
	      stderr);
	exit(EXIT_NO_MEMORY);
}

void *xcalloc(size_t n, size_t size)
{
	return checked(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *old, size_t n, size_t size)
{
	return checked(reallocarray(old, n ? n : 1, size ? size : 1));
}

char *xstrdup(const char *s)
{
	return checked(strdup(s));
}

char *xstrndup(const char *s, size_t n)
{
	return checked(strndup(s, n));
}

void *grow(void *old, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return old;
	*cap = *cap ? *cap * 2 : 16;
	return xrealloc(old, *cap, size);
}
