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

/* The error that a text names: by its name, its text, or its number behind "errno", "os error" and the like; NULL. */
const struct errno_word *error_in(const char *text);

/* In short, below the message that means it. */
void error_say_behind(const struct errno_word *w);

#endif
