/* SPDX-License-Identifier: MIT
 * Any bytes as a scenario, with the lab's real verbs parsed and none of them run: a language of the same words
 * whose verbs take what they are given. */
#include "script/script.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take_anything(struct saying *s)
{
	struct span d;
	long n;

	while (say_more(s)) {
		size_t at = s->at;

		(void)(take_keyword(s, "as") || take_number(s, "n", 0, 100, &n) == 0 || take_span(s, "t", &d) == 0 ||
		       take_text(s, "x"));
		if (s->at == at)
			s->at++;
	}
	return 0;
}

static int let(struct saying *s)
{
	const char *name = take_word(s, "name"), *value = name ? take_word(s, "value") : NULL;

	if (value && variable_name_ok(name) && s->script->n_vars < 100)
		script_let(s->script, name, value);
	return 0;
}

static int repeat(struct saying *s)
{
	long n;

	if (take_number(s, "n", 0, 3, &n) < 0)
		return -1;
	script_repeat(s->script, n, take_keyword(s, "as") ? "i" : NULL);
	return 0;
}

static int end(struct saying *s)
{
	return err_set(s->e, "'end' alone");
}

static const struct verb rows[] = { { "title", VERB_PLAIN, "", "", NULL, take_anything, 0, false },
	                            { "let", VERB_PLAIN, "", "", NULL, let, 0, false },
	                            { "repeat", VERB_BLOCK, "", "", NULL, repeat, 0, false },
	                            { "end", VERB_END, "", "", NULL, end, 0, false },
	                            { "expect", VERB_PLAIN, "", "", NULL, take_anything, 0, false },
	                            { "connect", VERB_SUBJECT, "", "", NULL, take_anything, 0, false } };
static const struct verb_group group = { "all", rows, ARRAY_SIZE(rows) };
static const struct verb_group *const groups[] = { &group };

static bool is_subject(void *ctx, const char *word)
{
	(void)ctx;
	return streq(word, "client") || streq(word, "server");
}

static bool interrupted(void *ctx)
{
	return *(unsigned *)ctx > 2000;
}

/* Values that contain one another and blocks inside blocks could multiply for ever: stop after a while. */
static int begins(void *ctx, const struct verb *verb, const char *line, struct err *e)
{
	unsigned *lines = ctx;

	(void)verb, (void)line;
	return ++*lines < 2000 ? 0 : err_set(e, "enough");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned lines = 0;
	struct language lang = { groups, 1, is_subject, begins, interrupted, &lines };
	struct script s;
	struct err e;

	if (size > 4096)
		return 0;
	script_init(&s, &lang, "fuzz.lab");
	(void)script_run(&s, (const char *)data, size, &e);
	script_free(&s);
	return 0;
}
