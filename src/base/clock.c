/* SPDX-License-Identifier: MIT
 * Instants and spans: reading the clock, reading and writing spans as text. */
#include "base/clock.h"
#include "base/util.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_S 1000000000LL

struct instant clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (struct instant){ t.tv_sec * NS_PER_S + t.tv_nsec };
}

struct span span_since(struct instant from)
{
	return span_between(from, clock_now());
}

int64_t clock_wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

void wall_clock(char out[static CLOCK_TEXT], int64_t wall_ns)
{
	time_t seconds = wall_ns / NS_PER_S;
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(out, CLOCK_TEXT, "%H:%M:%S", &tm);
}

/* Three digits or so, in the unit that fits; `step` is the last digit's weight. Tables print a hundred thousand: no
 * printf. */
static const struct form {
	uint64_t below, step;
	unsigned decimals;
	const char *unit;
} forms[] = {
	{ 10000000, 10000, 2, " ms" },
	{ 100000000, 100000, 1, " ms" },
	{ NS_PER_S, 1000000, 0, " ms" },
	{ 10 * NS_PER_S, 10000000, 2, " s" },
	{ 100 * NS_PER_S, 100000000, 1, " s" },
	{ 600 * NS_PER_S, NS_PER_S, 0, " s" },
	{ 7200 * NS_PER_S, 60 * NS_PER_S, 0, " min" },
	{ UINT64_MAX, 360 * NS_PER_S, 1, " h" },
};

void span_add(struct buf *out, struct span d)
{
	static const uint64_t powers[] = { 1, 10, 100 };
	const struct form *f = forms;
	uint64_t steps, fraction;
	uint64_t ns = d.ns < 0 ? -(uint64_t)d.ns : (uint64_t)d.ns;

	while (ns >= f->below)
		f++;
	steps = ns / f->step; /* what has not passed yet is not said */
	fraction = steps % powers[f->decimals];
	if (d.ns < 0)
		buf_puts(out, "-");
	buf_number(out, steps / powers[f->decimals]);
	if (f->decimals)
		buf_puts(out, f->decimals == 2 && fraction < 10 ? ".0" : ".");
	if (f->decimals)
		buf_number(out, fraction);
	buf_puts(out, f->unit);
}

void span_format(char out[static SPAN_TEXT], struct span d)
{
	struct buf b = { 0 };

	span_add(&b, d);
	snprintf(out, SPAN_TEXT, "%s", buf_text(&b));
	buf_free(&b);
}

bool span_parse(const char *text, struct span *d)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 } };
	char *end;
	double n;

	if (text[0] < '0' || text[0] > '9')
		return false;
	n = strtod(text, &end);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!streq(end, units[i].unit))
			continue;
		if (!(n * units[i].ns <=
		      24 * 3600e9)) /* before it is a number of nanoseconds, in which it may not fit */
			return false;
		d->ns = (int64_t)(n * units[i].ns);
		return true;
	}
	return false;
}
