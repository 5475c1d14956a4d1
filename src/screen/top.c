/* SPDX-License-Identifier: MIT
 * Running lastack top: look, draw, wait for a key or for the next look. */
#include "base/interrupt.h"
#include "screen/top_internal.h"
#include "base/term.h"
#include "render/out.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* --- text and JSON ------------------------------------------------------------------------------------- */

/* A view's title and its first rows. */
enum { ONCE_ROWS = 10, ONCE_HEIGHT = 80 };

static size_t draw_some(struct area a, struct top *t, enum view_is v)
{
	size_t rows;

	t->view = v;
	view_refresh(t, v);
	rows = t->lists[v].n < ONCE_ROWS ? t->lists[v].n : ONCE_ROWS;
	panel_view_title(a, t, v);
	table_draw((struct area){ a.on, a.row + 1, 1 + (rows ? rows : 1) }, t, v, false);
	return a.row + 3 + (rows ? rows : 1);
}

static void print_text(struct top *t)
{
	static const enum view_is order[] = { VIEW_LISTENERS, VIEW_GROUPS, VIEW_SOCKETS, VIEW_GONE };
	struct grid g;
	struct buf out = { 0 };
	struct area a;

	grid_open(&g, ONCE_HEIGHT, TERM_WIDE, t->style.utf8);
	a = (struct area){ &g.screen, 0, ONCE_HEIGHT };
	a.row += panel_header(a, t) + 1;
	a.row += panel_states(a, t, 1) + 1;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		a.row = draw_some(a, t, order[i]);
	grid_add(&out, &g);
	out_lines(stdout, buf_text(&out));
	buf_free(&out);
	grid_close(&g);
}

static void print_json(struct top *t)
{
	struct buf out = { 0 };

	top_json(&out, t);
	out_bytes(stdout, &out);
	buf_free(&out);
}

/* The look before the first one that is printed is what changes are told against. */
static int run_plain(struct top *t, struct err *e)
{
	int signals = interrupt_open(), rc = top_sample(t, e);
	struct instant next = instant_after(top_now(t)->at, t->delay);

	top_count_groups(t);
	while (rc == 0 && !t->ended && !interrupt_wait(signals, next)) {
		next = instant_after(clock_now(), t->delay);
		rc = top_sample(t, e);
		if (rc < 0)
			break;
		if (t->job->json)
			print_json(t);
		else
			print_text(t);
		rc = out_flush(e);
		t->ended = t->job->once;
	}
	interrupt_close(&signals);
	return rc;
}

/* --- the terminal -------------------------------------------------------------------------------------- */

static void draw(struct screen *s, struct top *t)
{
	curses_begin(s);
	panels_draw(s, t);
	if (t->prompt.label)
		curses_cursor(s->rows - 1, t->prompt.col < s->cols ? t->prompt.col : s->cols - 1);
	else
		curses_hide_cursor();
	curses_show();
}

/* A look that fails leaves the last one on the screen. When one takes longer than the interval, half of the time stays
 * for keys. */
static struct instant look_again(struct top *t)
{
	struct instant began = clock_now(), next;
	struct err e = { 0 };

	if (top_sample(t, &e) < 0)
		top_say(t, true, "%s", err_text(&e));
	next = instant_after(began, t->delay);
	if (instant_reached(next, clock_now()))
		next = instant_after(clock_now(), span_since(began));
	return next;
}

/* False when there is no terminal any more: it is readable time and again, and nothing comes. */
enum { SILENT_MOST = 20 };

static bool take_keys(struct top *t, bool readable)
{
	int key = curses_key();

	if (key == SCREEN_NO_KEY && readable)
		return ++t->silent < SILENT_MOST;
	t->silent = 0;
	for (; key != SCREEN_NO_KEY && !t->ended; key = curses_key())
		keys_press(t, key);
	return true;
}

/* False when we are to end. */
static bool wait_for_key(struct top *t, int signals, struct instant next)
{
	struct pollfd p[2] = { { STDIN_FILENO, POLLIN, 0 }, { signals, POLLIN, 0 } };

	poll(p, 2, t->paused ? -1 : ms_until(next));
	if (p[1].revents || p[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		return false;
	return take_keys(t, p[0].revents & POLLIN) && !t->ended;
}

static int run_terminal(struct top *t, struct err *e)
{
	struct term term = term_of(STDOUT_FILENO);
	struct screen s = { .utf8 = term.utf8 };
	struct instant next;
	struct span delay;
	int signals;

	if (curses_open(&s, term.colour, e) < 0)
		return -1;
	signals = interrupt_open();
	if (top_sample(t, e) < 0) {
		curses_close();
		return -1;
	}
	delay = t->delay;
	next = instant_after(top_now(t)->at, delay);
	do {
		if (delay.ns != t->delay.ns)
			next = instant_after(clock_now(), t->delay);
		delay = t->delay;
		if (!t->paused && instant_reached(next, clock_now()))
			next = look_again(t);
		draw(&s, t);
	} while (wait_for_key(t, signals, next));
	curses_close();
	interrupt_close(&signals);
	return 0;
}

/* --- the run ------------------------------------------------------------------------------------------- */

int top_check(const struct top_job *job, struct err *e)
{
	if (job->once || job->json || (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
		return 0;
	return err_set(e, "this is no terminal; try 'lastack top --once', or --json for programs");
}

static int prepare(struct top *t, struct err *e)
{
	const struct top_job *job = t->job;

	t->named = clock_now();
	t->style = (struct cell_style){ .names = &t->eyes->names, .utf8 = term_of(STDOUT_FILENO).utf8 };
	t->sorting = job->sorting;
	if (t->sorting.n)
		t->lists[VIEW_SOCKETS].order = SIZE_MAX - 1;
	t->grouping = job->grouping;
	t->delay = job->delay;
	return top_set_filter(t, buf_text(&job->filter), e);
}

void top_finish(struct top *t)
{
	filter_free(t->filter);
	history_free(&t->history);
	groups_free(&t->groups);
	groups_free(&t->groups_before);
	for (int i = 0; i < 2; i++)
		evidence_free(&t->looks[i]);
	for (int v = 0; v < VIEWS; v++)
		free(t->lists[v].rows);
	evidence_free(&t->page.ev);
	buf_free(&t->page.stacks);
	buf_free(&t->explained.text);
	lines_free(&t->lines);
	buf_free(&t->prompt.text);
	buf_free(&t->filter_text);
	buf_free(&t->filter_typed);
}

int top_run(const struct top_job *job, const struct top_eyes *eyes, struct err *e)
{
	struct top *t = xcalloc(1, sizeof *t); /* too much for a stack */
	int rc;

	t->job = job;
	t->eyes = eyes;
	rc = prepare(t, e);
	if (rc == 0)
		rc = job->once || job->json ? run_plain(t, e) : run_terminal(t, e);
	top_finish(t);
	free(t);
	return rc;
}
