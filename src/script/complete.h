/* SPDX-License-Identifier: MIT
 * What may follow at a place of a line, from the verb's own form ("FROM KIND [of ACTOR] [port N]"): help, manual and
 * Tab read the same words. */
#ifndef SCRIPT_COMPLETE_H
#define SCRIPT_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

/* What the capital words of a form stand for; `before` is the word of the form in front of it, "" if there is none. */
struct complete_hooks {
	void *ctx;
	/* Adds the words that it may be; nothing where they cannot be told (a number, a text). */
	void (*words_of)(void *ctx, const char *capital, const char *before, void (*add)(void *to, const char *word),
	                 void *to);
	/* May it be this word? */
	bool (*accepts)(void *ctx, const char *capital, const char *word);
};

/* Calls `add` with each word that may come behind the `n` words, by this form. The words of the form itself stay valid
 * for good. */
void complete_form(const char *form, const char *const words[], size_t n, const struct complete_hooks *hooks,
                   void (*add)(void *to, const char *word), void *to);

#endif
