/* SPDX-License-Identifier: MIT
 * The prompt. */
#include "session/prompt.h"
#include "base/interrupt.h"
#include "session/edit.h"
#include "lab/programs.h"
#include "lab/sockopt.h"
#include "lab/verbs.h"
#include "render/out.h"
#include "script/complete.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

/* In a block, lines are kept until its end. */
#define PROMPT_BLOCK "...> "

struct dialogue {
	struct lab *l;
	const char *prompt;
	struct script *script;
	struct editor *editor;
	const struct prompt_kind *kind;
	void (*told)(void *ctx, int rc, const struct err *e);
	void *ctx;
	size_t seen; /* events that were shown, or that nobody need be woken for */
};

/* Is there something since that a person would want to see at once? */
static bool has_news(struct dialogue *s)
{
	const struct timeline *tl = &s->l->timeline;
	bool news = false;

	for (; s->seen < tl->n; s->seen++) {
		enum event_kind k = tl->events[s->seen]->kind;

		news = news || (k != EV_AGAIN && k != EV_LINE && k != EV_EXPECTED);
	}
	return news;
}

/* Above the line that is being typed. */
static void show_news(struct dialogue *s)
{
	struct err none = { 0 };

	if (!s->kind->live || !has_news(s))
		return;
	out_code(stdout, "\r\033[K");
	s->told(s->ctx, 0, &none);
	editor_again(s->editor);
}

/* Ctrl-C interrupts what is under way; every other signal means the prompt itself. */
static bool is_told_to_end(void)
{
	return interrupt_signal() && interrupt_signal() != SIGINT;
}

/* Ctrl-C throws away what is typed, and a block that is open. */
static enum editor_wait serve(void *ctx)
{
	struct dialogue *s = ctx;
	struct lab *l = s->l;
	struct err e;
	int rc;

	while ((rc = lab_serve(l, STDIN_FILENO, &e)) == 0)
		show_news(s);
	if (rc > 0)
		return EDITOR_READS;
	if (!interrupt_signal())
		return EDITOR_READS; /* the wire's own trouble is told by the next command */
	if (is_told_to_end())
		return EDITOR_ENDS;
	interrupt_heeded();
	if (script_in_block(s->script))
		out_lines(stdout, "\n(the open repeat is forgotten)");
	script_abandon(s->script);
	editor_prompt(s->editor, s->prompt);
	return EDITOR_DROPS;
}

/* --- verbs that only a person needs ---------------------------------------------------------------------- */

static int run_save(struct saying *s)
{
	const char *path = take_word(s, "the file's name");

	if (!path || take_nothing(s) < 0)
		return -1;
	if (!s->script->typed) /* a script may be a stranger's, and what it writes may be run by others */
		return err_set(s->e, "a script writes no files; save is for who types at a prompt");
	if (lab_has_attached(s->ctx))
		return err_set(
			s->e,
			"a process that was running before cannot be started by a scenario: there is nothing to save");
	return script_save(s->script, path, s->e);
}

static void describe_verb(const struct verb *v)
{
	struct term t = term_of(STDOUT_FILENO);

	out_wrapped(stdout, &t, TINT_NONE, 4, "%s%s%s%s", v->kind == VERB_SUBJECT ? "ACTOR " : "", v->name,
	            *v->usage ? " " : "", v->usage);
	out_wrapped(stdout, &t, TINT_NONE, 4, "    %s", v->summary);
	if (v->text)
		out_wrapped(stdout, &t, TINT_NONE, 4, "    %s", v->text);
}

/* The same name for an actor and for all. */
static bool is_before(const struct verb_group *group, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (streq(group->verbs[k].name, group->verbs[i].name))
			return true;
	return false;
}

/* Printed at once: it is an answer to a person and no event. */
static int run_help(struct saying *s)
{
	const struct language *lang = s->script->lang;
	const char *name = say_more(s) ? take_word(s, "the verb") : NULL;
	struct term t = term_of(STDOUT_FILENO);
	unsigned found = 0;

	if (take_nothing(s) < 0)
		return -1;
	for (size_t g = 0; g < lang->n_groups; g++) {
		if (!name)
			out_line(stdout, "%s", lang->groups[g]->title);
		for (size_t i = 0; i < lang->groups[g]->n; i++) {
			const struct verb *v = &lang->groups[g]->verbs[i];

			if (!name && !(i && is_before(lang->groups[g], i)))
				out_part(stdout, "%s%s", i ? " " : "  ", v->name);
			else if (!name)
				continue;
			else if (streq(v->name, name) && ++found)
				describe_verb(v);
		}
		if (!name)
			out_end(stdout);
	}
	if (name && !found)
		return err_set(s->e, "there is no verb '%.40s'; 'help' lists them", name);
	if (!name)
		out_wrapped(
			stdout, &t, TINT_NONE, 0, "%s",
			"help VERB, or VERB ?, tells more; an actor (client, server, client2 ...) is named before its "
			"verb, as 'client connect 7777'");
	return 0;
}

static const struct verb rows[] = {
	{ "help", VERB_PLAIN, "[VERB]", "the verbs, or one of them", NULL, run_help, VERB_EARLY, true },
	{ "save", VERB_PLAIN, "FILE", "write what was done as a scenario; a file that is there is not overwritten",
	  NULL, run_save, VERB_EARLY, true },
};
static const struct verb_group verbs_prompt = { "Verbs of the prompt", rows, ARRAY_SIZE(rows) };

struct language prompt_language(struct lab *l)
{
	static const struct verb_group *groups[] = { &verbs_actor, &verbs_program, &verbs_wire,
		                                     &verbs_look,  &verbs_other,   &verbs_prompt };
	struct language lang = lab_language(l);

	lang.groups = groups;
	lang.n_groups = ARRAY_SIZE(groups);
	return lang;
}

/* --- completion ---------------------------------------------------------------------------------------- */

typedef void (*adder)(void *to, const char *word);

static void add_verbs(const struct language *lang, bool subject, adder add, void *to)
{
	for (size_t g = 0; g < lang->n_groups; g++)
		for (size_t i = 0; i < lang->groups[g]->n; i++)
			if ((lang->groups[g]->verbs[i].kind == VERB_SUBJECT) == subject)
				add(to, lang->groups[g]->verbs[i].name);
}

static void add_actors(struct lab *l, adder add, void *to)
{
	const struct actor *a;

	add(to, "client");
	add(to, "server");
	TAILQ_FOREACH (a, &l->actors, link)
		add(to, a->name);
}

static void add_calls(adder add, void *to)
{
	add(to, "send");
	add(to, "recv");
	for (size_t i = 0; i < syscalls_n; i++)
		add(to, syscalls[i].name);
}

static void add_sides(adder add, void *to)
{
	for (int i = 0; i < SIDES; i++)
		add(to, side_name((enum side)i));
}

static void from_words(struct lab *l, const char *before, adder add, void *to)
{
	(void)l, (void)before;
	add_sides(add, to);
	add(to, "both");
}

static void host_words(struct lab *l, const char *before, adder add, void *to)
{
	(void)l, (void)before;
	add_sides(add, to);
}

static void actor_words(struct lab *l, const char *before, adder add, void *to)
{
	(void)before;
	add_actors(l, add, to);
}

static void kind_words(struct lab *l, const char *before, adder add, void *to)
{
	(void)l, (void)before;
	for (int i = 0; i < KINDS; i++)
		add(to, packet_kind_name((enum packet_kind)i));
}

static void state_words(struct lab *l, const char *before, adder add, void *to)
{
	(void)l, (void)before;
	for (int i = 0; i < TCP_STATES; i++)
		if (i != TCP_CLOSED)
			add(to, tcp_state_name((enum tcp_state)i));
}

static void call_words(struct lab *l, const char *before, adder add, void *to)
{
	(void)l, (void)before;
	add_calls(add, to);
	for (size_t i = 0; i < verbs_actor.n; i++)
		add(to, verbs_actor.verbs[i].name);
}

static void result_words(struct lab *l, const char *before, adder add, void *to)
{
	static const char *const words[] = { "ok",    "pending",   "ECONNREFUSED", "ECONNRESET",
		                             "EPIPE", "ETIMEDOUT", "EADDRINUSE",   "ENOTCONN" };

	(void)l, (void)before;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		add(to, words[i]);
}

static void option_words(struct lab *l, const char *before, adder add, void *to)
{
	(void)l, (void)before;
	for (size_t i = 0; i < sockopts_n; i++)
		add(to, sockopts[i].name);
}

static void flag_words(struct lab *l, const char *before, adder add, void *to)
{
	static const char *const words[] = { "SYN", "ACK", "FIN", "RST", "SYN+ACK", "FIN+ACK", "PSH+ACK" };

	(void)l, (void)before;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		add(to, words[i]);
}

/* A timer's, behind `timer`; other names are free. */
static void name_words(struct lab *l, const char *before, adder add, void *to)
{
	static const char *const timers[] = { "off", "on", "keepalive", "timewait", "persist" };

	(void)l;
	for (size_t i = 0; i < ARRAY_SIZE(timers) && streq(before, "timer"); i++)
		add(to, timers[i]);
}

static void verb_words(struct lab *l, const char *before, adder add, void *to)
{
	struct language lang = prompt_language(l);

	(void)before;
	add_verbs(&lang, false, add, to);
	add_verbs(&lang, true, add, to);
}

/* What the capitals of the forms stand for; the others are numbers, times and texts. */
static const struct {
	const char *capital;
	void (*words)(struct lab *l, const char *before, adder add, void *to);
} capitals[] = {
	{ "FROM", from_words },     { "HOST", host_words },     { "ACTOR", actor_words }, { "A", actor_words },
	{ "H", actor_words },       { "KIND", kind_words },     { "STATE", state_words }, { "CALL", call_words },
	{ "OPTION", option_words }, { "RESULT", result_words }, { "FLAGS", flag_words },  { "NAME", name_words },
	{ "VERB", verb_words },
};

static void words_of(void *ctx, const char *capital, const char *before, adder add, void *to)
{
	for (size_t i = 0; i < ARRAY_SIZE(capitals); i++)
		if (streq(capitals[i].capital, capital))
			capitals[i].words(ctx, before, add, to);
}

struct asked_word {
	const char *word;
	bool is_there;
};

static void compare(void *to, const char *word)
{
	struct asked_word *w = to;

	w->is_there = w->is_there || !strcasecmp(w->word, word);
}

/* A number where a number stands; a word of those that can be told; an actor who may not be born yet. */
static bool accepts(void *ctx, const char *capital, const char *word)
{
	static const char *const told[] = { "FROM", "KIND", "STATE", "CALL", "HOST", "OPTION" };
	struct asked_word w = { word, false };
	enum tcp_state state;
	enum side side;

	if (streq(capital, "N") || streq(capital, "M") || streq(capital, "TIME") || streq(capital, "PORT"))
		return word[strspn(word, "<>=+-")] >= '0' && word[strspn(word, "<>=+-")] <= '9';
	if (streq(capital, "A") || streq(capital, "H") || streq(capital, "ACTOR"))
		return actor_name_ok(word, &side) || (streq(capital, "H") && streq(word, "both"));
	if (streq(capital, "STATE") && tcp_state_parse(word, &state))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
		if (!streq(told[i], capital))
			continue;
		words_of(ctx, capital, "", compare, &w);
		return w.is_there;
	}
	return true;
}

/* The words of the line but the last, which is being typed: at most so many. */
enum { LINE_WORDS = 64 };

static size_t words_before(char *line, const char *words[LINE_WORDS])
{
	size_t n = 0;
	char *last = strrchr(line, ' ');

	if (!last)
		return 0;
	*last = 0;
	for (char *save, *w = strtok_r(line, " \t", &save); w && n < LINE_WORDS; w = strtok_r(NULL, " \t", &save))
		words[n++] = w;
	return n;
}

static void complete_verb(struct lab *l, const char *const words[], size_t n, adder add, void *to)
{
	const struct complete_hooks hooks = { l, words_of, accepts };
	struct language lang = prompt_language(l);
	const struct verb *v = language_verb(&lang, words[0], VERB_PLAIN);
	size_t at = 1;

	if (!v && n > 1) {
		v = language_verb(&lang, words[1], VERB_SUBJECT);
		at = 2;
	}
	if (v)
		complete_form(v->usage, words + at, n - at, &hooks, add, to);
}

static void complete(void *ctx, const char *line, adder add, void *to)
{
	struct dialogue *s = ctx;
	struct language lang = prompt_language(s->l);
	const char *words[LINE_WORDS];
	char *copy = xstrdup(line);
	size_t n = words_before(copy, words);
	bool subject = n == 1 && lang.is_subject(s->l, words[0]);

	if (n == 0) {
		add_verbs(&lang, false, add, to);
		add_actors(s->l, add, to);
	} else if (subject) {
		add_verbs(&lang, true, add, to);
	} else {
		complete_verb(s->l, words, n, add, to);
	}
	free(copy);
}

/* --- questions ----------------------------------------------------------------------------------------- */

/* "?", "hold ?", "client ?", "client connect 80 ?": help, of the verb if there is one. For free(); NULL: the line asks
 * nothing. */
static char *asked(struct lab *l, const char *line)
{
	struct language lang = prompt_language(l);
	size_t n = strlen(line);
	const char *words[LINE_WORDS], *verb = "";
	struct buf out = { 0 };
	char *copy;

	while (n && strchr(" \t", line[n - 1]))
		n--;
	if (!n || line[n - 1] != '?' || (n > 1 && !strchr(" \t", line[n - 2])))
		return NULL;
	copy = xstrndup(line, n - 1);
	buf_addf(&out, " %s ", copy); /* its last blank is the place of the '?' */
	free(copy);
	n = words_before(out.text, words);
	if (n && language_verb(&lang, words[0], VERB_PLAIN))
		verb = words[0];
	else if (n > 1)
		verb = words[1];
	else if (n && !lang.is_subject(l, words[0]))
		verb = words[0];
	copy = xstrdup(verb);
	buf_clear(&out);
	buf_addf(&out, "help %s", copy);
	free(copy);
	return out.text;
}

/* At once, also while the lines of a block are gathered. */
static int answer(struct script *s, const char *question, struct err *e)
{
	struct block *open = s->block;
	int rc;

	s->block = NULL;
	rc = script_line(s, question, e);
	s->block = open;
	return rc;
}

/* --- the loop ------------------------------------------------------------------------------------------ */

static bool is_blank(const char *line)
{
	return line[strspn(line, " \t")] == 0;
}

void prompt_run(struct lab *l, struct script *script, const struct prompt_kind *kind,
                void (*told)(void *ctx, int rc, const struct err *e), void *ctx)
{
	struct dialogue dialogue = { l, kind->prompt, script, NULL, kind, told, ctx, l->timeline.n };
	struct editor *editor = editor_open(kind->prompt, (struct editor_hooks){ &dialogue, serve, complete });
	const char *line;

	dialogue.editor = editor;
	if (!editor_is_full(editor))
		out_line(stdout, "(libedit is not installed: no history, no completion)");
	script->typed = true;
	while (!script->stop && !is_told_to_end() && (line = editor_line(editor))) {
		struct err e = { 0 };
		bool stands_for = kind->empty && is_blank(line) && !script_in_block(script);
		char *question = asked(l, line);
		int rc = question ? answer(script, question, &e)
		                  : script_line(script, stands_for ? kind->empty : line, &e);

		free(question);
		script->line++;
		if (!is_told_to_end())
			interrupt_heeded();
		told(ctx, rc, &e);
		dialogue.seen = l->timeline.n;
		editor_prompt(editor, script_in_block(script) ? PROMPT_BLOCK : kind->prompt);
	}
	if (script_in_block(script))
		out_line(stdout, "(the open repeat was not run: 'end' is missing)");
	script->typed = false;
	editor_close(editor);
}
