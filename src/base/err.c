/* SPDX-License-Identifier: MIT
 * One failure, one sentence. */
#include "base/err.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void err_write(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
}

void err_write_sys(struct err *e, int errnum, const char *fmt, ...)
{
	const char *reason = strerror(errnum);
	char said[sizeof e->text];
	size_t what;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof said, fmt, ap);
	va_end(ap);
	what = strcspn(said, ";");
	err_write(e, "%.*s (%c%s)%s", (int)what, said, tolower((unsigned char)reason[0]), reason + 1, said + what);
}
