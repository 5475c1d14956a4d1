/* SPDX-License-Identifier: MIT
 * Tables of sockets: text, CSV, JSON Lines, groups. */
#ifndef RENDER_LIST_H
#define RENDER_LIST_H

#include "model/groups.h"
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

/* The same piece by piece: widths from the first rows, a line of titles, one row with `mark` in front, which is a word
 * or "". */
struct list_widths {
	size_t of[COLUMNS];
};
void list_measure(const struct listing *l, struct list_widths *w);
void list_titles(struct buf *out, const struct listing *l, const struct list_widths *w, const char *mark);
void list_row(struct buf *out, const struct listing *l, const struct list_widths *w, size_t index, const char *mark);

void list_csv(FILE *out, const struct listing *l);  /* RFC 4180, with a line of column words; times in seconds */
void list_json(FILE *out, const struct listing *l); /* one object a line, doc/schema/sock.schema.json */

/* One object; `change` and `was` (a state) are members if they are not NULL. */
void list_json_row(struct buf *out, const struct listing *l, size_t index, const char *change, const char *was);

/* Rows of one kind, with how many there are and the oldest of them; the largest first. */
void list_groups(FILE *out, const struct listing *l, enum grouping by, bool json);

#endif
