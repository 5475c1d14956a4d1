/* SPDX-License-Identifier: MIT
 * Words, variables, blocks, errors, with a language of two verbs. */
#include "base/tap.h"
#include "script/script.h"

#include <stdlib.h>

struct heard {
	struct buf said;
	unsigned asked, interrupted_at; /* the how manieth question whether to go on is answered with no; 0: none */
};

static int run_say(struct saying *s)
{
	struct heard *h = s->ctx;

	for (; say_more(s); s->at++)
		buf_addf(&h->said, "[%s%s]", s->w[s->at].text, s->w[s->at].quoted ? " quoted" : "");
	return 0;
}

static int run_twice(struct saying *s)
{
	script_repeat(s->script, 2, "i");
	return 0;
}

static int run_end(struct saying *s)
{
	return err_set(s->e, "'end' alone");
}

static int run_port(struct saying *s)
{
	long n;

	return take_number(s, "the port", 1, 10, &n) < 0 ? -1 : take_nothing(s);
}

static const struct verb rows[] = { { "say", VERB_PLAIN, "WORD…", "", NULL, run_say, 0, false },
	                            { "twice", VERB_BLOCK, "", "", NULL, run_twice, 0, false },
	                            { "end", VERB_END, "", "", NULL, run_end, 0, false },
	                            { "port", VERB_SUBJECT, "N", "", NULL, run_port, 0, false } };
static const struct verb_group group = { "all", rows, ARRAY_SIZE(rows) };
static const struct verb_group *const groups[] = { &group };

static bool is_subject(void *ctx, const char *word)
{
	(void)ctx;
	return streq(word, "me");
}

static bool interrupted(void *ctx)
{
	struct heard *h = ctx;

	return ++h->asked == h->interrupted_at;
}

static int begins(void *ctx, const struct verb *verb, const char *line, struct err *e)
{
	(void)ctx, (void)verb, (void)line, (void)e;
	return 0;
}

/* Runs a text; what was said, or the error. */
static char *interrupted_result_of(const char *text, size_t len, unsigned interrupted_at)
{
	struct heard h = { .interrupted_at = interrupted_at };
	struct language lang = { groups, 1, is_subject, begins, interrupted, &h };
	struct script s;
	struct err e = { 0 };
	char *out;

	script_init(&s, &lang, "x.lab");
	if (script_run(&s, text, len, &e) < 0)
		out = xstrdup(err_text(&e));
	else
		out = xstrdup(buf_text(&h.said));
	script_free(&s);
	buf_free(&h.said);
	return out;
}

static char *result_of(const char *text, size_t len)
{
	return interrupted_result_of(text, len, 0);
}

static void claim(const char *text, const char *should, const char *what)
{
	char *is = result_of(text, strlen(text));

	same_text(is, should, what);
	free(is);
}

static void claim_begins(const char *text, const char *should, const char *what)
{
	char *is = result_of(text, strlen(text));

	is[strnlen(is, strlen(should))] = 0;
	same_text(is, should, what);
	free(is);
}

/* Whenever Ctrl-C comes, the line that is told of is one of the scenario's: the blocks inside are gone by then. */
static void interrupts(void)
{
	static const char text[] =
		"twice\n  twice\n    say inner words, long enough for a block of the heap\n  end\nend";
	static const struct {
		unsigned at;
		const char *should;
	} cases[] = {
		{ 1, "x.lab:5: interrupted\n    end" },
		{ 2, "x.lab:4: interrupted\n    end" },
		{ 3, "x.lab:3: interrupted\n    say inner words, long enough for a block of the heap" },
		{ 4, "x.lab:4: interrupted\n    end" },
		{ 5, "x.lab:4: interrupted\n    end" },
		{ 6, "x.lab:3: interrupted\n    say inner words, long enough for a block of the heap" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *is = interrupted_result_of(text, strlen(text), cases[i].at);

		same_text(is, cases[i].should, "interrupted in a block");
		free(is);
	}
}

/* Each is found by its name, however many there are; a second value takes the place of the first. */
static void many_variables(void)
{
	enum { MANY = 100000 };
	struct language lang = { groups, 1, is_subject, begins, interrupted, NULL };
	struct script s;
	struct heard h = { 0 };
	struct err e = { 0 };
	char name[24], value[24];

	lang.ctx = &h;
	script_init(&s, &lang, "x.lab");
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < MANY; i++) {
			snprintf(name, sizeof name, "v%d", i * 7919 % MANY);
			snprintf(value, sizeof value, "%d.%d", round, i * 7919 % MANY);
			script_let(&s, name, value);
		}
	ok(script_line(&s, "say $v0 $v77777 $v99999", &e) == 0, "100,000 variables, each let twice");
	same_text(buf_text(&h.said), "[1.0][1.77777][1.99999]", "and each has its last value");
	script_free(&s);
	buf_free(&h.said);
}

static void long_line(void)
{
	size_t n = 10 << 20;
	char *text = xcalloc(n + 1, 1), *is;

	memset(text, 'a', n);
	is = result_of(text, n);
	ok(strstr(is, "x.lab:1: the line is 10485760 bytes long") != NULL, "a line of 10 MB is one sentence");
	free(is);
	free(text);
}

int main(void)
{
	claim("say a  b\tc", "[a][b][c]", "words are split at blanks");
	claim("say \"a b\" # c", "[a b quoted]", "quotes keep blanks, # begins a comment");
	claim("say a#b", "[a#b]", "# inside a word does not");
	claim("say \"\\n\\x41\\\\\\\"\"", "[\nA\\\" quoted]", "escapes");
	claim("twice\nsay $i x${i}y \"$i\"\nend", "[1][x1y][1 quoted][2][x2y][2 quoted]",
	      "variables, also inside words and quotes");
	claim("twice\ntwice\nsay x\nend\nend", "[x][x][x][x]", "blocks inside blocks");
	claim("\n\nsya x", "x.lab:3: there is no verb 'sya'; did you mean 'say'?\n    sya x",
	      "a wrong verb: file, line, nearest");
	claim("me prot 3", "x.lab:1: there is no verb 'prot'; did you mean 'port'?\n    me prot 3",
	      "a wrong verb of a subject");
	claim("me port x", "x.lab:1: the port is a number from 1 to 10, not 'x' (ACTOR port N)\n    me port x",
	      "a wrong number");
	claim("me port 11", "x.lab:1: the port is a number from 1 to 10, not '11' (ACTOR port N)\n    me port 11",
	      "out of range");
	claim("me port", "x.lab:1: the port is missing: a number from 1 to 10 (ACTOR port N)\n    me port",
	      "a missing word");
	claim("say $x", "x.lab:1: there is no variable $x; 'let NAME VALUE' sets one\n    say $x",
	      "an unknown variable");
	claim("say \"x", "x.lab:1: a quoted text has no closing \"\n    say \"x", "an open quote");
	claim("twice\nsay x", "x.lab:1: this block has no 'end'", "an open block");
	claim("twice\nsay x\nsay $y\nend", "x.lab:3: there is no variable $y; 'let NAME VALUE' sets one\n    say $y",
	      "an error in a block names its own line");
	claim_begins("\x7f\x45\x4c\x46\x02\x01", "x.lab:1: byte 0x02 is no text", "a binary file");
	long_line();
	interrupts();
	many_variables();
	return tap_done();
}
