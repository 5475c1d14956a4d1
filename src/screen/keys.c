/* SPDX-License-Identifier: MIT
 * Keys: a table for what they do and for what the help says of them, and the line that is typed. */
#include "screen/top_internal.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

/* --- typing -------------------------------------------------------------------------------------------- */

static void ask(struct top *t, const char *label, const char *text,
                int (*apply)(struct top *t, const char *text, struct err *e))
{
	struct buf copy = { 0 };

	buf_puts(&copy, text); /* it may be the prompt's own */
	t->prompt.label = label;
	t->prompt.whole = copy.len > 0;
	t->prompt.apply = apply;
	buf_clear(&t->prompt.text);
	buf_puts(&t->prompt.text, buf_text(&copy));
	buf_free(&copy);
}

static void rub_out(struct buf *b)
{
	while (b->len && ((unsigned char)b->text[b->len - 1] & 0xc0) == 0x80)
		b->len--;
	b->len -= b->len > 0;
	if (b->text)
		b->text[b->len] = 0;
}

/* The sentence only: the parser shows the place below it, which is for a terminal that scrolls. */
static void say_refusal(struct top *t, const struct err *e)
{
	struct buf b = { 0 };

	err_add(&b, e);
	top_say(t, true, "%s", buf_text(&b));
	buf_free(&b);
}

static void apply(struct top *t)
{
	struct err e = { 0 };

	t->prompt.label = NULL;
	if (t->prompt.apply(t, buf_text(&t->prompt.text), &e) < 0)
		say_refusal(t, &e);
}

enum { KILL_LINE = 21, TYPED_MOST = 1000 };

static void type(struct top *t, int key)
{
	char c = (char)key;

	bool is_text = key >= ' ' && key < 0x100, whole = t->prompt.whole;

	t->prompt.whole = false;
	if (key == SCREEN_ESCAPE)
		t->prompt.label = NULL;
	else if (key == SCREEN_ENTER)
		apply(t);
	else if (key == SCREEN_BACKSPACE)
		rub_out(&t->prompt.text);
	else if (key == KILL_LINE || (whole && is_text))
		buf_clear(&t->prompt.text);
	if (is_text && t->prompt.text.len < TYPED_MOST)
		buf_add(&t->prompt.text, &c, 1);
}

/* --- what keys do -------------------------------------------------------------------------------------- */

static void quit(struct top *t)
{
	t->ended = true;
}

static void pause_or_go_on(struct top *t)
{
	t->paused = !t->paused;
}

static void show(struct top *t, int v)
{
	t->view = (enum view_is)((v + VIEWS) % VIEWS);
	t->inside.key = 0;
	t->lists[VIEW_SOCKETS].fresh = false;
	t->lists[t->view].skip = 0;
	memset(t->lists[t->view].widths, 0, sizeof t->lists[t->view].widths);
}

static void next_view(struct top *t)
{
	show(t, (int)t->view + 1);
}
static void view_before(struct top *t)
{
	show(t, (int)t->view - 1);
}
static void view_groups(struct top *t)
{
	show(t, VIEW_GROUPS);
}
static void view_sockets(struct top *t)
{
	show(t, VIEW_SOCKETS);
}
static void view_gone(struct top *t)
{
	show(t, VIEW_GONE);
}
static void view_listeners(struct top *t)
{
	show(t, VIEW_LISTENERS);
}

static void group_by_next(struct top *t)
{
	if (t->view == VIEW_GROUPS)
		t->grouping = (enum grouping)((t->grouping + 1) % GROUPINGS);
	show(t, VIEW_GROUPS);
	t->lists[VIEW_GROUPS].key = 0;
	t->lists[VIEW_GROUPS].at = 0;
	views_are_old(t, true);
}

static void reverse(struct top *t)
{
	t->lists[t->view].reverse = !t->lists[t->view].reverse;
	t->lists[t->view].fresh = false;
}

static int sort_by(struct top *t, const char *text, struct err *e)
{
	struct sorting s;

	if (sorting_parse(&s, text, e) < 0)
		return -1;
	t->sorting = s;
	t->lists[VIEW_SOCKETS].order = s.n ? SIZE_MAX - 1 : 0; /* none of the usual ones */
	t->lists[VIEW_SOCKETS].reverse = false;
	t->view = VIEW_SOCKETS;
	views_are_old(t, true);
	return 0;
}

static void ask_sorting(struct top *t)
{
	ask(t, "sort sockets by (-recvq,age; a column of 'lastack list'):", "", sort_by);
}

static int set_filter(struct top *t, const char *text, struct err *e)
{
	int rc;

	buf_clear(&t->filter_typed);
	buf_puts(&t->filter_typed, text);
	rc = top_set_filter(t, text, e);
	if (rc == 0)
		buf_clear(&t->filter_typed);
	return rc;
}

/* What was refused stands there again, to be put right; what is in force, to be changed or typed anew. */
static void ask_filter(struct top *t)
{
	ask(t, "filter:", buf_text(t->filter_typed.len ? &t->filter_typed : &t->filter_text), set_filter);
	t->prompt.whole = t->prompt.whole && !t->filter_typed.len;
}

static void drop_filter(struct top *t)
{
	struct err e;

	set_filter(t, "", &e);
	top_say(t, false, "no filter any more");
}

static void enter(struct top *t)
{
	const struct view_list *l = &t->lists[t->view];

	if (l->at < l->n)
		views[t->view].enter(t, l->rows[l->at].index);
	t->scroll = 0;
}

static void back(struct top *t)
{
	if (t->help)
		t->help = false;
	else if (t->explained.on)
		t->explained.on = false;
	else if (t->page.on)
		page_close(t);
	else if (t->inside.key)
		show(t, VIEW_GROUPS);
	else if (t->filter_text.len)
		drop_filter(t);
	t->scroll = 0;
}

static void help(struct top *t)
{
	t->help = !t->help;
	t->scroll = 0;
}

static void stacks(struct top *t)
{
	if (t->page.on)
		page_stacks(t);
	else
		top_say(t, false, "stacks are on a socket's page: Enter on a socket, then t");
}

static const int64_t delays_ms[] = { 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000 };

static void slower(struct top *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(delays_ms); i++) {
		if (span_ms(delays_ms[i]).ns <= t->delay.ns)
			continue;
		t->delay = span_ms(delays_ms[i]);
		return;
	}
}

static void faster(struct top *t)
{
	for (size_t i = ARRAY_SIZE(delays_ms); i-- > 0;) {
		if (span_ms(delays_ms[i]).ns >= t->delay.ns)
			continue;
		t->delay = span_ms(delays_ms[i]);
		return;
	}
}

/* --- moving -------------------------------------------------------------------------------------------- */

enum { PAGE = 10, FAR = 1 << 30 };

static void move(struct top *t, long by)
{
	if (!t->help && !t->page.on && !t->explained.on)
		view_move(t, by);
	else if (by < 0)
		t->scroll = (long)t->scroll + by < 0 ? 0 : t->scroll - (size_t)-by;
	else
		t->scroll += (size_t)by; /* drawing knows where the end is */
}

static void up(struct top *t)
{
	move(t, -1);
}
static void down(struct top *t)
{
	move(t, 1);
}
static void page_up(struct top *t)
{
	move(t, -PAGE);
}
static void page_down(struct top *t)
{
	move(t, PAGE);
}
static void home(struct top *t)
{
	move(t, -FAR);
}
static void end(struct top *t)
{
	move(t, FAR);
}
static void right(struct top *t)
{
	t->lists[t->view].skip++; /* drawing knows where the end is */
}
static void left(struct top *t)
{
	t->lists[t->view].skip -= t->lists[t->view].skip > 0;
}

static void redraw(struct top *t)
{
	(void)t;
	curses_redraw();
}

/* --- the table ----------------------------------------------------------------------------------------- */

static const struct {
	int keys[3];
	const char *shown, *help; /* NULL: it has been told in the row above */
	void (*press)(struct top *t);
} rows[] = {
	{ { 'q', 'Q' }, "q", "quit; Ctrl-C too", quit },
	{ { 'p', ' ' },
	  "p, Space",
	  "pause: the last look stays, and can be gone through; again: go on",
	  pause_or_go_on },
	{ { SCREEN_TAB },
	  "Tab",
	  "the next view: groups, sockets, gone, listeners; Shift-Tab: the one before; 1 to 4: that one",
	  next_view },
	{ { SCREEN_BACK_TAB }, NULL, NULL, view_before },
	{ { '1' }, NULL, NULL, view_groups },
	{ { '2' }, NULL, NULL, view_sockets },
	{ { '3' }, NULL, NULL, view_gone },
	{ { '4' }, NULL, NULL, view_listeners },
	{ { 'g' }, "g", "groups; again: by the next of state, owner, program, peer, listener, netns", group_by_next },
	{ { 's' }, "s", "sort by the next of some usual orders", sorting_next },
	{ { 'S' }, "S", "sort sockets by any columns", ask_sorting },
	{ { 'r' }, "r", "reverse the order", reverse },
	{ { '/', 'f' },
	  "/",
	  "filter, in the words of 'lastack list': state close-wait older 60s; empty: none. The one in force "
	  "stands there: typing takes its place, Backspace or an arrow changes it",
	  ask_filter },
	{ { SCREEN_ENTER }, "Enter", "of a group: its sockets; of a socket: its page", enter },
	{ { SCREEN_ESCAPE, SCREEN_BACKSPACE }, "Esc", "back; where nothing is open, the filter goes", back },
	{ { 't' }, "t", "on a socket's page: where its owner's threads are, without stopping them", stacks },
	{ { SCREEN_F1, 'e' }, "F1, e", "what stands under the cursor, explained", explained_open },
	{ { SCREEN_UP, 'k' }, "Up, Down", "move; also k, j, PgUp, PgDn, Home, End", up },
	{ { SCREEN_DOWN, 'j' }, NULL, NULL, down },
	{ { SCREEN_PAGE_UP }, NULL, NULL, page_up },
	{ { SCREEN_PAGE_DOWN }, NULL, NULL, page_down },
	{ { SCREEN_HOME }, NULL, NULL, home },
	{ { SCREEN_END, 'G' }, NULL, NULL, end },
	{ { SCREEN_RIGHT, 'l' }, "Right, Left", "move columns out of sight, and back", right },
	{ { SCREEN_LEFT }, NULL, NULL, left },
	{ { '-' }, "-, +", "look more often, less often", faster },
	{ { '+', '=' }, NULL, NULL, slower },
	{ { '?', 'h' }, "?", "this help", help },
	{ { SCREEN_REDRAW }, "Ctrl-L", "draw everything anew", redraw },
};

void keys_press(struct top *t, int key)
{
	if (t->prompt.label) {
		type(t, key);
		return;
	}
	*t->message = 0;
	view_refresh(t, t->view);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t k = 0; k < ARRAY_SIZE(rows[i].keys); k++)
			if (rows[i].keys[k] && rows[i].keys[k] == key)
				rows[i].press(t);
}

/* --- help ---------------------------------------------------------------------------------------------- */

static const char *const explained[] = {
	"",
	"What is shown",
	"At the top: sockets, and how many came and went since the look before. Then the states, each with its count, "
	"the change since the "
	"look before, and how the last looks went: the highest of them is a full bar, a blank is none.",
	"Listeners: those in trouble first. The accept queue holds connections that are complete and wait for "
	"accept(), of as many as the "
	"backlog allows; half-open ones have not completed their handshake. Drops are connections that were thrown "
	"away.",
	"Gone: < it was seen in one look only; ~ about, an interval more or less; >= it was there before top began.",
	"A socket that comes and goes between two looks is not seen.",
};

enum { KEY_WIDTH = 14 };

void keys_help(struct screen_lines *ls)
{
	struct buf b = { 0 };

	lines_add(ls, TINT_BOLD, 0, "Keys");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].shown)
			continue;
		buf_clear(&b);
		text_pad(&b, rows[i].shown, KEY_WIDTH);
		buf_puts(&b, rows[i].help);
		lines_add(ls, TINT_NONE, KEY_WIDTH, buf_text(&b));
	}
	for (size_t i = 0; i < ARRAY_SIZE(explained); i++)
		lines_add(ls, i == 1 ? TINT_BOLD : TINT_NONE, 0, explained[i]);
	buf_free(&b);
}
