/* SPDX-License-Identifier: MIT
 * What a capture tells: each packet is told to the observer of its connection, one connection is written down packet by
 * packet, and the whole is counted. The packets may come from a file or from anywhere else. */
#ifndef TCP_INQUIRY_H
#define TCP_INQUIRY_H

#include "model/timeline.h"
#include "packet/capture.h"
#include "tcp/book.h"

enum { INQUIRY_LINKS = 8, INQUIRY_REASONS = 16 };

struct inquiry {
	/* For everybody, after inquiry_end(). */
	struct book book;
	struct timeline timeline;   /* of the one connection: its packets, and what is inferred after each */
	struct capture_facts facts; /* `name`, `format` and `damage` are the reader's */

	/* Its own. */
	unsigned conn; /* the one connection; 0: none */
	bool every_change;
	const struct tcp_watch *watched; /* its observer, once it was seen */
	struct {
		state_set may;
		enum tcp_state likely;
	} shown[SIDES];      /* its states as last noted */
	int64_t youngest;    /* time of the packet before */
	int64_t first, last; /* ns since 1970 of the first packet; ns since then of the youngest */
	bool began;
	unsigned links[INQUIRY_LINKS]; /* in order of appearance */
	size_t n_links, n_unread;      /* packets of a link type that is not read */
	struct left_out left_out[INQUIRY_REASONS];
	struct tally *tallies;
	size_t n_tallies, cap_tallies;
	struct buf link_names;
};

/* `view`: where the capture was made. `conn`: the connection that is written down, 1, 2, … in order of appearance, 0:
 * none; with every change of the states that it may be in, or only with those of the likely one and those that prove
 * it. */
void inquiry_open(struct inquiry *q, const struct tcp_view *view, unsigned conn, bool every_change);

/* The next packet. A clock that steps back is counted, and time stands still meanwhile; the same for a time that is
 * more than 18 years after the first packet's: it is damaged. */
void inquiry_take(struct inquiry *q, const struct captured *p);

/* No more packets come: time passes until the end of the capture, `facts` is filled. */
void inquiry_end(struct inquiry *q);

/* True if there were packets and none was of a link type that is read; the first one's is q->links[0]. */
bool inquiry_is_unread(const struct inquiry *q);

void inquiry_close(struct inquiry *q);

#endif
