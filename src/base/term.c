/* SPDX-License-Identifier: MIT
 * What the output can show. */
#include "base/term.h"
#include "base/interrupt.h"
#include "base/util.h"

#include <langinfo.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static size_t width_of(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize ws = { 0 };
	long w = columns ? strtol(columns, NULL, 10) : 0;

	if (w <= 0 && isatty(fd) && ioctl(fd, TIOCGWINSZ, &ws) == 0)
		w = ws.ws_col;
	if (w <= 0)
		return TERM_WIDE;
	return w < TERM_NARROW ? TERM_NARROW : (size_t)w;
}

struct term term_of(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return (struct term){
		.width = width_of(fd),
		.colour = isatty(fd) && !(no_color && *no_color),
		.utf8 = streq(nl_langinfo(CODESET), "UTF-8"),
		.screen = isatty(fd),
	};
}

bool term_can_wipe(int fd)
{
	const char *kind = getenv("TERM");

	return isatty(fd) && kind && *kind && !streq(kind, "dumb");
}

const char *term_tint(const struct term *t, enum tint tint)
{
	static const char *const code[] = {
		[TINT_NONE] = "",          [TINT_DIM] = "\033[2m",    [TINT_BOLD] = "\033[1m",
		[TINT_GOOD] = "\033[32m",  [TINT_BAD] = "\033[1;31m", [TINT_HELD] = "\033[33m",
		[TINT_STATE] = "\033[36m", [TINT_NOTE] = "\033[3m",
	};

	return t->colour ? code[tint] : "";
}

const char *term_plain(const struct term *t)
{
	return t->colour ? "\033[0m" : "";
}

/* --- as it was ------------------------------------------------------------------------------------------ */

static struct {
	struct termios modes;
	const char *leave;
	pid_t pid; /* whose terminal it is: a child ends without touching it */
} kept;

static void put_back(void)
{
	if (getpid() == kept.pid)
		tcsetattr(STDIN_FILENO, TCSANOW, &kept.modes);
}

/* In a signal's handler: both are among what POSIX allows there. */
static void put_back_at_once(void)
{
	if (kept.leave && write(STDOUT_FILENO, kept.leave, strlen(kept.leave)) < 0)
		return; /* nobody sees it */
	put_back();
}

void term_keep(const char *leave)
{
	bool first = kept.pid == 0;

	if (tcgetattr(STDIN_FILENO, &kept.modes) < 0)
		return;
	kept.leave = leave;
	kept.pid = getpid();
	interrupt_last_words(put_back_at_once);
	if (first)
		atexit(put_back);
}
