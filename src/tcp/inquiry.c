/* SPDX-License-Identifier: MIT
 * Taking the packets of a capture. */
#include "tcp/inquiry.h"
#include "packet/decode.h"
#include "packet/link.h"

#include <netinet/in.h>
#include <stdlib.h>

/* A packet later than this after the first, 18 years, has a damaged time. */
#define LONGEST (UINT64_C(1) << 59)

void inquiry_open(struct inquiry *q, const struct tcp_view *view, unsigned conn, bool every_change)
{
	*q = (struct inquiry){ .conn = conn, .every_change = every_change };
	book_open(&q->book, view);
}

/* --- packets --------------------------------------------------------------------------------------------- */

static void leave_out(struct inquiry *q, const char *why)
{
	for (size_t i = 0; i < INQUIRY_REASONS; i++) {
		struct left_out *l = &q->left_out[i];

		if (l->why && !streq(l->why, why) && i + 1 < INQUIRY_REASONS)
			continue;
		if (!l->why)
			q->facts.n_left_out = i + 1;
		l->why = l->why ? l->why : why;
		l->n++;
		return;
	}
}

static void note_link(struct inquiry *q, unsigned link)
{
	for (size_t i = 0; i < q->n_links; i++)
		if (q->links[i] == link)
			return;
	if (q->n_links < INQUIRY_LINKS)
		q->links[q->n_links++] = link;
}

/* Time since the first packet; a capture whose clock steps back does not. */
static int64_t time_of(struct inquiry *q, int64_t ns)
{
	if (!q->began)
		q->first = q->youngest = ns;
	q->began = true;
	q->facts.backwards += ns < q->youngest;
	q->youngest = ns;
	if (ns > q->first && (uint64_t)ns - (uint64_t)q->first <= LONGEST && ns - q->first > q->last)
		q->last = ns - q->first;
	return q->last;
}

static void note_state(struct inquiry *q, enum side side)
{
	const struct tcp_end *x = &q->watched->end[side];
	struct event e = { .kind = EV_INFERRED, .side = side };

	e.inferred.may = q->shown[side].may = x->may;
	e.inferred.likely = q->shown[side].likely = x->likely;
	timeline_append_at(&q->timeline, e, (struct span){ q->last });
}

/* Every change where that is wanted; else a new likely state, or the proof of one that was only likely. */
static bool is_news(const struct inquiry *q, enum side side)
{
	const struct tcp_end *x = &q->watched->end[side];
	bool proved = state_set_single(x->may) && !state_set_single(q->shown[side].may);

	if (q->every_change)
		return x->may != q->shown[side].may || x->likely != q->shown[side].likely;
	return x->likely != q->shown[side].likely || !q->shown[side].may || proved;
}

static void note_states(struct inquiry *q)
{
	for (int i = 0; i < SIDES && q->watched; i++)
		if (is_news(q, (enum side)i))
			note_state(q, (enum side)i);
}

static void note_packet(struct inquiry *q, const struct book_reading *r, const struct segment *s, unsigned number)
{
	struct event e = { .kind = EV_PACKET, .side = r->from };

	e.packet = (struct event_packet){
		.number = number, .fate = FATE_PASSED, .seg = *s, .conn = r->conn->number, .remarks = r->remarks
	};
	e.packet.rel_seq = conn_relative_seq(r->conn, r->from, s->seq);
	e.packet.rel_ack = conn_relative_ack(r->conn, r->from, s->ack);
	timeline_append_at(&q->timeline, e, (struct span){ q->last });
}

static void take_segment(struct inquiry *q, const struct captured *p, const struct segment *s, uint32_t domain)
{
	struct sighting sight = { s, domain, p->interface, p->number, time_of(q, p->ns) };
	struct book_reading r = book_take(&q->book, &sight);

	if (r.conn->number == q->conn) {
		q->watched = r.watch;
		if (!r.arrival)
			note_packet(q, &r, s, p->number);
	}
	note_states(q); /* a packet of a younger connection between the same ports may tell, too */
}

void inquiry_take(struct inquiry *q, const struct captured *p)
{
	const char *why;
	struct inside in;
	struct segment s;

	q->facts.packets++;
	note_link(q, p->link);
	q->n_unread += link_name(p->link) == NULL;
	if (!link_find_ip(p->link, p->bytes, p->n, &in, &why))
		leave_out(q, why);
	else if (!packet_decode_captured(in.at, in.n, &s))
		leave_out(q, p->n < p->on_wire ? "cut off before the TCP header's end" : "without a whole TCP header");
	else if (s.protocol != IPPROTO_TCP)
		leave_out(q, s.protocol ? "not TCP" : "later fragments");
	else
		take_segment(q, p, &s, in.domain);
	time_of(q, p->ns);
}

/* --- counting -------------------------------------------------------------------------------------------- */

static struct tally *tally_of(struct inquiry *q, const struct story *s)
{
	for (size_t i = 0; i < q->n_tallies; i++) {
		const struct story *like = &q->tallies[i].like;

		if (like->ending == s->ending && like->closer == s->closer && like->reset == s->reset)
			return &q->tallies[i];
	}
	q->tallies = grow(q->tallies, q->n_tallies, &q->cap_tallies, sizeof *q->tallies);
	q->tallies[q->n_tallies] = (struct tally){ .like = *s };
	return &q->tallies[q->n_tallies++];
}

static int more_first(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	return x->n < y->n ? 1 : x->n > y->n ? -1 : 0;
}

static void count_endings(struct inquiry *q)
{
	for (unsigned i = 1; i <= q->book.n; i++) {
		struct story s;

		book_story(&q->book, i, &s);
		tally_of(q, &s)->n++;
	}
	if (q->n_tallies)
		qsort(q->tallies, q->n_tallies, sizeof *q->tallies, more_first);
}

static void name_links(struct inquiry *q)
{
	for (size_t i = 0; i < q->n_links; i++) {
		const char *name = link_name(q->links[i]);
		struct buf *out = &q->link_names;

		buf_puts(out, i ? " and " : "");
		if (name)
			buf_puts(out, name);
		else
			buf_addf(out, "link type %u", q->links[i]);
	}
}

/* --- the end --------------------------------------------------------------------------------------------- */

void inquiry_end(struct inquiry *q)
{
	struct capture_facts *f = &q->facts;

	book_end(&q->book, q->last);
	note_states(q); /* what time alone did until the end */
	count_endings(q);
	name_links(q);
	f->links = buf_text(&q->link_names);
	f->segments = q->book.segments;
	f->conns = q->book.n;
	f->wall_ns = q->first;
	f->lasted = (struct span){ q->last };
	f->left_out = q->left_out;
	f->tallies = q->tallies;
	f->n_tallies = q->n_tallies;
}

bool inquiry_is_unread(const struct inquiry *q)
{
	return q->facts.packets && q->facts.packets == q->n_unread;
}

void inquiry_close(struct inquiry *q)
{
	book_close(&q->book);
	timeline_free(&q->timeline);
	free(q->tallies);
	buf_free(&q->link_names);
}
