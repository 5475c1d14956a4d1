/* SPDX-License-Identifier: MIT
 * manual <PAGE: copies a page of doc/ and puts the program's tables where it says so:
 *   @OPENINGS@  @ENDINGS@  @RESETS@  @REMARKS@
 *   @CALLS@  @COLUMNS@  @FILTER@  @REASONS@  @RULES@  @THRESHOLDS@  @ERRORS@  @WORDS kind@  @MESSAGES@
 *   @OPTIONS command@  @VERBS@  @SOCKOPTS@  @BASELINE@  @STATES@  @SCENARIOS@  @WAYS@  @COMMANDS@ */
#include "cmd/command.h"
#include "session/prompt.h"
#include "script/scenario.h"
#include "doctor/doctor.h"
#include "lab/baseline.h"
#include "lab/sockopt.h"
#include "lab/verbs.h"
#include "lab/ways.h"
#include "model/column.h"
#include "model/filter.h"
#include "model/observation.h"
#include "model/story.h"
#include "model/word.h"
#include "words/message.h"
#include "words/table.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

const struct command *const commands[] = { &command_lab,    &command_step,    &command_list, &command_top,
	                                   &command_doctor, &command_explain, NULL };

/* Does a sentence begin behind this full stop? mdoc wants each on a line of its own. */
static bool sentence_ends(const char *at)
{
	return *at == '.' && at[1] == ' ' && isalpha((unsigned char)at[2]);
}

/* Text lines of mdoc: a leading dot or quote and backslashes would be commands. */
static void line(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
		if (sentence_ends(text)) {
			putchar('\n');
			text++; /* the blank */
		}
	}
	putchar('\n');
}

/* A sentence of a table, which has no full stop there. */
static void sentence(const char *text)
{
	struct buf b = { 0 };

	buf_addf(&b, "%s.", text);
	line(buf_text(&b));
	buf_free(&b);
}

static void tagged(const char *tag, const char *text)
{
	printf(".It ");
	line(tag);
	line(text);
}

static void list_begin(void)
{
	puts(".Bl -tag -width Ds");
}
static void list_end(void)
{
	puts(".El");
}

static void options(const char *name)
{
	struct buf b = { 0 };

	for (const struct command *const *c = commands; *c; c++)
		if (!strcmp((*c)->name, name))
			opt_manual((*c)->options->opts, &b);
	fputs(buf_text(&b), stdout);
	buf_free(&b);
}

static void verb(const struct verb *v)
{
	printf(".It Xo\n%s.Cm %s\n", v->kind == VERB_SUBJECT ? ".Ar A\n" : "", v->name);
	if (*v->usage)
		line(v->usage);
	puts(".Xc");
	sentence(v->summary);
	if (v->text)
		line(v->text);
}

static void verbs(const char *arg)
{
	struct language lang = prompt_language(NULL);

	(void)arg;
	for (size_t g = 0; g < lang.n_groups; g++) {
		printf(".Ss %s\n", lang.groups[g]->title);
		list_begin();
		for (size_t i = 0; i < lang.groups[g]->n; i++)
			verb(&lang.groups[g]->verbs[i]);
		list_end();
	}
}

static void options_of_sockets(const char *arg)
{
	char tag[64];

	(void)arg;
	list_begin();
	for (size_t i = 0; i < sockopts_n; i++) {
		snprintf(tag, sizeof tag, "Cm %s ( %s )", sockopts[i].name, sockopts[i].constant);
		tagged(tag, sockopts[i].meaning);
	}
	list_end();
}

static void settings(const char *arg)
{
	char tag[128];

	(void)arg;
	list_begin();
	for (size_t i = 0; i < baseline_n; i++) {
		snprintf(tag, sizeof tag, "%s = %s", baseline[i].name, baseline[i].value);
		tagged(tag, baseline[i].why);
	}
	list_end();
}

static void states(const char *arg)
{
	(void)arg;
	list_begin();
	for (int i = 0; i < TCP_STATES; i++) {
		const struct tcp_state_info *s = tcp_state_info((enum tcp_state)i);

		tagged(s->name, s->sentence);
		printf(".br\nEnded by: %s.\n", s->way_out);
	}
	list_end();
}

static void rule_part(const char *title, const char *text)
{
	if (!text)
		return;
	printf(".It %s\n", title);
	line(text);
}

/* A drawing is kept as it is. */
static void picture(const char *text)
{
	if (!text)
		return;
	puts(".Bd -literal");
	while (*text) {
		size_t n = strcspn(text, "\n");

		printf("%s%.*s\n", *text == '.' ? "\\&" : "", (int)n, text);
		text += n + (text[n] != 0);
	}
	puts(".Ed");
}

static void rule_thresholds(const struct rule *r)
{
	struct buf b = { 0 };

	rule_add_thresholds(&b, r);
	rule_part("thresholds", b.text);
	buf_free(&b);
}

static void rules(const char *arg)
{
	(void)arg;
	for (const struct rule *const *r = doctor_rules; *r; r++) {
		const struct rule_text *t = &(*r)->text;

		printf(".Ss %s %s (%s)\n", t->id, t->name, severity_word((*r)->severity));
		line(t->sentence);
		picture(t->picture);
		puts(".Bl -tag -width thresholds -compact");
		rule_part("cause", t->cause);
		rule_part("fix", t->fix);
		rule_part("caveat", t->caveat);
		rule_part("no help", t->no_help);
		rule_part("not when", t->not_when);
		rule_part("verify", t->verify);
		rule_thresholds(*r);
		rule_part("source", t->source);
		rule_part("scenario", t->scenario);
		puts(".El");
	}
}

/* When a word is harmless, and who says so. */
static void harmless(const char *fine, const char *source)
{
	struct buf b = { 0 };

	if (*fine)
		buf_addf(&b, "Harmless: %s. ", fine);
	buf_addf(&b, "(%s.)", source);
	puts(".br");
	line(buf_text(&b));
	buf_free(&b);
}

static void errors(const char *arg)
{
	(void)arg;
	list_begin();
	for (size_t i = 0; i < errno_words_n; i++) {
		const struct errno_word *w = &errno_words[i];

		tagged(w->name, w->sentence);
		printf(".br\nOf %s; %s, %s.\n", w->calls, w->japanese, w->korean);
		if (*w->advice)
			printf(".br\n%s.\n", w->advice);
		harmless(w->fine, w->source);
	}
	list_end();
}

/* "SO_TIMESTAMP, SO_TIMESTAMP_OLD": what a word is called. */
static void spellings(const char *name)
{
	struct buf tag = { 0 };

	for (; *name; name++)
		buf_addf(&tag, *name == '|' ? ", " : "%c", *name);
	printf(".It ");
	line(buf_text(&tag));
	buf_free(&tag);
}

/* A table of words: meaning, when it is harmless, who says so. */
static void words_of(const char *kind)
{
	const struct word_kind *k = word_kind_of(kind);

	list_begin();
	for (size_t i = 0; i < k->n; i++) {
		const struct lore *w = &k->words[i];

		spellings(w->name);
		sentence(w->means);
		harmless(w->fine, w->source);
	}
	list_end();
}

static void message(void *ctx, const char *text, const char *means)
{
	(void)ctx;
	printf(".It ");
	line(text);
	sentence(means);
}

static void messages(const char *arg)
{
	(void)arg;
	list_begin();
	messages_each(message, NULL);
	list_end();
}

static void all_thresholds(const char *arg)
{
	struct thresholds t;

	(void)arg;
	thresholds_default(&t);
	list_begin();
	for (int i = 0; i < THRESHOLDS; i++) {
		struct buf tag = { 0 };

		buf_addf(&tag, "%s = ", threshold_info((enum threshold)i)->word);
		threshold_add(&tag, &t, (enum threshold)i);
		tagged(buf_text(&tag), threshold_info((enum threshold)i)->sentence);
		buf_free(&tag);
	}
	list_end();
}

static void titles(const char *arg)
{
	(void)arg;
	list_begin();
	for (size_t i = 0; i < scenarios_n; i++)
		tagged(scenarios[i].name, scenario_title(&scenarios[i]));
	list_end();
}

static void ways_list(const char *arg)
{
	(void)arg;
	list_begin();
	for (int i = 0; i < WAYS; i++)
		tagged(ways[i].name, ways[i].remedy);
	list_end();
}

/* A word, and its sentence with "one side" where the program names it. */
static void said(const char *word, const char *sentence)
{
	struct buf b = { 0 };

	sentence_add(&b, sentence, NO_SIDE);
	tagged(word, buf_text(&b));
	buf_free(&b);
}

static void openings(const char *arg)
{
	(void)arg;
	list_begin();
	for (int i = 0; i < OPENINGS; i++)
		said(opening_info((enum opening)i)->word, opening_info((enum opening)i)->sentence);
	list_end();
}

static void endings(const char *arg)
{
	(void)arg;
	list_begin();
	for (int i = 0; i < ENDINGS; i++)
		said(ending_info((enum ending)i)->word, ending_info((enum ending)i)->sentence);
	list_end();
}

static void resets(const char *arg)
{
	(void)arg;
	list_begin();
	for (int i = RESET_NONE + 1; i < RESETS; i++)
		said(reset_info((enum reset)i)->word, reset_info((enum reset)i)->sentence);
	list_end();
}

static void remark_list(const char *arg)
{
	(void)arg;
	list_begin();
	for (int i = 0; i < REMARKS; i++)
		said(remark_info((enum remark)i)->label, remark_info((enum remark)i)->sentence);
	list_end();
}

static void calls(const char *arg)
{
	(void)arg;
	for (size_t i = 0; i < syscalls_n; i++)
		printf(".Li %s%s\n", syscalls[i].name, i + 1 == syscalls_n ? " ." : " ,");
}

static void all_commands(const char *arg)
{
	(void)arg;
	list_begin();
	for (const struct command *const *c = commands; *c; c++)
		tagged((*c)->name, (*c)->summary);
	list_end();
}

static void print_buf(struct buf *b)
{
	fputs(buf_text(b), stdout);
	buf_free(b);
}

static void all_columns(const char *arg)
{
	struct buf b = { 0 };

	(void)arg;
	columns_manual(&b);
	print_buf(&b);
}

static void filter_list(const char *arg)
{
	struct buf b = { 0 };

	(void)arg;
	filter_manual(&b);
	print_buf(&b);
}

static void reasons(const char *arg)
{
	(void)arg;
	for (int i = 1; i < NO_OWNER_REASONS; i++)
		printf(".It %s\n%s.\n", no_owner_info((enum no_owner)i)->text,
		       no_owner_info((enum no_owner)i)->sentence);
}

static const struct {
	const char *mark;
	void (*print)(const char *arg);
} marks[] = { { "@OPTIONS", options },   { "@VERBS", verbs },         { "@SOCKOPTS", options_of_sockets },
	      { "@BASELINE", settings }, { "@OPENINGS", openings },   { "@ENDINGS", endings },
	      { "@RESETS", resets },     { "@REMARKS", remark_list }, { "@STATES", states },
	      { "@SCENARIOS", titles },  { "@WAYS", ways_list },      { "@COMMANDS", all_commands },
	      { "@CALLS", calls },       { "@COLUMNS", all_columns }, { "@FILTER", filter_list },
	      { "@REASONS", reasons },   { "@RULES", rules },         { "@THRESHOLDS", all_thresholds },
	      { "@ERRORS", errors },     { "@WORDS", words_of },      { "@MESSAGES", messages } };

static void put(char *text)
{
	char *word, *arg;

	if (text[0] != '@') {
		fputs(text, stdout);
		return;
	}
	word = strtok(text, " @\n");
	arg = strtok(NULL, " @\n");
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (strcmp(word, marks[i].mark + 1))
			continue;
		marks[i].print(arg);
		return;
	}
	fprintf(stderr, "manual: there is no table @%s@\n", word);
	exit(1);
}

int main(void)
{
	char text[4096];

	while (fgets(text, sizeof text, stdin))
		put(text);
	return 0;
}
