/* SPDX-License-Identifier: MIT
 * The ladder's layout: events to rows, pure. Client left, server right, the wire between; each row has a time, a
 * column for each side's state, and between them one thing: a text at a side, an arrow, or a line of prose.
 * Whoever draws (text, later HTML) decides how a row looks, not what stands in it. */
#ifndef RENDER_LADDER_H
#define RENDER_LADDER_H

#include "render/render.h"

enum row_kind {
	ROW_CALL,  /* a text at `side` */
	ROW_ARROW, /* a packet that `side` sent */
	ROW_NOTE,  /* prose across the middle */
	ROW_LINE,  /* a line of the scenario, an expectation: for -v */
	ROW_BLOCK, /* lines as they are, over the whole width: tables */
};

struct row {
	enum row_kind kind;
	struct span at;
	enum side side;
	const char *state[SIDES]; /* "" where it did not change; a state's name, never freed */
	struct buf text;          /* of an arrow: the label, longest form */
	struct buf shorter;       /* of an arrow: for narrow screens */
	enum fate fate;
	unsigned conn; /* of an arrow: its connection's number; 0 where it has none */
	bool cause;    /* a call, a packet, an end: sockets change by it */
	bool detail;   /* a text that goes on from the row before: no time of its own */
	bool reason;   /* a detail of a packet or a call that stands before what that did to sockets */
	bool told;     /* a text that changes no state: what a program printed, where it waits */
	bool thrown;   /* an arrow whose packet the receiver's kernel threw away */
	bool released; /* an arrow that starts in the middle, where it was held */
};

struct rows {
	struct row *all;
	size_t n, cap;
};

/* Lays out the events from v->next to the end. Rows are for rows_free(). */
void ladder_layout(struct view *v, const struct timeline *tl, struct rows *rows);
void rows_free(struct rows *rows);

#endif
