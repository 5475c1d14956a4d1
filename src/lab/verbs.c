/* SPDX-License-Identifier: MIT
 * The language of a lab. */
#include "base/interrupt.h"
#include "lab/programs.h"
#include "lab/verbs.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static const struct verb_group *const groups[] = { &verbs_actor, &verbs_program, &verbs_wire, &verbs_look,
	                                           &verbs_other };

static bool is_actor(void *ctx, const char *word)
{
	const struct lab *l = ctx;
	size_t n = strcspn(word, "/");
	char name[ACTOR_NAME] = "";
	enum side side;

	if (word[n] && word[n + 1 + strspn(word + n + 1, "0123456789")])
		return false; /* server/2 is a thread of server's program */
	if (n < sizeof name)
		snprintf(name, sizeof name, "%.*s", (int)n, word);
	return actor_name_ok(name, &side) || (l && l->options.machine && streq(name, LONE_PROGRAM));
}

static bool is_of(const struct verb_group *group, const struct verb *verb)
{
	return verb >= group->verbs && verb < group->verbs + group->n;
}

int verbs_start(struct lab *l, struct err *e)
{
	bool started = l->started || lab_start(l, e) == 0;

	free(l->no_start);
	l->no_start = started ? NULL : xstrdup(err_text(e));
	return started ? 0 : -1;
}

/* The hosts are made when the first verb needs them: options come before. */
static int begins(void *ctx, const struct verb *verb, const char *line, struct err *e)
{
	struct lab *l = ctx;

	if (!l->title && !l->free_form && !streq(verb->name, "title"))
		return err_set(e, "the first command of a scenario is its title: title \"what it proves\"");
	if (interrupt_signal())
		return err_set(e, "interrupted");
	if (l->options.machine && is_of(&verbs_wire, verb))
		return err_set(e,
		               "%s: there is no wire of ours in the machine's own network; two programs get one "
		               "('lastack step A :: B')",
		               verb->name);
	lab_say(l, EV_LINE, line);
	return verb->flags & VERB_EARLY ? 0 : verbs_start(l, e);
}

static bool was_interrupted(void *ctx)
{
	(void)ctx;
	return interrupt_signal() != 0;
}

/* Is the actor in a place to do it: it listens, has a connection, runs a program? */
static bool is_ready_for(const struct actor *a, const struct verb *verb)
{
	if (is_of(&verbs_program, verb))
		return a->program != NULL;
	if (streq(verb->name, "accept"))
		return a->listener_fd >= 0;
	return a->conn_fd >= 0 && !streq(verb->name, "listen");
}

static const char *likely(void *ctx, const struct verb *verb)
{
	struct lab *l = ctx;
	const struct actor *a;

	TAILQ_FOREACH (a, &l->actors, link)
		if (is_ready_for(a, verb))
			return a->name;
	if (l->options.machine)
		return LONE_PROGRAM;
	return side_name(streq(verb->name, "listen") || streq(verb->name, "accept") ? SERVER : CLIENT);
}

static void actors_near(void *ctx, struct near *near)
{
	const struct lab *l = ctx;
	const struct actor *a;

	for (int i = 0; i < SIDES; i++)
		near_try(near, side_name((enum side)i));
	TAILQ_FOREACH (a, &l->actors, link)
		near_try(near, a->name);
	if (l->options.machine)
		near_try(near, LONE_PROGRAM);
}

const char *actor_meant(const struct lab *l, const char *word)
{
	struct near near = { .word = word };

	actors_near((void *)(uintptr_t)l, &near);
	return near.best;
}

/* Without hosts nothing was begun that should be ended. Who interrupts again while it is, ends it. */
static bool cleans_up(void *ctx, bool wrong)
{
	struct lab *l = ctx;

	if (!l->started)
		return false;
	interrupt_heeded();
	l->cleaning = wrong || l->skipped;
	return true;
}

static void also(void *ctx, const struct err *e)
{
	struct buf b = { 0 };

	buf_puts(&b, "also: ");
	err_add(&b, e);
	lab_say(ctx, EV_NOTICE, buf_text(&b));
	buf_free(&b);
}

struct language lab_language(struct lab *l)
{
	return (struct language){ .groups = groups,
		                  .n_groups = ARRAY_SIZE(groups),
		                  .is_subject = is_actor,
		                  .begins = begins,
		                  .interrupted = was_interrupted,
		                  .ctx = l,
		                  .likely = likely,
		                  .subjects = actors_near,
		                  .cleans_up = cleans_up,
		                  .also = also };
}
