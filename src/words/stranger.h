/* SPDX-License-Identifier: MIT
 * Names that the running kernel has and that no table here knows: a newer kernel's. */
#ifndef WORDS_STRANGER_H
#define WORDS_STRANGER_H

#include <stdbool.h>

/* Says of what kind the name is, what it has here, and that it is not known; false: this kernel has no such name. */
bool stranger_word(const char *typed);

#endif
