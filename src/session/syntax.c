/* SPDX-License-Identifier: MIT
 * Reading scenarios to their ends. */
#include "session/syntax.h"
#include "lab/rehearsal.h"
#include "lab/verbs.h"
#include "render/out.h"
#include "session/lab_doctor.h"

#include <stdio.h>
#include <stdlib.h>

struct mistake {
	unsigned line, column;
	char *text;
};

struct reading {
	struct lab lab;
	struct lab_doctor doctor;
	struct mistake *mistakes;
	size_t n, cap;
};

/* --- mistakes ------------------------------------------------------------------------------------------ */

/* A line of a block is read again and again, and told once. */
static void add(struct reading *r, unsigned line, unsigned column, const struct err *e)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < r->n; i++)
		if (r->mistakes[i].line == line)
			return;
	err_add(&text, e);
	r->mistakes = grow(r->mistakes, r->n, &r->cap, sizeof *r->mistakes);
	r->mistakes[r->n++] = (struct mistake){ line, column, text.text };
}

static void wrong(void *ctx, const struct script *s, const struct err *e)
{
	struct reading *r = ctx;

	add(r, s->line, s->column, e);
	if (s->text)
		rehearsal_doubt(&r->lab, s->text);
	if (!r->lab.title) /* said once */
		r->lab.title = xstrdup("");
}

static int by_place(const void *a, const void *b)
{
	const struct mistake *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

static void add_strangers(struct reading *r, const struct rehearsal *of)
{
	struct err e;

	for (size_t i = 0; i < of->n; i++)
		if (rehearsal_nobody(&r->lab, i, &e) < 0)
			add(r, of->mentions[i].line, of->mentions[i].column, &e);
}

/* --- a lab that only listens --------------------------------------------------------------------------- */

static void show(void *ctx)
{
	(void)ctx;
}

static void show_all(void *ctx, bool verbose)
{
	(void)ctx, (void)verbose;
}

/* Never asked: an expectation is read, and not judged. */
static int diagnose(void *ctx, struct lab *l, struct buf *found, struct err *e)
{
	(void)ctx, (void)l, (void)found;
	return err_set(e, "nothing is judged here");
}

static bool rule_known(void *ctx, const char *word)
{
	(void)ctx;
	return doctor_rule(word) != NULL;
}

static int threshold(void *ctx, const char *name, const char *value, struct err *e)
{
	struct reading *r = ctx;

	return lab_doctor_threshold(&r->doctor, name, value, e);
}

static void read_all(struct reading *r, const struct batch_item *item)
{
	struct language lang;
	struct rehearsal rehearsal;
	struct script script;
	struct err e = { 0 };

	lab_init(&r->lab, (struct lab_hooks){ .ctx = r,
	                                      .show = show,
	                                      .show_all = show_all,
	                                      .diagnose = diagnose,
	                                      .rule_known = rule_known,
	                                      .rules = lab_doctor_rules,
	                                      .threshold = threshold });
	rehearsal_init(&rehearsal, &r->lab);
	lang = lab_language(&r->lab);
	script_init(&script, &lang, item->name);
	script_let(&script, "examples", "examples");
	script.wrong = wrong;
	script.wrong_ctx = r;
	script_run(&script, item->text, item->len, &e);
	if (err_is_set(&e) && !r->n) /* it was interrupted */
		add(r, script.line, 1, &e);
	if (!script.commands && !r->n) {
		err_set(&e, "there is no command in it");
		add(r, 1, 1, &e);
	}
	if (script.read <= READ_MOST)
		add_strangers(r, &rehearsal);
	script_free(&script);
	lab_close(&r->lab);
	rehearsal_free(&rehearsal);
}

/* How many mistakes were told of it. */
static size_t check_one(const struct batch_item *item)
{
	struct reading r = { 0 };
	size_t n;

	lab_doctor_init(&r.doctor);
	read_all(&r, item);
	if (r.n)
		qsort(r.mistakes, r.n, sizeof *r.mistakes, by_place);
	for (size_t i = 0; i < r.n; i++) {
		out_line(stdout, "%s%s:%u:%u: %s", item->name, item->built_in ? ".lab" : "", r.mistakes[i].line,
		         r.mistakes[i].column, r.mistakes[i].text);
		free(r.mistakes[i].text);
	}
	n = r.n;
	free(r.mistakes);
	return n;
}

int syntax_check(const struct batch *what, bool quiet)
{
	size_t mistakes = 0, bad = 0;

	for (size_t i = 0; i < what->n && !out_has_failed(); i++) {
		size_t n = check_one(&what->items[i]);

		mistakes += n;
		bad += n > 0;
	}
	if (mistakes && !quiet)
		out_line(stdout, "%zu mistake%s in %zu of %zu scenario%s", mistakes, mistakes == 1 ? "" : "s", bad,
		         what->n, what->n == 1 ? "" : "s");
	else if (!quiet)
		out_line(stdout, "ok, %zu scenario%s read, nothing run", what->n, what->n == 1 ? "" : "s");
	return mistakes ? EXIT_COULD_NOT : EXIT_OK;
}
