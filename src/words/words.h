/* SPDX-License-Identifier: MIT
 * lastack explain WORD: rules, states, errors, counters, timers, reasons: what it means, the way in and out, what is
 * here now. */
#ifndef WORDS_WORDS_H
#define WORDS_WORDS_H

#include <stdbool.h>

/* Prints what is known of it; false: nothing is. */
bool words_explain(const char *word);

/* The nearest of all words; NULL: none is near. */
const char *words_near(const char *word);

/* All of them, with a sentence each. */
void words_list(void);

#endif
