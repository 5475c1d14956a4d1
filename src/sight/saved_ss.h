/* SPDX-License-Identifier: MIT
 * A table of sockets that ss(8) has printed, read back: `ss -tanpoeim`, or what sos saves, `ss -peaonmi`, of which the
 * rows of TCP are taken. Details may stand behind a row or, as without -O, in the lines below it. */
#ifndef SIGHT_SAVED_SS_H
#define SIGHT_SAVED_SS_H

#include "base/err.h"
#include "model/observation.h"

struct saved_ss {
	unsigned lacks;     /* LACKS_… of any table, but of all together LACKS_LISTENERS and LACKS_CONNECTIONS */
	unsigned kinds;     /* of these two, what is there */
	size_t rows;        /* of TCP */
	size_t wrong;       /* lines that could not be understood: cut off, or not of ss */
	size_t first_wrong; /* the number of the first one, from 1 */
};

/* Does such a table begin with this text, by its heading or (-H) by a row? */
bool saved_ss_is(const char *head);

/* Adds every TCP socket, with owners, ages and reasons as far as they are told, as one of namespace `netns`; `text` is
 * taken apart. It can be called again for another namespace: what lacks is added up in `told`, which is zeroed before
 * the first. -1 with `e` filled: no row of TCP could be understood, and the sentence says why; a table without any is
 * well. */
int saved_ss_read(char *text, uint64_t netns, struct evidence *ev, struct saved_ss *told, struct err *e);

#endif
