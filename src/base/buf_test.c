/* SPDX-License-Identifier: MIT
 * Byte strings that grow, and memory. */
#include "base/buf.h"
#include "base/tap.h"

#include <inttypes.h>
#include <stdlib.h>

static void texts(void)
{
	struct buf b = { 0 };

	same_text(buf_text(&b), "", "nothing is a text too");
	buf_puts(&b, "");
	ok(b.text && b.len == 0 && b.text[0] == 0, "once something was added it ends with a NUL");
	buf_puts(&b, "one");
	buf_add(&b, "two!", 3);
	buf_addf(&b, " %d %s", 3, "four");
	buf_addf(&b, "%s", "");
	same_text(buf_text(&b), "onetwo 3 four", "what is added");
	ok(b.len == 13, "is as long as it is");
	buf_clear(&b);
	ok(b.len == 0 && streq(buf_text(&b), "") && b.cap > 0, "emptied, its memory kept");
	buf_add(&b, "a\0b", 3);
	ok(b.len == 3 && memcmp(b.text, "a\0b", 4) == 0, "a NUL is a byte");
	buf_clear(&b);
	buf_repeat(&b, "ab", 3);
	buf_repeat(&b, "x", 0);
	same_text(buf_text(&b), "ababab", "three times, and never");
	buf_free(&b);
	ok(!b.text && b.len == 0 && b.cap == 0, "given back, it is as new");
	buf_clear(&b);
	same_text(buf_text(&b), "", "and may be emptied");
}

/* One byte after the other: each time there is room for it and the NUL. */
static void growth(void)
{
	struct buf b = { 0 };
	bool well = true;
	char longer[5000];

	for (size_t i = 0; i < 3000; i++) {
		char c = (char)('a' + i % 26);

		buf_add(&b, &c, 1);
		well = well && b.len == i + 1 && b.cap > b.len && b.text[b.len] == 0;
	}
	for (size_t i = 0; i < 3000; i++)
		well = well && b.text[i] == (char)('a' + i % 26);
	ok(well, "3000 bytes, one by one");
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = 0;
	buf_clear(&b);
	buf_addf(&b, "<%s>", longer);
	ok(b.len == sizeof longer + 1 && b.text[0] == '<' && b.text[b.len - 1] == '>', "longer than it was, at once");
	buf_free(&b);
	buf_reserve(&b, 100);
	ok(b.cap > 100 && b.len == 0, "room is made before it is needed");
	buf_free(&b);
}

static const uint64_t digits[] = { 0,
	                           1,
	                           9,
	                           10,
	                           11,
	                           99,
	                           100,
	                           101,
	                           999,
	                           1000,
	                           9999,
	                           10000,
	                           65535,
	                           99999,
	                           100000,
	                           1234567,
	                           4294967295,
	                           4294967296,
	                           9999999999,
	                           10000000000,
	                           UINT64_MAX / 10,
	                           UINT64_MAX - 1,
	                           UINT64_MAX };

static void numbers(void)
{
	struct buf b = { 0 };
	char should[32];

	for (size_t i = 0; i < ARRAY_SIZE(digits); i++) {
		buf_clear(&b);
		buf_puts(&b, "n");
		buf_number(&b, digits[i]);
		snprintf(should, sizeof should, "n%" PRIu64, digits[i]);
		same_text(buf_text(&b), should, "in digits");
		ok(b.len == strlen(should), "and as long");
	}
	buf_free(&b);
	for (unsigned i = 0; i < 100; i++) { /* every pair of digits, at every fullness of the buffer */
		buf_number(&b, i);
		snprintf(should, sizeof should, "%u", i);
		if (b.len < strlen(should) || !streq(b.text + b.len - strlen(should), should))
			break;
		if (i == 99)
			ok(b.len == 190, "0 to 99 in a row");
	}
	buf_free(&b);
}

static void arrays(void)
{
	size_t cap = 0;
	int *all = grow(NULL, 0, &cap, sizeof *all);
	bool well = cap >= 1;

	for (int i = 0; i < 1000; i++) {
		all = grow(all, (size_t)i, &cap, sizeof *all);
		well = well && cap > (size_t)i;
		all[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		well = well && all[i] == i;
	ok(well, "an array grows, and keeps what it has");
	all = reserve(all, 5000, &cap, sizeof *all);
	ok(cap >= 5000 && all[999] == 999, "many are expected");
	ok(reserve(all, 10, &cap, sizeof *all) == all && cap >= 5000, "fewer change nothing");
	free(all);
}

static void memory(void)
{
	static const char zero[64];
	char *p = xcalloc(8, 8), *s = xstrndup("abcdef", 3), *t = xstrdup("abc");

	ok(memcmp(p, zero, sizeof zero) == 0, "what is new is zero");
	ok(streq(s, "abc") && streq(t, "abc") && s != t, "copies");
	p = xrealloc(p, 100, 8);
	ok(memcmp(p, zero, sizeof zero) == 0, "what it had is kept");
	free(p);
	free(s);
	free(t);
	p = xcalloc(0, 0);
	ok(p != NULL, "of nothing there is something");
	free(p);
}

int main(void)
{
	texts();
	growth();
	numbers();
	arrays();
	memory();
	return tap_done();
}
