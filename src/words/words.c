/* SPDX-License-Identifier: MIT
 * lastack explain WORD: who is asked, in which order, and the list of all words. */
#include "words/words.h"
#include "base/near.h"
#include "doctor/doctor.h"
#include "model/observation.h"
#include "model/sock.h"
#include "render/out.h"
#include "words/errors.h"
#include "words/message.h"
#include "words/say.h"
#include "words/states.h"
#include "words/stranger.h"
#include "words/table.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* --- what people type ------------------------------------------------------------------------------------ */

static bool rule_word(const char *typed)
{
	const struct rule *r = doctor_rule(typed);

	if (r)
		say_rule(r);
	return r != NULL;
}

static bool symptom_word(const char *text)
{
	struct buf about = rules_about(text);
	bool known = about.len > 0;

	if (known) {
		out_line(stdout, "it may be:");
		say_rules("", buf_text(&about));
		out_line(stdout, "lastack doctor tells which it is; lastack explain and an id, all of that rule");
	}
	buf_free(&about);
	return known;
}

/* The first that knows it says it. Those that know a name come before those that find one in a longer text. */
static bool (*const by_name[])(const char *typed) = { number_word, rule_word,   state_word,
	                                              table_word,  reason_word, stranger_word };
static bool (*const in_text[])(const char *typed) = { message_word, error_word, symptom_word };

bool words_explain(const char *typed, bool in_texts)
{
	for (size_t i = 0; i < ARRAY_SIZE(by_name); i++)
		if (by_name[i](typed))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(in_text) && in_texts; i++)
		if (in_text[i](typed))
			return true;
	return false;
}

/* --- all words ------------------------------------------------------------------------------------------- */

typedef void each_fn(void *ctx, const char *word, const char *sentence);

static void each_rule(each_fn *each, void *ctx)
{
	for (const struct rule *const *r = doctor_rules; *r; r++) {
		each(ctx, (*r)->text.id, (*r)->text.sentence);
		each(ctx, (*r)->text.name, NULL);
	}
}

static void each_state(each_fn *each, void *ctx)
{
	for (int i = 0; i < TCP_STATES; i++)
		each(ctx, tcp_state_info((enum tcp_state)i)->name, tcp_state_info((enum tcp_state)i)->sentence);
}

static void each_error(each_fn *each, void *ctx)
{
	for (size_t i = 0; i < errno_words_n; i++)
		each(ctx, errno_words[i].name, errno_words[i].sentence);
}

static void each_reason(each_fn *each, void *ctx)
{
	for (int i = NO_OWNER_UNKNOWN + 1; i < NO_OWNER_REASONS; i++)
		each(ctx, no_owner_info((enum no_owner)i)->word, no_owner_info((enum no_owner)i)->sentence);
}

struct with_sentence {
	each_fn *each;
	void *ctx;
	const char *sentence;
};

static void each_name(void *ctx, const char *name)
{
	const struct with_sentence *w = ctx;

	w->each(w->ctx, name, w->sentence);
}

static void each_row(const struct word_kind *k, each_fn *each, void *ctx)
{
	for (size_t i = 0; i < k->n; i++) {
		struct with_sentence w = { each, ctx, k->words[i].means };

		word_each_name(k, &k->words[i], each_name, &w);
	}
}

/* Kinds that are no tables. */
static const struct {
	const char *name;
	void (*each)(each_fn *each, void *ctx);
} others[] = {
	{ "rule", each_rule },    { "state", each_state },      { "error", each_error },
	{ "owner", each_reason }, { "message", messages_each },
};

/* Of one kind, or (NULL) of all; false: there is no such kind. */
static bool each_word(const char *kind, each_fn *each, void *ctx)
{
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (kind && strcasecmp(kind, others[i].name) != 0)
			continue;
		others[i].each(each, ctx);
		known = true;
	}
	for (size_t i = 0; i < word_kinds_n; i++) {
		if (kind && strcasecmp(kind, word_kinds[i].name) != 0)
			continue;
		each_row(&word_kinds[i], each, ctx);
		known = true;
	}
	return known;
}

/* Names may be in a buffer of whoever tells them: the best one is kept here. */
struct nearest {
	struct near near;
	char best[100];
};

static void try_near(void *ctx, const char *word, const char *sentence)
{
	struct nearest *n = ctx;

	(void)sentence;
	near_try(&n->near, word);
	if (n->near.best != word)
		return;
	snprintf(n->best, sizeof n->best, "%s", word);
	n->near.best = n->best;
}

const char *words_near(const char *word)
{
	static struct nearest n;

	n.near = (struct near){ .word = word };
	each_word(NULL, try_near, &n);
	return n.near.best;
}

static void print_word(void *ctx, const char *word, const char *sentence)
{
	(void)ctx;
	if (sentence)
		out_line(stdout, "%-20s  %s", word, sentence);
}

void words_kinds(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		buf_addf(out, "%s%s", out->len ? ", " : "", others[i].name);
	for (size_t i = 0; i < word_kinds_n; i++)
		buf_addf(out, ", %s", word_kinds[i].name);
}

bool words_list(const char *kind)
{
	return each_word(kind, print_word, NULL);
}
