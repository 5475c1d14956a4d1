/* SPDX-License-Identifier: MIT
 * lastack top without a terminal: two looks at a machine made by hand, keys, and what then stands on the screen. */
#include "screen/top_internal.h"
#include "base/tap.h"
#include "base/text.h"
#include "render/out.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

/* --- the machine --------------------------------------------------------------------------------------------- */

/* Ten servers, clients of theirs, and what a leaking program holds. */
struct so {
	unsigned looks;            /* in which it is there: 1, 2, or both (3) */
	enum tcp_state state, was; /* in the second look, and in the first */
	uint16_t local, remote;
	uint8_t host; /* of the peer: 10.0.0.host; 0: none */
	pid_t pid;
	int age_s;
	uint32_t rq, wq, half_open, drops, drops_before;
};

#define EST TCP_ESTABLISHED
#define CW  TCP_CLOSE_WAIT

static const struct so machine[] = {
	{ 3, TCP_LISTEN, TCP_LISTEN, 8080, 0, 0, 10, 0, 3, 128, 2, 9, 4 },
	{ 3, TCP_LISTEN, TCP_LISTEN, 81, 0, 0, 10, 0, 0, 128, 7, 0, 0 },
	{ 3, TCP_LISTEN, TCP_LISTEN, 9000, 0, 0, 20, 0, 0, 5, 0, 50, 50 },
	{ 3, EST, EST, 8080, 40001, 2, 10, 7, 0, 0, 0, 0, 0 },
	{ 3, EST, EST, 8080, 40002, 2, 10, 6, 5, 0, 0, 0, 0 },
	{ 2, EST, EST, 8080, 40003, 3, 10, 1, 0, 900, 0, 0, 0 },
	{ 2, EST, EST, 8080, 40004, 3, 10, 1, 0, 0, 0, 0, 0 },
	{ 3, CW, EST, 9000, 40005, 4, 20, 300, 0, 0, 0, 0, 0 },
	{ 1, CW, CW, 9000, 40006, 4, 20, 200, 0, 0, 0, 0, 0 },
	{ 1, CW, CW, 9000, 40007, 4, 20, 100, 0, 0, 0, 0, 0 },
	{ 1, CW, CW, 9000, 40008, 4, 20, 50, 0, 0, 0, 0, 0 },
};

static unsigned look_now;

static struct endpoint at(uint8_t host, uint16_t port)
{
	return (struct endpoint){ { AF_INET, { 10, 0, 0, host } }, port };
}

static void add(struct evidence *ev, const struct so *so, size_t i)
{
	struct sock s = { .key = { 4026531840U, i + 1 },
		          .state = look_now == 1 ? so->was : so->state,
		          .local = at(1, so->local),
		          .rq = so->rq,
		          .wq = so->wq,
		          .half_open = so->half_open,
		          .drops = look_now == 1 ? so->drops_before : so->drops,
		          .age = span_s(so->age_s),
		          .age_is = so->age_s ? AGE_EXACT : AGE_UNKNOWN,
		          .held = true };
	struct holder h = { so->pid, so->pid, "" };
	struct sock *is;

	if (so->host)
		s.remote = at(so->host, so->remote);
	snprintf(h.comm, sizeof h.comm, so->pid == 10 ? "server" : "leaky");
	is = evidence_add(ev, &s);
	evidence_add_owner(ev, is, evidence_add_holder(ev, &h), (int)i + 3);
}

static int look(void *ctx, unsigned want, struct evidence *ev, struct top_unseen *unseen, struct err *e)
{
	(void)ctx;
	(void)want;
	(void)unseen;
	(void)e;
	for (size_t i = 0; i < ARRAY_SIZE(machine); i++)
		if (machine[i].looks & look_now)
			add(ev, &machine[i], i);
	return 0;
}

static void forget_names(void *ctx)
{
	(void)ctx;
}

static void threads(void *ctx, pid_t pid, uint64_t began, struct buf *out)
{
	(void)ctx;
	(void)began;
	buf_addf(out, "thread of %d sleeps in accept()\n", pid);
}

static const struct top_eyes eyes = { .engine = "X", .look = look, .forget_names = forget_names, .threads = threads };
static const struct top_job job = { .once = false };

static struct top *top_new_with(const char *filter)
{
	struct top *t = xcalloc(1, sizeof *t);
	struct err e = { 0 };

	t->job = &job;
	t->eyes = &eyes;
	t->named = clock_now();
	t->style = (struct cell_style){ .names = &eyes.names, .utf8 = true };
	t->grouping = GROUP_OWNER;
	t->delay = span_ms(1000);
	top_set_filter(t, filter, &e);
	look_now = 1;
	top_sample(t, &e);
	top_count_groups(t);
	look_now = 2;
	top_sample(t, &e);
	t->history.interval = span_s(2);
	return t;
}

static struct top *top_new(void)
{
	return top_new_with("");
}

static void top_free(struct top *t)
{
	top_finish(t);
	free(t);
}

/* --- keys ---------------------------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	int key;
} named[] = {
	{ "Tab", SCREEN_TAB },
	{ "BackTab", SCREEN_BACK_TAB },
	{ "Enter", SCREEN_ENTER },
	{ "Esc", SCREEN_ESCAPE },
	{ "BS", SCREEN_BACKSPACE },
	{ "Up", SCREEN_UP },
	{ "Down", SCREEN_DOWN },
	{ "Left", SCREEN_LEFT },
	{ "Right", SCREEN_RIGHT },
	{ "PgUp", SCREEN_PAGE_UP },
	{ "PgDn", SCREEN_PAGE_DOWN },
	{ "Home", SCREEN_HOME },
	{ "End", SCREEN_END },
	{ "Space", ' ' },
	{ "C-u", 21 },
	{ "Other", SCREEN_OTHER },
};

/* A word that is a key's name is that key; of any other each byte is typed. */
static void press(struct top *t, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(named); i++)
		if (streq(named[i].word, word)) {
			keys_press(t, named[i].key);
			return;
		}
	for (; *word; word++)
		keys_press(t, (unsigned char)*word);
}

static void press_all(struct top *t, const char *keys)
{
	char word[64];

	for (int n; sscanf(keys, "%63s%n", word, &n) == 1; keys += n)
		press(t, word);
}

/* The screen, each run of blanks as one. For free(). */
static char *drawn(struct top *t, size_t rows, size_t cols)
{
	struct grid g;
	struct buf out = { 0 };
	size_t to = 0;

	grid_open(&g, rows, cols, true);
	panels_draw(&g.screen, t);
	grid_add(&out, &g);
	grid_close(&g);
	for (size_t i = 0; i < out.len; i++)
		if (out.text[i] != ' ' || (to && out.text[to - 1] != ' ' && out.text[to - 1] != '\n'))
			out.text[to++] = out.text[i];
	out.text[to] = 0;
	return out.text;
}

/* Each of the parts, "|" between them, behind the one before; one behind "!" nowhere. */
static bool has_parts(const char *screen, const char *parts)
{
	const char *from = screen;
	char part[160];

	for (size_t n; *parts; parts += n + (parts[n] != 0)) {
		n = strcspn(parts, "|");
		snprintf(part, sizeof part, "%.*s", (int)n, parts);
		if (*part == '!') {
			if (strstr(screen, part + 1))
				return false;
			continue;
		}
		from = strstr(from, part);
		if (!from)
			return false;
		from += strlen(part);
	}
	return true;
}

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
	{ "", "what may be done", "q quit p pause Tab view g group s sort / filter Enter open ? help" },
	/* The order. */
	{ "s", "s: the largest change, up or down", "2, largest change first|leaky[20]|server[10]" },
	{ "s s", "s: the oldest", "2, oldest first|leaky[20]|server[10]" },
	{ "s s s", "s: and around", "2, most first|server[10]|leaky[20]" },
	{ "r", "r: reversed", "most first, reversed|leaky[20]|server[10]" },
	{ "r r", "r: and again not", "2, most first\n|server[10]|leaky[20]" },
	{ "r s", "s: another order is not reversed", "2, largest change first\n" },
	/* Groups. */
	{ "g", "g: by peer", "[groups by peer] sockets" },
	{ "g g", "g: by listener", "[groups by listener]" },
	{ "g g g", "g: by namespace", "[groups by netns]" },
	{ "g g g g", "g: by state, and it says no states then",
	  "[groups by state]|\n4 7.00 s ESTABLISHED\n3 LISTEN\n1 300 s CLOSE_WAIT\n" },
	{ "g g g g g", "g: and around", "[groups by owner]" },
	{ "2 g", "g: from another view the groups there were", "[groups by owner]" },
	{ "s g", "g: each kind in the order that was asked for",
	  "[groups by peer] sockets gone listeners 4, largest change first" },
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
	/* Help. */
	{ "?", "?: what keys do", "Keys\nq quit; Ctrl-C too\np, Space pause: |Esc back arrows scroll|!sockets [" },
	{ "h", "h: the same", "Keys\nq quit" },
	{ "? ?", "?: and away", "[groups by owner]|!Keys" },
	{ "? Esc", "Esc: too", "[groups by owner]|!Keys" },
	{ "? Down", "Down: a line further", "!Keys\n|p, Space" },
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

/* --- the cursor ---------------------------------------------------------------------------------------------- */

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

/* --- the help ------------------------------------------------------------------------------------------------ */

/* What the help names, and a row above that presses it first. */
static void all_keys_are_tried(void)
{
	static const char *const told[] = { "q", "p", "Space", "Tab",  "BackTab", "1",    "2",     "3",
		                            "4", "g", "s",     "S",    "r",       "/",    "Enter", "t",
		                            "+", "-", "?",     "Down", "Right",   "Home", "End",   "PgUp" };
	struct screen_lines ls = { 0 };
	size_t keys = 0;

	lines_clear(&ls, 200);
	keys_help(&ls);
	for (size_t i = 1; i < ls.n && *(ls.text.text + ls.all[i].at); i++)
		keys++;
	ok(keys == 16, "the help has a line for each of 16 keys (%zu)", keys);
	for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
		bool tried = streq(told[i], "q");

		for (size_t k = 0; k < ARRAY_SIZE(rows) && !tried; k++)
			tried = strstr(rows[k].keys, told[i]) != NULL;
		for (size_t k = 0; k < ARRAY_SIZE(moves) && !tried; k++)
			tried = strstr(moves[k].keys, told[i]) != NULL;
		ok(tried, "%s is pressed", told[i]);
	}
	lines_free(&ls);
}

/* --- sizes --------------------------------------------------------------------------------------------------- */

static void sizes(void)
{
	static const struct {
		size_t rows, cols;
		const char *shows;
	} all[] = {
		{ 14, 100, "too small: 60 x 15 at least|![groups" },
		{ 30, 59, "too small: 60 x 15 at least|![groups" },
		{ 15, 60, "[groups by owner]|!too small" },
		{ 31, 100, "LISTEN 3 ██ CLOSE_WAIT 1 -2" },        /* states in two columns */
		{ 32, 100, "LISTEN 3 ██\nESTABLISHED 4 +1 ▆█\n" }, /* and in one */
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct top *t = top_new();
		char *screen = drawn(t, all[i].rows, all[i].cols);

		if (!ok(has_parts(screen, all[i].shows), "%zu rows, %zu columns", all[i].rows, all[i].cols))
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

/* --- what is drawn with -------------------------------------------------------------------------------------- */

static void bars(void)
{
	static const struct {
		size_t width;
		uint64_t value, most;
		const char *utf8, *ascii;
	} all[] = {
		{ 4, 0, 8, "░░░░", "----" }, { 4, 1, 8, "█░░░", "#---" },
		{ 4, 3, 8, "█░░░", "#---" }, { 4, 4, 8, "██░░", "##--" },
		{ 4, 7, 8, "███░", "###-" }, { 4, 8, 8, "████", "####" },
		{ 4, 9, 8, "████", "####" }, { 8, 1, 65535, "█░░░░░░░", "#-------" },
		{ 4, 0, 0, "░░░░", "----" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct buf b = { 0 };

		screen_bar(&b, true, all[i].width, all[i].value, all[i].most);
		same_text(buf_text(&b), all[i].utf8, "a bar");
		buf_clear(&b);
		screen_bar(&b, false, all[i].width, all[i].value, all[i].most);
		same_text(buf_text(&b), all[i].ascii, "in ASCII");
		buf_free(&b);
	}
}

static void sparks(void)
{
	static const uint32_t rising[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8 }, few[] = { 0, 1, 0 }, steps[] = { 1, 8, 9, 80 };
	struct buf b = { 0 };

	screen_spark(&b, true, rising, ARRAY_SIZE(rising));
	same_text(buf_text(&b), " ▁▂▃▄▅▆▇█", "a blank for none, the highest is full");
	buf_clear(&b);
	screen_spark(&b, true, few, ARRAY_SIZE(few));
	same_text(buf_text(&b), " █ ", "one of one is all");
	buf_clear(&b);
	screen_spark(&b, true, steps, ARRAY_SIZE(steps));
	same_text(buf_text(&b), "▁▁▁█", "an eighth of the highest is one step, and so is less");
	buf_clear(&b);
	screen_spark(&b, false, rising, ARRAY_SIZE(rising));
	same_text(buf_text(&b), " .::-==##", "in ASCII five steps");
	buf_free(&b);
}

static void cut(void)
{
	static const struct {
		const char *text;
		size_t width;
		const char *shows;
	} all[] = {
		{ "server", 6, "server" }, { "server", 5, "serv…" }, { "server", 1, "…" },        { "漢字", 4, "漢字" },
		{ "漢字", 3, "漢…" },      { "é", 1, "é" },          { "a\033b", 20, "a\\x1bb" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct grid g;
		struct buf out = { 0 };
		char line[64];

		grid_open(&g, 1, 30, true);
		screen_put(&g.screen, 0, 0, all[i].width, all[i].text, 0);
		grid_add(&out, &g);
		snprintf(line, sizeof line, "%s\n", all[i].shows);
		same_text(buf_text(&out), line, "text in its width");
		buf_free(&out);
		grid_close(&g);
	}
}

/* In ASCII, beyond the right edge, and below the last row. */
static void at_the_edge(void)
{
	static const struct {
		size_t row, col;
		const char *shows;
		size_t took;
	} all[] = { { 0, 0, "server\n", 6 }, { 0, 3, "   ser>\n", 4 }, { 0, 6, "      >\n", 1 },
		    { 0, 7, "\n", 0 },       { 0, 9, "\n", 0 },        { 1, 0, "\n", 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct grid g;
		struct buf out = { 0 };

		grid_open(&g, 1, 7, false);
		ok(screen_put(&g.screen, all[i].row, all[i].col, 20, "server", 0) == all[i].took,
		   "columns that it took");
		grid_add(&out, &g);
		same_text(buf_text(&out), all[i].shows, "text at the edge");
		buf_free(&out);
		grid_close(&g);
	}
}

int main(void)
{
	what_keys_show();
	larger_rise();
	the_cursor_moves();
	it_scrolls();
	the_cursor_stays();
	it_ends();
	a_long_line();
	all_keys_are_tried();
	sizes();
	json();
	bars();
	sparks();
	cut();
	at_the_edge();
	return tap_done();
}
