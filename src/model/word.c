/* SPDX-License-Identifier: MIT
 * Words of the field that are explained. */
#include "model/word.h"
#include "base/util.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

const struct errno_word errno_words[] = {
#define ERRNO(name, calls, sentence, advice, rules, ja, ko) { #name, name, calls, sentence, advice, rules, ja, ko },
#include "model/errno.def"
#undef ERRNO
};
const size_t errno_words_n = ARRAY_SIZE(errno_words);

/* As a word of its own: "EPIPE" is not in "EPIPES". */
static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = text; (at = strcasestr(at, word)); at++)
		if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[n]))
			return true;
	return false;
}

/* A line that has the text in it, or a good part of the text. */
static bool has_text(const char *line, const char *text)
{
	return strcasestr(line, text) || (strlen(line) >= 8 && strcasestr(text, line));
}

const struct errno_word *errno_word_find(const char *text)
{
	for (size_t i = 0; i < errno_words_n; i++) {
		const struct errno_word *w = &errno_words[i];

		if (has_word(text, w->name) || has_text(text, strerrordesc_np(w->number)) ||
		    has_text(text, w->japanese) || has_text(text, w->korean))
			return w;
	}
	return NULL;
}
