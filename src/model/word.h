/* SPDX-License-Identifier: MIT
 * Words of the field that are explained: errors of calls. (States, counters and reasons have tables of their own; rules
 * their files.) */
#ifndef MODEL_WORD_H
#define MODEL_WORD_H

#include <stddef.h>

struct errno_word {
	const char *name;     /* "EADDRINUSE" */
	int number;           /* here: other machines have others */
	const char *calls;    /* "bind, listen" */
	const char *sentence; /* what it means of a TCP socket */
	const char *fine;     /* when it is harmless */
	const char *with;     /* counters, settings, options that move with it; ", " between them */
	const char *advice;
	const char *rules;             /* "LA205 LA206" */
	const char *source;            /* manual page, RFC, the kernel's file and function */
	const char *japanese, *korean; /* as glibc says it there */
};

extern const struct errno_word errno_words[];
extern const size_t errno_words_n;

/* By its name in any case, or by its text in English, Japanese or Korean, as a part of a longer line; NULL: there is
 * none. */
const struct errno_word *errno_word_find(const char *text);

#endif
