/* SPDX-License-Identifier: MIT
 * Labelled lines, rules and scenarios about a word. */
#include "words/say.h"
#include "base/term.h"
#include "base/text.h"
#include "render/out.h"
#include "script/scenario.h"

#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

void say(const char *label, const char *text)
{
	size_t width = term_of(STDOUT_FILENO).width - SAY_MARGIN;
	const char *rest = text;

	while (rest && *rest) {
		const char *next;
		size_t n = text_wrap(rest, width, &next);

		out_line(stdout, "%-*s%.*s", SAY_MARGIN, rest == text ? label : "", (int)n, rest);
		rest = next;
	}
}

void say_drawing(const char *text)
{
	while (text && *text) {
		size_t n = strcspn(text, "\n");

		out_line(stdout, "    %.*s", (int)n, text);
		text += n + (text[n] != 0);
	}
}

/* --- rules ----------------------------------------------------------------------------------------------- */

static void say_thresholds(const struct rule *r)
{
	struct buf b = { 0 };

	rule_add_thresholds(&b, r);
	say("thresholds", buf_text(&b));
	buf_free(&b);
}

void say_rule(const struct rule *r)
{
	const struct rule_text *t = &r->text;
	struct buf see = { 0 };

	out_line(stdout, "%s %s (%s)", t->id, t->name, severity_word(r->severity));
	say("", t->sentence);
	say_drawing(t->picture);
	say("cause", t->cause);
	say("fix", t->fix);
	say("caveat", t->caveat);
	say("no help", t->no_help);
	say("not when", t->not_when);
	say("verify", t->verify);
	say_thresholds(r);
	say("source", t->source);
	if (t->scenario)
		buf_addf(&see, "lastack lab %s; it stays silent in %s", t->scenario, t->twin);
	say("see it", buf_text(&see));
	buf_free(&see);
}

void say_rules(const char *label, const char *ids)
{
	for (const struct rule *const *r = doctor_rules; *r; r++) {
		struct buf b = { 0 };

		if (!strstr(ids, (*r)->text.id))
			continue;
		buf_addf(&b, "%s %s: %s", (*r)->text.id, (*r)->text.name, (*r)->text.sentence);
		say(label, buf_text(&b));
		label = "";
		buf_free(&b);
	}
}

void say_rule_names(const char *label, const char *ids)
{
	struct buf b = { 0 };

	for (const struct rule *const *r = doctor_rules; *r; r++)
		if (strstr(ids, (*r)->text.id))
			buf_addf(&b, "%s%s %s", b.len ? ", " : "", (*r)->text.id, (*r)->text.name);
	say(label, buf_text(&b));
	buf_free(&b);
}

/* Too short to tell one trouble from another. */
enum { TELLING = 5 };

static bool is_about(const char *text, const char *symptom)
{
	return strcasestr(text, symptom) || (strlen(text) >= TELLING && strcasestr(symptom, text));
}

struct buf rules_about(const char *text)
{
	struct buf ids = { 0 };

	for (const struct rule *const *r = doctor_rules; *r; r++) {
		const char *at = (*r)->text.symptoms;

		while (at && *at) {
			char symptom[160];
			size_t n = strcspn(at, "|");

			snprintf(symptom, sizeof symptom, "%.*s", (int)n, at);
			if (is_about(text, symptom)) {
				buf_addf(&ids, "%s ", (*r)->text.id);
				break;
			}
			at += n + (at[n] != 0);
		}
	}
	return ids;
}

/* --- scenarios that show it ------------------------------------------------------------------------------ */

enum { SHOWN = 4 };

static bool is_within(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Is one of the verbs in the line, up to `end`? */
static bool has_verb(const char *line, const char *end, const char *verbs)
{
	while (*verbs) {
		size_t n = strcspn(verbs, "|");
		size_t room = (size_t)(end - line);

		if (*verbs == ' ' ? memmem(line, room, verbs, n) != NULL : room >= n && strncmp(line, verbs, n) == 0)
			return true;
		verbs += n + (verbs[n] != 0);
	}
	return false;
}

static bool shows(const struct scenario *s, const char *word, const char *verbs)
{
	size_t n = strlen(word);

	for (const char *line = s->text; line; line = strchr(line, '\n')) {
		const char *at, *end;

		line += *line == '\n';
		end = strchrnul(line, '\n');
		if (!has_verb(line, end, verbs))
			continue;
		for (at = line; (at = strstr(at, word)) && at < end; at++)
			if (!is_within(at[n]) && !is_within(at[-1]) && at[-1] != '.')
				return true;
	}
	return false;
}

bool say_scenarios(const char *word, const char *verbs)
{
	static const char *const first[] = { "lastack lab ", "; also ", ", " };
	struct buf b = { 0 };
	unsigned n = 0;

	for (size_t i = 0; i < scenarios_n && n < SHOWN; i++) {
		if (!shows(&scenarios[i], word, verbs) || strstr(scenarios[i].name, "-not"))
			continue;
		buf_addf(&b, "%s%s", first[n > 1 ? 2 : n], scenarios[i].name);
		n++;
	}
	say("see it", buf_text(&b));
	buf_free(&b);
	return n > 0;
}
