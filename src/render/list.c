/* SPDX-License-Identifier: MIT
 * Tables of sockets as text and CSV. */
#include "render/list.h"
#include "base/text.h"
#include "render/out.h"
#include "render/pieces.h"

#include <stdlib.h>

/* --- text ---------------------------------------------------------------------------------------------- */

/* Columns are as wide as in the first rows; a longer value moves what follows, it is never cut. */
enum { ROWS_MEASURED = 1000 };

/* "≥12.3 s", which stands in most rows: a character of three bytes, the rest ASCII. */
static bool has_bound(const char *s)
{
	if (strncmp(s, "≥", 3) != 0)
		return false;
	for (s += 3; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* Of the last value of a buffer, which ends with a NUL. Mostly it is ASCII. */
static size_t width_of(const char *s, size_t n)
{
	unsigned char all = 0;

	for (size_t i = 0; i < n; i++)
		all |= (unsigned char)s[i];
	if (all < 0x80)
		return n;
	return n < 24 && has_bound(s) ? n - 2 : text_width(s);
}

enum { TITLE = -1 };

/* As it may stand in a line: of several in one text nobody else can tell where a line ends, and where a name has a
 * '\n'. */
static void add_value(struct buf *out, const struct listing *l, enum column c, ssize_t index)
{
	size_t value = out->len;

	if (index == TITLE)
		buf_puts(out, column_info(c)->title);
	else
		cell_add(out, c, l->ev, (size_t)index, l->style);
	text_escape_from(out, value);
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
			add_value(&b, l, c, (ssize_t)l->rows[i].index);
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

/* Fills the value that begins at `begins` up to the column's width: blanks behind it, or moved in front of it. */
static void fill_up(struct buf *row, size_t begins, size_t width, enum column_side side)
{
	size_t len = row->len - begins, is = len ? width_of(row->text + begins, len) : 0;

	if (is >= width)
		return;
	blanks(row, width - is);
	if (side == LEFT || !len)
		return;
	memmove(row->text + begins + width - is, row->text + begins, len);
	memset(row->text + begins, ' ', width - is);
}

static void end_row(struct buf *out, size_t row)
{
	while (out->len > row && out->text[out->len - 1] == ' ')
		out->len--;
	buf_add(out, "\n", 1);
}

enum { INDENT = 6 };

/* The last value begins a line of its own when the row would be too wide. */
static void break_line(struct buf *out, size_t row, size_t value)
{
	char *text = xstrndup(out->text + value, out->len - value);

	out->len = value;
	end_row(out, row);
	blanks(out, INDENT);
	buf_puts(out, text);
	free(text);
}

static void add_row(struct buf *out, const struct listing *l, const struct list_widths *w, ssize_t index,
                    const char *mark)
{
	size_t row = out->len;

	buf_puts(out, mark);
	for (size_t k = 0; k < l->columns->n; k++) {
		enum column_side side = column_info(l->columns->all[k])->side;
		bool last = k + 1 == l->columns->n;
		size_t value;

		if (k)
			buf_add(out, " ", 1);
		value = out->len;
		add_value(out, l, l->columns->all[k], index);
		if (!last || side == RIGHT)
			fill_up(out, value, w->of[k], side);
		else if (k && l->width && width_of(out->text + row, out->len - row) > l->width)
			break_line(out, row, value);
	}
	end_row(out, row);
}

void list_titles(struct buf *out, const struct listing *l, const struct list_widths *w, const char *mark)
{
	add_row(out, l, w, TITLE, mark);
}

void list_row(struct buf *out, const struct listing *l, const struct list_widths *w, size_t index, const char *mark)
{
	add_row(out, l, w, (ssize_t)index, mark);
}

/* Rows lie anywhere: the ones to come are asked for while one is printed. (In a function of its own gcc 12 takes the
 * asking for something without effect, and leaves it out.) */
enum { AHEAD = 16, CACHE_LINE = 64 };

struct text_rows {
	const struct listing *l;
	struct list_widths w;
};

static void add_text_row(struct buf *out, const void *ctx, size_t row)
{
	const struct text_rows *t = ctx;
	const struct listing *l = t->l;
	const char *to_come = (const char *)&l->ev->socks[l->rows[row + AHEAD < l->n ? row + AHEAD : row].index];

	__builtin_prefetch(to_come);
	__builtin_prefetch(to_come + CACHE_LINE);
	__builtin_prefetch(to_come + sizeof(struct sock) - 1);
	list_row(out, l, &t->w, l->rows[row].index, "");
}

void list_text(FILE *out, const struct listing *l)
{
	struct text_rows t = { .l = l };
	struct buf b = { 0 };

	list_measure(l, &t.w);
	if (l->titles)
		list_titles(&b, l, &t.w, "");
	out_lines(out, buf_text(&b));
	print_rows(out, l->n, add_text_row, &t);
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

static void add_csv_row(struct buf *out, const void *ctx, size_t row)
{
	const struct listing *l = ctx;
	struct buf cell = { 0 };

	for (size_t k = 0; k < l->columns->n; k++) {
		buf_clear(&cell);
		cell_add(&cell, l->columns->all[k], l->ev, l->rows[row].index, l->style);
		text_escape_from(&cell, 0);
		buf_puts(out, k ? "," : "");
		quote_csv(out, buf_text(&cell));
	}
	buf_puts(out, "\r\n");
	buf_free(&cell);
}

/* Two of them say two things: for programs these are columns of their own. */
static struct columns plain_columns(const struct columns *from)
{
	struct columns cs = { .n = 0 };

	for (size_t k = 0; k < from->n; k++) {
		columns_add(&cs, from->all[k]);
		if (from->all[k] == COL_AGE)
			columns_add(&cs, COL_AGEIS);
		if (from->all[k] == COL_TIMER)
			columns_add(&cs, COL_TIMERLEFT);
	}
	return cs;
}

void list_csv(FILE *out, const struct listing *l)
{
	struct columns columns = plain_columns(l->columns);
	struct cell_style style = *l->style;
	struct listing plain = *l;
	struct buf titles = { 0 };

	style.plain = true;
	plain.style = &style;
	plain.columns = &columns;
	for (size_t k = 0; k < columns.n && l->titles; k++)
		buf_addf(&titles, "%s%s", k ? "," : "", column_info(columns.all[k])->word);
	buf_puts(&titles, l->titles ? "\r\n" : "");
	out_bytes(out, &titles);
	buf_free(&titles);
	print_rows(out, l->n, add_csv_row, &plain);
}
