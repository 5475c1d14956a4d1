/* SPDX-License-Identifier: MIT
 * Any stream of segments before an observer at each place, with another connection between the same ports before it: no
 * crash, no impossible state. Eight bytes are a segment: who and how, flags, small numbers, time. */
#include "tcp/watch.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEP = 8, STEPS_MAX = 400 };

static struct segment segment_of(const uint8_t *p)
{
	bool from_server = p[0] & 1, odd = p[0] & 0x80;
	uint32_t own = from_server ? 0xfffffff0U : 100, other = from_server ? 100 : 0xfffffff0U;

	return (struct segment){ .protocol = 6,
		                 .flags = p[1],
		                 .checksum_ok = !(p[0] & 2),
		                 .cut = p[0] & 4,
		                 .seq = own + p[2] * (odd ? 0x1000001U : 1),
		                 .ack = p[1] & ACK ? other + p[3] : 0,
		                 .len = p[4] & 0x1fU,
		                 .window = p[5],
		                 .wscale = p[5] & 1 ? 2 : -1,
		                 .has_timestamps = p[0] & 8,
		                 .ip_id = p[6] & 3,
		                 .ttl = 64 };
}

static void check(const struct tcp_watch *w)
{
	struct story st = { 0 };

	tcp_watch_story(w, &st);
	for (int i = 0; i < SIDES; i++)
		if (!state_set_has(w->end[i].may, w->end[i].likely) ||
		    (w->end[i].may & (1U << TCP_NEW_SYN_RECV | 1U << TCP_BOUND)))
			abort();
}

static void observe(const struct tcp_view *view, const uint8_t *data, size_t n)
{
	struct tcp_watch w[2];
	unsigned now_at = 0;
	int64_t now = 0;

	for (size_t i = 0; i < n; i++) {
		const uint8_t *p = data + i * STEP;
		struct segment s = segment_of(p);
		enum side from = p[0] & 1 ? SERVER : CLIENT;

		now += (int64_t)p[7] * p[7] * 5000000;
		if (i == 0)
			tcp_watch_init(&w[0], view, NULL, &s, from, now);
		if (i == n / 2 && i > 0)
			tcp_watch_init(&w[now_at = 1], view, &w[0], &s, from, now);
		w[now_at].crowded = p[0] & 16;
		if (!(p[0] & 32))
			tcp_watch_sent(&w[now_at], from, &s, (unsigned)i + 1, now);
		if (view->arrivals[side_other(from)] && !(p[0] & 64))
			tcp_watch_arrived(&w[now_at], side_other(from), &s, now);
		check(&w[now_at]);
	}
	for (unsigned i = 0; i <= now_at && n; i++) {
		tcp_watch_until(&w[i], now + INT64_C(1000000000000));
		check(&w[i]);
		tcp_watch_free(&w[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = size / STEP < STEPS_MAX ? size / STEP : STEPS_MAX;

	observe(&tcp_view_client, data, n);
	observe(&tcp_view_server, data, n);
	observe(&tcp_view_middle, data, n);
	observe(&tcp_view_tap, data, n);
	return 0;
}
