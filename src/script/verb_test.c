/* SPDX-License-Identifier: MIT
 * Taking words: what each take_ takes, where it leaves the cursor, and the sentence where the word is another. */
#include "script/verb.h"
#include "base/tap.h"

static struct word words[3];
static struct err e;

/* The words "text" and "rest" ahead; with NULL none. */
static struct saying say(const char *text, bool quoted)
{
	e = (struct err){ 0 };
	words[0] = (struct word){ (char *)(uintptr_t)text, text ? strlen(text) : 0, quoted, 1 };
	words[1] = (struct word){ (char *)(uintptr_t) "rest", 4, false, 6 };
	return (struct saying){ .w = words, .n = text ? 2 : 0, .e = &e };
}

static void took(const struct saying *s, bool taken, const char *should, const char *what)
{
	ok(s->at == (taken ? 1 : 0), "%s: %s", what, taken ? "taken" : "left");
	same_text(err_is_set(&e) ? err_text(&e) : "", should, what);
}

static void of_numbers(void)
{
	static const struct {
		const char *text;
		bool quoted;
		long n;
		const char *should;
	} cases[] = {
		{ "1", false, 1, "" },
		{ "9", false, 9, "" },
		{ "0", false, 0, "the age is a number from 1 to 9, not '0'" },
		{ "10", false, 0, "the age is a number from 1 to 9, not '10'" },
		{ "-1", false, 0, "the age is a number from 1 to 9, not '-1'" },
		{ "1x", false, 0, "the age is a number from 1 to 9, not '1x'" },
		{ "", false, 0, "the age is a number from 1 to 9, not ''" },
		{ "1", true, 0, "the age is a number from 1 to 9, not '1'" },
		{ "99999999999999999999", false, 0, "the age is a number from 1 to 9, not '99999999999999999999'" },
		{ NULL, false, 0, "the age is missing: a number from 1 to 9" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct saying s = say(cases[i].text, cases[i].quoted);
		bool good = !*cases[i].should;
		long n = 0;

		ok((take_number(&s, "the age", 1, 9, &n) == 0) == good && (!good || n == cases[i].n), "number %zu", i);
		took(&s, good, cases[i].should, "a number");
	}
}

static void of_spans(void)
{
	static const struct {
		const char *text;
		bool quoted;
		int64_t ns;
		const char *should;
	} cases[] = {
		{ "150ms", false, 150000000, "" },
		{ "2s", false, 2000000000, "" },
		{ "1m", false, 60000000000, "" },
		{ "24h", false, 86400000000000, "" },
		{ "5", false, 0, "the age is a time as 150ms, 2s or 1m (at most 24 hours), not '5'" },
		{ "25h", false, 0, "the age is a time as 150ms, 2s or 1m (at most 24 hours), not '25h'" },
		{ "2s", true, 0, "the age is a time as 150ms, 2s or 1m (at most 24 hours), not '2s'" },
		{ NULL, false, 0, "the age is missing: a time as 150ms, 2s or 1m" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct saying s = say(cases[i].text, cases[i].quoted);
		bool good = !*cases[i].should;
		struct span d = { 0 };

		ok((take_span(&s, "the age", &d) == 0) == good && (!good || d.ns == cases[i].ns), "time %zu", i);
		took(&s, good, cases[i].should, "a time");
	}
}

static void of_texts(void)
{
	struct saying s = say("hello", true);
	const struct word *w = take_text(&s, "the name");

	ok(w == &words[0], "a text in quotes");
	took(&s, true, "", "a text");
	s = say("hello", false);
	ok(!take_text(&s, "the name"), "not without");
	took(&s, false, "the name is a text in quotes, \"like this\", not 'hello'", "a text");
	s = say(NULL, false);
	ok(!take_text(&s, "the name"), "nor nothing");
	took(&s, false, "the name is missing: a text in quotes, \"like this\"", "a text");
}

static void of_words(void)
{
	struct saying s = say("hello", true);

	ok(take_word(&s, "the name") == words[0].text, "any word, in quotes or not");
	took(&s, true, "", "a word");
	s = say(NULL, false);
	ok(!take_word(&s, "the name") && !say_peek(&s) && !say_more(&s), "nothing is no word");
	took(&s, false, "the name is missing", "a word");
	s = say("rest", false);
	ok(take_keyword(&s, "rest"), "a keyword");
	took(&s, true, "", "a keyword");
	ok(take_keyword(&s, "rest") && !take_keyword(&s, "rest") && s.at == 2, "each once, as long as there are some");
	s = say("rest", true);
	ok(!take_keyword(&s, "rest"), "in quotes it is none");
	took(&s, false, "", "a keyword");
	s = say("res", false);
	ok(!take_keyword(&s, "rest"), "nor is its beginning");
	s = say("Rest", false);
	ok(!take_keyword(&s, "rest"), "nor in another case");
}

static void of_nothing(void)
{
	struct saying s = say("hello", true);

	ok(take_nothing(&s) < 0, "a word is not nothing");
	took(&s, false, "nothing is expected here, but 'hello' follows", "nothing");
	s.at = 1;
	ok(take_nothing(&s) < 0 && strstr(err_text(&e), "'rest' follows"), "the next one is named");
	s.at = 2;
	ok(take_nothing(&s) == 0 && !say_more(&s), "behind the last is nothing");
}

int main(void)
{
	of_numbers();
	of_spans();
	of_texts();
	of_words();
	of_nothing();
	return tap_done();
}
