/* SPDX-License-Identifier: MIT
 * A book of connections. */
#include "tcp/book.h"

#include <stdlib.h>

/* A packet that was seen on one interface and may be seen on another. */
struct sight {
	uint64_t fingerprint;
	uint32_t interface;
	bool matched;
};

enum { SIGHTS = 64 };

struct book_page {
	struct tcp_watch watch;
	const struct conn *conn;
	struct book_page *older; /* of the connection between the same ports before; NULL */
	bool summed[SIDES];      /* a right checksum was seen of this end: a wrong one is no offload */
	uint32_t interface;      /* of its first packet */
	struct sight *sights;    /* SIGHTS of them, once a second interface appears; NULL */
	size_t next_sight;
};

void book_open(struct book *b, const struct tcp_view *view)
{
	*b = (struct book){ .view = view };
}

static struct book_page *page_of(struct book *b, const struct conn *c, const struct conn *older, enum side from,
                                 const struct sighting *s)
{
	struct book_page *p;

	if (c->number <= b->n)
		return b->pages[c->number - 1];
	p = xcalloc(1, sizeof *p);
	b->pages = grow(b->pages, b->n, &b->cap, sizeof(struct book_page *));
	b->pages[b->n++] = p;
	p->conn = c;
	p->older = older ? b->pages[older->number - 1] : NULL;
	p->interface = s->interface;
	tcp_watch_init(&p->watch, b->view, p->older ? &p->older->watch : NULL, s->segment, from, s->ns);
	return p;
}

/* --- two interfaces -------------------------------------------------------------------------------------- */

/* Was it seen on another interface? Then this is the same packet further on. */
static bool seen_elsewhere(struct book_page *p, enum side from, const struct sighting *s)
{
	uint64_t fingerprint = tcp_fingerprint(s->segment, from);

	for (size_t i = 0; i < SIGHTS; i++) {
		struct sight *was = &p->sights[i];

		if (was->fingerprint != fingerprint || was->matched || was->interface == s->interface)
			continue;
		was->matched = true;
		return true;
	}
	p->sights[p->next_sight++ % SIGHTS] = (struct sight){ fingerprint, s->interface, false };
	return false;
}

/* The second interface has appeared: what was seen until now is remembered as seen on the first. */
static void begin_sights(struct book_page *p)
{
	p->sights = xcalloc(SIGHTS, sizeof *p->sights);
	for (size_t i = 0; i < FINGERPRINTS; i++)
		if (p->watch.seen[i].hash)
			p->sights[p->next_sight++] = (struct sight){ p->watch.seen[i].hash, p->interface, false };
}

static bool is_arrival(struct book_page *p, enum side from, const struct sighting *s)
{
	if (!p->sights && s->interface == p->interface)
		return false;
	if (!p->sights)
		begin_sights(p);
	if (!seen_elsewhere(p, from, s))
		return false;
	/* Both ways are seen on both interfaces: arrivals are told from now on. */
	p->watch.view.arrivals[CLIENT] = p->watch.view.arrivals[SERVER] = true;
	return true;
}

/* --- one segment ----------------------------------------------------------------------------------------- */

/* In a capture a wrong checksum proves nothing: hosts leave checksums to their cards, and put received segments
 * together. It is told where right ones were seen before and the segment is no longer than one on the wire. */
static remarks judge_checksum(struct book_page *p, enum side from, struct segment *s)
{
	uint16_t mss = p->watch.end[side_other(from)].mss;
	bool wrong = !s->checksum_ok && !s->cut && p->summed[from] && s->len <= mss;

	p->summed[from] = p->summed[from] || s->checksum_ok;
	s->cut = true;
	return wrong ? REMARK_(BAD_CHECKSUM) : 0;
}

/* The page on which the segment is told: that of an older connection if it belongs there. */
static const struct book_page *whose(const struct book_page *p, enum side from, const struct segment *s)
{
	while (p->older && tcp_watch_is_older(&p->watch, from, s))
		p = p->older;
	return p;
}

struct book_reading book_take(struct book *b, const struct sighting *s)
{
	struct conn *older;
	struct book_reading r = { 0 };
	struct segment segment = *s->segment;
	const struct book_page *told;
	struct book_page *p;

	b->segments++;
	r.conn = conns_of_either(&b->conns, s->domain, s->segment, &r.from, &older);
	p = page_of(b, r.conn, older, r.from, s);
	told = whose(p, r.from, &segment);
	r.conn = told->conn;
	r.watch = &told->watch;
	r.remarks = judge_checksum(p, r.from, &segment);
	r.arrival = is_arrival(p, r.from, s);
	if (!r.arrival)
		r.remarks |= tcp_watch_sent(&p->watch, r.from, &segment, s->number, s->ns) |
		             (older ? REMARK_(PORT_REUSED) : 0);
	if (r.arrival || (!p->sights && p->watch.view.arrivals[side_other(r.from)])) /* seen where it arrives */
		tcp_watch_arrived(&p->watch, side_other(r.from), &segment, s->ns);
	return r;
}

void book_end(struct book *b, int64_t ns)
{
	for (size_t i = 0; i < b->n; i++)
		tcp_watch_until(&b->pages[i]->watch, ns);
}

void book_story(const struct book *b, unsigned number, struct story *st)
{
	const struct book_page *p = b->pages[number - 1];

	*st = (struct story){ .number = number, .reused = p->older != NULL };
	for (int i = 0; i < SIDES; i++)
		st->end[i].at = b->conns.all[number - 1]->end[i].at;
	tcp_watch_story(&p->watch, st);
}

void book_close(struct book *b)
{
	for (size_t i = 0; i < b->n; i++) {
		tcp_watch_free(&b->pages[i]->watch);
		free(b->pages[i]->sights);
		free(b->pages[i]);
	}
	free(b->pages);
	conns_free(&b->conns);
	*b = (struct book){ 0 };
}
