/* SPDX-License-Identifier: MIT
 * What a line may have meant whose verb is not known, or has nobody to do it. */
#include "base/near.h"
#include "base/text.h"
#include "script/script.h"

#include <stdio.h>

enum { REST_SHOWN = 60 };

/* What people type who come from other tools, and what it is called here. */
static const struct {
	const char *said, *meant;
} others_words[] = {
	{ "list", "table" },      { "ls", "table" },      { "ss", "table" },     { "netstat", "table netstat" },
	{ "lsof", "table" },      { "exit", "quit" },     { "bye", "quit" },     { "stop", "quit" },
	{ "tcpdump", "packets" }, { "show", "packets" },  { "sleep", "wait" },   { "echo", "note" },
	{ "print", "note" },      { "assert", "expect" }, { "check", "expect" }, { "loop", "repeat" },
	{ "for", "repeat" },      { "export", "let" },    { "lose", "drop" },    { "man", "help" },
	{ "read", "recv" },       { "write", "send" },    { "kill", "signal" },  { "start", "run" },
	{ "exec", "run" },        { "reset", "abort" },   { "rst", "abort" },    { "crash", "vanish" },
	{ "setsockopt", "set" },  { "continue", "go" },   { "step", "next" },
};

static const char *other_word(const char *said)
{
	for (size_t i = 0; i < ARRAY_SIZE(others_words); i++)
		if (streq(others_words[i].said, said))
			return others_words[i].meant;
	return NULL;
}

static const char *nearest_verb(const struct language *lang, const char *word, bool subject)
{
	struct near near = { .word = word };

	for (size_t g = 0; g < lang->n_groups; g++)
		for (size_t i = 0; i < lang->groups[g]->n; i++)
			if ((lang->groups[g]->verbs[i].kind == VERB_SUBJECT) == subject)
				near_try(&near, lang->groups[g]->verbs[i].name);
	return near.best;
}

static const char *nearest_subject(const struct language *lang, const char *word)
{
	struct near near = { .word = word };

	if (lang->subjects)
		lang->subjects(lang->ctx, &near);
	return near.best;
}

/* Who comes from a prompt is not sent out of it. */
static const char *list_of_verbs(const struct script *s)
{
	return s->typed ? "'help'" : "'lastack lab --verbs'";
}

/* What stands in the line behind its first `n` words. */
static const char *rest_of(const char *line, size_t n)
{
	for (; n; n--) {
		line += strspn(line, " \t\r");
		line += strcspn(line, " \t\r");
	}
	return line + strspn(line, " \t\r");
}

/* "accepts", "closes". */
static const char *third_person(const char *verb)
{
	size_t n = strlen(verb);

	return n > 1 && (verb[n - 1] == 's' || (verb[n - 1] == 'h' && strchr("sc", verb[n - 2]))) ? "es" : "s";
}

static int nobody_does(const struct script *s, const struct verb *v, const char *line, struct err *e)
{
	const struct language *lang = s->lang;
	const char *who = lang->likely ? lang->likely(lang->ctx, v) : "ACTOR", *rest = rest_of(line, 1);

	return err_set(e, "who %s%s? An actor is named before its verb; write '%s %s%s%.*s'", v->name,
	               third_person(v->name), who, v->name, *rest ? " " : "", REST_SHOWN, rest);
}

/* "set client nodelay 1": the words are right, their order is not. */
static int exchanged(const struct verb *v, const struct words *ws, const char *line, struct err *e)
{
	const char *rest = rest_of(line, 2);

	return err_set(e, "an actor is named before its verb; write '%.40s %s%s%.*s'", ws->w[1].text, v->name,
	               *rest ? " " : "", REST_SHOWN, rest);
}

static int no_such_actor(const struct language *lang, const char *name, struct err *e)
{
	const char *near = nearest_subject(lang, name);

	if (near)
		return err_set(e, "there is no actor '%.40s'; did you mean '%s'?", name, near);
	return err_set(e,
	               "'%.40s' can be no actor; its name begins with client or server, as client, server2, client-b "
	               "or server.2",
	               name);
}

/* Of an actor: `word` is none of its verbs. */
static int no_verb_of_actor(const struct script *s, const struct words *ws, const char *line, struct err *e)
{
	const char *actor = ws->w[0].text, *word = ws->w[1].text, *near = nearest_verb(s->lang, word, true);
	const char *meant = other_word(word), *rest = rest_of(line, 2);

	if (meant && language_verb(s->lang, meant, VERB_SUBJECT))
		near = meant;
	if (language_verb(s->lang, word, VERB_PLAIN))
		return err_set(e, "'%s' stands first in its line, no actor before it; write '%s%s%.*s'", word, word,
		               *rest ? " " : "", REST_SHOWN, rest);
	if (near)
		return err_set(e, "there is no verb '%.40s'; did you mean '%s'?", word, near);
	return err_set(e, "there is no verb '%.40s' for %.40s; %s lists the verbs", word, actor, list_of_verbs(s));
}

static int no_verb(const struct script *s, const char *word, struct err *e)
{
	const char *near = other_word(word);

	if (!near)
		near = nearest_verb(s->lang, word, false);
	if (!near)
		near = nearest_verb(s->lang, word, true);
	if (!near)
		near = nearest_subject(s->lang, word);
	if (near)
		return err_set(e, "there is no verb '%.40s'; did you mean '%s'?", word, near);
	return err_set(e,
	               "there is no verb '%.40s', and an actor's name begins with client or server; %s lists the verbs",
	               word, list_of_verbs(s));
}

int script_advise(const struct script *s, const struct words *ws, const char *line, struct err *e)
{
	const struct language *lang = s->lang;
	const char *first = ws->w[0].text, *second = ws->n > 1 ? ws->w[1].text : NULL;
	const struct verb *v = language_verb(lang, first, VERB_SUBJECT);

	if (lang->is_subject(lang->ctx, first))
		return second ? no_verb_of_actor(s, ws, line, e)
		              : err_set(e, "what shall %.40s do? A verb is missing", first);
	if (v && second && lang->is_subject(lang->ctx, second))
		return exchanged(v, ws, line, e);
	if (v)
		return nobody_does(s, v, line, e);
	if (second && language_verb(lang, second, VERB_SUBJECT) && !other_word(first))
		return no_such_actor(lang, first, e);
	return no_verb(s, first, e);
}
