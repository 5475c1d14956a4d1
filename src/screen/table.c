/* SPDX-License-Identifier: MIT
 * Rows of a view, drawn: only those that are seen are made into text. And text to scroll. */
#include "screen/top_internal.h"
#include "base/text.h"

#include <stdlib.h>

/* --- tables -------------------------------------------------------------------------------------------- */

static void add_value(struct buf *out, const struct top *t, enum view_is v, const struct view_column *c, uint32_t row)
{
	const struct evidence *ev;
	size_t index;

	if (c->add) {
		c->add(out, t, row);
		return;
	}
	ev = views[v].socket(t, row, &index);
	cell_add(out, c->cell, ev, index, &t->style);
}

static void measure(struct top *t, enum view_is v, const struct view_table *table, size_t rows)
{
	struct view_list *l = &t->lists[v];
	struct buf value = { 0 };

	for (size_t k = 0; k < table->n; k++) {
		size_t width = text_width(table->all[k].title);

		l->widths[k] = width > l->widths[k] ? width : l->widths[k];
		for (size_t i = l->first; i < l->n && i < l->first + rows; i++) {
			buf_clear(&value);
			add_value(&value, t, v, &table->all[k], l->rows[i].index);
			width = text_width(buf_text(&value));
			l->widths[k] = width > l->widths[k] ? width : l->widths[k];
		}
	}
	buf_free(&value);
}

static size_t put_value(const struct screen *s, size_t row, size_t col, size_t width, enum column_side side,
                        const char *text, unsigned look)
{
	if (side == RIGHT)
		screen_put_right(s, row, col, width, text, look);
	else
		screen_put(s, row, col, width, text, look);
	return col + width + 1;
}

static void draw_titles(struct area a, const struct view_list *l, const struct view_table *table)
{
	size_t col = 0;

	for (size_t k = l->skip; k < table->n && col < a.on->cols; k++)
		col = put_value(a.on, a.row, col, l->widths[k], table->all[k].side, table->all[k].title, TINT_BOLD);
}

static void draw_row(struct area a, size_t at, struct top *t, enum view_is v, const struct view_table *table, size_t i,
                     bool selected)
{
	const struct view_list *l = &t->lists[v];
	unsigned look = views[v].look ? views[v].look(t, l->rows[i].index) : TINT_NONE;
	struct buf value = { 0 };
	size_t col = 0;

	if (selected) {
		look |= LOOK_SELECTED;
		screen_line(a.on, a.row + at, "", look);
	}
	for (size_t k = l->skip; k < table->n && col < a.on->cols; k++) {
		buf_clear(&value);
		add_value(&value, t, v, &table->all[k], l->rows[i].index);
		col = put_value(a.on, a.row + at, col, l->widths[k], table->all[k].side, buf_text(&value), look);
	}
	buf_free(&value);
}

static void scroll_to_cursor(struct view_list *l, size_t rows)
{
	if (l->at < l->first)
		l->first = l->at;
	if (rows && l->at >= l->first + rows)
		l->first = l->at - rows + 1;
	if (l->first + rows > l->n) /* no empty lines below while there are rows above */
		l->first = l->n > rows ? l->n - rows : 0;
}

void table_draw(struct area a, struct top *t, enum view_is v, bool cursor)
{
	struct view_list *l = &t->lists[v];
	struct view_table table = { .n = 0 };
	size_t rows = a.rows ? a.rows - 1 : 0;

	view_refresh(t, v);
	views[v].columns(t, &table);
	if (cursor)
		scroll_to_cursor(l, rows);
	else
		l->first = 0;
	if (l->skip >= table.n)
		l->skip = table.n - 1;
	measure(t, v, &table, rows);
	if (a.rows)
		draw_titles(a, l, &table);
	for (size_t i = 0; i < rows && l->first + i < l->n; i++)
		draw_row(a, i + 1, t, v, &table, l->first + i, cursor && l->first + i == l->at);
	if (!l->n && rows)
		screen_put(a.on, a.row + 1, 0, a.on->cols, views[v].empty, TINT_DIM);
}

/* --- text to scroll ------------------------------------------------------------------------------------ */

static void add_line(struct screen_lines *ls, unsigned look, size_t indent, const char *text, size_t n)
{
	ls->all = grow(ls->all, ls->n, &ls->cap, sizeof *ls->all);
	ls->all[ls->n++] = (struct screen_line){ ls->text.len, look };
	buf_repeat(&ls->text, " ", indent);
	buf_add(&ls->text, text, n);
	buf_add(&ls->text, "", 1);
}

void lines_add(struct screen_lines *ls, unsigned look, size_t indent, const char *text)
{
	size_t before = 0;

	do {
		const char *rest;
		size_t n = text_wrap(text, ls->width > before ? ls->width - before : 1, &rest);

		add_line(ls, look, before, text, n);
		before = indent;
		text = rest;
	} while (*text);
}

void lines_clear(struct screen_lines *ls, size_t width)
{
	buf_clear(&ls->text);
	ls->n = 0;
	ls->width = width;
}

void lines_free(struct screen_lines *ls)
{
	buf_free(&ls->text);
	free(ls->all);
	*ls = (struct screen_lines){ 0 };
}
