/* SPDX-License-Identifier: MIT
 * What the output can show, and a terminal that is as before whatever ends the program. */
#include "base/child_test.h"
#include "base/interrupt.h"
#include "base/tap.h"
#include "base/term.h"

#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* --- ends ----------------------------------------------------------------------------------------------------- */

static void make_raw(void)
{
	struct termios t;

	tcgetattr(STDIN_FILENO, &t);
	cfmakeraw(&t);
	tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

static void end_by_exit(void)
{
	exit(3);
}

/* The second signal comes when the first one's time is over. */
static void end_by_signals(void)
{
	int fd = interrupt_open();

	raise(SIGQUIT);
	interrupt_wait(-1, instant_after(clock_now(), (struct span){ INTERRUPT_BURST.ns + 50000000 }));
	raise(SIGQUIT);
	_exit(fd);
}

/* A child that ends says nothing of the terminal: its parent is at work there. */
static void end_after_child(void)
{
	struct termios t;
	pid_t child = fork();

	if (child == 0)
		exit(0);
	waitpid(child, NULL, 0);
	tcgetattr(STDIN_FILENO, &t);
	_exit(t.c_lflag & ICANON ? 1 : 0);
}

static const struct {
	void (*end)(void);
	int status;       /* as waitpid() has it */
	const char *said; /* on the terminal */
	bool restored;
	const char *what;
} ways[] = {
	{ end_by_exit, 3 << 8, "", true, "exit()" },
	{ end_by_signals, SIGQUIT, "LEAVE", true, "a second signal" },
	{ end_after_child, 0, "", false, "the end of a child" },
};

static void one_way(size_t i)
{
	struct termios before, after;
	char said[64] = "";
	int master, status;
	pid_t pid;
	size_t n = 0;

	pid = forkpty(&master, NULL, NULL, NULL);
	if (pid == 0) {
		term_keep("LEAVE");
		make_raw();
		if (write(STDOUT_FILENO, "!", 1) == 1)
			ways[i].end();
		_exit(99);
	}
	tcgetattr(master, &before);
	before.c_lflag |= ICANON | ECHO | ISIG; /* as a terminal is made */
	waitpid(pid, &status, 0);
	tcgetattr(master, &after);
	while (n + 1 < sizeof said && read(master, said + n, 1) == 1)
		n++;
	ok(status == ways[i].status, "%s: it ended so (%#x)", ways[i].what, (unsigned)status);
	same_text(said[0] == '!' ? said + 1 : said, ways[i].said, "what is written before");
	ok(((after.c_lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG)) == ways[i].restored,
	   "%s: the terminal is %s", ways[i].what, ways[i].restored ? "as before" : "left alone");
	close(master);
}

/* --- what it can show ----------------------------------------------------------------------------------------- */

static void widths(void)
{
	static const struct {
		const char *columns;
		size_t width;
	} rows[] = { { "80", 80 }, { "60", 60 },  { "59", 60 },    { "1", 60 },  { "500", 500 },
		     { "0", 100 }, { "-5", 100 }, { "wide", 100 }, { NULL, 100 } };
	int fd[2];

	if (pipe(fd) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].columns)
			setenv("COLUMNS", rows[i].columns, 1);
		else
			unsetenv("COLUMNS");
		ok(term_of(fd[1]).width == rows[i].width, "COLUMNS=%s is %zu columns",
		   rows[i].columns ? rows[i].columns : "(unset)", rows[i].width);
	}
	ok(!term_of(fd[1]).colour, "no colours into a pipe");
	close(fd[0]);
	close(fd[1]);
}

/* On a terminal of 132 columns. */
static void terminals(void)
{
	struct winsize ws = { .ws_col = 132, .ws_row = 24 };
	int master, slave;

	if (!ok(openpty(&master, &slave, NULL, NULL, &ws) == 0, "a terminal is made"))
		return;
	unsetenv("COLUMNS");
	unsetenv("NO_COLOR");
	ok(term_of(slave).width == 132, "a terminal is as wide as it says");
	ok(term_of(slave).colour, "and has colours");
	setenv("NO_COLOR", "", 1);
	ok(term_of(slave).colour, "NO_COLOR counts when it has a value (no-color.org)");
	setenv("NO_COLOR", "1", 1);
	ok(!term_of(slave).colour, "then it has none");
	setenv("COLUMNS", "70", 1);
	ok(term_of(slave).width == 70, "COLUMNS says more");
	close(master);
	close(slave);
}

static void tints(void)
{
	static const char *const codes[] = {
		[TINT_NONE] = "",          [TINT_DIM] = "\033[2m",    [TINT_BOLD] = "\033[1m",
		[TINT_GOOD] = "\033[32m",  [TINT_BAD] = "\033[1;31m", [TINT_HELD] = "\033[33m",
		[TINT_STATE] = "\033[36m", [TINT_NOTE] = "\033[3m"
	};
	struct term colour = { .colour = true }, plain = { .colour = false };

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		ok(streq(term_tint(&colour, (enum tint)i), codes[i]) && !*term_tint(&plain, (enum tint)i), "tint %zu",
		   i);
	ok(streq(term_plain(&colour), "\033[0m") && !*term_plain(&plain), "and its end");
}

int main(void)
{
	bool can = child_has_terminals();

	setvbuf(stdout, NULL, _IONBF, 0); /* what a child's exit() would write again */
	for (size_t i = 0; can && i < ARRAY_SIZE(ways); i++)
		one_way(i);
	widths();
	if (can)
		terminals();
	else
		tap_skip("no terminal can be made here: is /dev/pts mounted?");
	tints();
	return tap_done();
}
