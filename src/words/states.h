/* SPDX-License-Identifier: MIT
 * States of TCP among what people type, and why nobody holds a socket. */
#ifndef WORDS_STATES_H
#define WORDS_STATES_H

#include <stdbool.h>

/* In any spelling: "fin wait 2", "FIN-WAIT-2". */
bool state_word(const char *typed);

/* "not accepted": of no_owner.def. */
bool reason_word(const char *typed);

#endif
