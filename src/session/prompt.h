/* SPDX-License-Identifier: MIT
 * The prompt of `lastack lab`: the scenario language, a line at a time, while the wire goes on. */
#ifndef SESSION_PROMPT_H
#define SESSION_PROMPT_H

#include "script/script.h"
#include "lab/lab.h"

/* The lab's language, and help and save. */
struct language prompt_language(struct lab *l);

struct prompt_kind {
	const char *prompt; /* "lab> " */
	const char *empty;  /* what an empty line means; NULL: nothing */
	bool live;          /* what happens while nobody types is shown at once */
};

/* Reads lines until `quit` or the end of input. A wrong line is answered and changes nothing else; Ctrl-C interrupts
 * what is waited for; SIGTERM, SIGHUP and SIGQUIT end the prompt as `quit` does. `told` is called after each line, to
 * show what is new and what failed. */
void prompt_run(struct lab *l, struct script *script, const struct prompt_kind *kind,
                void (*told)(void *ctx, int rc, const struct err *e), void *ctx);

#endif
