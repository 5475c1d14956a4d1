/* SPDX-License-Identifier: MIT
 * lastack explain WORD: rules, states, errors, counters, timers, reasons: what it means, the way in and out, what is
 * here now. */
#ifndef CMD_EXPLAIN_WORD_H
#define CMD_EXPLAIN_WORD_H

#include <stdbool.h>

/* Prints what is known of it; false: nothing is. */
bool explain_word(const char *word);

/* The nearest of all words; NULL: none is near. */
const char *explain_near(const char *word);

/* All of them, with a sentence each. */
void explain_list(void);

#endif
