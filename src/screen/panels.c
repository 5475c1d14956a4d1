/* SPDX-License-Identifier: MIT
 * The picture: header, states over time, listeners, one view, and a line for messages. */
#include "screen/top_internal.h"
#include "base/text.h"

#include <stdio.h>
#include <unistd.h>

/* A part that was asked for begins where the one before has ended. */
static struct area below(struct area a, size_t used)
{
	used = used < a.rows ? used : a.rows;
	return (struct area){ a.on, a.row + used, a.rows - used };
}

/* --- header -------------------------------------------------------------------------------------------- */

static void add_host(struct buf *out)
{
	char name[65] = "";

	gethostname(name, sizeof name - 1);
	buf_puts(out, name);
}

static void add_counts(struct buf *out, const struct history_sample *s, bool first)
{
	buf_addf(out, "  %zu socket%s", s->sockets, s->sockets == 1 ? "" : "s");
	if (!first)
		buf_addf(out, " +%zu -%zu", s->came, s->went);
}

static void draw_headline(struct area a, const struct top *t)
{
	struct buf b = { 0 };
	char clock[16];

	top_clock(t, top_now(t)->at, clock);
	buf_puts(&b, "lastack top  ");
	add_host(&b);
	buf_addf(&b, " %s", clock);
	add_counts(&b, history_sample(&t->history, 0), t->history.n_samples < 2);
	buf_addf(&b, "  engine %s  every ", t->eyes->engine);
	span_add(&b, t->delay);
	screen_line(a.on, a.row, buf_text(&b), TINT_BOLD | LOOK_TITLE);
	if (t->paused) /* what matters most stands in the corner, whatever the width */
		screen_put_right(a.on, a.row, 0, a.on->cols, " PAUSED", TINT_HELD | LOOK_SELECTED);
	buf_free(&b);
}

static void add_warning(struct buf *b, size_t n, const char *what, const char *advice)
{
	if (!n)
		return;
	buf_addf(b, "%s%zu %s%s", b->len ? "; " : "", n, what, geteuid() ? advice : "");
}

/* What could not be seen, and what is late. */
static void add_warnings(struct buf *b, const struct top *t)
{
	add_warning(b, t->hidden, t->hidden == 1 ? "socket's owner is hidden" : "sockets' owners are hidden",
	            " (try as root)");
	add_warning(b, t->unseen.namespaces,
	            t->unseen.namespaces == 1 ? "network namespace may not be entered"
	                                      : "network namespaces may not be entered",
	            " (try as root)");
	add_warning(b, t->unseen.chains, "chains changed while they were read: sockets may be missing or twice here",
	            "");
	if (t->took.ns <= t->delay.ns)
		return;
	buf_puts(b, b->len ? "; " : "");
	buf_puts(b, "a look takes ");
	span_add(b, t->took);
	buf_puts(b, ", longer than the interval");
}

/* "accepted 12/s, reset 1.5/s": from two looks, and what is told of both. */
static void add_rates(struct buf *b, const struct top *t)
{
	static const char *const words[TOP_RATES] = { "accepted", "failed", "reset", "RSTs", "sent again" };
	double seconds = (double)t->history.interval.ns / 1e9;

	for (int i = 0; i < TOP_RATES && t->eyes->totals && t->n_looks > 1 && seconds > 0; i++) {
		int64_t is = t->totals[t->n_looks % 2][i], was = t->totals[(t->n_looks + 1) % 2][i];
		double rate = (double)(is - was) / seconds;

		if (is == UNKNOWN || was == UNKNOWN)
			continue;
		buf_addf(b, "%s%s ", b->len ? "  " : "this netns, a second: ", words[i]);
		buf_addf(b, rate > 0 && rate < 10 ? "%.1f" : "%.0f", rate);
	}
}

size_t panel_header(struct area a, const struct top *t)
{
	struct buf b = { 0 };
	size_t used = 2;

	draw_headline(a, t);
	buf_puts(&b, t->filter_text.len ? "filter: " : "no filter");
	buf_puts(&b, buf_text(&t->filter_text));
	screen_put(a.on, a.row + 1, 0, a.on->cols, buf_text(&b), t->filter_text.len ? TINT_HELD : TINT_DIM);
	buf_clear(&b);
	add_rates(&b, t);
	if (b.len)
		screen_put(a.on, a.row + used++, 0, a.on->cols, buf_text(&b), TINT_NONE);
	buf_clear(&b);
	add_warnings(&b, t);
	if (b.len)
		screen_put(a.on, a.row + used++, 0, a.on->cols, buf_text(&b), TINT_BAD);
	buf_free(&b);
	return used;
}

/* --- states -------------------------------------------------------------------------------------------- */

/* Those that were there within the time shown. */
static size_t states_seen(const struct top *t, enum tcp_state out[TCP_STATES])
{
	size_t n = 0;

	for (int s = 0; s < TCP_STATES; s++) {
		const struct history_sample *h;
		bool seen = false;

		for (size_t back = 0; (h = history_sample(&t->history, back)); back++)
			seen |= h->counts[s] > 0;
		if (seen)
			out[n++] = (enum tcp_state)s;
	}
	return n;
}

enum { STATE_NAME = 12, STATE_COUNT = 7, STATE_CHANGE = 7, STATE_FIXED = STATE_NAME + STATE_COUNT + STATE_CHANGE + 1 };

static void add_spark(struct buf *out, const struct top *t, enum tcp_state state, size_t width)
{
	uint32_t values[HISTORY_SAMPLES] = { 0 };

	width = width < HISTORY_SAMPLES ? width : HISTORY_SAMPLES;
	for (size_t i = 0; i < width; i++) {
		const struct history_sample *h = history_sample(&t->history, width - 1 - i);

		values[i] = h ? h->counts[state] : 0;
	}
	screen_spark(out, t->style.utf8, values, width);
}

static void draw_state(const struct screen *on, size_t row, size_t col, size_t width, const struct top *t,
                       enum tcp_state state)
{
	const struct history_sample *is = history_sample(&t->history, 0), *was = history_sample(&t->history, 1);
	char text[24] = "";
	struct buf spark = { 0 };

	screen_put(on, row, col, STATE_NAME, tcp_state_name(state), TINT_STATE);
	snprintf(text, sizeof text, "%u", is->counts[state]);
	col += STATE_NAME;
	col += screen_put_right(on, row, col, STATE_COUNT, text, TINT_BOLD);
	snprintf(text, sizeof text, "%+lld", was ? (long long)is->counts[state] - was->counts[state] : 0);
	if (was && is->counts[state] != was->counts[state])
		screen_put_right(on, row, col, STATE_CHANGE, text, TINT_NONE);
	if (width > STATE_FIXED)
		add_spark(&spark, t, state, width - STATE_FIXED);
	screen_put(on, row, col + STATE_CHANGE + 1, width, buf_text(&spark), TINT_GOOD);
	buf_free(&spark);
}

/* In one column or two, the second beside the first. */
size_t panel_states(struct area a, const struct top *t, size_t columns)
{
	enum tcp_state states[TCP_STATES];
	size_t n = states_seen(t, states), rows = (n + columns - 1) / columns, width = a.on->cols / columns;

	rows = rows < a.rows ? rows : a.rows;
	for (size_t i = 0; i < n && i < rows * columns; i++)
		draw_state(a.on, a.row + i % rows, i / rows * width, width - 1, t, states[i]);
	return rows;
}

/* --- the view ------------------------------------------------------------------------------------------ */

static void add_tab(struct buf *b, const struct top *t, enum view_is v)
{
	bool is = v == t->view;

	buf_addf(b, "%s%s", is ? "[" : " ", views[v].word);
	if (v == VIEW_GROUPS && is)
		buf_addf(b, " by %s", grouping_words[t->grouping]);
	buf_puts(b, is ? "]" : " ");
}

/* Which rows of how many, in what order; what was forgotten. */
static void add_state_of(struct buf *b, const struct top *t, enum view_is v)
{
	const struct view_list *l = &t->lists[v];

	if (v == VIEW_SOCKETS && t->inside.key)
		buf_addf(b, "of %s: ", t->inside.text);
	buf_addf(b, "%zu, ", l->n);
	sorting_text(b, t, v);
	if (v == VIEW_GONE && t->history.gone.total > HISTORY_GONE)
		buf_addf(b, "; %zu older forgotten", t->history.gone.total - HISTORY_GONE);
}

void panel_view_title(struct area a, struct top *t, enum view_is v)
{
	struct buf b = { 0 };

	for (int i = 0; i < VIEWS; i++)
		add_tab(&b, t, (enum view_is)i);
	buf_puts(&b, "  ");
	add_state_of(&b, t, v);
	screen_line(a.on, a.row, buf_text(&b), TINT_DIM | LOOK_TITLE);
	buf_free(&b);
}

static void draw_view(struct area a, struct top *t)
{
	view_refresh(t, t->view);
	panel_view_title(a, t, t->view);
	table_draw(below(a, 1), t, t->view, true);
}

/* --- the last line ------------------------------------------------------------------------------------- */

static void draw_prompt(struct area a, struct top *t)
{
	struct buf b = { 0 };
	const char *text = buf_text(&t->prompt.text);
	size_t room = a.on->cols - strlen(t->prompt.label) - 2;

	while (text_width(text) > room) { /* its end is where one types */
		size_t n = text_char(text, strlen(text));

		text += n ? n : 1;
	}
	buf_addf(&b, "%s %s", t->prompt.label, text);
	screen_line(a.on, a.row, buf_text(&b), TINT_BOLD);
	if (t->prompt.whole) /* it is as if it were marked */
		screen_put(a.on, a.row, strlen(t->prompt.label) + 1, a.on->cols, text, LOOK_SELECTED);
	t->prompt.col = text_width(buf_text(&b));
	buf_free(&b);
}

static const char *hints(const struct top *t)
{
	if (t->help || t->explained.on)
		return "Esc back  arrows scroll";
	if (t->page.on)
		return "Esc back  F1 explain  t stacks of its owner's threads  arrows scroll  q quit";
	if (t->inside.key && t->view == VIEW_SOCKETS)
		return "Esc back to groups  Enter page  s sort  / filter  p pause  ? help";
	return "q quit  p pause  Tab view  g group  s sort  / filter  Enter  F1 explain  ? help";
}

static void draw_last_line(struct area a, struct top *t)
{
	if (t->prompt.label)
		draw_prompt(a, t);
	else if (*t->message)
		screen_line(a.on, a.row, t->message, t->message_is_bad ? TINT_BAD : TINT_HELD);
	else
		screen_put(a.on, a.row, 0, a.on->cols, hints(t), TINT_DIM);
}

/* --- the whole ----------------------------------------------------------------------------------------- */

static void draw_lines(struct area a, struct top *t)
{
	struct screen_lines *ls = &t->lines;

	lines_clear(ls, a.on->cols);
	if (t->help)
		keys_help(ls);
	else if (t->explained.on)
		explained_lines(t, ls);
	else
		page_lines(t, ls);
	if (t->scroll + a.rows > ls->n)
		t->scroll = ls->n > a.rows ? ls->n - a.rows : 0;
	for (size_t i = 0; i < a.rows && t->scroll + i < ls->n; i++)
		screen_put(a.on, a.row + i, 0, a.on->cols, ls->text.text + ls->all[t->scroll + i].at,
		           ls->all[t->scroll + i].look);
	if (t->scroll + a.rows < ls->n)
		screen_put_right(a.on, a.row + a.rows - 1, 0, a.on->cols, " more below", TINT_HELD);
}

/* How much of the screen the listeners may take, beside the view. */
static size_t listener_rows(const struct top *t, size_t height)
{
	size_t most = height < 32 ? 3 : height < 48 ? 6 : 10, n = t->lists[VIEW_LISTENERS].n;

	return 1 + (n < most ? (n ? n : 1) : most);
}

static void draw_listeners(struct area *a, struct top *t)
{
	size_t rows;

	if (t->view == VIEW_LISTENERS)
		return;
	view_refresh(t, VIEW_LISTENERS);
	rows = listener_rows(t, a->on->rows);
	if (a->rows < rows + 4)
		return;
	table_draw((struct area){ a->on, a->row, rows }, t, VIEW_LISTENERS, false);
	*a = below(*a, rows);
}

enum { FEWEST_ROWS = 15, FEWEST_COLUMNS = 60 };

void panels_draw(const struct screen *s, struct top *t)
{
	struct area a = { s, 0, s->rows ? s->rows - 1 : 0 };

	if (s->rows < FEWEST_ROWS || s->cols < FEWEST_COLUMNS) {
		screen_put(s, 0, 0, s->cols, "too small: 60 x 15 at least", TINT_BAD);
		return;
	}
	draw_last_line((struct area){ s, s->rows - 1, 1 }, t);
	a = below(a, panel_header(a, t));
	if (t->help || t->page.on || t->explained.on) {
		draw_lines(a, t);
		return;
	}
	a = below(a, panel_states(a, t, s->rows < 32 ? 2 : 1));
	draw_listeners(&a, t);
	draw_view(a, t);
}
