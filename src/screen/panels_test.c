/* SPDX-License-Identifier: MIT
 * Whole pictures, and what stands around the views: warnings, states over time, listeners, the last line. */
#include "screen/looks_test.h"

#include <unistd.h>

#define EST TCP_ESTABLISHED

static const struct row rows[] = {
	{ 1, 9, TCP_LISTEN, 80, 0, 3, 128, SERVER, 0, .rest = { .half_open = 2, .held = true } },
	{ 1, 0, EST, 80, 1, 0, 0, SERVER, 0, .rest = { .key.cookie = 1 } },
	{ 1, 2, EST, 80, 2, 0, 0, SERVER, 0, .rest = { .key.cookie = 2 } },
	{ 1, 9, EST, 80, 3, 0, 0, SERVER, 0, .rest = { .key.cookie = 3 } },
	{ 2, 4, TCP_CLOSE_WAIT, 81, 4, 1, 0, LEAKY, 0, .rest = { .key.cookie = 4, .no_owner = NO_OWNER_HIDDEN } },
	{ 3, 4, TCP_CLOSE_WAIT, 81, 5, 1, 0, NOBODY, 0, .rest = { .key.cookie = 5, .no_owner = NO_OWNER_HIDDEN } },
};

/* --- drawing ------------------------------------------------------------------------------------------------- */

static struct top *top_after(unsigned look)
{
	struct top *t = top_at(rows, ARRAY_SIZE(rows));

	top_looks_until(t, look);
	t->took = span_ms(1);
	return t;
}

static void draw(struct top *t, size_t height, size_t cols, struct buf *out)
{
	struct grid g;

	grid_open(&g, height, cols, true);
	panels_draw(&g.screen, t);
	buf_clear(out);
	grid_add(out, &g);
	grid_close(&g);
}

/* Line `n` of a text, 0 is the first. */
static const char *line_of(struct buf *text, size_t n)
{
	static char line[400];
	const char *at = buf_text(text);

	while (n-- > 0 && *at)
		at += strcspn(at, "\n") + (at[strcspn(at, "\n")] != 0);
	snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
	return line;
}

/* Where the text has HOST or ROOT stands what is so here: the host's name, and the advice for those who are not root.
 */
static char *here(const char *text)
{
	char host[65] = "";
	struct buf b = { 0 };

	gethostname(host, sizeof host - 1);
	for (; *text; text++)
		if (!strncmp(text, "HOST", 4)) {
			buf_puts(&b, host);
			text += 3;
		} else if (!strncmp(text, "ROOT", 4)) {
			buf_puts(&b, geteuid() ? " (try as root)" : "");
			text += 3;
		} else {
			buf_add(&b, text, 1);
		}
	buf_puts(&b, "");
	return b.text;
}

/* --- the whole ----------------------------------------------------------------------------------------------- */

static const struct {
	const char *what;
	unsigned look;
	enum view_is view;
	size_t height;
	const char *shows;
} pictures[] = {
	{ "after one look there are no changes", 1, VIEW_GROUPS, 15,
	  "lastack top  HOST 12:00:10  4 sockets  engine X  every 10.0 s\n"
	  "no filter\n"
	  "LISTEN            1                   █ ESTABLISHED       3                   █\n"
	  "Listener    Accept queue   Half-open Drops/s Drops Owner\n"
	  "10.0.0.1:80 █░░░░░░░ 3/128         2             0 server[5000010]\n"
	  "[groups by owner] sockets  gone  listeners   1, most first\n"
	  "Sockets Change Oldest Owner           States\n"
	  "      4               server[5000010] 1 LISTEN, 3 ESTABLISHED\n"
	  "\n\n\n\n\n\n"
	  "q quit  p pause  Tab view  g group  s sort  / filter  Enter  F1 explain  ? help\n" },
	{ "after three: each state over time, and who is hidden", 3, VIEW_SOCKETS, 15,
	  "lastack top  HOST 12:00:30  4 sockets +1 -1  engine X  every 10.0 s\n"
	  "no filter\n"
	  "1 socket's owner is hiddenROOT\n"
	  "LISTEN            1                 ███ CLOSE_WAIT        2     +1           ▄█\n"
	  "ESTABLISHED       1     -1          █▆▃\n"
	  "Listener    Accept queue   Half-open Drops/s Drops Owner\n"
	  "10.0.0.1:80 █░░░░░░░ 3/128         2       0     0 server[5000010]\n"
	  " groups [sockets] gone  listeners   4, listeners, then by port\n"
	  "State       Age Recv-Q Send-Q Local       Peer       Owner           Timer User\n"
	  "LISTEN               3    128 10.0.0.1:80 *:*        server[5000010]       0\n"
	  "ESTABLISHED          0      0 10.0.0.1:80 10.0.0.2:3 server[5000010]       0\n"
	  "CLOSE_WAIT           1      0 10.0.0.1:81 10.0.0.2:4 leaky[5000020]        0\n"
	  "CLOSE_WAIT           1      0 10.0.0.1:81 10.0.0.2:5 hidden                0\n"
	  "\n"
	  "q quit  p pause  Tab view  g group  s sort  / filter  Enter  F1 explain  ? help\n" },
	{ "the view of listeners has them once", 3, VIEW_LISTENERS, 15,
	  "lastack top  HOST 12:00:30  4 sockets +1 -1  engine X  every 10.0 s\n"
	  "no filter\n"
	  "1 socket's owner is hiddenROOT\n"
	  "LISTEN            1                 ███ CLOSE_WAIT        2     +1           ▄█\n"
	  "ESTABLISHED       1     -1          █▆▃\n"
	  " groups  sockets  gone [listeners]  1, trouble first\n"
	  "Listener    Accept queue   Half-open Drops/s Drops Owner\n"
	  "10.0.0.1:80 █░░░░░░░ 3/128         2       0     0 server[5000010]\n"
	  "\n\n\n\n\n\n"
	  "q quit  p pause  Tab view  g group  s sort  / filter  Enter  F1 explain  ? help\n" },
};

static void whole_pictures(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(pictures); i++) {
		struct top *t = top_after(pictures[i].look);
		char *should = here(pictures[i].shows);
		struct buf b = { 0 };

		t->view = pictures[i].view;
		draw(t, pictures[i].height, 80, &b);
		same_lines(buf_text(&b), should, pictures[i].what);
		free(should);
		buf_free(&b);
		top_free(t);
	}
}

/* --- warnings ------------------------------------------------------------------------------------------------ */

/* Of so many; how long the look took, of ten seconds. */
static const struct {
	size_t hidden, namespaces, chains;
	int took_s;
	const char *says;
} warnings[] = {
	{ 0, 0, 0, 10, "" },
	{ 1, 0, 0, 1, "1 socket's owner is hiddenROOT" },
	{ 2, 0, 0, 1, "2 sockets' owners are hiddenROOT" },
	{ 0, 1, 0, 1, "1 network namespace may not be enteredROOT" },
	{ 0, 3, 0, 1, "3 network namespaces may not be enteredROOT" },
	{ 0, 0, 4, 1, "4 chains changed while they were read: sockets may be missing or twice here" },
	{ 0, 0, 0, 11, "a look takes 11.0 s, longer than the interval" },
	{ 2, 1, 0, 11,
	  "2 sockets' owners are hiddenROOT; 1 network namespace may not be enteredROOT; a look takes 11.0 s, longer "
	  "than "
	  "the interval" },
};

static void what_is_warned_of(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(warnings); i++) {
		struct top *t = top_after(2);
		char *should = here(warnings[i].says);
		struct grid g;
		struct buf b = { 0 };

		t->hidden = warnings[i].hidden;
		t->unseen = (struct top_unseen){ 0, warnings[i].namespaces, warnings[i].chains };
		t->took = span_s(warnings[i].took_s);
		grid_open(&g, 4, 200, true);
		ok(panel_header((struct area){ &g.screen, 0, 4 }, t) == (*should ? 3 : 2), "lines of the header");
		grid_add(&b, &g);
		same_text(line_of(&b, 2), should, "what is warned of");
		grid_close(&g);
		free(should);
		buf_free(&b);
		top_free(t);
	}
}

/* --- states -------------------------------------------------------------------------------------------------- */

static const struct {
	const char *what;
	unsigned look;
	size_t columns, rows, cols, used;
	const char *shows;
} states[] = {
	{ "in one column", 3, 1, 9, 34, 3,
	  "LISTEN            1           ███\nESTABLISHED       1     -1    █▆▃\nCLOSE_WAIT        2     +1     "
	  "▄█\n" },
	{ "in two", 3, 2, 9, 68, 2,
	  "LISTEN            1           ███ CLOSE_WAIT        2     +1     ▄█\nESTABLISHED       1     -1    █▆▃\n" },
	{ "where there is room for fewer", 3, 1, 2, 34, 2,
	  "LISTEN            1           ███\nESTABLISHED       1     -1    █▆▃\n" },
	{ "where there is no room for their past", 3, 1, 9, 27, 3,
	  "LISTEN            1\nESTABLISHED       1     -1\nCLOSE_WAIT        2     +1\n" },
	{ "one that is no more, as long as its past is seen", 5, 1, 9, 34, 3,
	  "LISTEN            1         █████\nESTABLISHED       1         █▆▃▃▃\nCLOSE_WAIT        0     -2   ▄██\n" },
};

static void states_over_time(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct top *t = top_after(states[i].look);
		struct grid g;
		struct buf b = { 0 };

		grid_open(&g, 9, states[i].cols, true);
		ok(panel_states((struct area){ &g.screen, 0, states[i].rows }, t, states[i].columns) == states[i].used,
		   "%zu lines", states[i].used);
		grid_add(&b, &g);
		same_lines(buf_text(&b), states[i].shows, states[i].what);
		grid_close(&g);
		buf_free(&b);
		top_free(t);
	}
}

/* --- listeners beside a view --------------------------------------------------------------------------------- */

static size_t count_of(struct buf *text, const char *what)
{
	size_t n = 0;

	for (const char *at = buf_text(text); (at = strstr(at, what)); at++)
		n++;
	return n;
}

/* Of twelve; how high the screen is, how many of them stand beside the groups. */
static const struct {
	size_t there, height, shown;
} beside[] = { { 12, 15, 3 }, { 12, 31, 3 }, { 12, 32, 6 }, { 12, 47, 6 }, { 12, 48, 10 }, { 2, 48, 2 }, { 4, 32, 4 } };

static void listeners_beside(void)
{
	struct row many[12];

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct row){ 1, 1,      TCP_LISTEN, (uint16_t)(100 + i),     0, 0,
			                5, SERVER, 0,          .rest = { .held = true } };
	for (size_t i = 0; i < ARRAY_SIZE(beside); i++) {
		struct top *t = top_at(many, beside[i].there);
		struct buf b = { 0 };

		top_looks(t);
		draw(t, beside[i].height, 80, &b);
		ok(count_of(&b, " 0/5 ") == beside[i].shown, "of %zu listeners %zu on %zu lines", beside[i].there,
		   count_of(&b, " 0/5 "), beside[i].height);
		buf_free(&b);
		top_free(t);
	}
}

/* --- the last line, and text --------------------------------------------------------------------------------- */

/* What was done, and what stands in the last line of 15. */
static void last_line(const char *what, const char *should)
{
	struct top *t = top_after(3);
	struct buf b = { 0 };
	char *text;

	for (const char *c = what; *c; c++)
		keys_press(t, *c == '\n' ? SCREEN_ENTER : *c);
	draw(t, 15, 80, &b);
	text = xstrdup(line_of(&b, 14));
	same_text(text, should, "the last line");
	free(text);
	buf_free(&b);
	top_free(t);
}

static void last_lines(void)
{
	last_line("", "q quit  p pause  Tab view  g group  s sort  / filter  Enter  F1 explain  ? help");
	last_line("?", "Esc back  arrows scroll");
	last_line("\n", "Esc back to groups  Enter page  s sort  / filter  p pause  ? help");
	last_line("\n1", "q quit  p pause  Tab view  g group  s sort  / filter  Enter  F1 explain  ? help");
	last_line("2\n", "Esc back  F1 explain  t stacks of its owner's threads  arrows scroll  q quit");
	last_line("/dport 1", "filter: dport 1");
	last_line("t", "stacks are on a socket's page: Enter on a socket, then t");
}

/* A text that is longer than the screen says so until its end is seen. */
static void more_below(void)
{
	struct top *t = top_after(3);
	struct buf b = { 0 };

	keys_press(t, '?');
	draw(t, 15, 80, &b);
	ok(count_of(&b, " more below\n") == 1, "there is more below");
	keys_press(t, SCREEN_END);
	draw(t, 15, 80, &b);
	ok(count_of(&b, " more below\n") == 0, "at its end there is not");
	ok(t->scroll == t->lines.n - 11, "and no line of the screen is empty");
	keys_press(t, SCREEN_UP);
	draw(t, 15, 80, &b);
	ok(count_of(&b, " more below\n") == 1, "a line up there is again");
	buf_free(&b);
	top_free(t);
}

int main(void)
{
	whole_pictures();
	what_is_warned_of();
	states_over_time();
	listeners_beside();
	last_lines();
	more_below();
	return tap_done();
}
