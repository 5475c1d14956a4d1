/* SPDX-License-Identifier: MIT
 * Text in its place, bars, and the grid of characters. */
#include "screen/screen.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

/* --- text ---------------------------------------------------------------------------------------------- */

/* How many bytes of it fit into `width` columns. */
static size_t bytes_that_fit(const char *text, size_t width)
{
	size_t at = 0, n = strlen(text), used = 0;

	while (at < n) {
		size_t len = text_char(text + at, n - at);
		char one[8] = "";

		len = len ? len : 1;
		memcpy(one, text + at, len);
		used += text_width(one);
		if (used > width)
			break;
		at += len;
	}
	return at;
}

static size_t put_shown(const struct screen *s, size_t row, size_t col, size_t width, const char *text, unsigned look)
{
	size_t free = col < s->cols ? s->cols - col : 0, is = text_width(text);
	struct buf cut = { 0 };

	width = width < free ? width : free;
	if (row >= s->rows || width == 0 || !*text)
		return 0;
	if (is <= width) {
		s->put(s->ctx, row, col, text, look);
		return is;
	}
	buf_add(&cut, text, bytes_that_fit(text, width - 1));
	buf_puts(&cut, s->utf8 ? "…" : ">");
	s->put(s->ctx, row, col, buf_text(&cut), look);
	buf_free(&cut);
	return width;
}

size_t screen_put(const struct screen *s, size_t row, size_t col, size_t width, const char *text, unsigned look)
{
	struct buf shown = { 0 };
	size_t took;

	text_escape(&shown, text, strlen(text));
	took = put_shown(s, row, col, width, buf_text(&shown), look);
	buf_free(&shown);
	return took;
}

size_t screen_put_right(const struct screen *s, size_t row, size_t col, size_t width, const char *text, unsigned look)
{
	size_t is = text_width(text), before = is < width ? width - is : 0;

	screen_put(s, row, col + before, width - before, text, look);
	return width;
}

void screen_line(const struct screen *s, size_t row, const char *text, unsigned look)
{
	struct buf line = { 0 };

	text_pad(&line, text, s->cols);
	screen_put(s, row, 0, s->cols, buf_text(&line), look);
	buf_free(&line);
}

/* --- bars ---------------------------------------------------------------------------------------------- */

void screen_bar(struct buf *out, bool utf8, size_t width, uint64_t value, uint64_t most)
{
	size_t full = value >= most ? (value ? width : 0) : (size_t)(value * width / most);

	if (value && !full)
		full = 1;
	buf_repeat(out, utf8 ? "█" : "#", full);
	buf_repeat(out, utf8 ? "░" : "-", width - full);
}

enum { EIGHTHS = 8, FIFTHS = 5 };
static const char *const blocks[EIGHTHS] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char *const marks[FIFTHS] = { ".", ":", "-", "=", "#" };

void screen_spark(struct buf *out, bool utf8, const uint32_t *values, size_t n)
{
	uint64_t most = 1, steps = utf8 ? EIGHTHS : FIFTHS;

	for (size_t i = 0; i < n; i++)
		most = values[i] > most ? values[i] : most;
	for (size_t i = 0; i < n; i++) {
		uint64_t step = values[i] ? (values[i] * steps - 1) / most : 0;

		buf_puts(out, !values[i] ? " " : utf8 ? blocks[step] : marks[step]);
	}
}

/* --- the grid ------------------------------------------------------------------------------------------ */

static struct grid_cell *cell_at(const struct grid *g, size_t row, size_t col)
{
	return &g->cells[row * g->screen.cols + col];
}

static void put(void *ctx, size_t row, size_t col, const char *text, unsigned look)
{
	struct grid *g = ctx;

	(void)look;
	for (size_t n = strlen(text); n > 0 && col < g->screen.cols;) {
		size_t len = text_char(text, n);
		struct grid_cell *c = cell_at(g, row, col);

		len = len ? len : 1;
		*c = (struct grid_cell){ "" };
		memcpy(c->text, text, len);
		col += text_width(c->text);
		text += len;
		n -= len;
	}
}

void grid_open(struct grid *g, size_t rows, size_t cols, bool utf8)
{
	g->cells = xcalloc(rows * cols, sizeof *g->cells);
	g->screen = (struct screen){ g, rows, cols, utf8, put };
}

/* Behind a wide character nothing is added: it takes that column itself. */
static void add_row(struct buf *out, const struct grid *g, size_t row)
{
	size_t end = out->len;

	for (size_t col = 0; col < g->screen.cols; col++) {
		const char *text = cell_at(g, row, col)->text;

		buf_puts(out, *text ? text : " ");
		if (*text && text_width(text) == 2)
			col++;
		if (*text && *text != ' ')
			end = out->len;
	}
	out->len = end;
	buf_puts(out, "\n");
}

void grid_add(struct buf *out, const struct grid *g)
{
	for (size_t row = 0; row < g->screen.rows; row++)
		add_row(out, g, row);
	while (out->len > 1 && out->text[out->len - 1] == '\n' && out->text[out->len - 2] == '\n')
		out->text[--out->len] = 0;
}

void grid_close(struct grid *g)
{
	free(g->cells);
	g->cells = NULL;
}
