/* SPDX-License-Identifier: MIT
 * The door. */
#include "render/out.h"
#include "base/text.h"

#include <stdarg.h>

static void leave(FILE *out, const char *text, size_t n)
{
	struct buf b = { 0 };

	text_escape(&b, text, n);
	out_bytes(out, &b);
	buf_free(&b);
}

static void leave_formatted(FILE *out, const char *fmt, va_list ap)
{
	struct buf b = { 0 };

	buf_vaddf(&b, fmt, ap);
	leave(out, buf_text(&b), b.len);
	buf_free(&b);
}

void out_part(FILE *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	leave_formatted(out, fmt, ap);
	va_end(ap);
}

void out_line(FILE *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	leave_formatted(out, fmt, ap);
	va_end(ap);
	out_end(out);
}

void out_end(FILE *out)
{
	fputc('\n', out);
}

void out_lines(FILE *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		leave(out, text, n);
		out_end(out);
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

void out_code(FILE *out, const char *code)
{
	fputs(code, out);
}

void out_bytes(FILE *out, const struct buf *b)
{
	fwrite(buf_text(b), 1, b->len, out);
}

void out_error(const char *who, const struct err *e)
{
	struct buf b = { 0 };

	err_add(&b, e);
	out_line(stderr, "%s: %s", who, buf_text(&b));
	out_lines(stderr, e->at);
	buf_free(&b);
}
