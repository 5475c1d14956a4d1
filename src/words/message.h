/* SPDX-License-Identifier: MIT
 * What programs and runtimes say of TCP, in their own words: exceptions, lines of logs. */
#ifndef WORDS_MESSAGE_H
#define WORDS_MESSAGE_H

#include <stdbool.h>

/* A text that has such a message in it: what it means, what to look at, the error behind it, and who listens on the
 * port that it names. */
bool message_word(const char *text);

/* All of them, by their first texts. */
void messages_each(void (*each)(void *ctx, const char *text, const char *sentence), void *ctx);

#endif
