/* SPDX-License-Identifier: MIT
 * Reading lines: without libedit from a pipe, with it from a terminal of this test's own, where Tab completes. */
#include "session/edit.h"
#include "session/terminal_test.h"

#include <sys/resource.h>

/* What the editor is told at each question: R reads, D drops, E ends; at the end of the text it reads on. */
static const char *answers = "";

static enum editor_wait wait_for_key(void *ctx)
{
	char is = *answers;

	(void)ctx;
	answers += is != 0;
	return is == 'D' ? EDITOR_DROPS : is == 'E' ? EDITOR_ENDS : EDITOR_READS;
}

/* "list" is told twice, as a verb of two groups is. */
static void complete(void *ctx, const char *line, void (*add)(void *to, const char *word), void *to)
{
	static const char *const words[] = { "list",     "listen", "listener", "list", "hold", "quit",
		                             "listless", "twice",  "twice",    "abcd", "abce", "abx" };

	(void)ctx;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		add(to, words[i]);
	if (strncmp(line, "quit ", 5) == 0)
		add(to, "now");
}

static const struct editor_hooks hooks = { .wait = wait_for_key, .complete = complete };

static void type_in(int keys, const char *text)
{
	if (write(keys, text, strlen(text)) != (ssize_t)strlen(text))
		_exit(1);
}

/* --- without libedit ------------------------------------------------------------------------------------- */

static void line_is(struct editor *e, const char *should, const char *what)
{
	const char *line = editor_line(e);

	same_text(line ? line : "(the end)", should, what);
}

/* Where no file can be opened no library can be loaded. */
static struct editor *open_without(void)
{
	struct rlimit was, none;
	struct editor *e;

	getrlimit(RLIMIT_NOFILE, &was);
	none = was;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	e = editor_open("", hooks);
	setrlimit(RLIMIT_NOFILE, &was);
	return e;
}

static void plain_lines(void)
{
	struct editor *e = open_without();
	int ends[2];

	if (pipe(ends) < 0 || dup2(ends[0], STDIN_FILENO) < 0)
		exit(1);
	ok(!editor_is_full(e), "without libedit lines are read as they come");
	type_in(ends[1], "server listen 7777\n\n  x \n");
	line_is(e, "server listen 7777", "a line");
	line_is(e, "", "an empty one");
	line_is(e, "  x ", "one with its blanks");
	type_in(ends[1], " word\nnext\n");
	answers = "RRRD";
	line_is(e, "rd", "what was typed before Ctrl-C is thrown away");
	line_is(e, "next", "what comes after it is not");
	type_in(ends[1], "half");
	close(ends[1]);
	line_is(e, "half", "a last line without its newline");
	line_is(e, "(the end)", "then there is no more");
	answers = "E";
	line_is(e, "(the end)", "nor when it is told to end");
	editor_close(e);
	close(ends[0]);
}

/* --- with it --------------------------------------------------------------------------------------------- */

/* Reads lines from the terminal and tells each. */
static void be_prompt(int to)
{
	struct editor *e = editor_open("> ", hooks);
	const char *line;

	if (!editor_is_full(e))
		_exit(3);
	while ((line = editor_line(e)) && !streq(line, "done"))
		dprintf(to, "%s\n", line);
	editor_close(e);
	_exit(0);
}

static const struct {
	const char *typed, *line, *what;
} rows[] = {
	{ "hold\n", "hold", "a word as it is typed" },
	{ "ho\t\n", "hold ", "a word that is the only one gets a blank" },
	{ "li\t\n", "list", "several are completed as far as they are alike" },
	{ "liste\t\n", "listen", "a longer part" },
	{ "listener\t\n", "listener ", "the longest of them is the only one" },
	{ "tw\t\n", "twice ", "one that is told twice is one" },
	{ "a\t\n", "ab", "the last of three is less alike" },
	{ "x\t\n", "x", "what nothing begins like stays" },
	{ "list ho\t\n", "list hold ", "the last word counts" },
	{ "quit n\t\n", "quit now ", "and what stands before it" },
	{ "Hold\bd\n", "Hold", "a character is taken back" },
	{ "abc\025d\n", "d", "Ctrl-U takes the line back" },
	{ "first\n", "first", "a line" },
	{ "\020\n", "first", "Ctrl-P is the line before" },
	{ "done\n", "", "the end" },
};

static void lines_on_a_terminal(void)
{
	struct terminal t;
	int code;

	if (!terminal_open(&t, be_prompt)) {
		ok(true, "no terminal can be made here # SKIP");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		terminal_type(&t, rows[i].typed);
	for (size_t i = 0; i + 1 < ARRAY_SIZE(rows); i++) {
		const char *line = terminal_told(&t);

		if (!streq(line, "(nothing)"))
			same_text(line, rows[i].line, rows[i].what);
	}
	code = terminal_close(&t);
	if (code == 3)
		ok(true, "libedit is not installed # SKIP");
	else
		ok(code == 0, "it ends (%d)", code);
}

int main(void)
{
	lines_on_a_terminal();
	plain_lines();
	return tap_done();
}
