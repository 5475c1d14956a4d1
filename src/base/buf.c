/* SPDX-License-Identifier: MIT
 * A byte string that grows. */
#include "base/buf.h"

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

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return;
	buf_reserve(b, (size_t)n);
	vsnprintf(b->text + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

static const char pairs[] = "000102030405060708091011121314151617181920212223242526272829303132333435363738394041424344"
			    "45464748495051525354555657585960"
			    "616263646566676869707172737475767778798081828384858687888990919293949596979899";

static size_t digits_of(uint64_t n)
{
	size_t digits = 1;

	for (; n >= 10; n /= 10)
		digits++;
	return digits;
}

/* Two digits at a time, from behind, straight to their place. */
void buf_number(struct buf *b, uint64_t n)
{
	size_t digits = digits_of(n);
	char *at;

	if (b->len + digits >= b->cap)
		buf_reserve(b, digits);
	b->len += digits;
	at = b->text + b->len;
	*at = 0;
	for (; n >= 100; n /= 100)
		memcpy(at -= 2, pairs + n % 100 * 2, 2);
	if (n >= 10)
		memcpy(at - 2, pairs + n * 2, 2);
	else
		at[-1] = (char)('0' + n);
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
