/* SPDX-License-Identifier: MIT
 * libedit, by dlopen: only the prompt needs it, and it would double the time every other command takes to start. */
#include "session/edit.h"
#include "base/buf.h"
#include "base/library.h"
#include "base/term.h"
#include "render/out.h"

#include <errno.h>
#include <histedit.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <wchar.h>

enum { HISTORY_LINES = 1000, KILL_LINE = 21, COMPLETIONS_MAX = 200 };

static struct libedit {
	EditLine *(*init)(const char *, FILE *, FILE *, FILE *);
	void (*end)(EditLine *);
	int (*set)(EditLine *, int, ...);
	int (*get)(EditLine *, int, ...);
	const char *(*gets)(EditLine *, int *);
	const LineInfo *(*line)(EditLine *);
	int (*insert)(EditLine *, const char *);
	History *(*history_init)(void);
	int (*history)(History *, HistEvent *, int, ...);
	void (*history_end)(History *);
} lib;

struct editor {
	const char *prompt;
	struct editor_hooks hooks;
	EditLine *el; /* NULL: without libedit */
	History *history;
	struct buf line;
};

#define LIBEDIT(X)                                                                                                     \
	X(el_init, lib.init)                                                                                           \
	X(el_end, lib.end)                                                                                             \
	X(el_set, lib.set)                                                                                             \
	X(el_get, lib.get)                                                                                             \
	X(el_gets, lib.gets)                                                                                           \
	X(el_line, lib.line)                                                                                           \
	X(el_insertstr, lib.insert)                                                                                    \
	X(history_init, lib.history_init)                                                                              \
	X(history, lib.history)                                                                                        \
	X(history_end, lib.history_end)
LIBRARY_SYMBOLS(symbols, LIBEDIT)

static bool load(void)
{
	return library_load(LIBRARY_EDIT, symbols, ARRAY_SIZE(symbols));
}

static struct editor *editor_of(EditLine *el)
{
	struct editor *e = NULL;

	lib.get(el, EL_CLIENTDATA, &e);
	return e;
}

static char *prompt_of(EditLine *el)
{
	return (char *)(uintptr_t)editor_of(el)->prompt;
}

/* One character, as libedit wants it: 1, or 0 at the end. The wire is served while we wait. */
static int next_char(EditLine *el, wchar_t *c)
{
	struct editor *e = editor_of(el);
	mbstate_t state = { 0 };
	char byte;

	for (;;) {
		size_t n;

		enum editor_wait is = e->hooks.wait(e->hooks.ctx);

		if (is == EDITOR_DROPS) {
			*c = KILL_LINE;
			return 1;
		}
		if (is == EDITOR_ENDS || read(STDIN_FILENO, &byte, 1) != 1)
			return 0;
		n = mbrtowc(c, &byte, 1, &state);
		if (n == (size_t)-1)
			*c = (unsigned char)byte;
		if (n != (size_t)-2)
			return 1;
	}
}

/* --- completion ---------------------------------------------------------------------------------------- */

struct completions {
	const char *part; /* what is typed of the word */
	const char *word[COMPLETIONS_MAX];
	size_t n;
};

static void add_completion(void *to, const char *word)
{
	struct completions *c = to;

	if (strncmp(word, c->part, strlen(c->part)) != 0 || c->n == COMPLETIONS_MAX)
		return;
	for (size_t i = 0; i < c->n; i++)
		if (streq(c->word[i], word))
			return;
	c->word[c->n++] = word;
}

static size_t common_length(const struct completions *c)
{
	size_t n = strlen(c->word[0]);

	for (size_t i = 1; i < c->n; i++)
		for (size_t k = 0; k < n; k++)
			if (c->word[0][k] != c->word[i][k])
				n = k;
	return n;
}

static unsigned char offer(EditLine *el, const struct completions *c)
{
	size_t typed = strlen(c->part), common = common_length(c);
	struct buf rest = { 0 };

	buf_add(&rest, c->word[0] + typed, common - typed);
	if (c->n == 1)
		buf_puts(&rest, " ");
	lib.insert(el, buf_text(&rest));
	if (rest.len == 0) {
		out_end(stdout);
		for (size_t i = 0; i < c->n; i++)
			out_part(stdout, "%s%s", c->word[i], i + 1 < c->n ? "  " : "");
		out_end(stdout);
		out_push(stdout);
	}
	buf_free(&rest);
	return c->n == 1 || common > typed ? CC_REFRESH : CC_REDISPLAY;
}

static unsigned char on_tab(EditLine *el, int key)
{
	const LineInfo *info = lib.line(el);
	struct editor *e = editor_of(el);
	char *line = xstrndup(info->buffer, (size_t)(info->cursor - info->buffer));
	const char *blank = strrchr(line, ' ');
	struct completions c = { .part = blank ? blank + 1 : line };
	unsigned char rc = CC_ERROR;

	(void)key;
	e->hooks.complete(e->hooks.ctx, line, add_completion, &c);
	if (c.n)
		rc = offer(el, &c);
	free(line);
	return rc;
}

/* --- the editor ---------------------------------------------------------------------------------------- */

static void set_up(struct editor *e)
{
	HistEvent ev;

	e->el = lib.init("lastack", stdin, stdout, stderr);
	if (!e->el)
		return;
	e->history = lib.history_init();
	lib.history(e->history, &ev, H_SETSIZE, HISTORY_LINES);
	lib.set(e->el, EL_CLIENTDATA, e);
	lib.set(e->el, EL_PROMPT, prompt_of);
	lib.set(e->el, EL_EDITOR, "emacs");
	lib.set(e->el, EL_HIST, lib.history, e->history);
	lib.set(e->el, EL_GETCFN, next_char);
	lib.set(e->el, EL_ADDFN, "lastack-complete", "complete the word", on_tab);
	lib.set(e->el, EL_BIND, "^I", "lastack-complete", NULL);
	lib.set(e->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
}

struct editor *editor_open(const char *prompt, struct editor_hooks hooks)
{
	struct editor *e = xcalloc(1, sizeof *e);

	e->prompt = prompt;
	e->hooks = hooks;
	term_keep(NULL);
	if (load())
		set_up(e);
	return e;
}

void editor_close(struct editor *e)
{
	if (e->el) {
		lib.end(e->el);
		lib.history_end(e->history);
	}
	buf_free(&e->line);
	free(e);
}

void editor_prompt(struct editor *e, const char *prompt)
{
	e->prompt = prompt;
}

void editor_again(struct editor *e)
{
	if (e->el) {
		lib.set(e->el, EL_REFRESH);
		return;
	}
	out_part(stdout, "%s%s", e->prompt, buf_text(&e->line));
	out_push(stdout);
}

bool editor_is_full(const struct editor *e)
{
	return e->el != NULL;
}

static const char *full_line(struct editor *e)
{
	int n = 0;
	HistEvent ev;
	const char *line = lib.gets(e->el, &n);

	if (!line || n <= 0)
		return NULL;
	buf_clear(&e->line);
	buf_add(&e->line, line, strcspn(line, "\n"));
	if (e->line.len)
		lib.history(e->history, &ev, H_ENTER, line);
	return buf_text(&e->line);
}

static const char *plain_line(struct editor *e)
{
	char c;

	out_part(stdout, "%s", e->prompt);
	out_push(stdout);
	buf_clear(&e->line);
	buf_puts(&e->line, "");
	for (;;) {
		enum editor_wait is = e->hooks.wait(e->hooks.ctx);

		if (is == EDITOR_DROPS) {
			buf_clear(&e->line);
			continue;
		}
		if (is == EDITOR_ENDS)
			return NULL;
		if (read(STDIN_FILENO, &c, 1) != 1)
			return e->line.len ? buf_text(&e->line) : NULL;
		if (c == '\n')
			return buf_text(&e->line);
		buf_add(&e->line, &c, 1);
	}
}

const char *editor_line(struct editor *e)
{
	return e->el ? full_line(e) : plain_line(e);
}
