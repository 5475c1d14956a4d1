/* SPDX-License-Identifier: MIT
 * Tables of sockets: text, CSV, JSON Lines, groups. */
#ifndef RENDER_LIST_H
#define RENDER_LIST_H

#include "base/sort.h"
#include "render/cell.h"

#include <stdio.h>

struct listing {
	const struct evidence *ev;
	const struct sort_key *rows; /* indexes in ev->socks, in order */
	size_t n;
	const struct columns *columns;
	const struct cell_style *style;
	size_t width; /* of the terminal: what would be wider goes on in a second line; 0: it is as wide as it is */
	bool titles;
	unsigned want; /* WANT_… that were gathered: what JSON tells */
};

void list_text(FILE *out, const struct listing *l);
void list_csv(FILE *out, const struct listing *l); /* RFC 4180, with a line of column words */
void list_json(FILE *out, const struct listing *l); /* one object a line, doc/schema/sock.schema.json */

/* Rows of one kind, with how many there are and the oldest of them. */
enum grouping { GROUP_STATE, GROUP_OWNER, GROUP_PEER, GROUP_LISTENER, GROUP_NETNS, GROUPINGS };
bool grouping_by_word(const char *word, enum grouping *g); /* "state", "owner", … */
void list_groups(FILE *out, const struct listing *l, enum grouping g, bool json);

#endif
