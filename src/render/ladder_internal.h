/* SPDX-License-Identifier: MIT
 * The state of a layout, and what its files share: ladder.c lays out calls and packets,
 * ladder_socket.c sockets and states, ladder_program.c what programs do. Nobody else includes this. */
#ifndef RENDER_LADDER_INTERNAL_H
#define RENDER_LADDER_INTERNAL_H

#include "render/ladder.h"

struct layout {
	struct view *v;
	const struct timeline *tl;
	struct rows *rows;
	size_t first; /* index of the first event that is laid out now: earlier ones are on the screen as they were */
	size_t at;    /* index of the event that is laid out */
	size_t plain; /* plain packets in this run, and of them laid out so far */
	size_t plain_done;
	bool folded;              /* connections that were there before were told of */
	size_t lines, lines_done; /* the same of a program's output */
};

struct row *ladder_add_row(struct layout *lo, enum row_kind kind, enum side side, struct span at);
struct row *ladder_last_row(const struct layout *lo);

/* "client2: " when more is needed than the column to say whose; nothing for who gave the column its name. */
void ladder_add_who(const struct layout *lo, struct buf *b, const char *who, enum side side);

/* ":48452", where there are several connections that nothing else tells apart; 0: nothing is needed. */
uint16_t ladder_port(const struct view *v, const struct timeline *tl, const struct conn *c);

void lay_socket(struct layout *lo, const struct event *e);
void lay_inferred(struct layout *lo, const struct event *e);
void lay_process(struct layout *lo, const struct event *e);
void lay_stack(struct layout *lo, const struct event *e);
void lay_leak(struct layout *lo, const struct event *e);
void lay_output(struct layout *lo, const struct event *e);

#endif
