/* SPDX-License-Identifier: MIT
 * What programs and runtimes say of TCP, in their own words. */
#include "words/message.h"
#include "base/util.h"
#include "render/out.h"
#include "words/address.h"
#include "words/errors.h"
#include "words/say.h"

#include <stdio.h>
#include <string.h>

static const struct message {
	const char *texts; /* '|' between them */
	const char *who, *means, *look;
	const char *error; /* "ECONNRESET"; "": the one that the line names, if any; "-": none */
} messages[] = {
#define MESSAGE(texts, who, means, look, error) { texts, who, means, look, error },
#include "words/message.def"
#undef MESSAGE
};

enum { TEXT_MAX = 120 };

/* The next of the texts; false: that was the last one. */
static bool next_text(const char **at, char text[TEXT_MAX])
{
	size_t n = strcspn(*at, "|");

	if (!n)
		return false;
	snprintf(text, TEXT_MAX, "%.*s", (int)n, *at);
	*at += n + ((*at)[n] != 0);
	return true;
}

/* The text of it that is in the line; false: none is. */
static bool is_in(const struct message *m, const char *line, char *(*find)(const char *, const char *),
                  char text[TEXT_MAX])
{
	const char *at = m->texts;

	while (next_text(&at, text))
		if (find(line, text))
			return true;
	return false;
}

/* sC-- and SC-- of haproxy are two messages; others may have lost their case. */
static const struct message *message_find(const char *line, char text[TEXT_MAX])
{
	static char *(*const finders[])(const char *, const char *) = { strstr, strcasestr };

	for (size_t f = 0; f < ARRAY_SIZE(finders); f++)
		for (size_t i = 0; i < ARRAY_SIZE(messages); i++)
			if (is_in(&messages[i], line, finders[f], text))
				return &messages[i];
	return NULL;
}

bool message_word(const char *text)
{
	char found[TEXT_MAX];
	const struct message *m = message_find(text, found);
	const struct errno_word *error;

	if (!m)
		return false;
	error = *m->error ? errno_word_find(m->error) : error_in(text);
	out_line(stdout, "\"%s\", a message of %s", found, m->who);
	say("", m->means);
	say("look", m->look);
	addresses_say(text);
	if (error)
		error_say_behind(error);
	return true;
}

void messages_each(void (*each)(void *ctx, const char *text, const char *sentence), void *ctx)
{
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		const char *at = messages[i].texts;
		char text[TEXT_MAX];

		next_text(&at, text);
		each(ctx, text, messages[i].means);
	}
}
