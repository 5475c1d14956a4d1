/* SPDX-License-Identifier: MIT
 * Words, variables, blocks, errors, with a language of two verbs. */
#include "base/tap.h"
#include "script/scenario.h"
#include "script/script.h"

#include <stdlib.h>
#include <unistd.h>

struct heard {
	struct buf said;
	unsigned asked,
		interrupted_at; /* how often it was asked whether to go on; at which "no" is the answer, 0: at none */
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

static int run_stop(struct saying *s)
{
	s->script->stop = true;
	return 0;
}

static int run_never(struct saying *s)
{
	script_repeat(s->script, 0, NULL);
	return 0;
}

static int run_port(struct saying *s)
{
	long n;

	return take_number(s, "the port", 1, 10, &n) < 0 ? -1 : take_nothing(s);
}

/* 99 columns: with one more a form is shown still, with two it is not. */
#define LONG_FORM "A23456789 B23456789 C23456789 D23456789 E23456789 F23456789 G23456789 H23456789 I23456789 J23456789"

static const struct verb rows[] = { { "say", VERB_PLAIN, "WORD…", "", NULL, run_say, 0, false },
	                            { "twice", VERB_BLOCK, "", "", NULL, run_twice, 0, false },
	                            { "end", VERB_END, "", "", NULL, run_end, 0, false },
	                            { "stop", VERB_PLAIN, "", "", NULL, run_stop, 0, true },
	                            { "never", VERB_BLOCK, "", "", NULL, run_never, 0, false },
	                            { "port", VERB_SUBJECT, "N", "", NULL, run_port, 0, false },
	                            { "long", VERB_SUBJECT, LONG_FORM "N", "", NULL, run_port, 0, false },
	                            { "longer", VERB_SUBJECT, LONG_FORM "NM", "", NULL, run_port, 0, false } };
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

#define LANGUAGE(heard)                                                                                                \
	{                                                                                                              \
		.groups = groups, .n_groups = 1, .is_subject = is_subject, .begins = begins,                           \
		.interrupted = interrupted, .ctx = (heard)                                                             \
	}

/* Runs a text; what was said, or the error. */
static char *interrupted_result_of(const char *text, size_t len, unsigned interrupted_at)
{
	struct heard h = { .interrupted_at = interrupted_at };
	struct language lang = LANGUAGE(&h);
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
	struct language lang = LANGUAGE(NULL);
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

/* At the prompt: what ran well is kept, but for what only a person needs, and written with a title. */
static void of_recording(void)
{
	static const struct {
		const char *line;
		bool good;
	} lines[] = { { "say a", true },   { "sya b", false }, { "  say c # d", true }, { "", true },
		      { "# e", true },     { "stop", true },   { "twice", true },       { "say $i", true },
		      { "end", true },     { "twice", true },  { "say $none", true },   { "end", false },
		      { "say \"f", false } };
	struct heard h = { .interrupted_at = 0 };
	struct language lang = LANGUAGE(&h);
	struct script s;
	struct err e = { 0 };

	script_init(&s, &lang, "prompt");
	s.recording = true;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++, s.stop = false)
		ok((script_line(&s, lines[i].line, &e) == 0) == lines[i].good, "%s: %s", lines[i].line,
		   lines[i].good ? "good" : "wrong");
	same_text(buf_text(&s.record), "say a\n  say c # d\n# e\ntwice\nsay $i\nend\n",
	          "what is kept: of a block that went wrong nothing");
	script_line(&s, "twice", &e);
	script_line(&s, "say g", &e);
	script_abandon(&s);
	ok(script_line(&s, "say h", &e) == 0, "a block is left, and the session goes on");
	script_abandon(&s);
	same_text(buf_text(&s.record), "say a\n  say c # d\n# e\ntwice\nsay $i\nend\nsay h\n", "without it");
	ok(s.commands == 9, "commands are counted, each round of a block anew");
	script_free(&s);
	buf_free(&h.said);
}

static void saves(const char *lines, const char *should, const char *what)
{
	char path[] = "/tmp/script_test.XXXXXX", is[200];
	int fd = mkstemp(path);
	struct script s = { .recording = true };
	struct err e = { 0 };
	FILE *f;

	buf_puts(&s.record, lines);
	ok(script_save(&s, path, &e) < 0, "what is there is not overwritten");
	same_text(strstr(err_text(&e), " cannot be written"),
	          " cannot be written (file exists); save under another name", "and it is said");
	close(fd);
	unlink(path);
	ok(script_save(&s, path, &e) == 0, "what is not there is");
	f = fopen(path, "r");
	is[f ? fread(is, 1, sizeof is - 1, f) : 0] = 0;
	same_text(is, should, what);
	if (f)
		fclose(f);
	unlink(path);
	script_free(&s);
}

static void of_blocks(void)
{
	struct heard h = { .interrupted_at = 0 };
	struct language lang = LANGUAGE(&h);
	struct script s;
	struct err e = { 0 };

	script_init(&s, &lang, "prompt");
	ok(!script_in_block(&s), "no block is open");
	script_line(&s, "twice", &e);
	ok(script_in_block(&s), "one is");
	script_line(&s, "say a", &e);
	script_abandon(&s);
	ok(!script_in_block(&s) && script_line(&s, "say b", &e) == 0, "it is forgotten");
	same_text(buf_text(&h.said), "[b]", "and its lines are not run");
	script_free(&s);
	buf_free(&h.said);
	claim("never\nsay a\nend\nsay b", "[b]", "no time at all");
	claim("twice\nstop\nsay a\nend\nsay b", "", "what stops inside stops the whole");
	claim("end", "x.lab:1: 'end' alone\n    end", "an end too many");
	claim("twice\ntwice\ntwice\ntwice\ntwice\ntwice\ntwice\ntwice\ntwice\ntwice\ntwice\ntwice\ntwice\ntwice\n"
	      "twice\ntwice\n\ntwice",
	      "x.lab:18: blocks may stand inside one another 16 deep, not deeper\n    twice", "blocks too deep");
}

/* The line of an error is shown as far as 76 bytes, and a form as far as 100. */
static void of_lengths(void)
{
	claim("me long", "x.lab:1: the port is missing: a number from 1 to 10 (ACTOR long " LONG_FORM "N)\n    me long",
	      "a form that is shown");
	claim("me longer", "x.lab:1: the port is missing: a number from 1 to 10\n    me longer", "one that is not");
	claim("sya 56789 123456789 123456789 123456789 123456789 123456789 123456789 123456",
	      "x.lab:1: there is no verb 'sya'; did you mean 'say'?\n"
	      "    sya 56789 123456789 123456789 123456789 123456789 123456789 123456789 123456",
	      "a line that is shown whole");
	claim("sya 56789 123456789 123456789 123456789 123456789 123456789 123456789 1234567",
	      "x.lab:1: there is no verb 'sya'; did you mean 'say'?\n"
	      "    sya 56789 123456789 123456789 123456789 123456789 123456789 123456789 123456…",
	      "one that is not");
	claim("   sya\t\033", "x.lab:1: byte 0x1b is no text: is this file a scenario?", "an escape character");
	claim("say a\tb\r", "[a][b]", "tabs and carriage returns are text");
	claim("\xef\xbb\xbfsay a", "[a]", "a byte order mark is passed over");
}

static void of_subjects(void)
{
	claim("me", "x.lab:1: what shall me do? A verb is missing\n    me", "a subject alone");
	claim("me port 3 4", "x.lab:1: nothing is expected here, but '4' follows (ACTOR port N)\n    me port 3 4",
	      "a word too many");
	claim("me say a", "x.lab:1: 'say' stands first in its line, no actor before it; write 'say a'\n    me say a",
	      "a plain verb is none of a subject");
	claim("port 3", "x.lab:1: who ports? An actor is named before its verb; write 'ACTOR port 3'\n    port 3",
	      "and the other way round");
}

static void of_names(void)
{
	static const char *const good[] = { "a", "_", "aB_9", "a234567890123456789012345678901234567890" },
				 *const bad[] = { "", "9", "a-b", "a b", "a234567890123456789012345678901234567890x" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(variable_name_ok(good[i]), "'%s' is a name", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(!variable_name_ok(bad[i]), "'%s' is none", bad[i]);
	ok(scenario_find("close") && streq(scenario_find("close")->name, "close"), "a scenario by its name");
	ok(!scenario_find("clos") && !scenario_find("close.lab"), "the whole name");
	same_text(scenario_title(scenario_find("handshake")),
	          "The three-way handshake, each packet held: SYN queue, accept queue, accept, and who owns what",
	          "its title");
	ok(!*scenario_title(&(struct scenario){ "x", "note \"x\"" }), "one without a title");
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
	of_recording();
	saves("say a\n", "title \"A session at the prompt\"\nsay a\n", "with a title");
	saves("title \"x\"\nsay a\n", "title \"x\"\nsay a\n", "or with its own");
	of_blocks();
	of_lengths();
	of_subjects();
	of_names();
	return tap_done();
}
