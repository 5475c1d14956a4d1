/* SPDX-License-Identifier: MIT
 * Tables of sockets as text and CSV. */
#include "render/list.h"
#include "base/text.h"

#include <stdlib.h>

/* Output goes in pieces of this size. */
enum { PIECE = 65536 };

static void flush(FILE *out, struct buf *b, size_t when)
{
	if (b->len < when)
		return;
	fwrite(b->text, 1, b->len, out);
	buf_clear(b);
}

/* --- text ---------------------------------------------------------------------------------------------- */

/* Columns are as wide as in the first rows; a longer value moves what follows, it is never cut. */
enum { ROWS_MEASURED = 1000 };

static size_t width_of(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			return text_width(s);
	return n;
}

void list_measure(const struct listing *l, struct list_widths *w)
{
	struct buf b = { 0 };

	for (size_t k = 0; k < l->columns->n; k++) {
		enum column c = l->columns->all[k];

		w->of[k] = l->titles ? strlen(column_info(c)->title) : 1;
		for (size_t i = 0; i < l->n && i < ROWS_MEASURED; i++) {
			size_t width;

			buf_clear(&b);
			cell_add(&b, c, l->ev, l->rows[i].index, l->style);
			width = b.len ? width_of(b.text, b.len) : 0;
			w->of[k] = width > w->of[k] ? width : w->of[k];
		}
	}
	buf_free(&b);
}

static void blanks(struct buf *b, size_t n)
{
	static const char some[] = "                                ";

	for (; n > sizeof some - 1; n -= sizeof some - 1)
		buf_add(b, some, sizeof some - 1);
	buf_add(b, some, n);
}

/* Adds a value that stands at the end of `cell` to the row. */
static void place(struct buf *row, const struct buf *cell, size_t width, enum column_side side)
{
	size_t is = cell->len ? width_of(cell->text, cell->len) : 0, free = is < width ? width - is : 0;

	if (side == RIGHT)
		blanks(row, free);
	if (cell->len)
		buf_add(row, cell->text, cell->len);
	if (side == LEFT)
		blanks(row, free);
}

static void end_row(struct buf *row)
{
	while (row->len && row->text[row->len - 1] == ' ')
		row->text[--row->len] = 0;
	buf_add(row, "\n", 1);
}

enum { INDENT = 6 };

enum { TITLE = -1 };

static void add_row(struct buf *out, const struct listing *l, const struct list_widths *w, ssize_t index, const char *mark)
{
	static struct buf cell;
	size_t begins = out->len;

	buf_puts(out, mark);

	for (size_t k = 0; k < l->columns->n; k++) {
		const struct column_info *info = column_info(l->columns->all[k]);
		bool last = k + 1 == l->columns->n;

		buf_clear(&cell);
		if (index == TITLE)
			buf_puts(&cell, info->title);
		else
			cell_add(&cell, l->columns->all[k], l->ev, (size_t)index, l->style);
		if (k)
			buf_add(out, " ", 1);
		if (last && k && l->width && out->len - begins + cell.len > l->width) {
			end_row(out);
			blanks(out, INDENT);
		}
		place(out, &cell, last && info->side == LEFT ? 0 : w->of[k], info->side);
	}
	end_row(out);
}

void list_titles(struct buf *out, const struct listing *l, const struct list_widths *w, const char *mark)
{
	add_row(out, l, w, TITLE, mark);
}

void list_row(struct buf *out, const struct listing *l, const struct list_widths *w, size_t index, const char *mark)
{
	add_row(out, l, w, (ssize_t)index, mark);
}

/* Rows lie anywhere: the ones to come are asked for while one is printed. (In a function of its own gcc 12 takes the asking for
 * something without effect, and leaves it out.) */
enum { AHEAD = 16, CACHE_LINE = 64 };

void list_text(FILE *out, const struct listing *l)
{
	struct list_widths w;
	struct buf b = { 0 };

	list_measure(l, &w);
	if (l->titles)
		list_titles(&b, l, &w, "");
	for (size_t i = 0; i < l->n; i++) {
		const char *to_come = (const char *)&l->ev->socks[l->rows[i + AHEAD < l->n ? i + AHEAD : i].index];

		__builtin_prefetch(to_come);
		__builtin_prefetch(to_come + CACHE_LINE);
		list_row(&b, l, &w, l->rows[i].index, "");
		flush(out, &b, PIECE);
	}
	flush(out, &b, 1);
	buf_free(&b);
}

/* --- CSV ----------------------------------------------------------------------------------------------- */

static void quote_csv(struct buf *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		buf_puts(out, text);
		return;
	}
	buf_puts(out, "\"");
	for (; *text; text++) {
		if (*text == '"')
			buf_puts(out, "\"");
		buf_add(out, text, 1);
	}
	buf_puts(out, "\"");
}

void list_csv(FILE *out, const struct listing *l)
{
	struct buf b = { 0 }, cell = { 0 };

	for (size_t k = 0; k < l->columns->n && l->titles; k++)
		buf_addf(&b, "%s%s", k ? "," : "", column_info(l->columns->all[k])->word);
	buf_puts(&b, l->titles ? "\r\n" : "");
	for (size_t i = 0; i < l->n; i++) {
		for (size_t k = 0; k < l->columns->n; k++) {
			buf_clear(&cell);
			cell_add(&cell, l->columns->all[k], l->ev, l->rows[i].index, l->style);
			buf_puts(&b, k ? "," : "");
			quote_csv(&b, buf_text(&cell));
		}
		buf_puts(&b, "\r\n");
		flush(out, &b, PIECE);
	}
	flush(out, &b, 1);
	buf_free(&b);
	buf_free(&cell);
}
