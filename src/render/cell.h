/* SPDX-License-Identifier: MIT
 * One value of a table of sockets as text: what list prints and top shows. */
#ifndef RENDER_CELL_H
#define RENDER_CELL_H

#include "model/column.h"

struct cell_style {
	const struct column_names *names;
	bool utf8;       /* "≥" may be used */
	bool all_owners; /* else one is named, and the others are counted */
	bool plain; /* for programs: times are seconds, and what stands beside a number has a column of its own (age-is,
	               timer-left) */
};

/* Adds the value of column `c` of ev->socks[index]; nothing where there is none. Names are as their
 * owners chose them, in any bytes. */
void cell_add(struct buf *out, enum column c, const struct evidence *ev, size_t index, const struct cell_style *style);

/* For sorting: the number of a column that has numbers, and false where it has none (or it is not known: 0). Of the
 * others the value is ordered by cell_key()'s bytes: addresses by their bits, everything else as it reads. */
bool cell_number(enum column c, const struct evidence *ev, size_t index, uint64_t *number);
void cell_key(struct buf *out, enum column c, const struct evidence *ev, size_t index, const struct cell_style *style);

#endif
