/* SPDX-License-Identifier: MIT
 * Times as text, and back. */
#include "base/clock.h"
#include "base/tap.h"

#include <stdlib.h>
#include <time.h>

/* The last value of each form and the first of the next: cut off, not rounded. */
static const struct {
	int64_t ns;
	const char *text;
} spans[] = {
	{ 0, "0.00 ms" },
	{ 9999, "0.00 ms" },
	{ 10000, "0.01 ms" },
	{ 410000, "0.41 ms" },
	{ 1090000, "1.09 ms" },
	{ 9999999, "9.99 ms" },
	{ 10000000, "10.0 ms" },
	{ 41200000, "41.2 ms" },
	{ 99999999, "99.9 ms" },
	{ 100000000, "100 ms" },
	{ 999999999, "999 ms" },
	{ 1000000000, "1.00 s" },
	{ 1972000000, "1.97 s" },
	{ 9999999999, "9.99 s" },
	{ 10000000000, "10.0 s" },
	{ 59840000000, "59.8 s" },
	{ 99999999999, "99.9 s" },
	{ 100000000000, "100 s" },
	{ 599999999999, "599 s" },
	{ 600000000000, "10 min" },
	{ 7199999999999, "119 min" },
	{ 7200000000000, "2.0 h" },
	{ 7559999999999, "2.0 h" },
	{ 7560000000000, "2.1 h" },
	{ 86400000000000, "24.0 h" },
	{ INT64_MAX, "2562047.7 h" },
	{ -410000, "-0.41 ms" },
	{ -1000000000, "-1.00 s" },
	{ INT64_MIN, "-2562047.7 h" },
};

static void as_text(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		struct buf b = { 0 };
		char text[SPAN_TEXT];

		span_format(text, (struct span){ spans[i].ns });
		same_text(text, spans[i].text, "a span as text");
		span_add(&b, (struct span){ spans[i].ns });
		same_text(buf_text(&b), spans[i].text, "added to a buffer");
		buf_free(&b);
	}
}

static const struct {
	const char *text;
	int64_t ns; /* -1: it is none */
} typed[] = {
	{ "1us", 1000 },
	{ "150ms", 150000000 },
	{ "2s", 2000000000 },
	{ "1m", 60000000000 },
	{ "2h", 7200000000000 },
	{ "1.5s", 1500000000 },
	{ "0s", 0 },
	{ "0.25ms", 250000 },
	{ "24h", 86400000000000 },
	{ "1440m", 86400000000000 },
	{ "86400s", 86400000000000 },
	{ "24.01h", -1 },
	{ "1441m", -1 },
	{ "86401s", -1 },
	{ "5", -1 },
	{ "", -1 },
	{ "s", -1 },
	{ "-5s", -1 },
	{ "+5s", -1 },
	{ " 5s", -1 },
	{ "5 s", -1 },
	{ "5sec", -1 },
	{ "5S", -1 },
	{ "5ns", -1 },
	{ "5d", -1 },
	{ "inf s", -1 },
	{ "nans", -1 },
	{ "1e400s", -1 },
	{ "344444444444444444444444444s", -1 },
};

static void from_text(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(typed); i++) {
		struct span d = { 77 };
		bool is = span_parse(typed[i].text, &d);

		ok(is == (typed[i].ns >= 0) && (!is || d.ns == typed[i].ns), "'%s' is %s", typed[i].text,
		   typed[i].ns >= 0 ? "read" : "no time");
	}
}

/* 2026-11-29 23:04:05 UTC. */
static void wall(void)
{
	char text[CLOCK_TEXT];

	setenv("TZ", "UTC0", 1);
	tzset();
	wall_clock(text, INT64_C(1796079845999999999));
	same_text(text, "23:04:05", "the time of day");
	setenv("TZ", "IST-5:30", 1);
	tzset();
	wall_clock(text, INT64_C(1796079845999999999));
	same_text(text, "04:34:05", "of this place");
}

static void arithmetic(void)
{
	struct instant a = { 1000000000 }, b = instant_after(a, span_ms(5));

	ok(b.ns == 1005000000, "5 ms after it");
	ok(span_between(a, b).ns == 5000000 && span_between(b, a).ns == -5000000, "between two");
	ok(span_us(3).ns == 3000 && span_ms(3).ns == 3000000 && span_s(3).ns == 3000000000, "units");
	ok(span_to_ms(span_us(1999)) == 1 && span_to_ms(span_us(999)) == 0, "milliseconds that have passed");
	ok(instant_reached(a, a) && instant_reached(a, b) && !instant_reached(b, a), "reached when it is there");
}

/* The clocks are those of the kernel's names. */
static void clocks(void)
{
	struct timespec before, after;
	struct instant is;
	int64_t wall_is;

	clock_gettime(CLOCK_MONOTONIC, &before);
	is = clock_now();
	clock_gettime(CLOCK_MONOTONIC, &after);
	ok(is.ns >= before.tv_sec * INT64_C(1000000000) + before.tv_nsec &&
	           is.ns <= after.tv_sec * INT64_C(1000000000) + after.tv_nsec,
	   "now is CLOCK_MONOTONIC's");
	ok(span_since(is).ns >= 0 && span_since(is).ns < INT64_C(3600000000000), "and time goes on");
	clock_gettime(CLOCK_REALTIME, &before);
	wall_is = clock_wall_ns();
	clock_gettime(CLOCK_REALTIME, &after);
	ok(wall_is >= before.tv_sec * INT64_C(1000000000) + before.tv_nsec &&
	           wall_is <= after.tv_sec * INT64_C(1000000000) + after.tv_nsec,
	   "the wall's is CLOCK_REALTIME's");
}

int main(void)
{
	as_text();
	from_text();
	wall();
	arithmetic();
	clocks();
	return tap_done();
}
