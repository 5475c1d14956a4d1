/* SPDX-License-Identifier: MIT
 * Printing many rows. */
#include "render/pieces.h"
#include "render/out.h"

#include <pthread.h>
#include <unistd.h>

/* Rows of a piece: enough to be worth a thread (some milliseconds), few enough that the first ones are out soon. */
enum { PIECE_ROWS = 8192, MOST_BESIDE = 8 };

struct piece {
	size_t from, to; /* rows */
	row_fn *add;
	const void *ctx;
	struct buf text;
	pthread_t thread;
	bool beside; /* in that thread */
};

static void *fill(void *piece)
{
	struct piece *p = piece;

	for (size_t row = p->from; row < p->to; row++)
		p->add(&p->text, p->ctx, row);
	return NULL;
}

/* Without a thread to spare a piece is made when its turn comes. */
static void begin(struct piece *p, bool beside)
{
	p->beside = beside && pthread_create(&p->thread, NULL, fill, p) == 0;
}

static void finish(struct piece *p, FILE *out)
{
	if (p->beside)
		pthread_join(p->thread, NULL);
	else
		fill(p);
	out_bytes(out, &p->text);
	buf_clear(&p->text);
}

static size_t processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > MOST_BESIDE ? MOST_BESIDE : (size_t)n;
}

/* As many pieces at a time as there are processors; the first of them is made here. */
void print_rows(FILE *out, size_t n, row_fn *add, const void *ctx)
{
	struct piece pieces[MOST_BESIDE];
	size_t at_once = processors(), done = 0;

	for (size_t k = 0; k < at_once; k++)
		pieces[k] = (struct piece){ .add = add, .ctx = ctx };
	while (done < n) {
		size_t k = 0, begun;

		for (; k < at_once && done < n; k++) {
			pieces[k].from = done;
			pieces[k].to = done = n - done > PIECE_ROWS ? done + PIECE_ROWS : n;
			begin(&pieces[k], k > 0);
		}
		for (begun = k, k = 0; k < begun; k++)
			finish(&pieces[k], out);
	}
	for (size_t k = 0; k < at_once; k++)
		buf_free(&pieces[k].text);
}
