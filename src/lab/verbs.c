/* SPDX-License-Identifier: MIT
 * The language of a lab. */
#include "base/interrupt.h"
#include "lab/programs.h"
#include "lab/verbs.h"

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

struct language lab_language(struct lab *l)
{
	return (struct language){ groups, ARRAY_SIZE(groups), is_actor, begins, was_interrupted, l };
}
