/* SPDX-License-Identifier: MIT
 * Time is a type: an instant on one clock (CLOCK_MONOTONIC), and a span between two of them.
 * Both count nanoseconds; wrapped, so that neither is taken for the other or for a plain number. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct instant {
	int64_t ns;
};

struct span {
	int64_t ns;
};

struct instant clock_now(void);

/* Nanoseconds since 1970, for people and other programs; never for measuring. */
int64_t clock_wall_ns(void);

static inline struct span span_us(int64_t us)
{
	return (struct span){ us * 1000 };
}
static inline struct span span_ms(int64_t ms)
{
	return (struct span){ ms * 1000000 };
}
static inline struct span span_s(int64_t s)
{
	return (struct span){ s * 1000000000 };
}
static inline int64_t span_to_ms(struct span d)
{
	return d.ns / 1000000;
}

static inline struct span span_between(struct instant from, struct instant to)
{
	return (struct span){ to.ns - from.ns };
}

static inline struct instant instant_after(struct instant t, struct span d)
{
	return (struct instant){ t.ns + d.ns };
}

static inline bool instant_reached(struct instant t, struct instant now)
{
	return now.ns >= t.ns;
}

struct span span_since(struct instant from);

/* "23:04:05", of a time since 1970, in the local time zone. */
#define CLOCK_TEXT 16
void wall_clock(char out[static CLOCK_TEXT], int64_t wall_ns);

/* "0.41 ms", "150 ms", "3.31 s", "59.8 s", "152 s", "12 min", cut off, not rounded: never ambiguous, at most 8
 * columns. */
#define SPAN_TEXT 24
void span_format(char out[static SPAN_TEXT], struct span d);
void span_add(struct buf *out, struct span d); /* the same text */

/* Reads "150ms", "2s", "1m", "2h", "1.5s"; false if it is none of these or longer than 24 hours. */
bool span_parse(const char *text, struct span *d);

#endif
