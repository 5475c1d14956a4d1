/* SPDX-License-Identifier: MIT
 * Options are rows of a table: parsing, --help and the manual page's OPTIONS section all come from it. */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include "base/buf.h"
#include "base/err.h"

struct opt {
	int key;          /* the short option's letter, or a number above 255 for none */
	const char *name; /* long name without dashes */
	const char *arg;  /* the argument's name, NULL for none */
	const char *help; /* one sentence, no full stop */
};

struct opt_command {
	const char *name;       /* "lastack lab", as errors and --help call it */
	const char *args;       /* "[NAME|FILE]" */
	const char *summary;    /* one sentence */
	const struct opt *opts; /* ended by a row with key 0 */
	/* Called for each option, and with key 0 for each other word. 0, or -1 with `e` filled. */
	int (*set)(void *ctx, int key, const char *arg, struct err *e);
	/* Where the first other word begins somebody else's command line: takes it and all that follows. NULL: set()
	 * takes them. */
	int (*rest)(void *ctx, int argc, char **argv, struct err *e);
};

/* Parses argv[1..] (glibc argp; options and words in any order). Usage errors and --help are answered
 * here: exit 3 with one sentence, or 0. Returns when all was taken. */
void opt_parse(const struct opt_command *cmd, int argc, char **argv, void *ctx);

/* The OPTIONS list in mdoc(7). */
void opt_manual(const struct opt *opts, struct buf *out);

#endif
