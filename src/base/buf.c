/* SPDX-License-Identifier: MIT
 * A byte string that grows. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_reserve(struct buf *b, size_t more)
{
	size_t need = b->len + more + 1;

	if (need <= b->cap)
		return;
	b->cap = need * 2;
	b->text = xrealloc(b->text, b->cap, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	buf_reserve(b, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(b->text + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void buf_number(struct buf *b, uint64_t n)
{
	char digits[20], *first = digits + sizeof digits;

	do
		*--first = (char)('0' + n % 10);
	while (n /= 10);
	buf_add(b, first, (size_t)(digits + sizeof digits - first));
}

void buf_repeat(struct buf *b, const char *s, size_t times)
{
	while (times--)
		buf_puts(b, s);
}

const char *buf_text(const struct buf *b)
{
	return b->text ? b->text : "";
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->text)
		b->text[0] = 0;
}

void buf_free(struct buf *b)
{
	free(b->text);
	*b = (struct buf){ 0 };
}
