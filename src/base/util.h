/* SPDX-License-Identifier: MIT
 * Small things every file may use: array size, memory that never comes back NULL, streq. */
#ifndef BASE_UTIL_H
#define BASE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define ARRAY_SIZE(a)          (sizeof(a) / sizeof((a)[0]))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Never NULL: when memory is gone the program says so, and exits 3. The caller frees with free(). xcalloc() zeroes. */
#define NEVER_NULL __attribute__((returns_nonnull))
void *xcalloc(size_t n, size_t size) NEVER_NULL;
void *xrealloc(void *old, size_t n, size_t size) NEVER_NULL;
char *xstrdup(const char *s) NEVER_NULL;
char *xstrndup(const char *s, size_t n) NEVER_NULL;

/* What says so: it is called without a byte of memory left, and comes back. */
void memory_gone(void (*say)(void));

/* Makes room for one more element in an array of `*cap` elements of which `n` are used; doubles. */
void *grow(void *old, size_t n, size_t *cap, size_t size);

/* An array of room for `n` elements at least, where many are expected: what grows to them step by step is moved again
 * and again. What is not used of it is never touched, and costs nothing. */
void *reserve(void *old, size_t n, size_t *cap, size_t size);

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

#endif
