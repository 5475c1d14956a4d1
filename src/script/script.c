/* SPDX-License-Identifier: MIT
 * Running lines: split, look the verb up, call it. */
#include "script/script.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>

/* Of a verb's form and of a wrong line so much is shown beside the sentence: more would bury it. */
enum { USAGE_SHOWN = 100, LINE_SHOWN = 76 };

void script_init(struct script *s, const struct language *lang, const char *name)
{
	*s = (struct script){ .lang = lang, .name = name };
}

static void block_free(struct block *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++)
		free(b->lines[i].text);
	free(b->lines);
	free(b->variable);
	free(b);
}

static void variable_free(void *node)
{
	struct variable *v = node;

	free(v->name);
	free(v->value);
	free(v);
}

void script_free(struct script *s)
{
	tdestroy(s->vars, variable_free);
	block_free(s->block);
	buf_free(&s->record);
	*s = (struct script){ 0 };
}

/* --- variables ----------------------------------------------------------------------------------------- */

bool variable_name_ok(const char *name)
{
	if (!isalpha((unsigned char)name[0]) && name[0] != '_')
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_')
			return false;
	return strlen(name) <= 40;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct variable *)a)->name, ((const struct variable *)b)->name);
}

static struct variable *find_variable(const struct script *s, const char *name)
{
	struct variable key = { .name = (char *)name };
	struct variable *const *found = tfind(&key, &s->vars, by_name);

	return found ? *found : NULL;
}

static struct variable *add_variable(struct script *s, const char *name)
{
	struct variable *v = xcalloc(1, sizeof *v);

	v->name = xstrdup(name);
	if (!tsearch(v, &s->vars, by_name))
		abort(); /* as xcalloc() does without memory */
	return v;
}

void script_let(struct script *s, const char *name, const char *value)
{
	struct variable *v = find_variable(s, name);

	if (!v)
		v = add_variable(s, name);
	free(v->value);
	v->value = xstrdup(value);
}

static const char *lookup(void *ctx, const char *name)
{
	const struct variable *v = find_variable(ctx, name);

	return v ? v->value : NULL;
}

/* --- verbs --------------------------------------------------------------------------------------------- */

const struct verb *language_verb(const struct language *lang, const char *name, enum verb_kind kind)
{
	for (size_t g = 0; g < lang->n_groups; g++) {
		for (size_t i = 0; i < lang->groups[g]->n; i++) {
			const struct verb *v = &lang->groups[g]->verbs[i];

			if ((v->kind == VERB_SUBJECT) == (kind == VERB_SUBJECT) && streq(v->name, name))
				return v;
		}
	}
	return NULL;
}

static int misused(const struct verb *v, struct err *e)
{
	if (strlen(v->usage) > USAGE_SHOWN)
		return -1;
	err_form(e, "%s%s%s%s", v->kind == VERB_SUBJECT ? "ACTOR " : "", v->name, *v->usage ? " " : "", v->usage);
	return -1;
}

/* Finds the verb of these words, and where its arguments begin. */
static const struct verb *verb_of(struct script *s, const struct words *ws, const char *line, struct saying *say)
{
	const char *first = ws->w[0].text;
	const struct verb *v = language_verb(s->lang, first, VERB_PLAIN);

	say->at = 1;
	if (!v && ws->n > 1 && s->lang->is_subject(s->lang->ctx, first)) {
		say->subject = first;
		say->at = 2;
		v = language_verb(s->lang, ws->w[1].text, VERB_SUBJECT);
	}
	if (!v)
		script_advise(s, ws, line, say->e);
	return v;
}

/* Does the sentence speak of this word? */
static bool is_spoken_of(const struct err *e, const char *word)
{
	struct buf quoted = { 0 };
	bool is;

	buf_addf(&quoted, "'%.40s'", word);
	is = strstr(e->what, buf_text(&quoted)) != NULL;
	buf_free(&quoted);
	return is;
}

/* Where it is wrong: at the word that was not taken, at the end where one is missing, at the one that is spoken of, or,
 * where the words are right, at the verb. */
static unsigned column_of(const struct words *ws, const struct saying *say, bool known, const struct err *e)
{
	size_t verb = say->subject ? 1 : 0;

	if (!known)
		return ws->w[verb].column;
	if (say->at < say->n && is_spoken_of(e, ws->w[say->at].text))
		return ws->w[say->at].column;
	if (strstr(e->what, " is missing"))
		return ws->stopped;
	for (size_t i = ws->n; i-- > verb + 1;)
		if (is_spoken_of(e, ws->w[i].text))
			return ws->w[i].column;
	return ws->w[verb].column;
}

static int run_words(struct script *s, const struct words *ws, const char *line, struct err *e)
{
	struct err detail = { 0 };
	struct saying say = { .script = s, .ctx = s->lang->ctx, .w = ws->w, .n = ws->n, .e = &detail };
	const struct verb *v;
	int rc;

	if (ws->n == 0)
		return 0;
	v = verb_of(s, ws, line, &say);
	s->column = ws->w[0].column;
	if (!v) {
		s->column = column_of(ws, &say, false, &detail);
		*e = detail;
		return -1;
	}
	s->commands++;
	rc = s->lang->begins(s->lang->ctx, v, line, &detail);
	if (rc < 0) {
		*e = detail;
		return rc;
	}
	rc = v->run(&say);
	if (rc < 0)
		s->column = column_of(ws, &say, true, &detail);
	/* Words were wrong, not the world: then the verb's form helps. */
	if (rc < 0 && (say.at < say.n || strstr(detail.what, " is missing")))
		misused(v, &detail);
	if (rc < 0)
		*e = detail;
	return rc;
}

static int run_line(struct script *s, const char *line, struct err *e)
{
	struct words ws;
	int rc = words_split(&ws, line, lookup, s, e);

	s->column = rc < 0 ? ws.stopped : 0;
	if (rc == 0)
		rc = run_words(s, &ws, line, e);
	words_free(&ws);
	return rc;
}

/* --- errors -------------------------------------------------------------------------------------------- */

/* Puts file, line number and line around the sentence; once, by whoever is nearest to the line. */
static int located(struct script *s, struct err *e)
{
	struct buf line = { 0 };
	const char *text = "";
	size_t n;

	if (s->located)
		return -1;
	s->located = true;
	if (s->text)
		text = s->text + strspn(s->text, " \t\r");
	n = strnlen(text, LINE_SHOWN);
	text_escape(&line, text, n);
	err_locate(e, "%.200s:%u: ", s->name, s->line);
	if (line.len)
		snprintf(e->at, sizeof e->at, "    %s%s", buf_text(&line), text[n] ? "…" : "");
	buf_free(&line);
	return -1;
}

/* Who only reads is told, and goes on. */
static int line_failed(struct script *s, struct err *e)
{
	if (!s->wrong)
		return located(s, e);
	s->wrong(s->wrong_ctx, s, e);
	return 0;
}

static bool is_stopped(const struct script *s)
{
	return s->stop && !s->wrong;
}

/* --- blocks -------------------------------------------------------------------------------------------- */

static enum verb_kind kind_of_line(const struct script *s, const char *line)
{
	char first[16];
	const struct verb *v;

	if (sscanf(line, " %15s", first) != 1)
		return VERB_PLAIN;
	v = language_verb(s->lang, first, VERB_PLAIN);
	return v ? v->kind : VERB_PLAIN;
}

void script_repeat(struct script *s, long times, const char *variable)
{
	s->block = xcalloc(1, sizeof *s->block);
	s->block->times = times;
	s->block->variable = variable ? xstrdup(variable) : NULL;
	s->block->began = s->line;
}

/* Of who only reads, a block that is never run is read, too; and one with much to read only once. */
static long times_of(const struct script *s, const struct block *b)
{
	if (!s->wrong)
		return b->times;
	return s->read > READ_MOST || b->times < 1 ? 1 : b->times;
}

static int run_block(struct script *s, const struct block *b, struct err *e)
{
	char count[24];

	for (long i = 1; i <= times_of(s, b) && !is_stopped(s); i++) {
		s->read++;
		snprintf(count, sizeof count, "%ld", i);
		if (b->variable)
			script_let(s, b->variable, count);
		if (s->lang->interrupted(s->lang->ctx)) {
			err_set(e, "interrupted");
			return located(s, e);
		}
		for (size_t l = 0; l < b->n && !is_stopped(s); l++) {
			s->line = b->lines[l].number;
			s->text = b->lines[l].text;
			s->read++;
			if (script_line(s, b->lines[l].text, e) < 0 && line_failed(s, e) < 0)
				return -1; /* here, where the line's text still lives */
		}
	}
	return 0;
}

/* The lines of a block go with it: whoever told of one of them has done so, and the line around is the last one again.
 */
static int end_block(struct script *s, struct err *e)
{
	struct block *b = s->block;
	const char *around = s->text;
	unsigned line = s->line;
	int rc;

	s->block = NULL;
	s->depth++;
	rc = run_block(s, b, e);
	s->depth--;
	s->text = around;
	s->line = line;
	block_free(b);
	return rc;
}

static int collect(struct script *s, const char *line, struct err *e)
{
	struct block *b = s->block;
	enum verb_kind kind = kind_of_line(s, line);

	if (kind == VERB_END && b->depth-- == 0)
		return end_block(s, e);
	if (kind == VERB_FINALLY)
		return err_set(e, "'finally' stands in no block; the 'end' of this one is missing");
	if (kind == VERB_BLOCK && ++b->depth + s->depth >= BLOCK_DEPTH)
		return err_set(e, "blocks may stand inside one another %d deep, not deeper", BLOCK_DEPTH);
	b->lines = grow(b->lines, b->n, &b->cap, sizeof *b->lines);
	b->lines[b->n++] = (struct block_line){ xstrdup(line), s->line };
	return 0;
}

bool script_in_block(const struct script *s)
{
	return s->block != NULL;
}

static void forget_record(struct script *s, size_t from)
{
	if (s->record.len <= from)
		return;
	s->record.len = from;
	s->record.text[from] = 0;
}

void script_abandon(struct script *s)
{
	if (!s->block)
		return;
	block_free(s->block);
	s->block = NULL;
	forget_record(s, s->kept);
}

/* A line that only the prompt knows is not part of what was done. */
static bool is_recorded(const struct script *s, const char *line)
{
	char first[16] = "";
	const struct verb *v;

	if (!s->recording || s->depth || sscanf(line, " %15s", first) != 1)
		return false;
	v = language_verb(s->lang, first, VERB_PLAIN);
	return !(v && v->unrecorded);
}

/* Of a block that went wrong nothing is kept: without its end it would be no scenario. */
int script_line(struct script *s, const char *line, struct err *e)
{
	size_t before = s->record.len;
	int rc;

	if (!s->block && !s->depth)
		s->kept = before;
	if (is_recorded(s, line))
		buf_addf(&s->record, "%s\n", line);
	rc = s->block ? collect(s, line, e) : run_line(s, line, e);
	if (rc < 0 && !s->depth)
		forget_record(s, s->block ? before : s->kept);
	return rc;
}

int script_save(const struct script *s, const char *path, struct err *e)
{
	const char *lines = buf_text(&s->record);
	FILE *f = fopen(path, "wxe");
	int rc = 0;

	if (!f)
		return err_sys(e, errno, "%.200s cannot be written; save under another name", path);
	if (strncmp(lines, "title ", 6) != 0)
		fputs("title \"A session at the prompt\"\n", f);
	fputs(lines, f);
	if (ferror(f))
		rc = -1;
	if (fclose(f) != 0 || rc < 0)
		return err_sys(e, errno, "%.200s cannot be written", path);
	return 0;
}

/* --- whole texts --------------------------------------------------------------------------------------- */

/* A byte that no text has; scenarios are text, and a wrong file name is quickly typed. */
static const char *no_text(const char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 && line[i] != '\t' && line[i] != '\r')
			return line + i;
	return NULL;
}

static int check_line(const char *line, size_t n, struct err *e)
{
	const char *bad = no_text(line, n);

	if (n > LINE_MAX_LEN)
		return err_set(e, "the line is %zu bytes long; a line has at most %d", n, LINE_MAX_LEN);
	if (bad)
		return err_set(e, "byte 0x%02x is no text: is this file a scenario?", (unsigned char)*bad);
	return 0;
}

static int run_one(struct script *s, const char *at, size_t n, struct err *e)
{
	char *line;
	int rc;

	s->line++;
	s->text = NULL;
	s->column = 1;
	if (check_line(at, n, e) < 0)
		return line_failed(s, e);
	line = xstrndup(at, n);
	s->text = line;
	rc = script_line(s, line, e);
	if (rc < 0)
		rc = line_failed(s, e);
	s->text = NULL;
	free(line);
	return rc;
}

/* The text that is left to run. */
struct rest {
	const char *at, *end;
};

static size_t line_length(const struct rest *r)
{
	const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));

	return (size_t)((newline ? newline : r->end) - r->at);
}

static int run_next(struct script *s, struct rest *r, struct err *e)
{
	size_t n = line_length(r);
	int rc = run_one(s, r->at, n, e);

	r->at += n + 1;
	return rc;
}

static int without_end(struct script *s, struct err *e)
{
	s->line = s->block->began;
	s->column = 1;
	err_set(e, "this block has no 'end'");
	return line_failed(s, e);
}

/* To the line of `finally`, which is run; false: there is none. */
static bool skip_to_finally(struct script *s, struct rest *r)
{
	struct err ignored;

	script_abandon(s);
	for (; r->at < r->end; s->line++) {
		size_t n = line_length(r);
		char *line = xstrndup(r->at, n < LINE_MAX_LEN ? n : LINE_MAX_LEN);
		bool is = kind_of_line(s, line) == VERB_FINALLY;

		free(line);
		if (is)
			return run_next(s, r, &ignored) == 0;
		r->at += n + 1;
	}
	return false;
}

/* Each line, whatever became of the others. What went wrong first is what the script says. */
static int run_finally(struct script *s, struct rest *r, int rc, struct err *e)
{
	while (r->at < r->end && !is_stopped(s)) {
		struct err one = { 0 };

		s->located = false;
		if (run_next(s, r, &one) == 0)
			continue;
		script_abandon(s);
		if (rc < 0)
			s->lang->also(s->lang->ctx, &one);
		else
			*e = one;
		if (s->lang->interrupted(s->lang->ctx) || (rc == 0 && !s->lang->cleans_up(s->lang->ctx, true)))
			return -1;
		rc = -1;
	}
	if (s->block && !s->stop && rc == 0)
		return without_end(s, e);
	return rc;
}

int script_run(struct script *s, const char *text, size_t len, struct err *e)
{
	static const char mark[] = "\xef\xbb\xbf"; /* some editors put a byte order mark first */
	struct rest r = { text, text + len };
	bool stopped;
	int rc = 0;

	if (len >= 3 && !memcmp(text, mark, 3))
		r.at += 3;
	while (r.at < r.end && !is_stopped(s) && !s->final && rc == 0)
		rc = run_next(s, &r, e);
	stopped = is_stopped(s);
	s->stop = false;
	if (rc == 0 && s->block && !stopped)
		rc = without_end(s, e);
	if (!s->final && r.at < r.end && s->lang->cleans_up && s->lang->cleans_up(s->lang->ctx, rc < 0))
		skip_to_finally(s, &r);
	if (s->final)
		rc = run_finally(s, &r, rc, e);
	s->stop = s->stop || stopped;
	return rc;
}
