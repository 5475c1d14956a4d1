/* SPDX-License-Identifier: MIT
 * Ladders of timelines that are made by hand, beside what they looked like when somebody last read them: one file of
 * test/ladders/ for each tale, with 80 columns of ASCII, 120 of UTF-8, and -v. No kernel, no clock. LADDERS=write
 * writes the files anew; then read what has changed, line by line. */
#ifndef RENDER_LADDERS_TEST_H
#define RENDER_LADDERS_TEST_H

#include "base/tap.h"
#include "render/tale_test.h"

#include <stdlib.h>

struct tale_of {
	const char *name;
	void (*tell)(struct tale *t);
	const char *client; /* what its column is called; NULL */
	bool precise;
};

static const struct screen {
	const char *name;
	struct term term;
	bool verbose;
} screens[] = {
	{ "80 columns of ASCII", { .width = 80 }, false },
	{ "120 columns of UTF-8", { .width = 120, .utf8 = true }, false },
	{ "100 columns, -v", { .width = 100, .utf8 = true }, true },
};

static inline void show(FILE *out, const struct tale_of *of, const struct screen *screen)
{
	struct tale t = { .at = 1 };
	struct view v = { .out = out, .term = screen->term, .verbose = screen->verbose, .precise = of->precise };
	size_t all;
	struct showing head = { .command = "lastack lab x", .title = of->name, .verbose = screen->verbose };

	v.names[CLIENT] = of->client;
	v.names[SERVER] = of->client ? "the others" : NULL;
	of->tell(&t);
	all = t.tl.n;
	fprintf(out, "--- %s ---\n", screen->name);
	render_text.head(&v, &head);
	t.tl.n = t.pause;
	render_text.events(&v, &t.tl);
	t.tl.n = all;
	render_text.events(&v, &t.tl);
	view_free(&v);
	timeline_free(&t.tl);
}

/* A ladder grows no wider than 120 columns: what belongs together would stand too far apart. */
static inline char *shown_at(const struct tale_of *of, size_t width)
{
	struct screen wide = { "", { .width = width }, false };
	char *all = NULL;
	size_t n;
	FILE *out = open_memstream(&all, &n);

	show(out, of, &wide);
	fclose(out);
	return all;
}

static inline void ladders_wider(const struct tale_of *tales, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *at_120 = shown_at(&tales[i], 120), *at_121 = shown_at(&tales[i], 121),
		     *at_60 = shown_at(&tales[i], 60);

		ok(streq(at_120, at_121), "%s: 121 columns are as 120", tales[i].name);
		ok(!streq(at_120, at_60), "and 60 are not");
		free(at_120);
		free(at_121);
		free(at_60);
	}
}

static inline char *shown(const struct tale_of *of)
{
	char *all = NULL;
	size_t n;
	FILE *out = open_memstream(&all, &n);

	for (size_t i = 0; i < ARRAY_SIZE(screens); i++)
		show(out, of, &screens[i]);
	fclose(out);
	return all;
}

static inline const char *path_of(const char *name)
{
	static char path[4096];
	const char *src = getenv("SRC");

	snprintf(path, sizeof path, "%s/test/ladders/%s", src ? src : ".", name);
	return path;
}

static inline char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf all = { 0 };
	char part[4096];
	size_t n;

	while (f && (n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(&all, part, n);
	if (f)
		fclose(f);
	return all.text ? all.text : xstrdup("");
}

static inline void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		perror(path);
}

/* The first line in which they differ is what a reader wants to see. */
static inline bool same_lines(const char *is, const char *should, const char *name)
{
	size_t line = 1;

	while (*is && *should) {
		size_t n = strcspn(is, "\n"), m = strcspn(should, "\n");

		if (n != m || memcmp(is, should, n) != 0) {
			printf("# line %zu is:     %.*s\n# line %zu should: %.*s\n", line, (int)n, is, line, (int)m,
			       should);
			return ok(false, "%s", name);
		}
		is += n + (is[n] == '\n');
		should += m + (should[m] == '\n');
		line++;
	}
	return ok(!*is && !*should, "%s", name);
}

static inline void ladders_compare(const struct tale_of *tales, size_t n)
{
	const char *wish = getenv("LADDERS");

	for (size_t i = 0; i < n; i++) {
		char *is = shown(&tales[i]), *should;

		if (wish && streq(wish, "write"))
			write_file(path_of(tales[i].name), is);
		should = read_file(path_of(tales[i].name));
		same_lines(is, should, tales[i].name);
		free(is);
		free(should);
	}
}

/* What main() of each of them returns. */
static inline int ladders_test(const struct tale_of *tales, size_t n)
{
	ladders_compare(tales, n);
	ladders_wider(tales, n);
	return tap_done();
}

#endif
