/* SPDX-License-Identifier: MIT
 * What top draws on: a terminal through ncurses, or a grid of characters for --once. Who draws does not know which. */
#ifndef SCREEN_SCREEN_H
#define SCREEN_SCREEN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/term.h"

/* Beside an enum tint: the row under the cursor, a line of titles. */
enum { LOOK_SELECTED = 0x100, LOOK_TITLE = 0x200 };

struct screen {
	void *ctx;
	size_t rows, cols;
	bool utf8;
	/* `text` fits between `col` and the right edge. */
	void (*put)(void *ctx, size_t row, size_t col, const char *text, unsigned look);
};

/* A part of it, over the whole width. */
struct area {
	const struct screen *on;
	size_t row, rows;
};

/* Puts text into `width` columns at most, and no further than the edge; what does not fit ends with "…". How many
 * columns it took. All that is drawn comes through here, and what does not show is escaped (text_escape()). */
size_t screen_put(const struct screen *s, size_t row, size_t col, size_t width, const char *text, unsigned look);
size_t screen_put_right(const struct screen *s, size_t row, size_t col, size_t width, const char *text, unsigned look);

/* A whole line, blank behind the text. */
void screen_line(const struct screen *s, size_t row, const char *text, unsigned look);

/* A bar of `width` columns, full when value is at least `most`: "███░░"; "###--". */
void screen_bar(struct buf *out, bool utf8, size_t width, uint64_t value, uint64_t most);

/* One column for each value, the last one at the right: "▁▃█"; a blank for 0. */
void screen_spark(struct buf *out, bool utf8, const uint32_t *values, size_t n);

/* --- the grid ------------------------------------------------------------------------------------------ */

struct grid_cell {
	char text[8]; /* one character; "" is a blank, or the second column of a wide one */
};

struct grid {
	struct screen screen;
	struct grid_cell *cells;
};

void grid_open(struct grid *g, size_t rows, size_t cols, bool utf8);
void grid_add(struct buf *out,
              const struct grid *g); /* its lines, without blanks at their ends, without empty lines below */
void grid_close(struct grid *g);

/* --- the terminal -------------------------------------------------------------------------------------- */

/* Keys that are no characters; those are themselves, a byte at a time. */
enum screen_key {
	SCREEN_NO_KEY = -1,
	SCREEN_ESCAPE = 0x1000,
	SCREEN_UP,
	SCREEN_DOWN,
	SCREEN_LEFT,
	SCREEN_RIGHT,
	SCREEN_PAGE_UP,
	SCREEN_PAGE_DOWN,
	SCREEN_HOME,
	SCREEN_END,
	SCREEN_ENTER,
	SCREEN_BACKSPACE,
	SCREEN_TAB,
	SCREEN_BACK_TAB,
	SCREEN_RESIZED,
	SCREEN_REDRAW,
	SCREEN_F1,
	SCREEN_OTHER
};

/* Takes the terminal over: -1 with `e` filled if there is none, it is not known, or ncurses is not installed. It is
 * given back by curses_close(), and when the program exits in any other way. */
int curses_open(struct screen *s, bool colour, struct err *e);
void curses_close(void);

void curses_begin(struct screen *s); /* an empty picture, of the size the terminal has now */
void curses_show(void);              /* sends what has changed */
void curses_cursor(size_t row, size_t col);
void curses_hide_cursor(void);
void curses_redraw(void); /* next time everything is sent */
int curses_key(void);     /* never waits; SCREEN_NO_KEY: none is there */

#endif
