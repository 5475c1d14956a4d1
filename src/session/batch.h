/* SPDX-License-Identifier: MIT
 * Which scenarios a command line means: names, files, and folders with files in them. */
#ifndef SESSION_BATCH_H
#define SESSION_BATCH_H

#include "base/err.h"

/* One scenario. */
struct batch_item {
	char *name;       /* as `lastack lab` is told it: "close", "ci/mine.lab" */
	const char *text; /* the whole of it */
	size_t len;
	bool built_in;
	bool found; /* nobody named it: it stood in a folder, or all were meant */
	char *read; /* what was read of a file; NULL: built in */
};

struct batch {
	struct batch_item *items;
	size_t n, cap;
};

/* Is this word a file's name: has it a slash, or ends in .lab? */
bool batch_is_file(const char *word);

/* Is it a folder's? */
bool batch_is_folder(const char *word);

/* Adds what `word` means: a built-in scenario, else a file, else each *.lab in a folder and in the folders below it
 * (links to folders are not followed, hidden ones are left out), in the order of their names. 0, or -1 with `e` filled:
 * there is no such thing, it cannot be read, or there is none in it. */
int batch_add(struct batch *b, const char *word, struct err *e);

/* All that are built in. */
void batch_add_all(struct batch *b);

/* The file's text into `*text` (for free()), its length; -1 with `e` filled. */
int batch_read(const char *name, char **text, size_t *len, struct err *e);

void batch_free(struct batch *b);

#endif
