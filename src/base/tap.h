/* SPDX-License-Identifier: MIT
 * Test programs print TAP: ok() each claim, end with `return tap_done()`. Only *_test.c and doc/kernel/ use this. */
#ifndef BASE_TAP_H
#define BASE_TAP_H

#include "base/util.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned tap_n, tap_bad;

PRINTF_LIKE(2, 3) static inline bool ok(bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %u - ", good ? "" : "not ", ++tap_n);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	tap_bad += !good;
	return good;
}

/* Both texts alike; if not, both are shown. */
static inline bool same_text(const char *is, const char *should, const char *what)
{
	if (ok(streq(is, should), "%s", what))
		return true;
	printf("# is:     %s\n# should: %s\n", is, should);
	return false;
}

/* One claim, or several that stand together, cannot be tried here. */
static inline void tap_skip(const char *why)
{
	printf("ok %u # SKIP %s\n", ++tap_n, why);
}

static inline int tap_skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	return 0;
}

static inline int tap_done(void)
{
	printf("1..%u\n", tap_n);
	return tap_bad != 0;
}

#endif
