/* SPDX-License-Identifier: MIT
 * lastack explain WORD: rules, states, errors, counters, settings, options, columns, messages of programs and more:
 * what it means, when it is harmless, what moves with it, what is here now. */
#ifndef WORDS_WORDS_H
#define WORDS_WORDS_H

#include "base/buf.h"

/* Prints what is known of it; false: nothing is. `in_texts`: it may also be found within what was typed: an error's
 * name in a line of a log. */
bool words_explain(const char *typed, bool in_texts);

/* The nearest of all words, until the next call; NULL: none is near. */
const char *words_near(const char *word);

/* All of them, or those of one kind, with a sentence each; false: there is no such kind. */
bool words_list(const char *kind);

/* "rule, state, error …": the kinds. */
void words_kinds(struct buf *out);

#endif
