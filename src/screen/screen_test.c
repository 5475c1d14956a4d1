/* SPDX-License-Identifier: MIT
 * What a screen is drawn with: bars, sparks, and text that is cut to the room there is. */
#include "screen/screen.h"
#include "base/tap.h"
#include "render/out.h"

#include <stdio.h>

static const struct {
	size_t width;
	uint64_t value, most;
	const char *utf8, *ascii;
} bar_rows[] = {
	{ 4, 0, 8, "░░░░", "----" }, { 4, 1, 8, "█░░░", "#---" },
	{ 4, 3, 8, "█░░░", "#---" }, { 4, 4, 8, "██░░", "##--" },
	{ 4, 7, 8, "███░", "###-" }, { 4, 8, 8, "████", "####" },
	{ 4, 9, 8, "████", "####" }, { 8, 1, 65535, "█░░░░░░░", "#-------" },
	{ 4, 0, 0, "░░░░", "----" },
};

static void bars(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bar_rows); i++) {
		struct buf b = { 0 };

		screen_bar(&b, true, bar_rows[i].width, bar_rows[i].value, bar_rows[i].most);
		same_text(buf_text(&b), bar_rows[i].utf8, "a bar");
		buf_clear(&b);
		screen_bar(&b, false, bar_rows[i].width, bar_rows[i].value, bar_rows[i].most);
		same_text(buf_text(&b), bar_rows[i].ascii, "in ASCII");
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

static const struct {
	const char *text;
	size_t width;
	const char *shows;
} cuts[] = {
	{ "server", 6, "server" }, { "server", 5, "serv…" }, { "server", 1, "…" },        { "漢字", 4, "漢字" },
	{ "漢字", 3, "漢…" },      { "é", 1, "é" },          { "a\033b", 20, "a\\x1bb" },
};

static void cut(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		struct grid g;
		struct buf out = { 0 };
		char line[64];

		grid_open(&g, 1, 30, true);
		screen_put(&g.screen, 0, 0, cuts[i].width, cuts[i].text, 0);
		grid_add(&out, &g);
		snprintf(line, sizeof line, "%s\n", cuts[i].shows);
		same_text(buf_text(&out), line, "text in its width");
		buf_free(&out);
		grid_close(&g);
	}
}

/* In ASCII, beyond the right edge, and below the last row. */
static const struct {
	size_t row, col;
	const char *shows;
	size_t took;
} edges[] = { { 0, 0, "server\n", 6 }, { 0, 3, "   ser>\n", 4 }, { 0, 6, "      >\n", 1 },
	      { 0, 7, "\n", 0 },       { 0, 9, "\n", 0 },        { 1, 0, "\n", 0 } };

static void at_the_edge(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
		struct grid g;
		struct buf out = { 0 };

		grid_open(&g, 1, 7, false);
		ok(screen_put(&g.screen, edges[i].row, edges[i].col, 20, "server", 0) == edges[i].took,
		   "columns that it took");
		grid_add(&out, &g);
		same_text(buf_text(&out), edges[i].shows, "text at the edge");
		buf_free(&out);
		grid_close(&g);
	}
}

int main(void)
{
	bars();
	sparks();
	cut();
	at_the_edge();
	return tap_done();
}
