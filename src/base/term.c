/* SPDX-License-Identifier: MIT
 * What the output can show. */
#include "base/term.h"
#include "base/util.h"

#include <langinfo.h>
#include <stdlib.h>
#include <sys/ioctl.h>
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
	};
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
