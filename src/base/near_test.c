/* SPDX-License-Identifier: MIT
 * "Did you mean": distances, and what is near enough to be meant. */
#include "base/near.h"
#include "base/tap.h"

static const struct {
	const char *a, *b;
	unsigned distance;
} distances[] = {
	{ "", "", 0 },         { "", "abc", 3 },           { "abc", "", 3 },           { "abc", "abc", 0 },
	{ "abc", "ABC", 0 },   { "abc", "abd", 1 },        { "abc", "ab", 1 },         { "abc", "abcd", 1 },
	{ "abc", "bac", 1 },   { "abc", "acb", 1 },        { "ca", "abc", 3 }, /* a swap is not edited again */
	{ "abcd", "badc", 2 }, { "kitten", "sitting", 3 }, { "connect", "conect", 1 }, { "accept", "acecpt", 1 },
	{ "abc", "cba", 2 },   { "abcdef", "fedcba", 5 },  { "aB", "Ba", 1 },
};

static void all_distances(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(distances); i++) {
		ok(near_distance(distances[i].a, distances[i].b) == distances[i].distance, "%s to %s: %u edits, not %u",
		   distances[i].a, distances[i].b, distances[i].distance,
		   near_distance(distances[i].a, distances[i].b));
		ok(near_distance(distances[i].b, distances[i].a) == distances[i].distance, "and back");
	}
}

static const char *nearest(const char *word, const char *const *words, size_t n)
{
	struct near near = { .word = word };

	for (size_t i = 0; i < n; i++)
		near_try(&near, words[i]);
	return near.best ? near.best : "none";
}

/* A short word is changed less before it is another. */
static void limits(void)
{
	static const struct {
		const char *typed, *word, *meant;
	} rows[] = {
		{ "fin", "fun", "fun" },
		{ "fin", "ban", "none" },
		{ "sync", "sybd", "sybd" },
		{ "hodl", "hold", "hold" },
		{ "abcdef", "abcdxy", "abcdxy" },
		{ "abcdef", "abcxyz", "none" },
		{ "abcdefg", "abcdxyz", "abcdxyz" },
		{ "abcdefg", "abcwxyz", "none" },
		{ "CLOSE", "close", "close" },
		{ "", "a", "a" },
		{ "", "ab", "none" },
		{ "telephone", "connect", "none" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		same_text(nearest(rows[i].typed, &rows[i].word, 1), rows[i].meant, rows[i].typed);
}

static void best(void)
{
	static const char *const words[] = { "connected", "connect", "disconnect", "conects" };

	same_text(nearest("connec", words, 4), "connect", "the nearest, wherever it stands");
	same_text(nearest("conect", words, 4), "connect", "of two as near the first");
	same_text(nearest("xyzzy", words, 4), "none", "none is meant");
}

/* What is longer than anything we have is looked at as far as that. */
static void long_words(void)
{
	char a[100], b[100];

	memset(a, 'a', sizeof a);
	memset(b, 'a', sizeof b);
	a[99] = b[99] = 0;
	b[50] = 'b';
	ok(near_distance(a, b) == 0, "words are compared up to 40 characters");
	b[39] = 'b';
	ok(near_distance(a, b) == 1, "and with the 40th");
}

int main(void)
{
	all_distances();
	limits();
	best();
	long_words();
	return tap_done();
}
