/* SPDX-License-Identifier: MIT
 * For tests: a tale, told event by event by hand; who shows it must not need a kernel. */
#ifndef RENDER_TALE_TEST_H
#define RENDER_TALE_TEST_H

#include "render/render.h"

#include <netinet/in.h>

struct tale {
	struct timeline tl;
	size_t pause; /* up to this event it is shown first, and then the rest */
	int64_t at;   /* ms, of the next event */
};

/* --- one event each ---------------------------------------------------------------------------------------- */

static inline struct event *tale_add(struct tale *t, enum event_kind kind, enum side side, const char *who)
{
	struct event e = { .kind = kind, .side = side };

	snprintf(e.who, sizeof e.who, "%s", who);
	return timeline_append_at(&t->tl, e, span_ms(t->at++));
}

static inline void tale_together(struct tale *t) /* the next event comes at the time of the one before */
{
	t->at--;
}

static inline struct event_call *tale_call(struct tale *t, enum side side, const char *who, unsigned id,
                                           const char *text)
{
	struct event *e = tale_add(t, EV_CALL, side, who);

	e->call = (struct event_call){ .id = id, .text = xstrdup(text) };
	return &e->call;
}

static inline struct event_call *tale_result(struct tale *t, enum side side, const char *who, unsigned id,
                                             const char *text)
{
	struct event *e = tale_add(t, EV_RESULT, side, who);

	e->call = (struct event_call){ .id = id, .text = xstrdup(text), .failed = *text == '-' };
	return &e->call;
}

static inline void tale_text(struct tale *t, enum event_kind kind, enum side side, const char *who, const char *said)
{
	tale_add(t, kind, side, who)->text = xstrdup(said);
}

static inline struct event_packet *tale_packet(struct tale *t, enum event_kind kind, enum side from, unsigned number,
                                               uint8_t flags)
{
	struct event *e = tale_add(t, kind, from, "");

	e->packet = (struct event_packet){ .number = number, .conn = 1, .rel_seq = 1, .rel_ack = 1 };
	e->packet.seg = (struct segment){ .protocol = IPPROTO_TCP, .flags = flags, .window = 64240 };
	return &e->packet;
}

static inline struct event_packet *tale_passes(struct tale *t, enum side from, unsigned number, uint8_t flags)
{
	return tale_packet(t, EV_PACKET, from, number, flags);
}

static inline struct event_packet *tale_fated(struct tale *t, enum side from, unsigned number, uint8_t flags,
                                              enum fate fate)
{
	struct event_packet *p = tale_passes(t, from, number, flags);

	p->fate = fate;
	return p;
}

static inline struct sock tale_sock(uint64_t cookie, enum tcp_state state, uint32_t inode)
{
	struct sock s = { .key = { 1, cookie }, .state = state, .inode = inode };

	s.local = (struct endpoint){ { AF_INET, { 10, 0, 0, 1 } }, (uint16_t)(1000 + cookie) };
	s.remote = (struct endpoint){ { AF_INET, { 10, 0, 0, 2 } }, 80 };
	return s;
}

static inline struct event_socket *tale_appears(struct tale *t, enum side side, const char *who, struct sock is)
{
	struct event *e = tale_add(t, EV_SOCKET, side, who);

	e->socket = (struct event_socket){ .appeared = true, .is = is };
	return &e->socket;
}

static inline struct event_socket *tale_becomes(struct tale *t, enum side side, const char *who, struct sock was,
                                                struct sock is)
{
	struct event *e = tale_add(t, EV_SOCKET, side, who);

	e->socket = (struct event_socket){ .was = was, .is = is };
	return &e->socket;
}

static inline void tale_goes(struct tale *t, enum side side, const char *who, struct sock was)
{
	tale_add(t, EV_SOCKET, side, who)->socket = (struct event_socket){ .gone = true, .was = was };
}

static inline void tale_inferred(struct tale *t, enum side side, enum tcp_state likely, state_set others)
{
	struct event *e = tale_add(t, EV_INFERRED, side, "");

	e->inferred.likely = likely;
	e->inferred.may = state_set_of(likely) | others;
}

static inline struct leak_site tale_site(const char *called, const char *where, const char *who)
{
	return (struct leak_site){ .call = xstrdup(called),
		                   .where = where ? xstrdup(where) : NULL,
		                   .who = who ? xstrdup(who) : NULL };
}

static inline struct event_leak *tale_leaks(struct tale *t, unsigned n, enum tcp_state state, const char *fds,
                                            const char *peers)
{
	struct event *e = tale_add(t, EV_LEAK, SERVER, "server");

	e->leak = (struct event_leak){ .n = n, .state = state, .fds = xstrdup(fds), .peers = xstrdup(peers) };
	return &e->leak;
}

static inline void tale_queues(struct tale *t, uint64_t cookie, enum tcp_state state, uint32_t inode, uint32_t rq,
                               uint32_t wq)
{
	struct sock was = tale_sock(cookie, state, inode), is = was;

	is.rq = rq;
	is.wq = wq;
	tale_becomes(t, CLIENT, "client", was, is);
}

static inline struct event_packet tale_kept(unsigned number, uint8_t flags, int64_t ms, unsigned copies)
{
	struct event_packet p = {
		.number = number, .conn = 1, .rel_seq = 1, .rel_ack = 1, .kept = span_ms(ms), .copies = copies
	};

	p.seg = (struct segment){ .protocol = IPPROTO_TCP, .flags = flags, .window = 64240 };
	return p;
}

static inline void tale_many_plain(struct tale *t, unsigned first, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct event_packet *p = tale_passes(t, i % 2 ? SERVER : CLIENT, first + i, ACK);

		p->seg.len = i % 2 ? 0 : 1460;
		p->rel_seq = i % 2 ? 1 : 1 + i / 2 * 1460;
	}
}

#endif
