/* SPDX-License-Identifier: MIT
 * Times, addresses, nearest words. */
#include "base/addr.h"
#include "base/clock.h"
#include "base/near.h"
#include "base/sort.h"
#include "base/tap.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void times(void)
{
	static const struct {
		int64_t ns;
		const char *text;
	} shown[] = { { 410000, "0.41 ms" },     { 41200000, "41.2 ms" },   { 150000000, "150 ms" },
		      { 1972000000, "1.97 s" },  { 59840000000, "59.8 s" }, { 720000000000, "12 min" },
		      { 7200000000000, "2.0 h" } };
	char text[SPAN_TEXT];
	struct span d;

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		span_format(text, (struct span){ shown[i].ns });
		same_text(text, shown[i].text, "a span as text");
	}
	ok(span_parse("150ms", &d) && d.ns == 150000000, "150ms is read");
	ok(span_parse("1.5s", &d) && d.ns == 1500000000, "1.5s is read");
	ok(span_parse("1m", &d) && d.ns == 60000000000, "1m is read");
	ok(!span_parse("5", &d), "a number without a unit is no time");
	ok(!span_parse("-5s", &d), "a negative time is none");
	ok(!span_parse("5sec", &d), "an unknown unit is refused");
	ok(!span_parse("25000m", &d), "more than a day is refused");
	d.ns = 7;
	ok(!span_parse("344444444444444444444444444s", &d) && d.ns == 7,
	   "what does not fit into nanoseconds is refused, and never made a number");
}

/* The way without printf says the same. */
static void quick_text(const struct endpoint *e, const char *should)
{
	struct buf b = { 0 };

	endpoint_add(&b, e);
	same_text(buf_text(&b), should, "an endpoint, quickly");
	buf_free(&b);
}

static int by_key(const void *a, const void *b)
{
	const struct sort_key *x = a, *y = b;

	return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->index > y->index) - (x->index < y->index);
}

static void sorting(void)
{
	enum { N = 5000 };
	static struct sort_key is[N], should[N];
	uint64_t random = 1;

	for (uint32_t i = 0; i < N; i++) {
		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		is[i] = should[i] = (struct sort_key){ random >> (i % 60), i };
	}
	sort_by_key(is, N);
	qsort(should, N, sizeof *should, by_key);
	ok(memcmp(is, should, sizeof is) == 0, "5000 keys in order, equal ones as they were");
	sort_by_key(is, 0);
	sort_by_key(is, 1);
	ok(is[0].key == should[0].key, "none and one are in order");
}

static void addresses(void)
{
	struct endpoint e = { .port = 80 };
	char text[ADDR_TEXT];

	ok(addr_parse("10.0.0.1", &e.addr), "an IPv4 address is read");
	endpoint_format(text, &e);
	same_text(text, "10.0.0.1:80", "IPv4 as text");
	ok(addr_parse("fd00::1", &e.addr), "an IPv6 address is read");
	endpoint_format(text, &e);
	same_text(text, "[fd00::1]:80", "IPv6 as text");
	e.port = 0;
	endpoint_format_netstat(text, &e);
	same_text(text, "fd00::1:*", "as netstat writes it");
	addr_parse("::ffff:10.0.0.2", &e.addr);
	endpoint_format_netstat(text, &e);
	same_text(text, "10.0.0.2:*", "an IPv4 address inside IPv6, as netstat writes it");
	quick_text(&e, "[::ffff:10.0.0.2]:*");
	addr_parse("255.0.10.1", &e.addr);
	e.port = 65535;
	quick_text(&e, "255.0.10.1:65535");
	ok(!addr_parse("10.0.0.256", &e.addr), "a wrong address is refused");
}

static const char *nearest(const char *word)
{
	static const char *const verbs[] = { "connect", "accept", "close", "hold" };
	struct near n = { .word = word };

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		near_try(&n, verbs[i]);
	return n.best ? n.best : "none";
}

int main(void)
{
	times();
	addresses();
	sorting();
	same_text(nearest("conect"), "connect", "a missing letter");
	same_text(nearest("acecpt"), "accept", "two letters swapped");
	same_text(nearest("CLOSE"), "close", "case does not matter");
	same_text(nearest("telephone"), "none", "far away is not meant");
	ok(near_distance("kitten", "sitting") == 3, "edit distance");
	return tap_done();
}
