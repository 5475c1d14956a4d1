/* SPDX-License-Identifier: MIT
 * Errors of socket calls among what people type. */
#include "words/errors.h"
#include "base/system.h"
#include "base/text.h"
#include "base/util.h"
#include "doctor/doctor.h"
#include "render/out.h"
#include "words/address.h"
#include "words/here.h"
#include "words/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* `text`: what was typed, with an address in it perhaps. */
static void error_say(const struct errno_word *w, const char *text)
{
	struct buf values = here_values(w->with);

	out_line(stdout, "%s (%d here), an error of %s: \"%s\"", w->name, w->number, w->calls, errno_text(w->number));
	say("", w->sentence);
	say("harmless", w->fine);
	say("moves with", buf_text(&values));
	say("do", w->advice);
	addresses_say(text);
	say_rule_names("trouble", w->rules);
	say("source", w->source);
	say_scenarios(w->name, SAY_EXPECTS);
	buf_free(&values);
}

static const struct errno_word *of_number(long number)
{
	for (size_t i = 0; i < errno_words_n; i++)
		if (errno_words[i].number == number)
			return &errno_words[i];
	return NULL;
}

/* Behind "errno", "os error" and the like; as it is without. */
static const char *behind_label(const char *typed)
{
	static const char *const labels[] = { "errno", "os error", "error code", "error" };

	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		size_t n = strlen(labels[i]);

		if (strncasecmp(typed, labels[i], n) == 0)
			return typed + n + strspn(typed + n, " =:-");
	}
	return typed;
}

/* What a rule of that number is called is said too: it was asked for so once. */
static void say_rule_of(long number)
{
	char id[32];
	const struct rule *r;
	struct buf also = { 0 };

	snprintf(id, sizeof id, "LA%ld", number);
	r = doctor_rule(id);
	if (r)
		buf_addf(&also, "the rule %s: lastack explain %s", r->text.name, id);
	say("also", buf_text(&also));
	buf_free(&also);
}

bool number_word(const char *typed)
{
	const struct errno_word *w;
	long number;

	if (!number_parse(behind_label(typed), &number))
		return false;
	w = of_number(number);
	if (!w)
		return false;
	error_say(w, "");
	say_rule_of(number);
	return true;
}

/* "errno=104", "[Errno 104]", "os error 104", "system error: 104", nginx's "(104: ". */
static const struct errno_word *by_number_in(const char *text)
{
	static const char *const labels[] = { "errno", "os error", "system error", "error code", "(" };

	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		for (const char *at = text; (at = strcasestr(at, labels[i]));) {
			char *end;
			long number;

			at += strlen(labels[i]);
			at += labels[i][0] == '(' ? 0 : strspn(at, " =:-");
			number = strtol(at, &end, 10);
			if (end > at && (labels[i][0] != '(' || *end == ':') && of_number(number))
				return of_number(number);
		}
	return NULL;
}

const struct errno_word *error_in(const char *text)
{
	const struct errno_word *w = errno_word_find(text);

	return w ? w : by_number_in(text);
}

bool error_word(const char *text)
{
	const struct errno_word *w = error_in(text);

	if (w)
		error_say(w, text);
	return w != NULL;
}

void error_say_behind(const struct errno_word *w)
{
	out_line(stdout, "%s (%d here), the error behind it, of %s: \"%s\"", w->name, w->number, w->calls,
	         errno_text(w->number));
	say("", w->sentence);
	say("do", w->advice);
	say_scenarios(w->name, SAY_EXPECTS);
}
