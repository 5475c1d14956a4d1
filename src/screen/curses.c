/* SPDX-License-Identifier: MIT
 * ncurses, by dlopen: only top needs it, and it would double the time every other command takes to start. */
#include "screen/screen.h"
#include "base/library.h"

#define NCURSES_NOMACROS
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct ncurses {
	SCREEN *(*new_term)(const char *, FILE *, FILE *);
	int (*end_win)(void);
	void (*del_screen)(SCREEN *);
	int (*c_break)(void);
	int (*no_echo)(void);
	int (*key_pad)(WINDOW *, bool);
	int (*no_delay)(WINDOW *, bool);
	int (*get_ch)(WINDOW *);
	int (*erase)(WINDOW *);
	int (*clear_ok)(WINDOW *, bool);
	int (*move)(WINDOW *, int, int);
	int (*add)(WINDOW *, const char *, int);
	int (*refresh)(WINDOW *);
	int (*attr_set)(WINDOW *, attr_t, short, void *);
	int (*max_x)(const WINDOW *);
	int (*max_y)(const WINDOW *);
	int (*cursor)(int);
	bool (*has_colours)(void);
	int (*start_colour)(void);
	int (*default_colours)(void);
	int (*pair)(short, short, short);
	int (*escape_delay)(int);
	int (*set_up_term)(const char *, int, int *);
	int (*forget_term)(void *); /* a TERMINAL: its header has a struct term of its own, as we have */
	char *(*capability)(const char *);
	void **described; /* cur_term */
	WINDOW **window;  /* stdscr */
} lib;

static SCREEN *terminal; /* NULL: not taken over */
static bool coloured;

/* --- loading ------------------------------------------------------------------------------------------- */

#define NCURSES(X)                                                                                                     \
	X(newterm, lib.new_term)                                                                                       \
	X(endwin, lib.end_win)                                                                                         \
	X(delscreen, lib.del_screen)                                                                                   \
	X(cbreak, lib.c_break)                                                                                         \
	X(noecho, lib.no_echo)                                                                                         \
	X(keypad, lib.key_pad)                                                                                         \
	X(nodelay, lib.no_delay)                                                                                       \
	X(wgetch, lib.get_ch)                                                                                          \
	X(werase, lib.erase)                                                                                           \
	X(clearok, lib.clear_ok)                                                                                       \
	X(wmove, lib.move)                                                                                             \
	X(waddnstr, lib.add)                                                                                           \
	X(wrefresh, lib.refresh)                                                                                       \
	X(wattr_set, lib.attr_set)                                                                                     \
	X(getmaxx, lib.max_x)                                                                                          \
	X(getmaxy, lib.max_y)                                                                                          \
	X(curs_set, lib.cursor)                                                                                        \
	X(has_colors, lib.has_colours)                                                                                 \
	X(start_color, lib.start_colour)                                                                               \
	X(use_default_colors, lib.default_colours)                                                                     \
	X(init_pair, lib.pair)                                                                                         \
	X(set_escdelay, lib.escape_delay)                                                                              \
	X(setupterm, lib.set_up_term)                                                                                  \
	X(tigetstr, lib.capability)                                                                                    \
	X(del_curterm, lib.forget_term)                                                                                \
	X(cur_term, lib.described)                                                                                     \
	X(stdscr, lib.window)
LIBRARY_SYMBOLS(symbols, NCURSES)

static bool load(void)
{
	return library_load(LIBRARY_CURSES, symbols, ARRAY_SIZE(symbols));
}

/* --- how it looks -------------------------------------------------------------------------------------- */

/* One pair of colours for each tint that has one; without colours the weight alone tells. */
static const struct {
	attr_t attr;
	short colour; /* -1: the terminal's own */
} looks[] = {
	[TINT_NONE] = { A_NORMAL, -1 },
	[TINT_DIM] = { A_DIM, -1 },
	[TINT_BOLD] = { A_BOLD, -1 },
	[TINT_GOOD] = { A_NORMAL, COLOR_GREEN },
	[TINT_BAD] = { A_BOLD, COLOR_RED },
	[TINT_HELD] = { A_NORMAL, COLOR_YELLOW },
	[TINT_STATE] = { A_NORMAL, COLOR_CYAN },
	[TINT_NOTE] = { A_NORMAL, -1 },
};

static void make_pairs(void)
{
	lib.start_colour();
	lib.default_colours();
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		if (looks[i].colour >= 0)
			lib.pair((short)(i + 1), looks[i].colour, -1);
}

static void set_look(unsigned look)
{
	unsigned tint = look & 0xff;
	attr_t attr = looks[tint].attr;

	if (look & LOOK_TITLE)
		attr |= A_UNDERLINE;
	if (look & LOOK_SELECTED)
		attr = (attr & ~A_DIM) | A_REVERSE;
	lib.attr_set(*lib.window, attr, coloured && looks[tint].colour >= 0 ? (short)(tint + 1) : 0, NULL);
}

static void put(void *ctx, size_t row, size_t col, const char *text, unsigned look)
{
	(void)ctx;
	set_look(look);
	lib.move(*lib.window, (int)row, (int)col);
	lib.add(*lib.window, text, -1);
}

/* --- taking the terminal over, and giving it back ------------------------------------------------------ */

static int refuse(struct err *e)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(e, "this is no terminal; try 'lastack top --once', or --json for programs");
	return err_set(e,
	               "ncurses cannot draw on a terminal '%.40s'; set TERM (TERM=xterm), or try 'lastack top --once'",
	               term ? term : "");
}

/* A slow line may deliver the bytes of one key in pieces, a person must not wait long for Esc. */
enum { ESCAPE_MS = 100 };

/* What the terminal is sent for that; "": it cannot. tigetstr() says -1 for what is no word of terminfo at all. */
static const char *capability(const char *word)
{
	const char *how = lib.capability(word);

	return how && how != (const char *)-1 ? how : "";
}

/* A terminal that is known and can move its cursor: "dumb" cannot. `leave`: what ends a picture on it. */
static bool can_draw(char *leave, size_t size)
{
	int error;
	bool can;

	if (lib.set_up_term(NULL, STDOUT_FILENO, &error) != OK)
		return false;
	can = *capability("cup");
	snprintf(leave, size, "%s%s", capability("rmcup"), capability("cnorm"));
	lib.forget_term(*lib.described); /* newterm() reads it itself */
	return can;
}

static void set_up(bool colour)
{
	lib.c_break();
	lib.no_echo();
	lib.key_pad(*lib.window, true);
	lib.no_delay(*lib.window, true);
	lib.cursor(0);
	if (!getenv("ESCDELAY"))
		lib.escape_delay(ESCAPE_MS);
	coloured = colour && lib.has_colours();
	if (coloured)
		make_pairs();
}

int curses_open(struct screen *s, bool colour, struct err *e)
{
	static bool registered;
	static char leave[64];

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return refuse(e);
	if (!load())
		return err_set(e, "%s is not installed, which draws the screen; %s, or try 'lastack top --once'",
		               library_name(LIBRARY_CURSES), library_advice(LIBRARY_CURSES));
	if (!can_draw(leave, sizeof leave))
		return refuse(e);
	term_keep(leave);
	terminal = lib.new_term(NULL, stdout, stdin);
	if (!terminal)
		return refuse(e);
	if (!registered)
		atexit(curses_close);
	registered = true;
	set_up(colour);
	*s = (struct screen){ .put = put, .utf8 = s->utf8 };
	return 0;
}

void curses_close(void)
{
	if (!terminal)
		return;
	lib.cursor(1);
	lib.end_win();
	lib.del_screen(terminal);
	terminal = NULL;
}

/* --- pictures ------------------------------------------------------------------------------------------ */

void curses_begin(struct screen *s)
{
	s->rows = (size_t)lib.max_y(*lib.window);
	s->cols = (size_t)lib.max_x(*lib.window);
	lib.erase(*lib.window);
}

void curses_show(void)
{
	lib.refresh(*lib.window);
}
void curses_redraw(void)
{
	lib.clear_ok(*lib.window, true);
}
void curses_hide_cursor(void)
{
	lib.cursor(0);
}

void curses_cursor(size_t row, size_t col)
{
	lib.cursor(1);
	lib.move(*lib.window, (int)row, (int)col);
}

/* --- keys ---------------------------------------------------------------------------------------------- */

static const struct {
	int theirs, ours;
} keys[] = {
	{ ERR, SCREEN_NO_KEY },         { 27, SCREEN_ESCAPE },
	{ KEY_UP, SCREEN_UP },          { KEY_DOWN, SCREEN_DOWN },
	{ KEY_LEFT, SCREEN_LEFT },      { KEY_RIGHT, SCREEN_RIGHT },
	{ KEY_PPAGE, SCREEN_PAGE_UP },  { KEY_NPAGE, SCREEN_PAGE_DOWN },
	{ KEY_HOME, SCREEN_HOME },      { KEY_END, SCREEN_END },
	{ KEY_ENTER, SCREEN_ENTER },    { '\r', SCREEN_ENTER },
	{ '\n', SCREEN_ENTER },         { KEY_BACKSPACE, SCREEN_BACKSPACE },
	{ 127, SCREEN_BACKSPACE },      { 8, SCREEN_BACKSPACE },
	{ '\t', SCREEN_TAB },           { KEY_BTAB, SCREEN_BACK_TAB },
	{ KEY_RESIZE, SCREEN_RESIZED }, { 12, SCREEN_REDRAW },
	{ KEY_F(1), SCREEN_F1 },
};

int curses_key(void)
{
	int key = lib.get_ch(*lib.window);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].theirs == key)
			return keys[i].ours;
	return key < 0x100 ? key : SCREEN_OTHER;
}
