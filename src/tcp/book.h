/* SPDX-License-Identifier: MIT
 * All connections of a capture: each segment is told to the observer of its connection.
 *
 * A file may have the same packet twice, seen on two interfaces: then the second sight is its arrival. */
#ifndef TCP_BOOK_H
#define TCP_BOOK_H

#include "model/conn.h"
#include "tcp/watch.h"

struct book_page;

struct book {
	const struct tcp_view *view; /* where the capture was made */
	struct conns conns;
	struct book_page **pages; /* one for each connection, by number from 1 */
	size_t n, cap;
	uint64_t segments;
};

/* One segment as it stands in the capture. */
struct sighting {
	const struct segment *segment;
	uint32_t domain;    /* link.h */
	uint32_t interface; /* of the capture */
	unsigned number;    /* of the packet */
	int64_t ns;         /* since the capture began */
};

/* What became of it. `conn` and `watch` are the book's: they are there until book_close(), and move on with every
 * segment that is taken. */
struct book_reading {
	const struct conn *conn;
	const struct tcp_watch *watch;
	enum side from;
	remarks remarks;
	bool arrival; /* it was seen before, on its way; now it is there */
};

void book_open(struct book *b, const struct tcp_view *view);
struct book_reading book_take(struct book *b, const struct sighting *s);

/* The capture is over: time passes until its end. */
void book_end(struct book *b, int64_t ns);

/* The story of connection `number`, 1 to b->n. */
void book_story(const struct book *b, unsigned number, struct story *st);

void book_close(struct book *b);

#endif
