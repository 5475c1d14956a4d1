/* SPDX-License-Identifier: MIT
 * Option rows: what each kind of value becomes, where its bounds are, and in which words it is refused. */
#include "base/opt.h"
#include "base/tap.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#if LONG_MAX > INT32_MAX
#define LONGEST  "9223372036854775807"
#define TOO_LONG "9223372036854775808"
#else
#define LONGEST  "2147483647"
#define TOO_LONG "2147483648"
#endif

struct wanted {
	bool flag, other;
	const char *text;
	uint8_t tiny;
	uint8_t behind_tiny; /* a number that is stored too wide would be seen here */
	uint16_t port;
	uint16_t behind_port;
	int32_t pid;
	uint32_t behind_pid;
	long big;
	struct span window, pause;
	enum { RED, GREEN, BLUE } colour;
	struct buf words;
	const char *called;
	const char *word;
	int rest;
};

static const char *const colours[] = { "red", "green", "blue", NULL };

static int call(void *ctx, const char *value, struct err *e)
{
	struct wanted *w = ctx;

	w->called = value;
	return streq(value, "bad") ? err_set(e, "%s is bad", value) : 0;
}

static int take_rest(void *ctx, int argc, char **argv, struct err *e)
{
	struct wanted *w = ctx;

	w->rest = argc;
	w->word = argv[0];
	return argc > 3 ? err_set(e, "too much") : 0;
}

static const struct opt rows[] = {
	{ 'f', "flag", NULL, "A flag", TO_FLAG(struct wanted, flag) },
	{ 0, "other", NULL, "Another", TO_FLAG(struct wanted, other) },
	{ 't', "text", "TEXT", "A text", TO_TEXT(struct wanted, text) },
	{ 0, "tiny", "N", "A byte", TO_NUMBER(struct wanted, tiny, 3, 255) },
	{ 0, "port", "PORT", "Two bytes", TO_NUMBER(struct wanted, port, 1, 65535) },
	{ 'p', "pid", "PID", "Four bytes", TO_NUMBER(struct wanted, pid, 1, INT32_MAX), .advice = "ask ps" },
	{ 0, "big", "N", "Eight bytes", TO_NUMBER(struct wanted, big, -5, LONG_MAX) },
	{ 'w', "window", "TIME", "A time", TO_SPAN(struct wanted, window, 100), .zero = "0 for none" },
	{ 0, "pause", "TIME", "A time", TO_SPAN(struct wanted, pause, 100) },
	{ 0, "colour", "COLOUR", "A choice", TO_CHOICE(struct wanted, colour, colours) },
	{ 'a', "add", "WORD", "Words", TO_WORDS(struct wanted, words) },
	{ '4', "ipv4", NULL, "A given word", TO_WORDS(struct wanted, words), .given = "family inet" },
	{ 'c', "call", "WHAT", "A function", TO_CALL(call) },
	{ 'g', "give", NULL, "A function that is given a value", TO_CALL(call), .given = "given" },
	{ 'n', "nothing", NULL, "Nothing", TO_NOTHING },
	{ 0 },
};

static const struct opt_command one_word = {
	"test", "[WORD]", "A test", rows, { .name = "word", TO_TEXT(struct wanted, word) }, NULL
};
static const struct opt_command many_words = {
	"test", "[WORD]", "A test", rows, { .name = "word", TO_WORDS(struct wanted, words) }, NULL
};
static const struct opt_command with_rest = { "test", "PROGRAM", "A test", rows, { 0 }, take_rest };

/* Splits a line at its blanks, and parses it. */
static int parse(const struct opt_command *cmd, struct wanted *w, const char *line, struct err *e)
{
	static char text[256];
	char *argv[16] = { "test" }, *rest;
	int argc = 1;

	snprintf(text, sizeof text, "%s", line);
	*w = (struct wanted){ .behind_tiny = 77, .behind_port = 7777, .behind_pid = 77777777 };
	*e = (struct err){ 0 };
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	return opt_parse(cmd, argc, argv, w, e);
}

static void good(const char *line, bool so(const struct wanted *w))
{
	struct wanted w;
	struct err e;
	int rc = parse(&one_word, &w, line, &e);

	ok(rc == 0 && so(&w), "%s", line);
	if (rc)
		printf("# %s\n", err_text(&e));
	buf_free(&w.words);
}

static void bad(const struct opt_command *cmd, const char *line, const char *sentence)
{
	struct wanted w;
	struct err e;

	ok(parse(cmd, &w, line, &e) == -1, "%s is refused", line);
	same_text(err_text(&e), sentence, line);
	buf_free(&w.words);
}

/* --- what they become ------------------------------------------------------------------------------------ */

static bool no_flag(const struct wanted *w)
{
	return !w->flag && !w->other;
}
static bool flag(const struct wanted *w)
{
	return w->flag && !w->other;
}
static bool both_flags(const struct wanted *w)
{
	return w->flag && w->other;
}
static bool second_text(const struct wanted *w)
{
	return streq(w->text, "b");
}
static bool tiny_least(const struct wanted *w)
{
	return w->tiny == 3 && w->behind_tiny == 77;
}
static bool tiny_most(const struct wanted *w)
{
	return w->tiny == 255 && w->behind_tiny == 77;
}
static bool port_most(const struct wanted *w)
{
	return w->port == 65535 && w->behind_port == 7777;
}
static bool pid_most(const struct wanted *w)
{
	return w->pid == INT32_MAX && w->behind_pid == 77777777;
}
static bool big_least(const struct wanted *w)
{
	return w->big == -5;
}
static bool big_most(const struct wanted *w)
{
	return w->big == LONG_MAX;
}
static bool window_0(const struct wanted *w)
{
	return w->window.ns == 0;
}
static bool window_5s(const struct wanted *w)
{
	return w->window.ns == 5000000000;
}
static bool window_100ms(const struct wanted *w)
{
	return w->window.ns == 100000000;
}
static bool window_day(const struct wanted *w)
{
	return w->window.ns == 86400000000000;
}
static bool blue(const struct wanted *w)
{
	return w->colour == BLUE && w->words.len == 0;
}
static bool three_words(const struct wanted *w)
{
	return streq(buf_text(&w->words), "x family inet y");
}
static bool called(const struct wanted *w)
{
	return streq(w->called, "it");
}
static bool called_with_given(const struct wanted *w)
{
	return streq(w->called, "given");
}
static bool word_between(const struct wanted *w)
{
	return w->flag && w->other && streq(w->word, "here");
}

static void values(void)
{
	good("", no_flag);
	good("-f", flag);
	good("--flag --other -n", both_flags);
	good("--text a -t b", second_text);
	good("--tiny 3", tiny_least);
	good("--tiny=255", tiny_most);
	good("--port 65535", port_most);
	good("-p 2147483647", pid_most);
	good("--big=-5", big_least);
	good("--big " LONGEST, big_most);
	good("--window 0", window_0);
	good("-w 0s", window_0);
	good("-w 5", window_5s);
	good("-w 5s", window_5s);
	good("-w 100ms", window_100ms);
	good("-w 24h", window_day);
	good("-w 86400", window_day);
	good("--colour BLUE", blue);
	good("-a x -4 -a y", three_words);
	good("-c it", called);
	good("-g", called_with_given);
	good("-f here --other", word_between);
}

/* --- what is refused ------------------------------------------------------------------------------------- */

static void refusals(void)
{
	static const char *const times[] = { "soon", "", "99ms", "86401", "25h", "-1s", "5sec" };

	bad(&one_word, "--tiny 2", "--tiny is a number from 3 to 255, not '2'");
	bad(&one_word, "--tiny 256", "--tiny is a number from 3 to 255, not '256'");
	bad(&one_word, "--tiny 5x", "--tiny is a number from 3 to 255, not '5x'");
	bad(&one_word, "--port=-1", "--port is a number from 1 to 65535, not '-1'");
	bad(&one_word, "-p 0", "--pid is a number from 1 to 2147483647, not '0'; ask ps");
	bad(&one_word, "-p 4294967297", "--pid is a number from 1 to 2147483647, not '4294967297'; ask ps");
	bad(&one_word, "-p 18446744073709551617",
	    "--pid is a number from 1 to 2147483647, not '18446744073709551617'; ask ps");
	bad(&one_word, "--big=-6", "--big is a number from -5 to " LONGEST ", not '-6'");
	bad(&one_word, "--big " TOO_LONG, "--big is a number from -5 to " LONGEST ", not '" TOO_LONG "'");
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		struct buf line = { 0 }, sentence = { 0 };

		buf_addf(&line, "--window=%s", times[i]);
		buf_addf(&sentence, "--window is a time from 100ms to 24h, as 500ms, 5s or 2m, or 0 for none, not '%s'",
		         times[i]);
		bad(&one_word, buf_text(&line), buf_text(&sentence));
		buf_free(&line);
		buf_free(&sentence);
	}
	bad(&one_word, "--pause 0", "--pause is a time from 100ms to 24h, as 500ms, 5s or 2m, not '0'");
	bad(&one_word, "--colour pink", "--colour is red, green or blue, not 'pink'");
	bad(&one_word, "--colour blu", "--colour is red, green or blue, not 'blu'");
	bad(&one_word, "-c bad", "bad is bad");
	bad(&one_word, "one two", "one word at a time: 'one' and 'two'");
}

/* The first refusal is the one that is told. */
static void first_refusal(void)
{
	bad(&one_word, "--tiny 1 --port 0 one two", "--tiny is a number from 3 to 255, not '1'");
}

/* What getopt_long() would have printed itself, in words of its own and raw. */
static void none_at_all(void)
{
	bad(&one_word, "--colr red", "there is no option '--colr'; did you mean '--colour'?");
	bad(&one_word, "--xyzzy", "there is no option '--xyzzy'; 'test --help' lists them");
	bad(&one_word, "--xyzzy=flag one", "there is no option '--xyzzy=flag'; 'test --help' lists them");
	bad(&one_word, "--p 3", "--p may be one of several options; 'test --help' lists them");
	bad(&one_word, "--flag=3", "--flag takes no value; write --flag alone");
	bad(&one_word, "--fla=3", "--flag takes no value; write --flag alone");
	bad(&one_word, "one --text", "--text is not complete; write --text=TEXT");
	bad(&one_word, "-t", "-t is not complete; write -t TEXT");
	bad(&one_word, "-ft", "-t is not complete; write -t TEXT");
	bad(&one_word, "-z", "there is no option '-z'; 'test --help' lists them");
	bad(&one_word, "-fz", "there is no option '-z'; 'test --help' lists them");
	bad(&one_word, "-zf", "there is no option '-z'; 'test --help' lists them");
	bad(&one_word, "-f -zf one", "there is no option '-z'; 'test --help' lists them");
	bad(&one_word, "-tz -n -q", "there is no option '-q'; 'test --help' lists them");
	bad(&with_rest, "-f --flg prog --also", "there is no option '--flg'; did you mean '--flag'?");
}

/* --- help ------------------------------------------------------------------------------------------------ */

static void asks(const char *line, int rc)
{
	struct wanted w;
	struct err e;

	ok(parse(&one_word, &w, line, &e) == rc, "%s asks for help", line);
	buf_free(&w.words);
}

static void help(void)
{
	struct buf out = { 0 };

	asks("--help", OPT_HELP);
	asks("-h", OPT_HELP);
	asks("-?", OPT_HELP);
	asks("one --help two --nosuch", OPT_HELP);
	asks("-fh", OPT_HELP);
	asks("--usage", OPT_USAGE);
	asks("--version", OPT_VERSION);
	asks("-fV word", OPT_VERSION);
	opt_help(&one_word, OPT_HELP, &out);
	ok(strncmp(buf_text(&out), "Usage: test [OPTION...] [WORD]\nA test\n\n", 39) == 0,
	   "how it is called, and what it does");
	ok(strstr(buf_text(&out), "\n  -f, --flag                 A flag\n"), "an option");
	ok(strstr(buf_text(&out), "\n      --port=PORT            Two bytes\n"), "and one that wants a value");
	ok(strstr(buf_text(&out), "\n  -?, --help                 Give this help list\n"), "help itself");
	buf_clear(&out);
	opt_help(&one_word, OPT_USAGE, &out);
	ok(strncmp(buf_text(&out), "Usage: test [-", 14) == 0 && strstr(buf_text(&out), "[--port=PORT]"),
	   "the short form");
	buf_free(&out);
}

/* --- words ----------------------------------------------------------------------------------------------- */

static void words(void)
{
	struct wanted w;
	struct err e;

	ok(parse(&many_words, &w, "state listen -f sport", &e) == 0 && w.flag, "many words, an option between them");
	same_text(buf_text(&w.words), "state listen sport", "in their order");
	buf_free(&w.words);
	ok(parse(&with_rest, &w, "-f prog --other x", &e) == 0 && w.flag, "somebody else's command line");
	ok(w.rest == 3 && streq(w.word, "prog") && !w.other, "is whole, with its options");
	bad(&with_rest, "prog a b c", "too much");
}

/* --- the manual page ------------------------------------------------------------------------------------- */

static void manual(void)
{
	struct buf out = { 0 };

	opt_manual(rows, &out);
	ok(strstr(out.text, ".It Fl f , Fl -flag\nA flag.\n"), "an option with a letter in the manual page");
	ok(strstr(out.text, ".It Fl -tiny Ns = Ns Ar N\nA byte.\n"), "one without, with its argument");
	ok(strstr(out.text, ".It Fl n , Fl -nothing\nNothing.\n.El\n"), "the last one, and the end");
	buf_free(&out);
}

int main(void)
{
	values();
	refusals();
	first_refusal();
	none_at_all();
	help();
	words();
	manual();
	return tap_done();
}
