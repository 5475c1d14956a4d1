/* SPDX-License-Identifier: MIT
 * A line to words: every escape, every place of a variable, and what each wrong line is answered with. */
#include "script/words.h"
#include "base/tap.h"

#include <stdlib.h>

static const char *lookup(void *ctx, const char *name)
{
	(void)ctx;
	return streq(name, "i") ? "7" : streq(name, "long_Name1") ? "a b" : streq(name, "empty") ? "" : NULL;
}

/* "[a]['b c']": a quoted word in quotes, a NUL as 0. */
static void splits(const char *line, const char *should)
{
	struct words ws;
	struct err e = { 0 };
	struct buf is = { 0 };

	if (words_split(&ws, line, lookup, NULL, &e) < 0) {
		buf_puts(&is, err_text(&e));
	} else {
		for (size_t i = 0; i < ws.n; i++) {
			buf_puts(&is, ws.w[i].quoted ? "['" : "[");
			for (size_t k = 0; k < ws.w[i].len; k++)
				buf_addf(&is, "%c", ws.w[i].text[k] ? ws.w[i].text[k] : '0');
			buf_puts(&is, ws.w[i].quoted ? "']" : "]");
		}
	}
	same_text(buf_text(&is), should, line);
	buf_free(&is);
	words_free(&ws);
}

#define ESCAPES "'\\' in quotes is followed by n, t, \\, \", $ or xHH (two hexadecimal digits)"
#define NAMES   "after '$' comes a name of letters and digits, as in $i or ${i}; for the sign itself write \"\\$\""

static const struct {
	const char *line, *should;
} splittings[] = {
	{ "", "" },
	{ " \t\r ", "" },
	{ "# all of it", "" },
	{ "a", "[a]" },
	{ "\ta  b\t\tc\r", "[a][b][c]" },
	{ "a # b", "[a]" },
	{ "a #", "[a]" },
	{ "a#b c#", "[a#b][c#]" },
	{ "\"#\" b", "['#'][b]" },
	{ "\"\"", "['']" },
	{ "\"a b\"c d", "['a bc'][d]" },
	{ "a\"b c\"", "['ab c']" },
	{ "\"a\"\"b\"", "['ab']" },
	{ "'a b'", "['a][b']" },
	{ "a\\nb", "[a\\nb]" },
	/* escapes */
	{ "\"\\\"\\\\\\$\"", "['\"\\$']" },
	{ "\"a\\nb\\tc\"", "['a\nb\tc']" },
	{ "\"\\x41\\x7a\\x7A\\x2f\"", "['Azz/']" },
	{ "\"a\\x00b\"", "['a0b']" },
	{ "\"\\xff\\xFF\"", "['\xff\xff']" },
	{ "\"\\r\"", ESCAPES },
	{ "\"\\x4\"", ESCAPES },
	{ "\"\\xg1\"", ESCAPES },
	{ "\"\\x1g\"", ESCAPES },
	{ "\"\\", ESCAPES },
	/* variables */
	{ "$i", "[7]" },
	{ "a$i", "[a7]" },
	{ "$i$i", "[77]" },
	{ "${i}0", "[70]" },
	{ "$i-0", "[7-0]" },
	{ "\"$i ${i}\"", "['7 7']" },
	{ "$long_Name1", "[a b]" },
	{ "$empty", "[]" },
	{ "x $empty y", "[x][][y]" },
	{ "$", NAMES },
	{ "$-", NAMES },
	{ "${}", NAMES },
	{ "${i", NAMES },
	{ "${i x}", NAMES },
	{ "\"$\"", NAMES },
	{ "$j", "there is no variable $j; 'let NAME VALUE' sets one" },
	{ "$ii", "there is no variable $ii; 'let NAME VALUE' sets one" },
	{ "$I", "there is no variable $I; 'let NAME VALUE' sets one" },
	{ "$a234567890123456789012345678901234567890",
	  "there is no variable $a234567890123456789012345678901234567890; 'let NAME VALUE' sets one" },
	{ "$a2345678901234567890123456789012345678901", NAMES },
	/* quotes */
	{ "\"", "a quoted text has no closing \"" },
	{ "a \"b", "a quoted text has no closing \"" },
	{ "\"a\\\"", "a quoted text has no closing \"" },
};

static void how_lines_are_split(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(splittings); i++)
		splits(splittings[i].line, splittings[i].should);
}

/* A word has at most 65536 bytes. */
static void long_words(void)
{
	static char line[65538];
	struct words ws;
	struct err e = { 0 };

	memset(line, 'a', 65536);
	ok(words_split(&ws, line, lookup, NULL, &e) == 0 && ws.n == 1 && ws.w[0].len == 65536, "a word of 65536 bytes");
	words_free(&ws);
	line[65536] = 'a';
	ok(words_split(&ws, line, lookup, NULL, &e) < 0, "a longer one is refused");
	same_text(err_text(&e), "a word is longer than 65536 bytes", "in a sentence");
	words_free(&ws);
}

static void many_words(void)
{
	static char line[2001];
	struct words ws;
	struct err e = { 0 };
	bool all = true;

	for (size_t i = 0; i < 1000; i++)
		memcpy(line + i * 2, i % 2 ? "b " : "a ", 2);
	ok(words_split(&ws, line, lookup, NULL, &e) == 0 && ws.n == 1000, "a thousand words");
	for (size_t i = 0; i < ws.n; i++)
		all = all && streq(ws.w[i].text, i % 2 ? "b" : "a");
	ok(all, "each in its place");
	words_free(&ws);
	ok(ws.n == 0 && !ws.w, "and given back");
}

int main(void)
{
	how_lines_are_split();
	long_words();
	many_words();
	return tap_done();
}
