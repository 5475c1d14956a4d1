/* SPDX-License-Identifier: MIT
 * Looks taken in one after the other: counts, lives, drops, changes, and what is forgotten. From tables made by
 * hand. */
#include "base/tap.h"
#include "model/history.h"

#include <stdlib.h>

static struct endpoint at(const char *address, uint16_t port)
{
	struct endpoint e = { .port = port };

	addr_parse(address, &e.addr);
	return e;
}

static struct sock sock(enum tcp_state state, uint16_t port, uint16_t remote_port)
{
	return (struct sock){ .key = { 1, 0 },
		              .state = state,
		              .local = at("10.0.0.1", port),
		              .remote = at("10.0.0.2", remote_port),
		              .held = true };
}

static struct sock listener(uint16_t port, uint32_t rq, uint32_t backlog, uint32_t drops)
{
	struct sock s = { .key = { 1, 0 },
		          .state = TCP_LISTEN,
		          .local = at("0.0.0.0", port),
		          .remote = at("0.0.0.0", 0),
		          .held = true };

	s.rq = rq;
	s.wq = backlog;
	s.drops = drops;
	s.inode = port;
	return s;
}

/* What is looked at in a test: two evidences in turn. */
struct looks {
	struct evidence ev[2];
	size_t n;
	struct history h;
	struct filter *f;
};

static struct looks looks_open(const char *filter)
{
	struct err e;
	struct looks l = { .f = filter_parse(filter, NULL, &e) };

	return l;
}

static void looks_close(struct looks *l)
{
	history_free(&l->h);
	evidence_free(&l->ev[0]);
	evidence_free(&l->ev[1]);
	filter_free(l->f);
}

static void take(struct looks *l, int second, const struct sock *socks, size_t n)
{
	struct evidence *is = &l->ev[++l->n % 2];

	evidence_clear(is);
	is->at.ns = span_s(second).ns;
	for (size_t i = 0; i < n; i++)
		evidence_add(is, &socks[i]);
	history_add(&l->h, l->n > 1 ? &l->ev[(l->n + 1) % 2] : NULL, is, l->f);
}

static void counts(void)
{
	struct looks l = looks_open("");
	struct sock socks[3] = { listener(80, 0, 5, 0), sock(TCP_ESTABLISHED, 80, 4000),
		                 sock(TCP_ESTABLISHED, 80, 4001) };
	const struct history_sample *s;

	take(&l, 1, socks, 2);
	s = history_sample(&l.h, 0);
	ok(s->sockets == 2 && s->counts[TCP_ESTABLISHED] == 1 && s->came == 0, "the first look: nothing came");
	ok(!history_sample(&l.h, 1), "and there is none before it");
	take(&l, 2, socks, 3);
	s = history_sample(&l.h, 0);
	ok(s->came == 1 && s->went == 0 && s->counts[TCP_ESTABLISHED] == 2, "one has come");
	take(&l, 3, socks, 1);
	s = history_sample(&l.h, 0);
	ok(s->came == 0 && s->went == 2 && s->counts[TCP_ESTABLISHED] == 0, "two have gone");
	ok(history_sample(&l.h, 1)->counts[TCP_ESTABLISHED] == 2, "the look before is remembered");
	for (int i = 4; i < 100; i++)
		take(&l, i, socks, 1);
	ok(history_sample(&l.h, HISTORY_SAMPLES - 1) && !history_sample(&l.h, HISTORY_SAMPLES),
	   "so many looks, and no more");
	looks_close(&l);
}

static void filters(void)
{
	struct looks l = looks_open("state close-wait");
	struct sock socks[2] = { sock(TCP_ESTABLISHED, 80, 4000), sock(TCP_CLOSE_WAIT, 80, 4001) };
	struct err e;
	struct filter *all = filter_parse("", NULL, &e);

	take(&l, 1, socks, 2);
	take(&l, 2, NULL, 0);
	ok(history_sample(&l.h, 0)->went == 1 && history_gone(&l.h) == 1,
	   "what the filter does not let through has not gone");
	take(&l, 3, socks, 2);
	ok(history_sample(&l.h, 0)->sockets == 1 && l.h.n_shown == 1 && l.h.shown[0].index == 1, "nor is it counted");
	history_refilter(&l.h, &l.ev[l.n % 2], all);
	ok(history_sample(&l.h, 0)->sockets == 2 && !history_sample(&l.h, 1), "another filter: counting begins anew");
	filter_free(all);
	looks_close(&l);
}

static struct life life_of(const struct looks *l, size_t i)
{
	return gone_life(&l->h.gone.all[history_gone_slot(&l->h, i)], l->h.began);
}

static void lives(void)
{
	struct looks l = looks_open("");
	struct sock before = sock(TCP_ESTABLISHED, 80, 4000), late = sock(TCP_ESTABLISHED, 80, 4001),
		    brief = sock(TCP_SYN_SENT, 80, 4002);
	struct sock socks[2];
	struct life life;
	struct instant first;

	take(&l, 10, &before, 1);
	socks[0] = before;
	socks[1] = late;
	take(&l, 12, socks, 2);
	ok(history_first(&l.h, &late, &first) && first.ns == span_s(12).ns, "when one was first seen is known");
	ok(!history_first(&l.h, &before, &first) && first.ns == span_s(10).ns,
	   "of one that was there before it is the first look");
	late.state = TCP_TIME_WAIT;
	socks[1] = late;
	take(&l, 14, socks, 2);
	take(&l, 16, NULL, 0);
	ok(history_gone(&l.h) == 2, "both have gone");
	life = life_of(&l, l.h.gone.ev.socks[0].remote.port == 4000 ? 0 : 1);
	ok(life.is == LIFE_AT_LEAST && life.span.ns == span_s(4).ns,
	   "there before: at least from the first look to the last one with it");
	life = life_of(&l, l.h.gone.ev.socks[0].remote.port == 4000 ? 1 : 0);
	ok(life.is == LIFE_ABOUT && life.span.ns == span_s(4).ns,
	   "else between 2 s and 6 s: about 4; TIME_WAIT is part of it");
	take(&l, 18, &brief, 1);
	take(&l, 20, NULL, 0);
	life = life_of(&l, 2);
	ok(life.is == LIFE_LESS_THAN && life.span.ns == span_s(4).ns, "seen once: less than two intervals");
	ok(!history_first(&l.h, &brief, &first), "and it is not remembered as one that came");
	looks_close(&l);
}

static void listeners(void)
{
	struct looks l = looks_open("");
	struct sock socks[4] = { listener(80, 0, 5, 100), listener(81, 6, 5, 0), listener(82, 3, 5, 7),
		                 listener(82, 0, 5, 9) };

	socks[3].inode = 999; /* SO_REUSEPORT: another of that port */
	take(&l, 1, socks, 4);
	ok(!l.h.listeners[0].known && l.h.listeners[0].port == 81, "first the one whose queue is over its backlog");
	ok(l.h.listeners[1].port == 82 && l.h.listeners[1].rq == 3, "then the one in which somebody waits");
	socks[0].drops = 103;
	socks[3].drops = 4; /* the counter has wrapped */
	take(&l, 2, socks, 4);
	ok(l.h.listeners[0].dropped == UINT32_MAX - 4, "a counter that wraps is no negative number");
	ok(l.h.listeners[1].port == 80 && l.h.listeners[1].dropped == 3 && l.h.listeners[1].known,
	   "what throws away stands in front");
	for (size_t i = 0; i < 4; i++)
		if (l.h.listeners[i].port == 82 && l.h.listeners[i].rq == 3)
			ok(l.h.listeners[i].dropped == 0, "two of one port are not mixed up");
	looks_close(&l);
}

/* What is thrown away is not told in one of two looks. */
static void uncounted(void)
{
	struct looks l = looks_open("");
	struct sock s = listener(80, 0, 5, 0);

	s.untold = TOLD_BIT(TOLD_DROPS);
	take(&l, 1, &s, 1);
	ok(!l.h.listeners[0].counted, "what is not told was not counted");
	s.untold = 0;
	s.drops = 100;
	take(&l, 2, &s, 1);
	ok(l.h.listeners[0].counted && !l.h.listeners[0].known && l.h.listeners[0].dropped == 0,
	   "and what is told later was not thrown away since");
	s.drops = 103;
	take(&l, 3, &s, 1);
	ok(l.h.listeners[0].known && l.h.listeners[0].dropped == 3, "but what came after that was");
	looks_close(&l);
}

static void changes(void)
{
	struct looks l = looks_open("");
	struct sock s = sock(TCP_ESTABLISHED, 80, 4000);
	const struct history_event *e;

	take(&l, 1, &s, 1);
	s.rq = 10;
	take(&l, 2, &s, 1);
	s.rq = 20;
	take(&l, 3, &s, 1);
	ok(history_events(&l.h) == 1, "a queue that begins to fill is a change, a fuller one is none");
	history_note(&l.h, &l.ev[0], 0, &l.ev[1], 0);
	ok(history_events(&l.h) == 2, "but can be noted by who looks at it");
	history_note(&l.h, &l.ev[1], 0, &l.ev[1], 0);
	ok(history_events(&l.h) == 2, "what is no change is not");
	s.state = TCP_CLOSE_WAIT;
	take(&l, 4, &s, 1);
	e = history_event(&l.h, 2);
	ok(e->key == history_key(&s) && e->was.state == TCP_ESTABLISHED && e->is.state == TCP_CLOSE_WAIT &&
	           e->at.ns == span_s(4).ns,
	   "a change of state, with when it was seen");
	for (int i = 0; i < HISTORY_EVENTS; i++) {
		s.rq = !s.rq;
		take(&l, 5 + i, &s, 1);
	}
	ok(history_events(&l.h) == HISTORY_EVENTS && history_event(&l.h, 0)->at.ns > span_s(4).ns,
	   "old changes are forgotten");
	ok(l.h.n_events > HISTORY_EVENTS, "and that they are is known");
	looks_close(&l);
}

static void owners(void)
{
	struct looks l = looks_open("");
	struct evidence *ev = &l.ev[1];
	struct sock s = sock(TCP_ESTABLISHED, 80, 4000);

	l.n = 1;
	ev->at.ns = span_s(1).ns;
	evidence_add_owner(ev, evidence_add(ev, &s), evidence_add_holder(ev, &(struct holder){ 77, 77, "nginx" }), 5);
	history_add(&l.h, NULL, ev, l.f);
	take(&l, 2, NULL, 0);
	ev = &l.h.gone.ev;
	ok(ev->n == 1 && ev->socks[0].owner && holder_of(ev, owner_at(ev, ev->socks[0].owner))->pid == 77,
	   "what has gone keeps its owner");
	looks_close(&l);
}

/* As many as the ring holds, and half as many more. */
static void many_gone(void)
{
	enum { MANY = HISTORY_GONE * 3 / 2 };
	struct looks l = looks_open("");
	struct sock *socks = xcalloc(MANY, sizeof *socks);

	for (int i = 0; i < MANY; i++) {
		socks[i] = sock(TCP_ESTABLISHED, (uint16_t)(1 + i % 1000), (uint16_t)(1 + i / 1000));
		socks[i].key.cookie = (uint64_t)i + 1;
	}
	take(&l, 1, NULL, 0);
	take(&l, 2, socks, MANY);
	ok(l.h.seen.n == MANY, "all that came are remembered as such");
	take(&l, 3, NULL, 0);
	ok(history_gone(&l.h) == HISTORY_GONE && l.h.gone.total == MANY,
	   "the last ones that went are kept, the others counted");
	ok(l.h.seen.n == 0, "and none as one that came");
	ok(life_of(&l, HISTORY_GONE - 1).is == LIFE_LESS_THAN, "the last of them has its life");
	take(&l, 4, socks, MANY);
	take(&l, 5, socks, MANY);
	ok(history_sample(&l.h, 0)->came == 0 && history_sample(&l.h, 0)->went == 0,
	   "the same sockets again: nothing came or went");
	free(socks);
	looks_close(&l);
}

/* Rows are taken out of the middle of a crowd: those behind must be found still. */
static void seen_table(void)
{
	struct seen t = { .n = 0 };
	size_t lost = 0, stayed = 0;

	for (uint64_t i = 1; i <= 5000; i++)
		seen_set(&t, i * 0x9E3779B97F4A7C15ULL | 1, (struct instant){ 0 }, (struct instant){ (int64_t)i });
	for (uint64_t i = 1; i <= 5000; i += 3)
		seen_remove(&t, i * 0x9E3779B97F4A7C15ULL | 1);
	for (uint64_t i = 1; i <= 5000; i++) {
		const struct seen_row *row = seen_find(&t, i * 0x9E3779B97F4A7C15ULL | 1);

		lost += i % 3 != 1 && (!row || row->first.ns != (int64_t)i);
		stayed += i % 3 == 1 && row;
	}
	ok(lost == 0 && stayed == 0 && t.n == 5000 - 1667, "a third is taken out, the others are found");
	seen_free(&t);
}

int main(void)
{
	counts();
	filters();
	lives();
	listeners();
	uncounted();
	changes();
	owners();
	many_gone();
	seen_table();
	return tap_done();
}
