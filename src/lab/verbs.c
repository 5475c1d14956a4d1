/* SPDX-License-Identifier: MIT
 * The language of a lab. */
#include "lab/verbs.h"

static const struct verb_group *const groups[] = { &verbs_actor, &verbs_wire, &verbs_look, &verbs_other };

static bool is_actor(void *ctx, const char *word)
{
	enum side side;

	(void)ctx;
	return actor_name_ok(word, &side);
}

static int begins(void *ctx, const char *first_word, const char *line, struct err *e)
{
	struct lab *l = ctx;

	if (!l->title && !streq(first_word, "title"))
		return err_set(e, "the first command of a scenario is its title: title \"what it proves\"");
	lab_say(l, EV_LINE, line);
	return 0;
}

struct language lab_language(struct lab *l)
{
	return (struct language){ groups, ARRAY_SIZE(groups), is_actor, begins, l };
}
