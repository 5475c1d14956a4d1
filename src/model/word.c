/* SPDX-License-Identifier: MIT
 * Words of the field that are explained. */
#include "model/word.h"
#include "base/system.h"
#include "base/util.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

const struct errno_word errno_words[] = {
#define ERRNO(name, calls, sentence, fine, with, advice, rules, source, ja, ko)                                        \
	{ #name, name, calls, sentence, fine, with, advice, rules, source, ja, ko },
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

enum { LANGUAGES = 3 };

static const char *text_of(const struct errno_word *w, int language)
{
	const char *const texts[LANGUAGES] = { errno_text(w->number), w->japanese, w->korean };

	return texts[language];
}

/* The longest of its texts that stands in the line; 0: none. */
static size_t longest_in(const char *line, const struct errno_word *w)
{
	size_t longest = 0;

	for (int i = 0; i < LANGUAGES; i++)
		if (strcasestr(line, text_of(w, i)) && strlen(text_of(w, i)) > longest)
			longest = strlen(text_of(w, i));
	return longest;
}

/* Too short to tell one text from another. */
enum { TELLING = 8 };

static bool is_part(const char *line, const struct errno_word *w)
{
	for (int i = 0; i < LANGUAGES && strlen(line) >= TELLING; i++)
		if (strcasestr(text_of(w, i), line))
			return true;
	return false;
}

/* EMFILE's text is the beginning of ENFILE's. */
static const struct errno_word *with_longest_text(const char *line)
{
	const struct errno_word *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < errno_words_n; i++) {
		size_t n = longest_in(line, &errno_words[i]);

		if (n > longest)
			best = &errno_words[i];
		longest = n > longest ? n : longest;
	}
	return best;
}

const struct errno_word *errno_word_find(const char *text)
{
	const struct errno_word *best = NULL;

	for (size_t i = 0; i < errno_words_n; i++)
		if (has_word(text, errno_words[i].name))
			return &errno_words[i];
	best = with_longest_text(text);
	for (size_t i = 0; i < errno_words_n && !best; i++)
		if (is_part(text, &errno_words[i]))
			best = &errno_words[i];
	return best;
}
