/* SPDX-License-Identifier: MIT
 * The language of a lab. */
#include "lab/verbs.h"

static const struct verb_group *const groups[] = { &verbs_actor, &verbs_program, &verbs_wire, &verbs_look, &verbs_other };

static bool is_actor(void *ctx, const char *word)
{
	enum side side;

	(void)ctx;
	return actor_name_ok(word, &side);
}

/* The hosts are made when the first verb needs them: options come before. */
static int begins(void *ctx, const struct verb *verb, const char *line, struct err *e)
{
	struct lab *l = ctx;

	if (!l->title && !l->free_form && !streq(verb->name, "title"))
		return err_set(e, "the first command of a scenario is its title: title \"what it proves\"");
	if (lab_interrupted(l))
		return err_set(e, "interrupted");
	lab_say(l, EV_LINE, line);
	if (l->started || verb->flags & VERB_EARLY || lab_start(l, e) == 0)
		return 0;
	l->no_start = xstrdup(e->text);
	return -1;
}

static bool was_interrupted(void *ctx)
{
	return lab_interrupted(ctx);
}

struct language lab_language(struct lab *l)
{
	return (struct language){ groups, ARRAY_SIZE(groups), is_actor, begins, was_interrupted, l };
}
