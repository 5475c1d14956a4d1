/* SPDX-License-Identifier: MIT
 * An observation of files that were saved on another machine, or at another time: the output of ss(8) and `sysctl -a`,
 * files of /proc/net, or a report as sos(1) collects it. In a plain folder they may have any name, for what a file is
 * shows at its beginning. */
#ifndef SIGHT_SAVED_H
#define SIGHT_SAVED_H

#include "base/err.h"
#include "model/observation.h"

enum { SAVED_NETS = 256, SAVED_NAME = 64 };

/* What is known of the saving itself. */
struct saved {
	char host[SAVED_NAME], kernel[SAVED_NAME]; /* "": not told */
	int64_t at_ns;    /* when the table of sockets was written, since 1970: its file's time, which copying may have
	                     changed */
	struct buf files; /* which were read, separated by ", " */
	char names[SAVED_NETS]
		  [SAVED_NAME]; /* of the namespace whose number is the index + 1; the first is the machine's own */
	size_t nets;
};

/* Reads a folder as a look at a machine: the first, or into an observation that has one already the last; it can be
 * judged then. Of two, the window is the time between their tables. -1 with `e` filled: it has no table of sockets, or
 * one that is not understood, or the second was saved before the first. For saved_free() also after that. */
int saved_read(struct saved *s, const char *folder, struct observation *o, struct err *e);
void saved_free(struct saved *s);

#endif
