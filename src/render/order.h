/* SPDX-License-Identifier: MIT
 * The order of rows: by columns, or the usual one. */
#ifndef RENDER_ORDER_H
#define RENDER_ORDER_H

#include "base/sort.h"
#include "render/cell.h"

enum { SORTINGS = 8 };

struct sorting {
	struct {
		enum column column;
		bool falling;
	} by[SORTINGS];
	size_t n; /* 0: listeners first, then by namespace, local and peer port */
};

/* "age", "-recvq,local". -1 with `e` filled. */
int sorting_parse(struct sorting *s, const char *text, struct err *e);

/* Orders rows, of which `index` is set. */
void rows_order(struct sort_key *rows, size_t n, const struct evidence *ev, const struct sorting *s,
                const struct cell_style *style);

#endif
