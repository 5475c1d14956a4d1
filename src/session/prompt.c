/* SPDX-License-Identifier: MIT
 * The prompt. */
#include "session/prompt.h"
#include "base/interrupt.h"
#include "session/edit.h"
#include "lab/programs.h"
#include "lab/sockopt.h"
#include "lab/verbs.h"
#include "render/out.h"

#include <signal.h>
#include <stdio.h>
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
	out_line(stdout, "%s%s%s%s", v->kind == VERB_SUBJECT ? "ACTOR " : "", v->name, *v->usage ? " " : "", v->usage);
	out_line(stdout, "    %s", v->summary);
	if (v->text)
		out_line(stdout, "    %s", v->text);
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
		out_line(stdout,
		         "help VERB tells more; an actor (client, server, client2 ...) is named before its verb");
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

/* What may stand anywhere behind a verb. */
static void add_words(adder add, void *to)
{
	static const char *const words[] = { "all",       "backlog", "both",  "bytes",   "by",     "count",
		                             "counter",   "drops",   "for",   "held",    "host",   "no-owner",
		                             "none",      "of",      "owned", "pending", "port",   "queue",
		                             "retrans",   "rq",      "sq",    "syn",     "timer",  "timewait",
		                             "keepalive", "persist", "v6",    "v6only",  "within", "wire",
		                             "reuseaddr", "netstat" };

	for (int i = 0; i < TCP_STATES; i++)
		add(to, tcp_state_name((enum tcp_state)i));
	for (int i = 0; i < KINDS; i++)
		add(to, packet_kind_name((enum packet_kind)i));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		add(to, words[i]);
	for (size_t i = 0; i < sockopts_n; i++)
		add(to, sockopts[i].name);
}

static void add_calls(adder add, void *to)
{
	add(to, "send");
	add(to, "recv");
	for (size_t i = 0; i < syscalls_n; i++)
		add(to, syscalls[i].name);
}

static unsigned word_index(const char *line)
{
	unsigned n = 0;

	for (const char *p = line; *p; p++)
		n += *p == ' ' && p > line && p[-1] != ' ';
	return n;
}

static void complete(void *ctx, const char *line, adder add, void *to)
{
	struct dialogue *s = ctx;
	struct lab *l = s->l;
	struct language lang = prompt_language(l);
	char first[ACTOR_NAME] = "", second[ACTOR_NAME] = "";
	enum side side;
	unsigned index = word_index(line);

	if (sscanf(line, " %23s", first) != 1)
		first[0] = 0;
	if (index == 0) {
		add_verbs(&lang, false, add, to);
		add_actors(l, add, to);
	} else if (index == 1 && (actor_name_ok(first, &side) || streq(first, LONE_PROGRAM))) {
		add_verbs(&lang, true, add, to);
	} else if (sscanf(line, " %*s %23s", second) == 1 && index == 2 &&
	           (streq(second, "past") || streq(second, "to"))) {
		add_calls(add, to);
	} else if (index == 1 && (streq(first, "past") || streq(first, "to"))) {
		add_calls(add, to);
	} else if (streq(first, "help")) {
		add_verbs(&lang, false, add, to);
		add_verbs(&lang, true, add, to);
	} else {
		add_actors(l, add, to);
		add_words(add, to);
	}
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
		int rc = script_line(script, stands_for ? kind->empty : line, &e);

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
