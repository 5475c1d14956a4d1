/* SPDX-License-Identifier: MIT
 * Reading the words of a line, with errors that say what was wanted. */
#include "script/verb.h"
#include "base/text.h"

#include <stdlib.h>

bool say_more(const struct saying *s)
{
	return s->at < s->n;
}

const struct word *say_peek(const struct saying *s)
{
	return say_more(s) ? &s->w[s->at] : NULL;
}

const char *take_word(struct saying *s, const char *what)
{
	if (!say_more(s)) {
		err_set(s->e, "%s is missing", what);
		return NULL;
	}
	return s->w[s->at++].text;
}

const struct word *take_text(struct saying *s, const char *what)
{
	const struct word *w = say_peek(s);

	if (!w || !w->quoted) {
		err_set(s->e,
		        w ? "%s is a text in quotes, \"like this\", not '%.40s'"
		          : "%s is missing: a text in quotes, \"like this\"",
		        what, w ? w->text : "");
		return NULL;
	}
	s->at++;
	return w;
}

bool take_keyword(struct saying *s, const char *keyword)
{
	const struct word *w = say_peek(s);

	if (!w || w->quoted || !streq(w->text, keyword))
		return false;
	s->at++;
	return true;
}

int take_number(struct saying *s, const char *what, long min, long max, long *n)
{
	const struct word *w = say_peek(s);

	if (!w)
		return err_set(s->e, "%s is missing: a number from %ld to %ld", what, min, max);
	if (w->quoted || !number_parse(w->text, n) || *n < min || *n > max)
		return err_set(s->e, "%s is a number from %ld to %ld, not '%.40s'", what, min, max, w->text);
	s->at++;
	return 0;
}

int take_span(struct saying *s, const char *what, struct span *d)
{
	const struct word *w = say_peek(s);

	if (!w)
		return err_set(s->e, "%s is missing: a time as 150ms, 2s or 1m", what);
	if (w->quoted || !span_parse(w->text, d))
		return err_set(s->e, "%s is a time as 150ms, 2s or 1m (at most 24 hours), not '%.40s'", what, w->text);
	s->at++;
	return 0;
}

int take_nothing(struct saying *s)
{
	if (!say_more(s))
		return 0;
	return err_set(s->e, "nothing is expected here, but '%.60s' follows", s->w[s->at].text);
}
