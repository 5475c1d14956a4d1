/* SPDX-License-Identifier: MIT
 * The door. */
#include "render/out.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>

/* errno of the first write to standard output that failed: whoever looks later finds another one. */
static int failed;

static void look_for_failure(FILE *out)
{
	if (out == stdout && !failed && ferror(out))
		failed = errno;
}

/* In one piece with its end: others may write to the same terminal. */
static void leave(FILE *out, const char *text, size_t n, const char *end)
{
	struct buf b = { 0 };

	text_escape(&b, text, n);
	buf_puts(&b, end);
	out_bytes(out, &b);
	buf_free(&b);
}

static void leave_formatted(FILE *out, const char *fmt, va_list ap, const char *end)
{
	struct buf b = { 0 };

	buf_vaddf(&b, fmt, ap);
	leave(out, buf_text(&b), b.len, end);
	buf_free(&b);
}

void out_part(FILE *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	leave_formatted(out, fmt, ap, "");
	va_end(ap);
}

void out_line(FILE *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	leave_formatted(out, fmt, ap, "\n");
	va_end(ap);
}

void out_end(FILE *out)
{
	fputc('\n', out);
	look_for_failure(out);
}

void out_lines(FILE *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		leave(out, text, n, "\n");
		text += n + (text[n] == '\n');
	}
}

void out_tinted(FILE *out, const struct term *t, enum tint tint, const char *text)
{
	if (!*text)
		return;
	out_code(out, term_tint(t, tint));
	out_part(out, "%s", text);
	if (tint != TINT_NONE)
		out_code(out, term_plain(t));
}

static void wrap(FILE *out, const struct term *t, enum tint tint, size_t indent, const char *text)
{
	size_t from = 0;

	do {
		struct buf line = { 0 };
		const char *rest;
		size_t n = text_wrap(text, t->width - from, &rest);

		buf_repeat(&line, " ", from);
		buf_add(&line, text, n);
		out_tinted(out, t, tint, buf_text(&line));
		out_end(out);
		buf_free(&line);
		text = rest;
		from = indent;
	} while (*text);
}

void out_wrapped(FILE *out, const struct term *t, enum tint tint, size_t indent, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	wrap(out, t, tint, indent, buf_text(&b));
	buf_free(&b);
}

void out_code(FILE *out, const char *code)
{
	fputs(code, out);
}

void out_bytes(FILE *out, const struct buf *b)
{
	fwrite(buf_text(b), 1, b->len, out);
	look_for_failure(out);
}

void out_push(FILE *out)
{
	fflush(out);
	look_for_failure(out);
}

int out_flush(struct err *e)
{
	out_push(stdout);
	return failed ? err_sys(e, failed, "the output cannot be written") : 0;
}

bool out_has_failed(void)
{
	return failed;
}

void out_error(const char *who, const struct err *e)
{
	struct buf b = { 0 };

	err_add(&b, e);
	out_line(stderr, "%s: %s", who, buf_text(&b));
	out_lines(stderr, e->at);
	buf_free(&b);
}
