/* SPDX-License-Identifier: MIT
 * Ladders of timelines that are made by hand, beside what they looked like when somebody last read them: one file of
 * test/ladders/ for each tale, with 80 columns of ASCII, 120 of UTF-8, and -v. No kernel, no clock. LADDERS=write
 * writes the files anew; then read what has changed, line by line. */
#include "base/tap.h"
#include "render/render.h"

#include <netinet/in.h>
#include <stdlib.h>

struct tale {
	struct timeline tl;
	size_t pause; /* up to this event it is shown first, and then the rest */
	int64_t at;   /* ms, of the next event */
};

/* --- one event each ---------------------------------------------------------------------------------------- */

static struct event *add(struct tale *t, enum event_kind kind, enum side side, const char *who)
{
	struct event e = { .kind = kind, .side = side };

	snprintf(e.who, sizeof e.who, "%s", who);
	return timeline_append_at(&t->tl, e, span_ms(t->at++));
}

static void together(struct tale *t) /* the next event comes at the time of the one before */
{
	t->at--;
}

static struct event_call *call(struct tale *t, enum side side, const char *who, unsigned id, const char *text)
{
	struct event *e = add(t, EV_CALL, side, who);

	e->call = (struct event_call){ .id = id, .text = xstrdup(text) };
	return &e->call;
}

static struct event_call *result(struct tale *t, enum side side, const char *who, unsigned id, const char *text)
{
	struct event *e = add(t, EV_RESULT, side, who);

	e->call = (struct event_call){ .id = id, .text = xstrdup(text), .failed = *text == '-' };
	return &e->call;
}

static void text(struct tale *t, enum event_kind kind, enum side side, const char *who, const char *said)
{
	add(t, kind, side, who)->text = xstrdup(said);
}

static struct event_packet *packet(struct tale *t, enum event_kind kind, enum side from, unsigned number, uint8_t flags)
{
	struct event *e = add(t, kind, from, "");

	e->packet = (struct event_packet){ .number = number, .conn = 1, .rel_seq = 1, .rel_ack = 1 };
	e->packet.seg = (struct segment){ .protocol = IPPROTO_TCP, .flags = flags, .window = 64240 };
	return &e->packet;
}

static struct event_packet *passes(struct tale *t, enum side from, unsigned number, uint8_t flags)
{
	return packet(t, EV_PACKET, from, number, flags);
}

static struct event_packet *fated(struct tale *t, enum side from, unsigned number, uint8_t flags, enum fate fate)
{
	struct event_packet *p = passes(t, from, number, flags);

	p->fate = fate;
	return p;
}

static struct sock sock(uint64_t cookie, enum tcp_state state, uint32_t inode)
{
	struct sock s = { .key = { 1, cookie }, .state = state, .inode = inode };

	s.local = (struct endpoint){ { AF_INET, { 10, 0, 0, 1 } }, (uint16_t)(1000 + cookie) };
	s.remote = (struct endpoint){ { AF_INET, { 10, 0, 0, 2 } }, 80 };
	return s;
}

static struct event_socket *appears(struct tale *t, enum side side, const char *who, struct sock is)
{
	struct event *e = add(t, EV_SOCKET, side, who);

	e->socket = (struct event_socket){ .appeared = true, .is = is };
	return &e->socket;
}

static struct event_socket *becomes(struct tale *t, enum side side, const char *who, struct sock was, struct sock is)
{
	struct event *e = add(t, EV_SOCKET, side, who);

	e->socket = (struct event_socket){ .was = was, .is = is };
	return &e->socket;
}

static void goes(struct tale *t, enum side side, const char *who, struct sock was)
{
	add(t, EV_SOCKET, side, who)->socket = (struct event_socket){ .gone = true, .was = was };
}

static void inferred(struct tale *t, enum side side, enum tcp_state likely, state_set others)
{
	struct event *e = add(t, EV_INFERRED, side, "");

	e->inferred.likely = likely;
	e->inferred.may = state_set_of(likely) | others;
}

/* --- tales --------------------------------------------------------------------------------------------------- */

/* A handshake with its SYN held, from both ends. */
static void tell_handshake(struct tale *t)
{
	struct sock listener = sock(1, TCP_LISTEN, 7), half = listener, full = listener, c, s;

	listener.wq = half.wq = full.wq = 5;
	half.half_open = full.rq = 1;
	text(t, EV_LINE, NO_SIDE, "", "hold client SYN");
	call(t, SERVER, "server", 1, "listen(3, 5)");
	result(t, SERVER, "server", 1, "0");
	appears(t, SERVER, "server", listener);
	call(t, CLIENT, "client", 2, "connect(3, 10.0.0.2:80)");
	appears(t, CLIENT, "client", c = sock(2, TCP_SYN_SENT, 8));
	fated(t, CLIENT, 1, SYN, FATE_HELD)->rel_seq = 0;
	text(t, EV_NOTE, NO_SIDE, "", "The SYN is on the wire; the server knows nothing of it.");
	packet(t, EV_AGAIN, CLIENT, 1, SYN);
	*packet(t, EV_RELEASED, CLIENT, 1, SYN) =
		(struct event_packet){ .number = 1, .conn = 1, .seg.flags = SYN, .kept = span_ms(1100), .copies = 1 };
	appears(t, SERVER, "", s = sock(3, TCP_NEW_SYN_RECV, 0));
	becomes(t, SERVER, "server", listener, half);
	passes(t, SERVER, 2, SYN | ACK)->rel_seq = 0;
	becomes(t, CLIENT, "client", c, sock(2, TCP_ESTABLISHED, 8));
	result(t, CLIENT, "client", 2, "0");
	passes(t, CLIENT, 3, ACK);
	becomes(t, SERVER, "", s, sock(3, TCP_ESTABLISHED, 0));
	becomes(t, SERVER, "server", half, full);
	call(t, SERVER, "server", 3, "accept(3)");
	result(t, SERVER, "server", 3, "4");
	becomes(t, SERVER, "server", sock(3, TCP_ESTABLISHED, 0), sock(3, TCP_ESTABLISHED, 9));
	becomes(t, SERVER, "server", full, listener);
	add(t, EV_EXPECTED, NO_SIDE, "")->expected.text = xstrdup("client ESTABLISHED");
	t->tl.events[t->tl.n - 1]->expected.held = true;
	add(t, EV_EXPECTED, NO_SIDE, "")->expected.text = xstrdup("server CLOSE_WAIT");
}

/* Both FINs, the queues, the orphan, TIME_WAIT; the second FIN dropped by command. */
static void tell_close(struct tale *t)
{
	struct sock c = sock(2, TCP_ESTABLISHED, 8), s = sock(3, TCP_ESTABLISHED, 9), was = c, sent = c, got = s;

	sent.wq = 5;
	got.rq = 5;
	call(t, CLIENT, "client", 1, "write(3, \"hello\", 5)");
	result(t, CLIENT, "client", 1, "5");
	becomes(t, CLIENT, "client", c, sent);
	passes(t, CLIENT, 4, PSH | ACK)->seg.len = 5;
	becomes(t, SERVER, "server", s, got);
	passes(t, SERVER, 5, ACK)->rel_ack = 6;
	becomes(t, CLIENT, "client", sent, c);
	call(t, CLIENT, "client", 2, "close(3)");
	result(t, CLIENT, "client", 2, "0");
	c.state = TCP_FIN_WAIT1;
	c.inode = 0;
	becomes(t, CLIENT, "client", was, c);
	passes(t, CLIENT, 6, FIN | ACK)->rel_seq = 6;
	was = got;
	got.state = TCP_CLOSE_WAIT;
	got.rq = 6;
	becomes(t, SERVER, "server", was, got);
	passes(t, SERVER, 7, ACK)->rel_ack = 7;
	was = c;
	c.state = TCP_FIN_WAIT2;
	c.timer = TIMER_TIMEWAIT;
	c.timer_left = span_ms(59800);
	becomes(t, CLIENT, "", was, c);
	call(t, SERVER, "server", 3, "close(4)");
	result(t, SERVER, "server", 3, "0");
	was = got;
	got.state = TCP_LAST_ACK;
	got.inode = 0;
	becomes(t, SERVER, "server", was, got);
	fated(t, SERVER, 8, FIN | ACK, FATE_HELD)->rel_ack = 7;
	packet(t, EV_DISCARDED, SERVER, 8, FIN | ACK)->copies = 2;
	passes(t, SERVER, 9, FIN | ACK)->resent = true;
	was = c;
	c.state = TCP_TIME_WAIT;
	c.timer_left = span_ms(1500);
	becomes(t, CLIENT, "", was, c);
	passes(t, CLIENT, 10, ACK)->rel_seq = 7;
	goes(t, SERVER, "server", got);
	goes(t, CLIENT, "", c);
}

/* What keeps a call and its result in one row, and what does not. */
static void tell_calls(struct tale *t)
{
	struct event_call *c;

	call(t, SERVER, "server", 1, "read(4, 100)");
	text(t, EV_OUTPUT, SERVER, "server", "waiting");
	text(t, EV_PROCESS, SERVER, "server", "makes thread 2");
	call(t, CLIENT, "client", 2, "getpid()");
	result(t, CLIENT, "client", 2, "77");
	result(t, SERVER, "server", 1, "5");
	call(t, SERVER, "server", 3, "read(4, 100)");
	text(t, EV_NOTE, NO_SIDE, "", "A note keeps them apart.");
	result(t, SERVER, "server", 3, "0");
	call(t, SERVER, "server/2", 4, "bind(3, 0.0.0.0:80), listen(3, 5), accept(3)");
	passes(t, CLIENT, 1, SYN)->rel_seq = 0;
	result(t, SERVER, "server/2", 4, "-1 EINTR (Interrupted system call)");
	call(t, CLIENT, "client2", 5, "connect(3, server:80)");
	call(t, CLIENT, "client2", 6, "close(4)");
	result(t, CLIENT, "client2", 6, "0");
	result(t, CLIENT, "client2", 5, "0");
	c = call(t, CLIENT, "client", 7, "recvfrom(3, 100)");
	c->where = xstrdup("echo.c:55 main");
	c = result(t, CLIENT, "client", 7, "5");
	c->whole = xstrdup("recvfrom(3, \"hello\", 100)");
	c->took = span_us(410);
	c = call(t, SERVER, "server", 8, "recvfrom(4, 100)");
	c->where = xstrdup("server.c:9 serve");
	passes(t, CLIENT, 2, ACK);
	c = result(t, SERVER, "server", 8, "7");
	c->whole = xstrdup("recvfrom(4, \"goodbye\", 100)");
	c->took = span_ms(3310);
	result(t, SERVER, "server", 99, "0");
	call(t, CLIENT, "client", 9, "write(3, \"a(), b()\\\"), c()\", 16)");
	passes(t, SERVER, 3, ACK);
	result(t, CLIENT, "client", 9, "16");
	call(t, CLIENT, "client", 10, "connect(5, 10.0.0.2:80)");
	t->pause = t->tl.n;
	result(t, CLIENT, "client", 10, "0");
}

static void many_plain(struct tale *t, unsigned first, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct event_packet *p = passes(t, i % 2 ? SERVER : CLIENT, first + i, ACK);

		p->seg.len = i % 2 ? 0 : 1460;
		p->rel_seq = i % 2 ? 1 : 1 + i / 2 * 1460;
	}
}

/* Runs of 23, 24 and 31 plain packets; sockets and inferred states do not end a run, a FIN does. */
static void tell_bursts(struct tale *t)
{
	many_plain(t, 1, 23);
	passes(t, CLIENT, 24, FIN | ACK);
	many_plain(t, 25, 24);
	passes(t, CLIENT, 49, RST);
	many_plain(t, 50, 10);
	becomes(t, CLIENT, "client", sock(2, TCP_ESTABLISHED, 8), sock(2, TCP_CLOSE_WAIT, 8));
	many_plain(t, 60, 10);
	inferred(t, SERVER, TCP_FIN_WAIT2, 0);
	many_plain(t, 70, 11);
	passes(t, SERVER, 81, ACK)->remarks = REMARK_(ZERO_WINDOW);
	many_plain(t, 82, 12);
	fated(t, CLIENT, 94, ACK, FATE_HELD);
	many_plain(t, 95, 12);
}

/* What can happen to a packet, from either side. */
static void tell_fates(struct tale *t)
{
	for (int fate = FATE_PASSED; fate <= FATE_INJECTED; fate++) {
		fated(t, CLIENT, (unsigned)fate + 1, PSH | ACK, (enum fate)fate)->seg.len = 100;
		fated(t, SERVER, (unsigned)fate + 101, FIN | PSH | ACK, (enum fate)fate)->rel_seq = 4000000000;
	}
	packet(t, EV_RELEASED, CLIENT, 3, PSH | ACK)->kept = span_ms(3300);
	packet(t, EV_RELEASED, SERVER, 103, FIN | ACK)->copies = 2;
	packet(t, EV_DISCARDED, CLIENT, 4, SYN);
	packet(t, EV_DISCARDED, SERVER, 104, SYN | ACK)->copies = 3;
	passes(t, CLIENT, 11, 0)->conn = 0;
	t->tl.events[t->tl.n - 1]->packet.seg.protocol = IPPROTO_UDP;
	snprintf(passes(t, CLIENT, 12, SYN)->port_of, ACTOR_NAME, "client2");
	snprintf(passes(t, CLIENT, 13, SYN)->port_of, ACTOR_NAME, "client");
	passes(t, CLIENT, 14, FIN | SYN | RST | PSH | ACK | URG | ECE | CWR)->resent = true;
}

/* Each remark; those that say "sent again" themselves silence that one. */
static void tell_remarks(struct tale *t)
{
	for (unsigned i = 0; i < REMARKS; i++)
		passes(t, i % 2 ? SERVER : CLIENT, i + 1, ACK)->remarks = (remarks)1 << i;
	passes(t, CLIENT, 90, ACK)->remarks = REMARK_(RESENT) | REMARK_(FAST);
	passes(t, CLIENT, 91, ACK)->remarks = REMARK_(RESENT) | REMARK_(SPURIOUS);
	passes(t, CLIENT, 92, ACK)->remarks = REMARK_(RESENT) | REMARK_(FIRST_UNSEEN);
	passes(t, CLIENT, 93, ACK)->remarks = REMARK_(RESENT) | REMARK_(ZERO_WINDOW);
}

/* States that are inferred: both stand beside their packet, with or without what was said in between. */
static void tell_inferred(struct tale *t)
{
	struct event_packet *p = passes(t, CLIENT, 1, SYN);

	p->rel_seq = 0;
	p->seg.n_options = 4;
	memcpy(p->seg.options, (uint8_t[]){ 2, 4, 5, 0xb4 }, 4);
	together(t);
	inferred(t, CLIENT, TCP_SYN_SENT, 0);
	together(t);
	inferred(t, SERVER, TCP_SYN_RECV, state_set_of(TCP_LISTEN));
	passes(t, SERVER, 2, SYN | ACK)->rel_seq = 0;
	together(t);
	inferred(t, SERVER, TCP_SYN_RECV, 0);
	together(t);
	inferred(t, CLIENT, TCP_ESTABLISHED, state_set_of(TCP_SYN_SENT) | state_set_of(TCP_CLOSED));
	passes(t, CLIENT, 3, ACK);
	together(t);
	inferred(t, SERVER, TCP_ESTABLISHED, state_set_of(TCP_SYN_RECV));
	together(t);
	inferred(t, CLIENT, TCP_ESTABLISHED, 0);
	passes(t, CLIENT, 4, FIN | ACK);
	inferred(t, CLIENT, TCP_FIN_WAIT1, 0);
	inferred(t, SERVER, TCP_CLOSE_WAIT, state_set_of(TCP_ESTABLISHED));
	inferred(t, SERVER, TCP_CLOSED, 0);
	t->at += 123456;
	inferred(t, CLIENT, TCP_CLOSED, state_set_of(TCP_TIME_WAIT));
	t->at += 1234567890;
	passes(t, SERVER, 5, RST);
	p = passes(t, SERVER, 6, SYN);
	p->seg.n_options = 2;
	memcpy(p->seg.options, (uint8_t[]){ 4, 2 }, 2);
	inferred(t, CLIENT, TCP_LISTEN, 0);
}

/* What programs print, where they wait. */
static void tell_output(struct tale *t)
{
	char line[32], wide[460] = "";

	for (int i = 1; i <= 23; i++) {
		snprintf(line, sizeof line, "short %d", i);
		text(t, EV_OUTPUT, SERVER, "server", line);
	}
	text(t, EV_PROCESS, SERVER, "server", "ends with 0");
	for (int i = 1; i <= 25; i++) {
		snprintf(line, sizeof line, "long %d", i);
		text(t, EV_OUTPUT, CLIENT, "client", line);
	}
	for (int i = 1; i <= 12; i++) {
		text(t, EV_OUTPUT, CLIENT, "client", "one");
		text(t, EV_OUTPUT, CLIENT, "client2", "two");
	}
	text(t, EV_WAITS, CLIENT, "client", "waits in read(3)");
	becomes(t, CLIENT, "client", sock(2, TCP_ESTABLISHED, 8), sock(2, TCP_CLOSE_WAIT, 8));
	text(t, EV_PROCESS, CLIENT, "client", "is replaced by /bin/true");
	becomes(t, CLIENT, "client", sock(2, TCP_CLOSE_WAIT, 8), sock(2, TCP_LAST_ACK, 8));
	memset(wide, 'y', 399);
	strcat(wide, "é and more");
	text(t, EV_OUTPUT, CLIENT, "client", wide);
	wide[400] = 0;
	wide[399] = 'z';
	text(t, EV_OUTPUT, CLIENT, "client", wide);
}

static struct leak_site site(const char *called, const char *where, const char *who)
{
	return (struct leak_site){ .call = xstrdup(called),
		                   .where = where ? xstrdup(where) : NULL,
		                   .who = who ? xstrdup(who) : NULL };
}

static struct event_leak *leaks(struct tale *t, unsigned n, enum tcp_state state, const char *fds, const char *peers)
{
	struct event *e = add(t, EV_LEAK, SERVER, "server");

	e->leak = (struct event_leak){ .n = n, .state = state, .fds = xstrdup(fds), .peers = xstrdup(peers) };
	return &e->leak;
}

/* Stacks and leaks. */
static void tell_leaks(struct tale *t)
{
	struct event_leak *k;

	text(t, EV_STACK, SERVER, "server", "in read(4):\n    server.c:44 echo\n    server.c:71 main\n");
	k = leaks(t, 2, TCP_CLOSE_WAIT, "4, 5", "127.0.0.1:46098, 127.0.0.1:46100");
	k->made = site("accept(3) = 4", "server.c:71 main", NULL);
	k->eof = site("read(4, \"\", 1024) = 0", "server.c:44 echo", "server/2");
	k->last = site("read(4, \"\", 1024) = 0", "server.c:44 echo", "server/2");
	k = leaks(t, 1, TCP_CLOSE_WAIT, "4", "127.0.0.1:46098");
	k->made = site("accept(3) = 4", NULL, NULL);
	k->copied = site("dup(4) = 9", "server.c:80 main", NULL);
	k->last = site("write(4, \"x\", 1) = 1", "server.c:50 echo", NULL);
	k = leaks(t, 1, TCP_CLOSED, "4", "127.0.0.1:46098");
	k->eof = site("read(4, \"\", 1024) = 0", "server.c:44 echo", NULL);
	k->last = site("read(4, \"\", 1024) = 0", "server.c:45 echo", NULL);
	leaks(t, 3, TCP_CLOSED, "4, 5, 6", "127.0.0.1:46098, …");
	k = leaks(t, 1, TCP_CLOSE_WAIT, "7", "127.0.0.1:46099");
	k->last = site("shutdown(7, SHUT_WR) = 0", "server.c:90 main", NULL);
}

/* Long sentences, wide characters, marks that take no room, words that cannot be cut, and bytes that are none. */
static void tell_long(struct tale *t)
{
	text(t, EV_NOTE, NO_SIDE, "",
	     "A sentence that is so long that it does not fit one line at eighty columns and not at a hundred and "
	     "twenty columns "
	     "either, so that it is continued.");
	text(t, EV_NOTE, NO_SIDE, "",
	     "소켓은 닫혔지만 커널은 아직 기다린다: 마지막 ACK이 사라졌을 수 있기 때문이다. 그래서 TIME_WAIT이 남는다. "
	     "끝.");
	text(t, EV_NOTE, NO_SIDE, "",
	     "e\xcc\x81tat: combining marks take no column, so that this line is as long as it seems to be");
	text(t, EV_NOTE, NO_SIDE, "", "\x1b[31mred\a and \xff\xfe and \xed\xa0\x80 are shown, not done");
	text(t, EV_NOTICE, NO_SIDE, "", "a notice of the lab, with … and × in it");
	text(t, EV_NOTE, NO_SIDE, "", "");
	call(t, CLIENT, "client", 1,
	     "write(3, "
	     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	     "a\", 100)");
	result(t, CLIENT, "client", 1, "100");
	call(t, SERVER, "server", 2,
	     "setsockopt(4, SOL_SOCKET, SO_RCVTIMEO, {10, 0}, 16), read(4, 4096) and then some more");
	result(t, SERVER, "server", 2, "-1 EAGAIN (Resource temporarily unavailable)");
	text(t, EV_OUTPUT, SERVER, "서버", "안녕하세요 여러분, 이 줄은 아주 길어서 두 줄이 됩니다. 그렇지요?");
	passes(t, CLIENT, 4000000001, PSH | ACK)->seg.len = 4000000000;
	passes(t, SERVER, 4000000002, FIN | PSH | URG | ACK)->remarks = REMARK_(RST_BARE) | REMARK_(ACKS_UNSEEN);
	fated(t, CLIENT, 4000000003, FIN | PSH | URG | ACK, FATE_DELAYED)->remarks = REMARK_(FAST);
}

static void queues(struct tale *t, uint64_t cookie, enum tcp_state state, uint32_t inode, uint32_t rq, uint32_t wq)
{
	struct sock was = sock(cookie, state, inode), is = was;

	is.rq = rq;
	is.wq = wq;
	becomes(t, CLIENT, "client", was, is);
}

/* Queues, owners and timers of sockets; requests told apart by their client. */
static void tell_sockets(struct tale *t)
{
	struct sock e = sock(2, TCP_ESTABLISHED, 8), was = e, s = sock(3, TCP_NEW_SYN_RECV, 0), half;
	struct segment syn = { .protocol = IPPROTO_TCP, .flags = SYN, .src = s.remote, .dst = s.local };
	bool resent;

	snprintf(conns_of(&t->tl.conns, CLIENT, &syn, &resent)->end[CLIENT].who, ACTOR_NAME, "client2");
	e.rq = 3;
	e.wq = 4;
	becomes(t, CLIENT, "client", was, e);
	was = e;
	e.timer = TIMER_PERSIST;
	e.timer_left = span_ms(410);
	e.retrans = 2;
	becomes(t, CLIENT, "client", was, e);
	was = e;
	e.timer_left = span_ms(800);
	becomes(t, CLIENT, "client", was, e);
	was = e;
	e.timer = TIMER_ON;
	becomes(t, CLIENT, "client", was, e);
	was = e;
	e.rq = 9;
	becomes(t, CLIENT, "client", was, e);
	was = e;
	e.wq = 0;
	becomes(t, CLIENT, "client", was, e);
	was = e;
	e.state = TCP_FIN_WAIT2;
	e.rq = 2;
	e.wq = 7;
	becomes(t, CLIENT, "client", was, e);
	was = e;
	e.state = TCP_CLOSING;
	e.inode = 0;
	becomes(t, CLIENT, "client", was, e);
	becomes(t, CLIENT, "client", e, e);
	appears(t, SERVER, "", s);
	becomes(t, SERVER, "", s, half = sock(3, TCP_ESTABLISHED, 0));
	was = half;
	half.rq = 100;
	becomes(t, SERVER, "", was, half);
	was = half;
	half.inode = 11;
	becomes(t, SERVER, "server", was, half);
	was = half;
	half.state = TCP_CLOSE_WAIT;
	half.wq = 12;
	becomes(t, SERVER, "server2", was, half);
	passes(t, SERVER, 5, FIN | ACK);
	becomes(t, SERVER, "server2", half, sock(3, TCP_LAST_ACK, 0));
	appears(t, SERVER, "", sock(4, TCP_LAST_ACK, 0));
	appears(t, SERVER, "", sock(5, TCP_ESTABLISHED, 0))->was = sock(5, TCP_ESTABLISHED, 0); /* not to be read */
	passes(t, CLIENT, 6, ACK);
	becomes(t, SERVER, "server2", sock(6, TCP_SYN_RECV, 9), sock(6, TCP_ESTABLISHED, 9));
	queues(t, 20, TCP_ESTABLISHED, 8, 3, 4);
	queues(t, 21, TCP_FIN_WAIT2, 8, 3, 4);
	queues(t, 22, TCP_FIN_WAIT2, 0, 3, 4);
	queues(t, 23, TCP_FIN_WAIT1, 8, 3, 4);
	queues(t, 24, TCP_CLOSE_WAIT, 8, 1, 0);
	queues(t, 25, TCP_LAST_ACK, 0, 1, 0);
	t->pause = t->tl.n;
	queues(t, 20, TCP_ESTABLISHED, 8, 3, 5);
	queues(t, 24, TCP_CLOSE_WAIT, 8, 0, 0);
	queues(t, 24, TCP_CLOSE_WAIT, 8, 0, 7);
}

static struct event_packet kept(unsigned number, uint8_t flags, int64_t ms, unsigned copies)
{
	struct event_packet p = {
		.number = number, .conn = 1, .rel_seq = 1, .rel_ack = 1, .kept = span_ms(ms), .copies = copies
	};

	p.seg = (struct segment){ .protocol = IPPROTO_TCP, .flags = flags, .window = 64240 };
	return p;
}

/* What is held, and tables. */
static void tell_tables(struct tale *t)
{
	struct event *e = add(t, EV_KEPT, NO_SIDE, "");
	struct sock listener = sock(1, TCP_LISTEN, 7);

	e->kept.n = 2;
	e->kept.packets = xcalloc(2, sizeof *e->kept.packets);
	e->kept.from = xcalloc(2, sizeof *e->kept.from);
	e->kept.packets[0] = kept(7, FIN | ACK, 410, 0);
	e->kept.packets[1] = kept(8, ACK, 3310, 2);
	e->kept.from[1] = SERVER;
	add(t, EV_KEPT, NO_SIDE, "");
	listener.remote = (struct endpoint){ { AF_INET, { 0 } }, 0 };
	listener.wq = 5;
	for (int netstat = 0; netstat < 2; netstat++) {
		e = add(t, EV_TABLE, NO_SIDE, "");
		e->table.netstat = netstat;
		evidence_add(&e->table.seen[SERVER], &listener);
		evidence_add(&e->table.seen[CLIENT], &(struct sock){ .state = TCP_BOUND, .local = listener.local });
		evidence_add(&e->table.seen[CLIENT], &(struct sock){ .state = TCP_TIME_WAIT,
		                                                     .local = listener.local,
		                                                     .remote = sock(1, TCP_TIME_WAIT, 0).remote,
		                                                     .timer = TIMER_TIMEWAIT,
		                                                     .timer_left = span_ms(59800) });
	}
	e = add(t, EV_TABLE, NO_SIDE, "");
	e->table.one_host = true;
	evidence_add(&e->table.seen[CLIENT], &listener);
	listener.local.port = 22;
	evidence_add(&e->table.seen[SERVER], &listener);
	listener.local.addr = listener.remote.addr = (struct addr){ .family = AF_INET6 };
	evidence_add(&e->table.seen[SERVER], &listener);
	listener.v6only = true;
	evidence_add(&e->table.seen[SERVER], &listener);
}

/* The machine's own network: connections that nobody named, and others' packets between. */
static void tell_machine(struct tale *t)
{
	struct sock c = sock(2, TCP_SYN_SENT, 8), s = sock(3, TCP_ESTABLISHED, 9), is = c,
		    listener = sock(1, TCP_LISTEN, 7);
	struct segment mine = { .protocol = IPPROTO_TCP, .flags = SYN, .src = c.local, .dst = c.remote };
	bool resent;

	conns_of(&t->tl.conns, CLIENT, &mine, &resent);
	is.state = TCP_ESTABLISHED;
	call(t, CLIENT, "curl", 1, "connect(3, 10.0.0.2:80)");
	appears(t, CLIENT, "curl", c);
	passes(t, CLIENT, 1, SYN);
	passes(t, SERVER, 2, SYN | ACK)->conn = 2;
	becomes(t, CLIENT, "curl", c, is);
	passes(t, SERVER, 3, SYN | ACK);
	becomes(t, CLIENT, "curl", is, sock(2, TCP_CLOSE_WAIT, 8));
	passes(t, SERVER, 4, 0)->conn = 0;
	becomes(t, CLIENT, "curl", sock(2, TCP_CLOSE_WAIT, 8), sock(2, TCP_LAST_ACK, 8));
	text(t, EV_NOTE, NO_SIDE, "", "Something else.");
	appears(t, CLIENT, "curl", s);
	goes(t, CLIENT, "curl", s);
	listener.remote.port = 0;
	listener.wq = 128;
	appears(t, CLIENT, "wget", listener);
	result(t, CLIENT, "curl", 1, "0");
}

/* --- showing them ------------------------------------------------------------------------------------------ */

static const struct tale_of {
	const char *name;
	void (*tell)(struct tale *t);
	const char *client; /* what its column is called; NULL */
	bool precise;
} tales[] = {
	{ "handshake", tell_handshake, NULL, false }, { "close", tell_close, NULL, false },
	{ "calls", tell_calls, NULL, false },         { "bursts", tell_bursts, NULL, false },
	{ "fates", tell_fates, NULL, false },         { "remarks", tell_remarks, NULL, true },
	{ "inferred", tell_inferred, NULL, true },    { "output", tell_output, NULL, false },
	{ "leaks", tell_leaks, NULL, false },         { "long", tell_long, NULL, false },
	{ "sockets", tell_sockets, NULL, false },     { "tables", tell_tables, NULL, false },
	{ "machine", tell_machine, "curl", false },
};

static const struct screen {
	const char *name;
	struct term term;
	bool verbose;
} screens[] = {
	{ "80 columns of ASCII", { .width = 80 }, false },
	{ "120 columns of UTF-8", { .width = 120, .utf8 = true }, false },
	{ "100 columns, -v", { .width = 100, .utf8 = true }, true },
};

static void show(FILE *out, const struct tale_of *of, const struct screen *screen)
{
	struct tale t = { .at = 1 };
	struct view v = { .out = out, .term = screen->term, .verbose = screen->verbose, .precise = of->precise };
	size_t all;
	struct showing head = { .command = "lastack lab x", .title = of->name, .verbose = screen->verbose };

	v.names[CLIENT] = of->client;
	v.names[SERVER] = of->client ? "the others" : NULL;
	of->tell(&t);
	all = t.tl.n;
	fprintf(out, "--- %s ---\n", screen->name);
	render_text.head(&v, &head);
	t.tl.n = t.pause;
	render_text.events(&v, &t.tl);
	t.tl.n = all;
	render_text.events(&v, &t.tl);
	view_free(&v);
	timeline_free(&t.tl);
}

/* A ladder grows no wider than 120 columns: what belongs together would stand too far apart. */
static char *shown_at(const struct tale_of *of, size_t width)
{
	struct screen wide = { "", { .width = width }, false };
	char *all = NULL;
	size_t n;
	FILE *out = open_memstream(&all, &n);

	show(out, of, &wide);
	fclose(out);
	return all;
}

static void wider(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(tales); i++) {
		char *at_120 = shown_at(&tales[i], 120), *at_121 = shown_at(&tales[i], 121),
		     *at_60 = shown_at(&tales[i], 60);

		ok(streq(at_120, at_121), "%s: 121 columns are as 120", tales[i].name);
		ok(!streq(at_120, at_60), "and 60 are not");
		free(at_120);
		free(at_121);
		free(at_60);
	}
}

static char *shown(const struct tale_of *of)
{
	char *all = NULL;
	size_t n;
	FILE *out = open_memstream(&all, &n);

	for (size_t i = 0; i < ARRAY_SIZE(screens); i++)
		show(out, of, &screens[i]);
	fclose(out);
	return all;
}

static const char *path_of(const char *name)
{
	static char path[4096];
	const char *src = getenv("SRC");

	snprintf(path, sizeof path, "%s/test/ladders/%s", src ? src : ".", name);
	return path;
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf all = { 0 };
	char part[4096];
	size_t n;

	while (f && (n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(&all, part, n);
	if (f)
		fclose(f);
	return all.text ? all.text : xstrdup("");
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		perror(path);
}

/* The first line in which they differ is what a reader wants to see. */
static bool same_lines(const char *is, const char *should, const char *name)
{
	size_t line = 1;

	while (*is && *should) {
		size_t n = strcspn(is, "\n"), m = strcspn(should, "\n");

		if (n != m || memcmp(is, should, n) != 0) {
			printf("# line %zu is:     %.*s\n# line %zu should: %.*s\n", line, (int)n, is, line, (int)m,
			       should);
			return ok(false, "%s", name);
		}
		is += n + (is[n] == '\n');
		should += m + (should[m] == '\n');
		line++;
	}
	return ok(!*is && !*should, "%s", name);
}

static void compare(void)
{
	const char *wish = getenv("LADDERS");

	for (size_t i = 0; i < ARRAY_SIZE(tales); i++) {
		char *is = shown(&tales[i]), *should;

		if (wish && streq(wish, "write"))
			write_file(path_of(tales[i].name), is);
		should = read_file(path_of(tales[i].name));
		same_lines(is, should, tales[i].name);
		free(is);
		free(should);
	}
}

int main(void)
{
	compare();
	wider();
	return tap_done();
}
