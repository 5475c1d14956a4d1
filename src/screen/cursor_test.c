/* SPDX-License-Identifier: MIT
 * lastack top without a terminal: where keys put the cursor, what they scroll, type and end. */
#include "screen/top_test.h"

static const struct {
	const char *keys;
	size_t at;
} moves[] = {
	{ "2", 0 },
	{ "2 Down", 1 },
	{ "2 j j", 2 },
	{ "2 j j Up", 1 },
	{ "2 j j k k", 0 },
	{ "2 Up", 0 },
	{ "2 End", 7 },
	{ "2 G", 7 },
	{ "2 End Down", 7 },
	{ "2 End Home", 0 },
	{ "2 PgDn", 7 },
	{ "2 End PgUp", 0 },
	{ "2 Down Tab Down BackTab", 1 }, /* each view has its own */
	{ "2 Down ? Down Down ?", 1 },    /* the help is scrolled, and not the view */
	{ "2 Down Down / x Esc", 2 },
	{ "1 Down", 1 },
	{ "1 Down Down", 1 },
	{ "1 Down g", 0 },         /* other groups */
	{ "2 Down 1 Enter x", 0 }, /* a group is entered at its top, wherever one was in all sockets */
};

static void the_cursor_moves(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
		struct top *t = top_new();

		press_all(t, moves[i].keys);
		ok(t->lists[t->view].at == moves[i].at, "the cursor is in row %zu (%s)", moves[i].at, moves[i].keys);
		top_free(t);
	}
}

/* A page and the help are scrolled by lines; ten are a page. */
static const struct {
	const char *keys;
	size_t line;
} scrolls[] = {
	{ "? PgDn", 10 },     { "? PgDn PgDn PgUp", 10 }, { "? PgDn Up", 9 },           { "? PgDn PgUp", 0 },
	{ "? Down", 1 },      { "? Down Up Up", 0 },      { "? Down PgUp", 0 },         { "? Down ? ?", 0 },
	{ "2 Enter j j", 2 }, { "2 Enter j Esc", 0 },     { "2 Enter j Esc Enter", 0 }, { "2 Enter j ?", 0 },
};

static void it_scrolls(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(scrolls); i++) {
		struct top *t = top_new();

		press_all(t, scrolls[i].keys);
		ok(t->scroll == scrolls[i].line, "line %zu stands at the top (%s)", scrolls[i].line, scrolls[i].keys);
		top_free(t);
	}
}

/* On the same socket, wherever the next look has it; at the top it stays at the top. */
static void the_cursor_stays(void)
{
	struct top *t = top_new();
	struct err e = { 0 };
	char *screen;

	press_all(t, "2 End"); /* :40005, the last of eight, and the sixth in the next look */
	ok(t->looks[0].n && streq(buf_text(&t->filter_text), ""), "a socket is under the cursor");
	look_now = 1;
	top_sample(t, &e);
	screen = drawn(t, 30, 100);
	press(t, "Enter");
	free(screen);
	screen = drawn(t, 30, 100);
	ok(has_parts(screen, "to 10.0.0.4:40005 "), "and is in the next look");
	free(screen);
	press_all(t, "Esc s");
	ok(t->lists[VIEW_SOCKETS].at != 0, "and in another order");
	press_all(t, "Home r");
	ok(t->lists[VIEW_SOCKETS].at == 0, "who stands at the top stays there");
	top_free(t);
}

static void it_ends(void)
{
	static const char *const keys[] = { "q", "Q", "p", "Esc", "x" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct top *t = top_new();

		press_all(t, keys[i]);
		ok(t->ended == (i < 2), "%s %s", keys[i], i < 2 ? "ends it" : "does not end it");
		top_free(t);
	}
}

/* A line may be long, and has an end. */
static void a_long_line(void)
{
	struct top *t = top_new();
	char *screen;

	press(t, "/");
	for (int i = 0; i < 1200; i++)
		press(t, i == 1100 ? "y" : "x");
	ok(t->prompt.text.len == 1000, "a thousand bytes are taken");
	screen = drawn(t, 30, 100);
	ok(t->prompt.col <= 100, "and its end is shown (%zu)", t->prompt.col);
	free(screen);
	top_free(t);
}

int main(void)
{
	the_cursor_moves();
	it_scrolls();
	the_cursor_stays();
	it_ends();
	a_long_line();
	return tap_done();
}
