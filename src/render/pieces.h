/* SPDX-License-Identifier: MIT
 * Printing many rows: pieces of them are made side by side, on as many processors as there are, and put out in
 * order. */
#ifndef RENDER_PIECES_H
#define RENDER_PIECES_H

#include "base/buf.h"

#include <stdio.h>

/* Adds row number `row` to `out`, made ready for who will read it: it leaves as it is. Called from several threads at
 * once, each with a buffer of its own. */
typedef void row_fn(struct buf *out, const void *ctx, size_t row);

/* Rows 0 to n-1. Returns when all were handed to `out`; whether they could be written is ferror()'s to tell. */
void print_rows(FILE *out, size_t n, row_fn *add, const void *ctx);

#endif
