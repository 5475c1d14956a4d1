/* SPDX-License-Identifier: MIT
 * What the tests of top's keys share: two looks at a machine made by hand, a top that has had them, keys by their
 * names, and what then stands on the screen. */
#ifndef SCREEN_TOP_TEST_H
#define SCREEN_TOP_TEST_H

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

static inline struct endpoint at(uint8_t host, uint16_t port)
{
	return (struct endpoint){ { AF_INET, { 10, 0, 0, host } }, port };
}

static inline void add(struct evidence *ev, const struct so *so, size_t i)
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

static inline int look(void *ctx, unsigned want, struct evidence *ev, struct top_unseen *unseen, struct err *e)
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

static inline void forget_names(void *ctx)
{
	(void)ctx;
}

static inline void threads(void *ctx, pid_t pid, uint64_t began, struct buf *out)
{
	(void)ctx;
	(void)began;
	buf_addf(out, "thread of %d sleeps in accept()\n", pid);
}

static inline void explain(void *ctx, const char *word, struct buf *out)
{
	(void)ctx;
	buf_addf(out, "%s is this\n            and that\n", word);
}

static const struct top_eyes eyes = {
	.explain = explain, .engine = "X", .look = look, .forget_names = forget_names, .threads = threads
};
static const struct top_job job = { .once = false };

static inline struct top *top_new_with(const char *filter)
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

static inline struct top *top_new(void)
{
	return top_new_with("");
}

static inline void top_free(struct top *t)
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
	{ "F1", SCREEN_F1 },
	{ "Other", SCREEN_OTHER },
};

/* A word that is a key's name is that key; of any other each byte is typed. */
static inline void press(struct top *t, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(named); i++)
		if (streq(named[i].word, word)) {
			keys_press(t, named[i].key);
			return;
		}
	for (; *word; word++)
		keys_press(t, (unsigned char)*word);
}

static inline void press_all(struct top *t, const char *keys)
{
	char word[64];

	for (int n; sscanf(keys, "%63s%n", word, &n) == 1; keys += n)
		press(t, word);
}

/* --- the screen ---------------------------------------------------------------------------------------------- */

/* The screen, each run of blanks as one. For free(). */
static inline char *drawn(struct top *t, size_t rows, size_t cols)
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
static inline bool has_parts(const char *screen, const char *parts)
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

#endif
