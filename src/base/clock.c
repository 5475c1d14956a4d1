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

void span_format(char out[static SPAN_TEXT], struct span d)
{
	double s = (double)d.ns / NS_PER_S;

	if (s < 0.01)
		snprintf(out, SPAN_TEXT, "%.2f ms", s * 1e3);
	else if (s < 0.1)
		snprintf(out, SPAN_TEXT, "%.1f ms", s * 1e3);
	else if (s < 1)
		snprintf(out, SPAN_TEXT, "%.0f ms", s * 1e3);
	else if (s < 10)
		snprintf(out, SPAN_TEXT, "%.2f s", s);
	else if (s < 120)
		snprintf(out, SPAN_TEXT, "%.1f s", s);
	else if (s < 7200)
		snprintf(out, SPAN_TEXT, "%.0f min", s / 60);
	else
		snprintf(out, SPAN_TEXT, "%.1f h", s / 3600);
}

bool span_parse(const char *text, struct span *d)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 } };
	char *end;
	double n;

	if (text[0] < '0' || text[0] > '9')
		return false;
	n = strtod(text, &end);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!streq(end, units[i].unit))
			continue;
		d->ns = (int64_t)(n * units[i].ns);
		return n * units[i].ns <= 24 * 3600e9;
	}
	return false;
}
