/* SPDX-License-Identifier: MIT
 * A byte string that grows. Always NUL-terminated once something was added; `text` is NULL before. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/util.h"

#include <stdarg.h>
#include <stdint.h>

struct buf {
	char *text;
	size_t len;
	size_t cap;
};

void buf_reserve(struct buf *b, size_t more); /* room for so many more bytes */

static inline void buf_add(struct buf *b, const char *bytes, size_t n)
{
	if (b->len + n >= b->cap)
		buf_reserve(b, n);
	memcpy(b->text + b->len, bytes, n);
	b->len += n;
	b->text[b->len] = 0;
}

static inline void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
void buf_number(struct buf *b, uint64_t n); /* in digits, an eighth of buf_addf()'s time */
void buf_repeat(struct buf *b, const char *s, size_t times);

/* The text, "" when empty. Valid until the buffer changes. */
const char *buf_text(const struct buf *b);

void buf_clear(struct buf *b); /* empty, memory kept */
void buf_free(struct buf *b);  /* memory returned; the buffer is empty and may be used again */

#endif
