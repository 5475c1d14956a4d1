/* SPDX-License-Identifier: MIT
 * Stories told to an observer packet by packet, for tests only. */
#ifndef TCP_STEPS_H
#define TCP_STEPS_H

#include "base/tap.h"
#include "tcp/watch.h"

#define MS INT64_C(1000000)
#define S  (1000 * MS)

/* One packet of a story; numbers are relative to the sender's and the receiver's initial ones. */
struct step {
	enum side from;
	const char *flags; /* of "SFRPA" */
	uint32_t seq, ack, len;
	int64_t after;               /* the time since the one before */
	const char *client, *server; /* the states afterwards; NULL: not asked */
};

enum { CLIENT_ISN = 1000, SERVER_ISN = 4000000000U };

static inline uint8_t flags_of(const char *text)
{
	uint8_t f = 0;

	for (; *text; text++)
		f |= *text == 'S' ? SYN : *text == 'F' ? FIN : *text == 'R' ? RST : *text == 'P' ? PSH : ACK;
	return f;
}

static inline struct segment segment_of(const struct step *p)
{
	static uint16_t id;
	uint32_t own = p->from == CLIENT ? CLIENT_ISN : SERVER_ISN, other = p->from == CLIENT ? SERVER_ISN : CLIENT_ISN;
	struct segment s = { .protocol = 6,
		             .flags = flags_of(p->flags),
		             .checksum_ok = true,
		             .window = 64240,
		             .wscale = -1,
		             .len = p->len,
		             .mss = 1460,
		             .has_timestamps = true,
		             .ttl = 64,
		             .ip_id = ++id };

	s.seq = own + p->seq;
	s.ack = s.flags & ACK ? other + p->ack : 0;
	return s;
}

static inline void states(const struct tcp_watch *w, enum side side, const char *should, const char *name, size_t i)
{
	struct buf is = { 0 }, what = { 0 };

	if (!should)
		return;
	state_set_text(&is, w->end[side].may, w->end[side].likely);
	buf_addf(&what, "%s, packet %zu: %s", name, i + 1, side_name(side));
	same_text(buf_text(&is), should, buf_text(&what));
	buf_free(&is);
	buf_free(&what);
}

/* Tells the packets to an observer at a place; each arrives at once where arrivals are told. */
static inline struct tcp_watch told(const char *name, const struct tcp_view *view, const struct step *p, size_t n)
{
	struct tcp_watch w;
	int64_t now = 0;

	for (size_t i = 0; i < n; i++) {
		struct segment s = segment_of(&p[i]);
		enum side to = side_other(p[i].from);

		now += p[i].after;
		if (i == 0)
			tcp_watch_init(&w, view, NULL, &s, p[i].from, now);
		tcp_watch_sent(&w, p[i].from, &s, (unsigned)i + 1, now);
		if (view->arrivals[to])
			tcp_watch_arrived(&w, to, &s, now);
		states(&w, CLIENT, p[i].client, name, i);
		states(&w, SERVER, p[i].server, name, i);
	}
	return w;
}

#define TOLD(name, view, steps) told(name, view, steps, ARRAY_SIZE(steps))

/* The handshake, and a connection on which something was sent and acknowledged. */
#define OPEN                                                                                                           \
	{ CLIENT, "S", 0, 0, 0, 0, NULL, NULL }, { SERVER, "SA", 0, 1, 0, MS, NULL, NULL },                            \
	{                                                                                                              \
		CLIENT, "A", 1, 1, 0, MS, NULL, NULL                                                                   \
	}

static const struct step open_still[] = { OPEN,
	                                  { CLIENT, "PA", 1, 1, 9, MS, NULL, NULL },
	                                  { SERVER, "A", 1, 10, 0, MS, NULL, NULL } };

#endif
