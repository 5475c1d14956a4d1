/* SPDX-License-Identifier: MIT
 * The order of rows. */
#include "render/order.h"

#include <stdlib.h>

int sorting_parse(struct sorting *s, const char *text, struct err *e)
{
	char *copy = xstrdup(text), *save, *word;
	int rc = 0;

	s->n = 0;
	for (word = strtok_r(copy, ",", &save); word && rc == 0; word = strtok_r(NULL, ",", &save)) {
		bool falling = *word == '-';
		struct columns one = { .n = 0 };

		rc = s->n == SORTINGS ? err_set(e, "sorting goes by %d columns at most", SORTINGS)
		                      : columns_parse(&one, word + falling, e);
		if (rc < 0)
			break;
		s->by[s->n].column = one.all[0];
		s->by[s->n++].falling = falling;
	}
	free(copy);
	return rc;
}

/* --- the usual order ----------------------------------------------------------------------------------- */

/* Namespaces have large numbers that lie close together: their low bits order them well enough. */
static uint64_t usual_key(const struct sock *s)
{
	return (uint64_t)(s->state != TCP_LISTEN) << 63 | (s->key.netns & 0x7fffffff) << 32 |
	       (uint64_t)s->local.port << 16 | s->remote.port;
}

/* --- by columns ---------------------------------------------------------------------------------------- */

static void order_by_number(struct sort_key *rows, size_t n, const struct evidence *ev, enum column c, bool falling)
{
	for (size_t i = 0; i < n; i++) {
		cell_number(c, ev, rows[i].index, &rows[i].key);
		if (falling)
			rows[i].key = ~rows[i].key;
	}
	sort_by_key(rows, n);
}

struct texts {
	struct buf all;
	bool falling;
};

/* A row's key is the place of its text, which ends with a NUL. */
static int by_text(const void *a, const void *b, void *ctx)
{
	const struct texts *t = ctx;
	const struct sort_key *x = a, *y = b;
	int c = strcmp(t->all.text + x->key, t->all.text + y->key);

	return t->falling ? -c : c;
}

static void order_by_text(struct sort_key *rows, size_t n, const struct evidence *ev, enum column c, bool falling,
                          const struct cell_style *style)
{
	struct texts t = { .falling = falling };

	for (size_t i = 0; i < n; i++) {
		rows[i].key = t.all.len;
		cell_key(&t.all, c, ev, rows[i].index, style);
		buf_add(&t.all, "", 1);
	}
	if (n)
		qsort_r(rows, n, sizeof *rows, by_text, &t); /* glibc's keeps the order of equals: it merges */
	buf_free(&t.all);
}

/* The last column first: each keeps the order of equals. */
void rows_order(struct sort_key *rows, size_t n, const struct evidence *ev, const struct sorting *s,
                const struct cell_style *style)
{
	uint64_t number;

	for (size_t i = 0; i < n; i++)
		rows[i].key = usual_key(&ev->socks[rows[i].index]);
	sort_by_key(rows, n);
	for (size_t k = s->n; k-- > 0 && n;) {
		if (cell_number(s->by[k].column, ev, rows[0].index, &number))
			order_by_number(rows, n, ev, s->by[k].column, s->by[k].falling);
		else
			order_by_text(rows, n, ev, s->by[k].column, s->by[k].falling, style);
	}
}
