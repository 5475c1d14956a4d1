/* SPDX-License-Identifier: MIT
 * Memory that never comes back NULL. */
#include "base/util.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* The documented exit code for "could not look" (see err.h). */
#define EXIT_NO_MEMORY 3

static void (*say_gone)(void);

void memory_gone(void (*say)(void))
{
	say_gone = say;
}

static void *checked(void *p)
{
	if (p)
		return p;
	if (say_gone)
		say_gone();
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

/* Large arrays are read in any order: with 4 KiB pages each access would miss the TLB too. Where the system has no huge
 * pages it is as before. */
#define HUGE_PAGE ((uintptr_t)1 << 21)

static void wish_huge_pages(void *p, size_t bytes)
{
	uintptr_t from = ((uintptr_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1),
		  to = ((uintptr_t)p + bytes) & ~(HUGE_PAGE - 1);

	if (from < to)
		madvise((void *)from, to - from, MADV_HUGEPAGE);
}

void *reserve(void *old, size_t n, size_t *cap, size_t size)
{
	void *p;

	if (n <= *cap)
		return old;
	*cap = n;
	p = xrealloc(old, *cap, size);
	if (*cap * size >= HUGE_PAGE)
		wish_huge_pages(p, *cap * size);
	return p;
}

void *grow(void *old, size_t n, size_t *cap, size_t size)
{
	return n < *cap ? old : reserve(old, *cap ? *cap * 2 : 16, cap, size);
}
