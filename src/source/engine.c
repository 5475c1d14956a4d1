/* SPDX-License-Identifier: MIT
 * Choosing an engine. */
#include "source/engine_internal.h"
#include "source/net.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

static const struct engine *const engines[] = { &engine_proc, &engine_files, &engine_walk };

/* Sockets of the whole machine, and this namespace's TIME_WAITs; 0: not known. */
static unsigned long sockets_here(void)
{
	struct sockstat s;

	return sockstat_read(&s) ? (unsigned long)(s.time_wait + s.allocated) : 0;
}

static int open_engine(struct engine_chosen *c, const struct engine *engine, unsigned want, struct err *e)
{
	c->engine = engine;
	c->needs = engine->needs;
	c->state = engine->open(want, e);
	return c->state ? 0 : -1;
}

static int open_named(struct engine_chosen *c, const char *name, unsigned want, struct err *e)
{
	c->settled = true;
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		if (strcasecmp(engines[i]->letter, name) != 0)
			continue;
		snprintf(c->why, sizeof c->why, "asked for");
		return open_engine(c, engines[i], want, e);
	}
	return err_set(e, "there is no engine '%.20s': A (sock_diag and /proc), B (sock_diag and BPF), C (BPF)", name);
}

static void say_why(struct engine_chosen *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say_why(struct engine_chosen *c, const char *format, ...)
{
	size_t n = strlen(c->why);
	va_list args;

	va_start(args, format);
	vsnprintf(c->why + n, sizeof c->why - n, format, args);
	va_end(args);
}

static void say_refusal(struct engine_chosen *c, const struct engine *engine, struct err *e)
{
	say_why(c, "; not %s: %s", engine->letter, err_text(e));
}

/* The first of these that opens. A always does. */
static int open_first(struct engine_chosen *c, const struct engine *const *first, size_t n, unsigned want,
                      struct err *e)
{
	int rc = -1;

	for (size_t i = 0; i < n && rc < 0; i++) {
		rc = open_engine(c, first[i], want, e);
		if (rc < 0)
			say_refusal(c, first[i], e);
	}
	return rc;
}

/* B's program is loaded by the look, for which what that takes is kept. */
static int open_beside(struct engine_chosen *c)
{
	c->engine = &engine_files;
	c->needs = engine_files.needs | LOADING_NEEDS;
	c->state = files_open_beside();
	return c->state ? 0 : -1;
}

static int open_for_few(struct engine_chosen *c, enum engine_use use, unsigned want, struct err *e)
{
	static const struct engine *const few[] = { &engine_files, &engine_proc };

	if (!(want & WANT_OWNERS)) {
		say_why(c, ", no owners");
		return open_engine(c, &engine_proc, want, e);
	}
	if (use == ENGINE_ONCE && open_beside(c) == 0)
		return 0;
	return open_first(c, few, ARRAY_SIZE(few), want, e);
}

int engine_choose(struct engine_chosen *c, const char *name, enum engine_use use, unsigned want, struct err *e)
{
	static const struct engine *const many[] = { &engine_walk, &engine_files, &engine_proc };
	unsigned long sockets = sockets_here();

	*c = (struct engine_chosen){ .expected = sockets };
	if (name)
		return open_named(c, name, want, e);
	say_why(c, "some %lu sockets", sockets);
	if (use != ENGINE_LASTING && sockets <= ENGINE_SMALL)
		return open_for_few(c, use, want, e);
	c->settled = true;
	return open_first(c, many, ARRAY_SIZE(many), want, e);
}

/* --- looking ------------------------------------------------------------------------------------------- */

/* What was opened before stays open where C does not. */
static bool change_to_walks(struct engine_chosen *c, unsigned want)
{
	struct err e = { 0 };
	void *state = engine_walk.open(want, &e);

	c->settled = true;
	say_why(c, ", in more than %d network namespaces", ENGINE_WALKS);
	if (!state) {
		say_refusal(c, &engine_walk, &e);
		return false;
	}
	engine_release(c);
	c->engine = &engine_walk;
	c->state = state;
	return true;
}

/* What was loaded beside the look may have been refused: then A has looked. */
static void settle(struct engine_chosen *c)
{
	struct err *refusal = c->engine == &engine_files ? files_refused(c->state) : NULL;
	struct err e;

	if (!refusal)
		return;
	say_refusal(c, c->engine, refusal);
	engine_release(c);
	open_engine(c, &engine_proc, 0, &e);
}

int engine_look(struct engine_chosen *c, const struct engine_ask *ask, struct evidence *ev,
                struct engine_report *report, struct err *e)
{
	struct engine_ask first = *ask;
	int rc;

	first.most_walks = c->settled ? 0 : ENGINE_WALKS;
	rc = c->engine->look(c->state, &first, ev, report, e);
	if (rc > 0) {
		change_to_walks(c, ask->want);
		evidence_clear(ev);
		*report = (struct engine_report){ 0 };
		rc = c->engine->look(c->state, ask, ev, report, e);
	}
	settle(c);
	return rc;
}

void engine_release(struct engine_chosen *c)
{
	if (c->state)
		c->engine->close(c->state);
	c->state = NULL;
}
