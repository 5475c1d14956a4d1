/* SPDX-License-Identifier: MIT
 * lastack top without a terminal: what stands on the screen after keys, on screens of any size, and in JSON. */
#include "screen/top_test.h"

static const struct {
	const char *keys, *what, *shows;
} rows[] = {
	{ "", "groups of owners first, the most sockets first",
	  "[groups by owner] sockets gone listeners 2, most first|\n6 +2 ≥7.00 s server[10] 2 LISTEN, 4 ESTABLISHED\n|"
	  "2 -3 ≥300 s leaky[20] 1 LISTEN, 1 CLOSE_WAIT\n" },
	{ "", "what came and what went", " 8 sockets +2 -3 engine X every 1.00 s" },
	{ "", "states, with their changes", "CLOSE_WAIT 1 -2" },
	{ "", "and those that rise", "ESTABLISHED 4 +1" },
	{ "", "and no change is none", "LISTEN 3 █" },
	{ "", "what may be done", "q quit p pause Tab view g group s sort / filter Enter F1 explain ? help" },
	/* The order. */
	{ "s", "s: the largest change, up or down", "2, largest change first|leaky[20]|server[10]" },
	{ "s s", "s: the oldest", "2, oldest first|leaky[20]|server[10]" },
	{ "s s s", "s: and around", "2, most first|server[10]|leaky[20]" },
	{ "r", "r: reversed", "most first, reversed|leaky[20]|server[10]" },
	{ "r r", "r: and again not", "2, most first\n|server[10]|leaky[20]" },
	{ "r s", "s: another order is not reversed", "2, largest change first\n" },
	/* Groups. */
	{ "g", "g: by program", "[groups by program] sockets" },
	{ "g g", "g: by peer", "[groups by peer] sockets" },
	{ "g g g", "g: by listener", "[groups by listener]" },
	{ "g g g g", "g: by namespace", "[groups by netns]" },
	{ "g g g g g", "g: by state, and it says no states then",
	  "[groups by state]|\n4 7.00 s ESTABLISHED\n3 LISTEN\n1 300 s CLOSE_WAIT\n" },
	{ "g g g g g g", "g: and around", "[groups by owner]" },
	{ "2 g", "g: from another view the groups there were", "[groups by owner]" },
	{ "s g", "g: each kind in the order that was asked for", "[groups by program] sockets gone listeners " },
	/* Views. */
	{ "Tab", "Tab: sockets", "groups [sockets] gone listeners 8, listeners, then by port" },
	{ "Tab Tab", "Tab: what has gone", "groups sockets [gone] listeners 3, last first" },
	{ "Tab Tab Tab", "Tab: listeners", "groups sockets gone [listeners] 3, trouble first" },
	{ "Tab Tab Tab Tab", "Tab: and around", "[groups by owner]" },
	{ "BackTab", "Shift-Tab: the one before", "[listeners]" },
	{ "BackTab BackTab", "Shift-Tab: and again", "[gone]" },
	{ "4", "4: listeners", "[listeners]" },
	{ "3", "3: gone", "[gone]" },
	{ "2", "2: sockets", "[sockets]" },
	{ "2 1", "1: groups", "[groups by owner]" },
	/* Sockets. */
	{ "2", "listeners, then by port",
	  "then by port\nState|10.0.0.1:81 |10.0.0.1:8080 |10.0.0.1:9000 |:40001|:40002|:40005" },
	{ "2 s", "s: the oldest", "8, oldest first|300 s|7.00 s|6.00 s" },
	{ "2 s s", "s: Recv-Q", "8, largest Recv-Q first|:40002|:40001" },
	{ "2 s s s", "s: Send-Q", "8, largest Send-Q first|:40003" },
	{ "2 s s s s", "s: retransmissions", "8, most retransmissions first" },
	{ "2 s s s s s", "s: by state", "8, by state|LISTEN|ESTABLISHED|CLOSE_WAIT" },
	{ "2 s s s s s s", "s: and around", "8, listeners, then by port" },
	{ "2 s r", "r: the youngest", "oldest first, reversed|1.00 s|300 s" },
	{ "2 S", "S: asks", "sort sockets by (-recvq,age; a column of 'lastack list'):" },
	{ "S -sendq Enter", "S: by what was typed, and shows sockets",
	  "[sockets] gone listeners 8, by -sendq|:8080 10.0.0.3:40003" },
	{ "2 r S -age Enter", "S: and not reversed", "8, by -age\n|!reversed" },
	{ "S nonsense Enter", "S: refused", "there is no column 'nonsense'" },
	{ "S -age Enter s", "s: the first of the usual ones", "listeners, then by port" },
	{ "S -age Esc", "Esc: nothing was asked", "[groups by owner]|q quit" },
	/* What is gone. */
	{ "3", "with its last state, and how long it lived", "Gone Life Last state|≥|CLOSE_WAIT|leaky[20]" },
	{ "3 s", "s: the longest life", "3, longest life first" },
	{ "3 s s", "s: and around", "3, last first" },
	/* Listeners: one that has thrown something away, one with a queue, the others. */
	{ "4", "those in trouble first",
	  "10.0.0.1:8080 █░░░░░░░ 3/128 2 2.5 9 server[10]|10.0.0.1:9000 ░░░░░░░░ 0/5 0 0 50 leaky[20]" },
	{ "4 s", "s: by port", "3, by port|:81 |:8080 |:9000 " },
	{ "4 s s", "s: half-open", "3, most half-open first|:81 |:8080 |:9000 " },
	{ "4 s s s", "s: drops", "3, most drops first|:9000 |:8080 |:81 " },
	{ "4 s s s s", "s: and around", "3, trouble first" },
	/* A filter. */
	{ "/", "/: asks", "\nfilter:\n" },
	{ "f", "f: the same", "\nfilter:" },
	{ "/ state Space close-wait Enter", "and shows only that",
	  " 1 socket engine X|filter: state close-wait|1, most first|\n1 300 s leaky[20] 1 CLOSE_WAIT\n|!server[10]" },
	{ "/ state Space nonsense Enter", "refused", "no filter|is no state" },
	{ "/ state Space nonsense Enter /", "what was refused stands there again", "\nfilter: state nonsense\n" },
	{ "/ state Space nonsense Enter / C-u Enter /", "what was put right does not", "\nfilter:\n" },
	{ "/ sport Space 81 Enter / Esc", "Esc: the filter stays", "filter: sport 81" },
	{ "/ sport Space 81 Enter /", "the filter stands there", "\nfilter: sport 81\n" },
	{ "/ sport Space 81 Enter / C-u Enter", "an empty one is none", "no filter" },
	{ "/ sport Space 81 Enter / d", "what is typed takes its place", "\nfilter: d\n" },
	{ "/ sport Space 81 Enter / BS", "Backspace changes it", "\nfilter: sport 8\n" },
	{ "/ sport Space 81 Enter / Right 1", "and so does an arrow", "\nfilter: sport 811\n" },
	{ "/ nonsense Enter / x", "what was refused is changed", "\nfilter: nonsensex\n" },
	{ "/ sport Space 81 Enter Esc", "Esc: the filter goes", "no filter|no filter any more" },
	{ "/ sport Space 81 Enter Enter Esc", "what is open first", "filter: sport 81|[groups by owner]" },
	{ "g", "g: groups by the next", "[groups by program]" },
	{ "/ abc BS", "Backspace", "\nfilter: ab\n" },
	{ "/ abé BS", "Backspace: a character of two bytes", "\nfilter: ab\n" },
	{ "/ ab漢 BS", "of three", "\nfilter: ab\n" },
	{ "/ ab漢é BS BS BS", "one after the other", "\nfilter: a\n" },
	{ "/ a BS BS BS", "and no further", "\nfilter:\n" },
	{ "/ abc C-u", "Ctrl-U: all of it", "\nfilter:\n" },
	{ "/ q", "what is typed is no key", "\nfilter: q\n|!PAUSED" },
	{ "/ Up Tab Other", "and keys are no text", "\nfilter:\n" },
	/* Into it. */
	{ "Enter", "Enter: a group's sockets",
	  "[sockets] gone listeners of server[10]: 6, |!40005|Esc back to groups" },
	{ "Down Enter", "of the one under the cursor", "of leaky[20]: 2, |!40001" },
	{ "Enter Esc", "Esc: back to the groups", "[groups by owner]" },
	{ "Enter BS", "Backspace, too", "[groups by owner]" },
	{ "Enter Tab", "another view is of all", "[gone]|!of server" },
	{ "Enter Tab 2", "and so are sockets then", "[sockets] gone listeners 8, " },
	{ "Enter Enter", "Enter: a socket's page",
	  "10.0.0.1:81 LISTEN\n|waits for connections|History|it was there when top began|Values" },
	{ "Enter Enter Esc", "Esc: back to the sockets", "of server[10]: 6, " },
	{ "Enter Enter Esc Esc", "Esc: and to the groups", "[groups by owner]" },
	{ "Enter Enter t", "t: stacks", "Where its owner's threads were at|thread of 10 sleeps in accept()" },
	{ "t", "t: on a page only", "stacks are on a socket's page: Enter on a socket, then t" },
	{ "t r", "what was said goes with the next key", "q quit|!stacks are" },
	{ "2 Down Down Down Down Down Down Down Enter", "a page says what has changed",
	  "10.0.0.1:9000 to 10.0.0.4:40005 CLOSE_WAIT\n|ESTABLISHED to CLOSE_WAIT" },
	{ "2 Down Down Down Down Down Enter", "or that it has come",
	  "to 10.0.0.3:40003 ESTABLISHED\n|seen for the first time" },
	{ "3 Enter", "of one that is gone",
	  "CLOSE_WAIT, gone\n|it was there when top began|gone: it was not there any more" },
	{ "3 Enter t", "which has no threads to show", "no process holds it: there are no stacks" },
	{ "4 Enter", "of a listener", "10.0.0.1:8080 LISTEN\n" },
	/* Time. */
	{ "p", "p: pause", " PAUSED\n" },
	{ "p p", "p: go on", "!PAUSED" },
	{ "Space", "Space: the same", " PAUSED\n" },
	{ "+", "+: less often", "every 2.00 s" },
	{ "=", "without Shift", "every 2.00 s" },
	{ "+ + + + + + +", "no less than once a minute", "every 60.0 s" },
	{ "-", "-: more often", "every 500 ms" },
	{ "- - - - - -", "no more than ten times a second", "every 100 ms" },
	{ "- +", "and back", "every 1.00 s" },
	/* Columns. */
	{ "2 Right", "Right: the first column is out of sight", "then by port\nAge |!State" },
	{ "2 l Left", "Left: it is back", "then by port\nState " },
	{ "2 Right Tab BackTab", "another view, and back: they are all there", "then by port\nState " },
	{ "2 Left", "and no further", "then by port\nState " },
	{ "Right Right Right Right Right Right Right Right Right", "the last one stays", "\nStates\n" },
	/* Explained. */
	{ "F1", "F1: the state of most in a group", "ESTABLISHED is this\nand that\n|Esc back arrows scroll|![groups" },
	{ "e", "e: the same", "ESTABLISHED is this" },
	{ "Down F1", "of the row under the cursor", "\nCLOSE_WAIT is this" },
	{ "2 F1", "of a socket its state", "\nLISTEN is this" },
	{ "3 F1", "of one that is gone its last one", "\nCLOSE_WAIT is this" },
	{ "4 F1", "of a listener that throws away that it does", "\naccept-queue-overflow is this\n|\nLISTEN is this" },
	{ "4 Down Down F1", "of one that does not, not", "\nLISTEN is this|!accept-queue" },
	{ "2 Enter F1", "on its page", "\nLISTEN is this|!History" },
	{ "2 Enter F1 Esc", "Esc: back to it", "History|!is this" },
	{ "F1 Esc", "Esc: back", "[groups by owner]|!is this" },
	/* Help. */
	{ "?", "?: what keys do", "Keys\nq quit; Ctrl-C too\np, Space pause: |Esc back arrows scroll|!sockets [" },
	{ "h", "h: the same", "Keys\nq quit" },
	{ "? ?", "?: and away", "[groups by owner]|!Keys" },
	{ "? Esc", "Esc: too", "[groups by owner]|!Keys" },
	{ "? Down", "Down: a line further", "!Keys\n|p, Space" },
	{ "? PgDn PgUp", "PgUp: a page back", "Keys\nq quit" },
	{ "? Down Up", "Up: back", "Keys\nq quit" },
	{ "? End", "End: its end", "A socket that comes and goes between two looks is not seen.|!Keys\n" },
	{ "? End Home", "Home: its beginning", "Keys\nq quit" },
	{ "? End Esc ?", "it begins at its beginning again", "Keys\nq quit" },
	{ "Other x", "a key that does nothing", "[groups by owner]|q quit" },
};

/* Each row on a top of its own. */
static void what_keys_show(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct top *t = top_new();
		char *screen;

		free(drawn(t, 30, 100));
		press_all(t, rows[i].keys);
		screen = drawn(t, 30, 100);
		if (!ok(has_parts(screen, rows[i].shows), "%s (%s)", rows[i].what, rows[i].keys))
			printf("# should have: %s\n# shows:\n%s", rows[i].shows, screen);
		free(screen);
		top_free(t);
	}
}

/* A rise that is larger than a fall comes first, and so does a fall that is larger than a rise (above). */
static void larger_rise(void)
{
	struct top *t = top_new_with("not dport 40006 and not dport 40007");
	char *screen;

	press(t, "s");
	screen = drawn(t, 30, 100);
	ok(has_parts(screen, "2, largest change first|\n6 +2 |server[10]|\n2 -1 |leaky[20]"), "the larger rise first");
	free(screen);
	top_free(t);
}

/* --- the help ------------------------------------------------------------------------------------------------ */

/* What the help names: a row above presses each of them. */
static const char *const told[] = { "q", "p", "Space", "Tab",  "BackTab", "1",    "2",     "3",
	                            "4", "g", "s",     "S",    "r",       "/",    "Enter", "t",
	                            "+", "-", "?",     "Down", "Right",   "Home", "End",   "PgUp" };

static bool is_pressed(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strstr(rows[i].keys, key))
			return true;
	return streq(key, "q"); /* it ends top: cursor_test.c */
}

static void all_keys_are_tried(void)
{
	struct screen_lines ls = { 0 };
	size_t keys = 0;

	lines_clear(&ls, 200);
	keys_help(&ls);
	for (size_t i = 1; i < ls.n && *(ls.text.text + ls.all[i].at); i++)
		keys++;
	ok(keys == 17, "the help has a line for each of 17 keys (%zu)", keys);
	for (size_t i = 0; i < ARRAY_SIZE(told); i++)
		ok(is_pressed(told[i]), "%s is pressed", told[i]);
	lines_free(&ls);
}

/* --- sizes --------------------------------------------------------------------------------------------------- */

static const struct {
	size_t rows, cols;
	const char *shows;
} screens[] = {
	{ 14, 100, "too small: 60 x 15 at least|![groups" },
	{ 30, 59, "too small: 60 x 15 at least|![groups" },
	{ 15, 60, "[groups by owner]|!too small" },
	{ 31, 100, "LISTEN 3 ██ CLOSE_WAIT 1 -2" },        /* states in two columns */
	{ 32, 100, "LISTEN 3 ██\nESTABLISHED 4 +1 ▆█\n" }, /* and in one */
};

static void sizes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(screens); i++) {
		struct top *t = top_new();
		char *screen = drawn(t, screens[i].rows, screens[i].cols);

		if (!ok(has_parts(screen, screens[i].shows), "%zu rows, %zu columns", screens[i].rows, screens[i].cols))
			printf("# shows:\n%s", screen);
		free(screen);
		top_free(t);
	}
}

/* --- JSON ---------------------------------------------------------------------------------------------------- */

static void json(void)
{
	struct top *t = top_new();
	struct buf out = { 0 };

	top_json(&out, t);
	ok(has_parts(buf_text(&out),
	             "\"engine\":\"X\"|\"interval_ns\":2000000000|\"filter\":\"\"|\"hidden_sockets\":0|\"sockets\":8,"
	             "\"came\":2,"
	             "\"went\":3|\"states\":{\"LISTEN\":{\"sockets\":3,\"change\":0}|\"ESTABLISHED\":{\"sockets\":4,"
	             "\"change\":1}|\"CLOSE_WAIT\":{\"sockets\":1,\"change\":-2}}|\"listeners\":[{|\"dropped\":5}|"
	             "\"dropped\":0}|\"dropped\":0}]|\"listeners_left_out\":0|\"group_by\":\"owner\",\"groups\":[{"
	             "\"group\":"
	             "\"server[10]\",\"sockets\":6,\"change\":2,|{\"group\":\"leaky[20]\",\"sockets\":2,\"change\":-3,|"
	             "\"groups_left_out\":0|\"first_sockets\":[{|\"gone\":[{|\"life_is\":\"at-least\"}|\"gone_left_"
	             "out\":0}"),
	   "JSON has the same numbers");
	buf_clear(&out);
	press_all(t, "/ state Space close-wait Enter");
	top_json(&out, t);
	ok(has_parts(buf_text(&out), "\"filter\":\"state close-wait\"|\"sockets\":1,|\"listeners\":[]"),
	   "and the filter");
	buf_free(&out);
	top_free(t);
}

/* What was counted: a second is a half of the time between the looks, what is not told is blank. */
static void two_totals(void *ctx, int64_t to[TOP_RATES])
{
	static int64_t n;

	(void)ctx;
	n += 3;
	for (int i = 0; i < TOP_RATES; i++)
		to[i] = i == RATE_RSTS ? UNKNOWN : n * (i + 1);
}

static void rates(void)
{
	struct top_eyes seeing = eyes;
	struct top *t = top_new();
	struct err e;
	char *is;

	seeing.totals = two_totals;
	t->eyes = &seeing;
	top_sample(t, &e);
	top_sample(t, &e);
	t->history.interval = span_s(2);
	is = drawn(t, 40, 120);
	ok(has_parts(is, "this netns, a second: accepted 1.5 failed 3.0 reset 4.5 sent again 7.5\n|!RSTs"),
	   "rates, of what is told");
	free(is);
	top_free(t);
}

int main(void)
{
	what_keys_show();
	larger_rise();
	all_keys_are_tried();
	sizes();
	json();
	rates();
	return tap_done();
}
