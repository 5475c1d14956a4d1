/* SPDX-License-Identifier: MIT
 * Rows of a view as they stand on a screen: which are seen, where each value stands, what is marked; and text to
 * scroll. */
#include "screen/looks_test.h"

#define EST TCP_ESTABLISHED

static const struct row rows[] = {
	{ 1, 2, TCP_LISTEN, 80, 0, 3, 128, SERVER, 0, .rest = { .half_open = 2, .drops = 9, .held = true } },
	{ 1, 2, TCP_LISTEN, 8080, 0, 6, 5, LEAKY, 0, .rest = { .held = true } },
	{ 1, 2, TCP_LISTEN, 9000, 0, 0, 10, SERVER, 0, .rest = { .held = true } },
	{ 1, 1, EST, 80, 4000, 0, 12345, SERVER, 0, .rest = { .key.cookie = 1 } },
	{ 1, 2, EST, 80, 40001, 7, 0, SERVER, 0, .rest = { .key.cookie = 2 } },
};

/* --- a picture ----------------------------------------------------------------------------------------------- */

enum { ROWS = 12 };

/* A grid that keeps how each row looks, too. */
static struct grid grid;
static unsigned looks[ROWS];
static struct screen screen;

static void put(void *ctx, size_t row, size_t col, const char *text, unsigned look)
{
	looks[row] |= look;
	grid.screen.put(ctx, row, col, text, look);
}

static void draw(struct top *t, enum view_is v, size_t height, size_t cols, bool cursor, struct buf *out)
{
	memset(looks, 0, sizeof looks);
	grid_open(&grid, ROWS, cols, true);
	screen = grid.screen;
	screen.put = put;
	t->view = v;
	table_draw((struct area){ &screen, 0, height }, t, v, cursor);
	buf_clear(out);
	grid_add(out, &grid);
	grid_close(&grid);
}

/* --- what stands where --------------------------------------------------------------------------------------- */

/* Numbers to the right of their column, words to the left, one blank between columns. */
static const struct {
	const char *what;
	enum view_is view;
	unsigned look;
	size_t height, cols, skip;
	const char *filter, *shows;
} pictures[] = {
	{ "listeners", VIEW_LISTENERS, 2, 4, 80, 0, "",
	  "Listener      Accept queue   Half-open Drops/s Drops Owner\n"
	  "10.0.0.1:8080 ████████ 6/5           0       0     0 leaky[5000020]\n"
	  "10.0.0.1:80   █░░░░░░░ 3/128         2       0     9 server[5000010]\n"
	  "10.0.0.1:9000 ░░░░░░░░ 0/10          0       0     0 server[5000010]\n" },
	{ "sockets", VIEW_SOCKETS, 1, 6, 80, 0, "",
	  "State       Age Recv-Q Send-Q Local         Peer           Owner           Timer\n"
	  "LISTEN               3    128 10.0.0.1:80   *:*            server[5000010]\n"
	  "LISTEN               6      5 10.0.0.1:8080 *:*            leaky[5000020]\n"
	  "LISTEN               0     10 10.0.0.1:9000 *:*            server[5000010]\n"
	  "ESTABLISHED          0  12345 10.0.0.1:80   10.0.0.2:4000  server[5000010]\n"
	  "ESTABLISHED          7      0 10.0.0.1:80   10.0.0.2:40001 server[5000010]\n" },
	{ "what is wider than the screen is cut", VIEW_SOCKETS, 1, 6, 64, 0, "state established",
	  "State       Age Recv-Q Send-Q Local       Peer           Owner\n"
	  "ESTABLISHED          0  12345 10.0.0.1:80 10.0.0.2:4000  server…\n"
	  "ESTABLISHED          7      0 10.0.0.1:80 10.0.0.2:40001 server…\n" },
	{ "columns that were moved out to the left", VIEW_SOCKETS, 1, 6, 64, 4, "state established",
	  "Local       Peer           Owner           Timer User\n"
	  "10.0.0.1:80 10.0.0.2:4000  server[5000010]       0\n"
	  "10.0.0.1:80 10.0.0.2:40001 server[5000010]       0\n" },
	{ "the last one stays", VIEW_LISTENERS, 2, 4, 80, 99, "",
	  "Owner\nleaky[5000020]\nserver[5000010]\nserver[5000010]\n" },
	{ "what went", VIEW_GONE, 2, 4, 80, 0, "",
	  "Gone         Life Last state  Local       Peer          Owner\n"
	  "12:00:20 ≥0.00 ms ESTABLISHED 10.0.0.1:80 10.0.0.2:4000 server[5000010]\n" },
	{ "groups", VIEW_GROUPS, 1, 4, 80, 0, "",
	  "Sockets Change Oldest Owner           States\n"
	  "      4               server[5000010] 2 LISTEN, 2 ESTABLISHED\n"
	  "      1               leaky[5000020]  1 LISTEN\n" },
	{ "no groups", VIEW_GROUPS, 1, 4, 80, 0, "sport 1",
	  "Sockets Change Oldest Owner States\nno socket is there that the filter lets through\n" },
	{ "no sockets", VIEW_SOCKETS, 1, 4, 80, 0, "sport 1",
	  "State Age Recv-Q Send-Q Local Peer Owner Timer User\nno socket is there that the filter lets through\n" },
	{ "no listeners", VIEW_LISTENERS, 1, 4, 80, 0, "sport 1",
	  "Listener Accept queue Half-open Drops/s Drops Owner\nnobody listens that the filter lets through\n" },
	{ "nothing that went", VIEW_GONE, 1, 4, 80, 0, "",
	  "Gone Life Last state Local Peer Owner\nnothing has gone since top looks\n" },
	{ "nothing that went through the filter", VIEW_GONE, 2, 4, 80, 0, "sport 8080",
	  "Gone Life Last state Local Peer Owner\nnothing has gone since top looks\n" },
	{ "no room for the sentence", VIEW_GONE, 1, 1, 80, 0, "", "Gone Life Last state Local Peer Owner\n" },
};

static struct top *top_after(unsigned look, const char *filter)
{
	struct top *t = top_at(rows, ARRAY_SIZE(rows));
	struct err e = { 0 };

	top_looks_until(t, look);
	top_set_filter(t, filter, &e);
	return t;
}

static void what_stands_where(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(pictures); i++) {
		struct top *t = top_after(pictures[i].look, pictures[i].filter);
		struct buf b = { 0 };

		t->lists[pictures[i].view].skip = pictures[i].skip;
		draw(t, pictures[i].view, pictures[i].height, pictures[i].cols, false, &b);
		same_lines(buf_text(&b), pictures[i].shows, pictures[i].what);
		buf_free(&b);
		top_free(t);
	}
}

/* A column that was wide stays so when what made it wide is out of sight, until the view is another. */
static void widths_stay(void)
{
	struct top *t = top_after(1, "");
	struct buf b = { 0 };

	draw(t, VIEW_SOCKETS, 6, 80, true, &b);
	t->lists[VIEW_SOCKETS].at = 0;
	draw(t, VIEW_SOCKETS, 2, 80, true, &b);
	same_lines(buf_text(&b),
	           "State       Age Recv-Q Send-Q Local         Peer           Owner           Timer\n"
	           "LISTEN               3    128 10.0.0.1:80   *:*            server[5000010]\n",
	           "columns do not become narrower");
	views_are_old(t, true);
	draw(t, VIEW_SOCKETS, 2, 80, true, &b);
	same_lines(buf_text(&b),
	           "State  Age Recv-Q Send-Q Local       Peer Owner           Timer User\n"
	           "LISTEN          3    128 10.0.0.1:80 *:*  server[5000010]       0\n",
	           "but where they are measured anew");
	buf_free(&b);
	top_free(t);
}

/* Of several namespaces each socket has its own; groups have it only as what they are grouped by. */
static void several_namespaces(void)
{
	static const bool should[VIEWS] = { [VIEW_SOCKETS] = true, [VIEW_GONE] = true, [VIEW_LISTENERS] = true };

	for (int v = 0; v < VIEWS; v++) {
		struct top *t = top_after(2, "");
		struct buf b = { 0 };

		t->several = true;
		draw(t, (enum view_is)v, 3, 120, false, &b);
		ok((strstr(buf_text(&b), " Netns") != NULL) == should[v] &&
		           (strstr(buf_text(&b), " 4026531840") != NULL) == should[v],
		   "%s %s a column of namespaces", views[v].word, should[v] ? "have" : "have not");
		buf_free(&b);
		top_free(t);
	}
}

/* --- scrolling ----------------------------------------------------------------------------------------------- */

/* Five sockets; how high the table is with its titles, the cursor's row and the first one before; then. */
static const struct {
	const char *what;
	size_t height, at, first;
	bool cursor;
	size_t then_first, marked; /* the line with the cursor; 0: none */
} scrolls[] = {
	{ "all are seen", 6, 0, 0, true, 0, 1 },
	{ "the last one", 6, 4, 0, true, 0, 5 },
	{ "the cursor in the last line", 4, 2, 0, true, 0, 3 },
	{ "one below it: one line further", 4, 3, 0, true, 1, 3 },
	{ "two below it", 4, 4, 0, true, 2, 3 },
	{ "in between nothing moves", 4, 2, 1, true, 1, 2 },
	{ "the cursor in the first line", 4, 1, 1, true, 1, 1 },
	{ "above it", 4, 0, 1, true, 0, 1 },
	{ "rows went below: no empty lines while there are rows above", 4, 4, 4, true, 2, 3 },
	{ "more lines than rows", 10, 4, 4, true, 0, 5 },
	{ "one line for rows", 2, 3, 0, true, 3, 1 },
	{ "no line for rows", 1, 3, 0, true, 0, 0 },
	{ "without a cursor from the first on", 4, 4, 2, false, 0, 0 },
};

static size_t marked_line(void)
{
	for (size_t i = 0; i < ROWS; i++)
		if (looks[i] & LOOK_SELECTED)
			return i;
	return 0;
}

static void it_scrolls(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(scrolls); i++) {
		struct top *t = top_after(1, "");
		struct view_list *l = &t->lists[VIEW_SOCKETS];
		struct buf b = { 0 };
		size_t lines = 0, most = scrolls[i].height - 1;

		view_refresh(t, VIEW_SOCKETS);
		l->at = scrolls[i].at;
		l->first = scrolls[i].first;
		draw(t, VIEW_SOCKETS, scrolls[i].height, 80, scrolls[i].cursor, &b);
		for (size_t k = 0; k < b.len; k++)
			lines += b.text[k] == '\n';
		ok((!scrolls[i].cursor || most == 0 || l->first == scrolls[i].then_first) &&
		           lines == 1 + (most < 5 ? most : 5) && marked_line() == scrolls[i].marked,
		   "%s (from row %zu, %zu lines, line %zu marked)", scrolls[i].what, l->first, lines, marked_line());
		buf_free(&b);
		top_free(t);
	}
}

/* The cursor's row stays as high on the screen as it was when rows above it go. */
static void the_height_stays(void)
{
	struct row many[10];
	struct view_list *l;
	struct top *t;
	struct buf b = { 0 };

	for (uint16_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct row){ 1, i ? 2 : 1, TCP_LISTEN, 1 + i, 0, 0, 5, SERVER, 0, .rest = { .held = true } };
	t = top_at(many, ARRAY_SIZE(many));
	l = &t->lists[VIEW_SOCKETS];
	top_looks(t);
	t->view = VIEW_SOCKETS;
	view_refresh(t, VIEW_SOCKETS);
	view_move(t, 5);
	l->first = 3;
	top_looks(t);
	draw(t, VIEW_SOCKETS, 5, 80, true, &b);
	ok(l->at == 4 && l->first == 2 && marked_line() == 3, "row %zu, the third line of those from %zu on", l->at,
	   l->first);
	buf_free(&b);
	top_free(t);
}

/* What orders sockets has a column, before the addresses, if it has none anyway. */
static void what_orders_them_is_shown(void)
{
	static const struct {
		const char *by, *titles;
	} all[] = {
		{ "", "State Age Recv-Q Send-Q Local Peer Owner Timer User\n" },
		{ "-rtt,cwnd", "State Age Recv-Q Send-Q RTT Cwnd Local Peer Owner Timer User\n" },
		{ "owner,-age,peer,local", "State Age Recv-Q Send-Q Local Peer Owner Timer User\n" },
		{ "user", "State Age Recv-Q Send-Q User Local Peer Owner Timer\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct top *t = top_after(1, "sport 1");
		struct buf b = { 0 };
		struct err e = { 0 };

		sorting_parse(&t->sorting, all[i].by, &e);
		draw(t, VIEW_SOCKETS, 1, 120, false, &b);
		same_text(buf_text(&b), all[i].titles, "columns of sockets in an order");
		buf_free(&b);
		top_free(t);
	}
}

/* --- what is marked ------------------------------------------------------------------------------------------ */

/* Line by line: titles, one that is over its backlog, one that is waited for, one that is not. */
static void looks_of_listeners(void)
{
	static const unsigned should[] = { TINT_BOLD, TINT_BAD, TINT_HELD | LOOK_SELECTED, TINT_NONE };
	struct top *t = top_after(2, "");
	struct buf b = { 0 };

	view_refresh(t, VIEW_LISTENERS);
	t->lists[VIEW_LISTENERS].at = 1;
	draw(t, VIEW_LISTENERS, 4, 80, true, &b);
	for (size_t i = 0; i < ARRAY_SIZE(should); i++)
		ok(looks[i] == should[i], "line %zu of listeners has its look", i);
	ok(strstr(buf_text(&b), "10.0.0.1:80 "), "the line under the cursor is whole");
	buf_free(&b);
	top_free(t);
}

/* --- text to scroll ------------------------------------------------------------------------------------------ */

static const struct {
	const char *what;
	size_t width, indent;
	const char *text, *lines;
} wrapped[] = {
	{ "short", 10, 4, "one two", "one two|" },
	{ "as wide as the screen", 7, 4, "one two", "one two|" },
	{ "a column too wide", 6, 0, "one two", "one|two|" },
	{ "what follows is indented, and has less room", 9, 3, "one two three four", "one two|   three|   four|" },
	{ "and so is what follows that", 7, 2, "aa bb cc dd ee ff", "aa bb|  cc dd|  ee ff|" },
	{ "a word that is too long is cut", 4, 0, "abcdefgh", "abcd|efgh|" },
	{ "wide characters take two columns", 5, 1, "漢字漢字", "漢字| 漢字|" },
	{ "nothing is an empty line", 10, 4, "", "|" },
	{ "no room beside the indent: a character a line", 4, 6, "abcd ef", "abcd|      e|      f|" },
};

static void text_is_wrapped(void)
{
	struct screen_lines ls = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(wrapped); i++) {
		struct buf b = { 0 };

		lines_clear(&ls, wrapped[i].width);
		lines_add(&ls, TINT_BOLD, wrapped[i].indent, wrapped[i].text);
		for (size_t k = 0; k < ls.n; k++) {
			buf_addf(&b, "%s|", ls.text.text + ls.all[k].at);
			if (ls.all[k].look != TINT_BOLD)
				buf_puts(&b, "not bold");
		}
		same_text(buf_text(&b), wrapped[i].lines, wrapped[i].what);
		buf_free(&b);
	}
	lines_free(&ls);
	ok(!ls.all && !ls.n, "nothing is left of it");
}

int main(void)
{
	what_stands_where();
	widths_stay();
	several_namespaces();
	it_scrolls();
	the_height_stays();
	what_orders_them_is_shown();
	looks_of_listeners();
	text_is_wrapped();
	return tap_done();
}
