/* SPDX-License-Identifier: MIT
 * One failure, one sentence. */
#include "base/err.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The format's last "; ", behind which the advice stands; NULL: there is none. */
static const char *advice_of(const char *fmt)
{
	const char *last = NULL;

	for (const char *at = fmt; (at = strstr(at, "; ")); at++)
		last = at;
	return last;
}

/* How long the part of the sentence is that `n` bytes of the format make: by a format that ends there. */
static size_t length_of(const char *fmt, size_t n, va_list ap)
{
	char *beginning = xstrndup(fmt, n);
	int len = vsnprintf(NULL, 0, beginning, ap); /* NOLINT(clang-diagnostic-format-nonliteral): the caller's */

	free(beginning);
	return len > 0 ? (size_t)len : 0;
}

void err_vwrite(struct err *e, const char *fmt, va_list ap)
{
	const char *advice = advice_of(fmt);
	struct buf all = { 0 };
	size_t what;
	va_list again;

	*e = (struct err){ 0 };
	va_copy(again, ap);
	what = length_of(fmt, advice ? (size_t)(advice - fmt) : strlen(fmt), again);
	va_end(again);
	buf_vaddf(&all, fmt, ap);
	snprintf(e->what, sizeof e->what, "%.*s", (int)what, buf_text(&all));
	if (advice)
		snprintf(e->advice, sizeof e->advice, "%s", buf_text(&all) + what + strlen("; "));
	buf_free(&all);
}

void err_write(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_vwrite(e, fmt, ap);
	va_end(ap);
}

/* What helps against these is known, and it is nothing that the place of the failure could know. */
static const char *remedy(int errnum)
{
	static const struct {
		int number;
		const char *advice;
	} lacks[] = { { EMFILE, "raise the limit of open files (ulimit -n)" },
		      { ENFILE, "the machine's limit of open files is reached (sysctl fs.file-max)" },
		      { ENOMEM, "the machine, or this process's limit (ulimit -v), has no memory left" },
		      { ENOSPC, "make room on that disk" },
		      { EDQUOT, "the quota on that disk is used up" },
		      { EFBIG, "the limit of a file's size (ulimit -f) is reached" } };

	for (size_t i = 0; i < ARRAY_SIZE(lacks); i++)
		if (lacks[i].number == errnum)
			return lacks[i].advice;
	return NULL;
}

void err_write_sys(struct err *e, int errnum, const char *fmt, ...)
{
	const char *reason = strerror(errnum), *advice = remedy(errnum);
	va_list ap;

	va_start(ap, fmt);
	err_vwrite(e, fmt, ap);
	va_end(ap);
	snprintf(e->why, sizeof e->why, "%c%s", tolower((unsigned char)reason[0]), reason + 1);
	if (advice)
		snprintf(e->advice, sizeof e->advice, "%s", advice);
}

void err_locate(struct err *e, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	buf_puts(&b, e->what);
	snprintf(e->what, sizeof e->what, "%s", buf_text(&b));
	buf_free(&b);
}

void err_form(struct err *e, const char *fmt, ...)
{
	char *end = *e->advice ? e->advice : e->what;
	size_t size = *e->advice ? sizeof e->advice : sizeof e->what, n = strlen(end);
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	snprintf(end + n, size - n, " (%s)", buf_text(&b));
	buf_free(&b);
}

void err_add(struct buf *out, const struct err *e)
{
	buf_puts(out, e->what);
	if (*e->why)
		buf_addf(out, " (%s)", e->why);
	if (*e->advice)
		buf_addf(out, "; %s", e->advice);
}

void err_add_whole(struct buf *out, const struct err *e)
{
	size_t begins = out->len;

	err_add(out, e);
	text_escape_from(out, begins);
	if (*e->at)
		buf_addf(out, "\n%s", e->at);
}

const char *err_text(struct err *e)
{
	struct buf b = { 0 };

	err_add_whole(&b, e);
	snprintf(e->text, sizeof e->text, "%s", buf_text(&b));
	buf_free(&b);
	return e->text;
}
