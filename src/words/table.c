/* SPDX-License-Identifier: MIT
 * Words whose knowledge is a row of a table: finding them, and saying all that the row has. */
#include "words/table.h"
#include "render/out.h"
#include "words/here.h"
#include "words/say.h"

#include <stdio.h>
#include <string.h>

enum { SPELLING = 100 };

/* The next of the spellings, which are separated by '|'; false: that was the last one. */
static bool next_spelling(const char **at, char spelling[SPELLING])
{
	size_t n = strcspn(*at, "|");

	if (!n)
		return false;
	snprintf(spelling, SPELLING, "%.*s", (int)n, *at);
	*at += n + ((*at)[n] != 0);
	return true;
}

/* The spelling that was typed; false: it is none of the word's. */
static bool spelled(const struct word_kind *k, const struct lore *w, const char *typed, char spelling[SPELLING])
{
	const char *at = w->name;

	while (next_spelling(&at, spelling))
		if (k->is(spelling, typed))
			return true;
	return false;
}

const struct word_kind *word_kind_of(const char *name)
{
	for (size_t i = 0; i < word_kinds_n; i++)
		if (streq(word_kinds[i].name, name))
			return &word_kinds[i];
	return NULL;
}

const struct lore *word_find(const struct word_kind *k, const char *typed)
{
	char spelling[SPELLING];

	for (size_t i = 0; i < k->n; i++)
		if (spelled(k, &k->words[i], typed, spelling))
			return &k->words[i];
	return NULL;
}

const char *word_name(const struct word_kind *k, const struct lore *w, const char *typed)
{
	static char name[SPELLING];
	const char *at = w->name;

	if (k->shown)
		return k->shown(w);
	if (!k->apart || !typed || !spelled(k, w, typed, name))
		next_spelling(&at, name);
	return name;
}

void word_each_name(const struct word_kind *k, const struct lore *w, void (*each)(void *ctx, const char *name),
                    void *ctx)
{
	const char *at = w->name;
	char spelling[SPELLING];

	if (!k->apart) {
		each(ctx, word_name(k, w, NULL));
		return;
	}
	while (next_spelling(&at, spelling))
		each(ctx, spelling);
}

static void say_title(const struct word_kind *k, const struct lore *w, const char *typed)
{
	struct buf title = { 0 };

	buf_addf(&title, "%s, %s", word_name(k, w, typed), k->what);
	if (k->add_title)
		k->add_title(&title, w);
	out_line(stdout, "%s", buf_text(&title));
	buf_free(&title);
}

static void say_here(const struct word_kind *k, const struct lore *w, const char *typed)
{
	struct buf here = { 0 };

	if (k->add_here)
		k->add_here(&here, w, word_name(k, w, typed));
	else if (*w->list)
		here = here_sockets(w->list);
	say("here now", buf_text(&here));
	buf_free(&here);
}

static void say_with(const struct lore *w)
{
	struct buf values = here_values(w->with);

	say("moves with", buf_text(&values));
	buf_free(&values);
}

static void word_say(const struct word_kind *k, const struct lore *w, const char *typed)
{
	struct buf about = rules_about(word_name(k, w, typed));

	if (!about.len)
		about = rules_about(typed);
	say_title(k, w, typed);
	say("", w->means);
	say("harmless", w->fine);
	say_with(w);
	say("look", w->look);
	say_here(k, w, typed);
	say_rule_names("trouble", buf_text(&about));
	say("source", w->source);
	if (k->verbs && !say_scenarios(w->name, k->verbs))
		say_scenarios(k->in_labs ? k->in_labs(w) : word_name(k, w, NULL), k->verbs);
	buf_free(&about);
}

/* Other kinds that have a word of that name. */
static void say_others(const struct word_kind *first, const char *typed)
{
	struct buf also = { 0 };

	for (const struct word_kind *k = first + 1; k < word_kinds + word_kinds_n; k++) {
		const struct lore *w = word_find(k, typed);

		if (w)
			buf_addf(&also, "%s%s, %s", also.len ? "; " : "", word_name(k, w, typed), k->what);
	}
	say("also", buf_text(&also));
	buf_free(&also);
}

bool table_word(const char *typed)
{
	for (const struct word_kind *k = word_kinds; k < word_kinds + word_kinds_n; k++) {
		const struct lore *w = word_find(k, typed);

		if (!w)
			continue;
		word_say(k, w, typed);
		say_others(k, typed);
		return true;
	}
	return false;
}
