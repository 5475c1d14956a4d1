/* SPDX-License-Identifier: MIT
 * Errors of socket calls among what people type. */
#ifndef WORDS_ERRORS_H
#define WORDS_ERRORS_H

#include "model/word.h"

#include <stdbool.h>

/* "104", "errno 104": the number alone, or behind a word that says that it is one. */
bool number_word(const char *typed);

/* By its name or its text, alone or in a longer line. */
bool error_word(const char *text);

void error_say(const struct errno_word *w);

#endif
