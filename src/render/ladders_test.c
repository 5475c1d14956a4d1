/* SPDX-License-Identifier: MIT
 * Ladders of timelines that are made by hand, beside what they looked like when somebody last read them: one file of
 * test/ladders/ for each tale, with 80 columns of ASCII, 120 of UTF-8, and -v. No kernel, no clock. LADDERS=write
 * writes the files anew; then read what has changed, line by line. */
#include "base/tap.h"
#include "render/tale_test.h"

#include <stdlib.h>

/* --- tales --------------------------------------------------------------------------------------------------- */

/* A handshake with its SYN held, from both ends. */
static void tell_handshake(struct tale *t)
{
	struct sock listener = tale_sock(1, TCP_LISTEN, 7), half = listener, full = listener, c, s;

	listener.wq = half.wq = full.wq = 5;
	half.half_open = full.rq = 1;
	tale_text(t, EV_LINE, NO_SIDE, "", "hold client SYN");
	tale_call(t, SERVER, "server", 1, "listen(3, 5)");
	tale_result(t, SERVER, "server", 1, "0");
	tale_appears(t, SERVER, "server", listener);
	tale_call(t, CLIENT, "client", 2, "connect(3, 10.0.0.2:80)");
	tale_appears(t, CLIENT, "client", c = tale_sock(2, TCP_SYN_SENT, 8));
	tale_fated(t, CLIENT, 1, SYN, FATE_HELD)->rel_seq = 0;
	tale_text(t, EV_NOTE, NO_SIDE, "", "The SYN is on the wire; the server knows nothing of it.");
	tale_packet(t, EV_AGAIN, CLIENT, 1, SYN);
	*tale_packet(t, EV_RELEASED, CLIENT, 1, SYN) =
		(struct event_packet){ .number = 1, .conn = 1, .seg.flags = SYN, .kept = span_ms(1100), .copies = 1 };
	tale_appears(t, SERVER, "", s = tale_sock(3, TCP_NEW_SYN_RECV, 0));
	tale_becomes(t, SERVER, "server", listener, half);
	tale_passes(t, SERVER, 2, SYN | ACK)->rel_seq = 0;
	tale_becomes(t, CLIENT, "client", c, tale_sock(2, TCP_ESTABLISHED, 8));
	tale_result(t, CLIENT, "client", 2, "0");
	tale_passes(t, CLIENT, 3, ACK);
	tale_becomes(t, SERVER, "", s, tale_sock(3, TCP_ESTABLISHED, 0));
	tale_becomes(t, SERVER, "server", half, full);
	tale_call(t, SERVER, "server", 3, "accept(3)");
	tale_result(t, SERVER, "server", 3, "4");
	tale_becomes(t, SERVER, "server", tale_sock(3, TCP_ESTABLISHED, 0), tale_sock(3, TCP_ESTABLISHED, 9));
	tale_becomes(t, SERVER, "server", full, listener);
	tale_add(t, EV_EXPECTED, NO_SIDE, "")->expected.text = xstrdup("client ESTABLISHED");
	t->tl.events[t->tl.n - 1]->expected.held = true;
	tale_add(t, EV_EXPECTED, NO_SIDE, "")->expected.text = xstrdup("server CLOSE_WAIT");
}

/* Both FINs, the queues, the orphan, TIME_WAIT; the second FIN dropped by command. */
static void tell_close(struct tale *t)
{
	struct sock c = tale_sock(2, TCP_ESTABLISHED, 8), s = tale_sock(3, TCP_ESTABLISHED, 9), was = c, sent = c,
		    got = s;

	sent.wq = 5;
	got.rq = 5;
	tale_call(t, CLIENT, "client", 1, "write(3, \"hello\", 5)");
	tale_result(t, CLIENT, "client", 1, "5");
	tale_becomes(t, CLIENT, "client", c, sent);
	tale_passes(t, CLIENT, 4, PSH | ACK)->seg.len = 5;
	tale_becomes(t, SERVER, "server", s, got);
	tale_passes(t, SERVER, 5, ACK)->rel_ack = 6;
	tale_becomes(t, CLIENT, "client", sent, c);
	tale_call(t, CLIENT, "client", 2, "close(3)");
	tale_result(t, CLIENT, "client", 2, "0");
	c.state = TCP_FIN_WAIT1;
	c.inode = 0;
	tale_becomes(t, CLIENT, "client", was, c);
	tale_passes(t, CLIENT, 6, FIN | ACK)->rel_seq = 6;
	was = got;
	got.state = TCP_CLOSE_WAIT;
	got.rq = 6;
	tale_becomes(t, SERVER, "server", was, got);
	tale_passes(t, SERVER, 7, ACK)->rel_ack = 7;
	was = c;
	c.state = TCP_FIN_WAIT2;
	c.timer = TIMER_TIMEWAIT;
	c.timer_left = span_ms(59800);
	tale_becomes(t, CLIENT, "", was, c);
	tale_call(t, SERVER, "server", 3, "close(4)");
	tale_result(t, SERVER, "server", 3, "0");
	was = got;
	got.state = TCP_LAST_ACK;
	got.inode = 0;
	tale_becomes(t, SERVER, "server", was, got);
	tale_fated(t, SERVER, 8, FIN | ACK, FATE_HELD)->rel_ack = 7;
	tale_packet(t, EV_DISCARDED, SERVER, 8, FIN | ACK)->copies = 2;
	tale_passes(t, SERVER, 9, FIN | ACK)->resent = true;
	was = c;
	c.state = TCP_TIME_WAIT;
	c.timer_left = span_ms(1500);
	tale_becomes(t, CLIENT, "", was, c);
	tale_passes(t, CLIENT, 10, ACK)->rel_seq = 7;
	tale_goes(t, SERVER, "server", got);
	tale_goes(t, CLIENT, "", c);
}

/* What keeps a call and its result in one row, and what does not. */
static void tell_calls(struct tale *t)
{
	struct event_call *c;

	tale_call(t, SERVER, "server", 1, "read(4, 100)");
	tale_text(t, EV_OUTPUT, SERVER, "server", "waiting");
	tale_text(t, EV_PROCESS, SERVER, "server", "makes thread 2");
	tale_call(t, CLIENT, "client", 2, "getpid()");
	tale_result(t, CLIENT, "client", 2, "77");
	tale_result(t, SERVER, "server", 1, "5");
	tale_call(t, SERVER, "server", 3, "read(4, 100)");
	tale_text(t, EV_NOTE, NO_SIDE, "", "A note keeps them apart.");
	tale_result(t, SERVER, "server", 3, "0");
	tale_call(t, SERVER, "server/2", 4, "bind(3, 0.0.0.0:80), listen(3, 5), accept(3)");
	tale_passes(t, CLIENT, 1, SYN)->rel_seq = 0;
	tale_result(t, SERVER, "server/2", 4, "-1 EINTR (Interrupted system call)");
	tale_call(t, CLIENT, "client2", 5, "connect(3, server:80)");
	tale_call(t, CLIENT, "client2", 6, "close(4)");
	tale_result(t, CLIENT, "client2", 6, "0");
	tale_result(t, CLIENT, "client2", 5, "0");
	c = tale_call(t, CLIENT, "client", 7, "recvfrom(3, 100)");
	c->where = xstrdup("echo.c:55 main");
	c = tale_result(t, CLIENT, "client", 7, "5");
	c->whole = xstrdup("recvfrom(3, \"hello\", 100)");
	c->took = span_us(410);
	c = tale_call(t, SERVER, "server", 8, "recvfrom(4, 100)");
	c->where = xstrdup("server.c:9 serve");
	tale_passes(t, CLIENT, 2, ACK);
	c = tale_result(t, SERVER, "server", 8, "7");
	c->whole = xstrdup("recvfrom(4, \"goodbye\", 100)");
	c->took = span_ms(3310);
	tale_result(t, SERVER, "server", 99, "0");
	tale_call(t, CLIENT, "client", 9, "write(3, \"a(), b()\\\"), c()\", 16)");
	tale_passes(t, SERVER, 3, ACK);
	tale_result(t, CLIENT, "client", 9, "16");
	tale_call(t, CLIENT, "client", 10, "connect(5, 10.0.0.2:80)");
	t->pause = t->tl.n;
	tale_result(t, CLIENT, "client", 10, "0");
}

/* Runs of 23, 24 and 31 plain packets; sockets and inferred states do not end a run, a FIN does. */
static void tell_bursts(struct tale *t)
{
	tale_many_plain(t, 1, 23);
	tale_passes(t, CLIENT, 24, FIN | ACK);
	tale_many_plain(t, 25, 24);
	tale_passes(t, CLIENT, 49, RST);
	tale_many_plain(t, 50, 10);
	tale_becomes(t, CLIENT, "client", tale_sock(2, TCP_ESTABLISHED, 8), tale_sock(2, TCP_CLOSE_WAIT, 8));
	tale_many_plain(t, 60, 10);
	tale_inferred(t, SERVER, TCP_FIN_WAIT2, 0);
	tale_many_plain(t, 70, 11);
	tale_passes(t, SERVER, 81, ACK)->remarks = REMARK_(ZERO_WINDOW);
	tale_many_plain(t, 82, 12);
	tale_fated(t, CLIENT, 94, ACK, FATE_HELD);
	tale_many_plain(t, 95, 12);
}

/* What can happen to a packet, from either side. */
static void tell_fates(struct tale *t)
{
	for (int fate = FATE_PASSED; fate <= FATE_INJECTED; fate++) {
		tale_fated(t, CLIENT, (unsigned)fate + 1, PSH | ACK, (enum fate)fate)->seg.len = 100;
		tale_fated(t, SERVER, (unsigned)fate + 101, FIN | PSH | ACK, (enum fate)fate)->rel_seq = 4000000000;
	}
	tale_packet(t, EV_RELEASED, CLIENT, 3, PSH | ACK)->kept = span_ms(3300);
	tale_packet(t, EV_RELEASED, SERVER, 103, FIN | ACK)->copies = 2;
	tale_packet(t, EV_DISCARDED, CLIENT, 4, SYN);
	tale_packet(t, EV_DISCARDED, SERVER, 104, SYN | ACK)->copies = 3;
	tale_passes(t, CLIENT, 11, 0)->conn = 0;
	t->tl.events[t->tl.n - 1]->packet.seg.protocol = IPPROTO_UDP;
	snprintf(tale_passes(t, CLIENT, 12, SYN)->port_of, ACTOR_NAME, "client2");
	snprintf(tale_passes(t, CLIENT, 13, SYN)->port_of, ACTOR_NAME, "client");
	tale_passes(t, CLIENT, 14, FIN | SYN | RST | PSH | ACK | URG | ECE | CWR)->resent = true;
}

/* Each remark; those that say "sent again" themselves silence that one. */
static void tell_remarks(struct tale *t)
{
	for (unsigned i = 0; i < REMARKS; i++)
		tale_passes(t, i % 2 ? SERVER : CLIENT, i + 1, ACK)->remarks = (remarks)1 << i;
	tale_passes(t, CLIENT, 90, ACK)->remarks = REMARK_(RESENT) | REMARK_(FAST);
	tale_passes(t, CLIENT, 91, ACK)->remarks = REMARK_(RESENT) | REMARK_(SPURIOUS);
	tale_passes(t, CLIENT, 92, ACK)->remarks = REMARK_(RESENT) | REMARK_(FIRST_UNSEEN);
	tale_passes(t, CLIENT, 93, ACK)->remarks = REMARK_(RESENT) | REMARK_(ZERO_WINDOW);
}

/* States that are inferred: both stand beside their packet, with or without what was said in between. */
static void tell_inferred(struct tale *t)
{
	struct event_packet *p = tale_passes(t, CLIENT, 1, SYN);

	p->rel_seq = 0;
	p->seg.n_options = 4;
	memcpy(p->seg.options, (uint8_t[]){ 2, 4, 5, 0xb4 }, 4);
	tale_together(t);
	tale_inferred(t, CLIENT, TCP_SYN_SENT, 0);
	tale_together(t);
	tale_inferred(t, SERVER, TCP_SYN_RECV, state_set_of(TCP_LISTEN));
	tale_passes(t, SERVER, 2, SYN | ACK)->rel_seq = 0;
	tale_together(t);
	tale_inferred(t, SERVER, TCP_SYN_RECV, 0);
	tale_together(t);
	tale_inferred(t, CLIENT, TCP_ESTABLISHED, state_set_of(TCP_SYN_SENT) | state_set_of(TCP_CLOSED));
	tale_passes(t, CLIENT, 3, ACK);
	tale_together(t);
	tale_inferred(t, SERVER, TCP_ESTABLISHED, state_set_of(TCP_SYN_RECV));
	tale_together(t);
	tale_inferred(t, CLIENT, TCP_ESTABLISHED, 0);
	tale_passes(t, CLIENT, 4, FIN | ACK);
	tale_inferred(t, CLIENT, TCP_FIN_WAIT1, 0);
	tale_inferred(t, SERVER, TCP_CLOSE_WAIT, state_set_of(TCP_ESTABLISHED));
	tale_inferred(t, SERVER, TCP_CLOSED, 0);
	t->at += 123456;
	tale_inferred(t, CLIENT, TCP_CLOSED, state_set_of(TCP_TIME_WAIT));
	t->at += 1234567890;
	tale_passes(t, SERVER, 5, RST);
	p = tale_passes(t, SERVER, 6, SYN);
	p->seg.n_options = 2;
	memcpy(p->seg.options, (uint8_t[]){ 4, 2 }, 2);
	tale_inferred(t, CLIENT, TCP_LISTEN, 0);
}

/* What programs print, where they wait. */
static void tell_output(struct tale *t)
{
	char line[32], wide[460] = "";

	for (int i = 1; i <= 23; i++) {
		snprintf(line, sizeof line, "short %d", i);
		tale_text(t, EV_OUTPUT, SERVER, "server", line);
	}
	tale_text(t, EV_PROCESS, SERVER, "server", "ends with 0");
	for (int i = 1; i <= 25; i++) {
		snprintf(line, sizeof line, "long %d", i);
		tale_text(t, EV_OUTPUT, CLIENT, "client", line);
	}
	for (int i = 1; i <= 12; i++) {
		tale_text(t, EV_OUTPUT, CLIENT, "client", "one");
		tale_text(t, EV_OUTPUT, CLIENT, "client2", "two");
	}
	tale_text(t, EV_WAITS, CLIENT, "client", "waits in read(3)");
	tale_becomes(t, CLIENT, "client", tale_sock(2, TCP_ESTABLISHED, 8), tale_sock(2, TCP_CLOSE_WAIT, 8));
	tale_text(t, EV_PROCESS, CLIENT, "client", "is replaced by /bin/true");
	tale_becomes(t, CLIENT, "client", tale_sock(2, TCP_CLOSE_WAIT, 8), tale_sock(2, TCP_LAST_ACK, 8));
	memset(wide, 'y', 399);
	strcat(wide, "é and more");
	tale_text(t, EV_OUTPUT, CLIENT, "client", wide);
	wide[400] = 0;
	wide[399] = 'z';
	tale_text(t, EV_OUTPUT, CLIENT, "client", wide);
}

/* Stacks and leaks. */
static void tell_leaks(struct tale *t)
{
	struct event_leak *k;

	tale_text(t, EV_STACK, SERVER, "server", "in read(4):\n    server.c:44 echo\n    server.c:71 main\n");
	k = tale_leaks(t, 2, TCP_CLOSE_WAIT, "4, 5", "127.0.0.1:46098, 127.0.0.1:46100");
	k->made = tale_site("accept(3) = 4", "server.c:71 main", NULL);
	k->eof = tale_site("read(4, \"\", 1024) = 0", "server.c:44 echo", "server/2");
	k->last = tale_site("read(4, \"\", 1024) = 0", "server.c:44 echo", "server/2");
	k = tale_leaks(t, 1, TCP_CLOSE_WAIT, "4", "127.0.0.1:46098");
	k->made = tale_site("accept(3) = 4", NULL, NULL);
	k->copied = tale_site("dup(4) = 9", "server.c:80 main", NULL);
	k->last = tale_site("write(4, \"x\", 1) = 1", "server.c:50 echo", NULL);
	k = tale_leaks(t, 1, TCP_CLOSED, "4", "127.0.0.1:46098");
	k->eof = tale_site("read(4, \"\", 1024) = 0", "server.c:44 echo", NULL);
	k->last = tale_site("read(4, \"\", 1024) = 0", "server.c:45 echo", NULL);
	tale_leaks(t, 3, TCP_CLOSED, "4, 5, 6", "127.0.0.1:46098, …");
	k = tale_leaks(t, 1, TCP_CLOSE_WAIT, "7", "127.0.0.1:46099");
	k->last = tale_site("shutdown(7, SHUT_WR) = 0", "server.c:90 main", NULL);
}

/* Long sentences, wide characters, marks that take no room, words that cannot be cut, and bytes that are none. */
static void tell_long(struct tale *t)
{
	tale_text(t, EV_NOTE, NO_SIDE, "",
	          "A sentence that is so long that it does not fit one line at eighty columns and not at a hundred and "
	          "twenty columns "
	          "either, so that it is continued.");
	tale_text(t, EV_NOTE, NO_SIDE, "",
	          "소켓은 닫혔지만 커널은 아직 기다린다: 마지막 ACK이 사라졌을 수 있기 때문이다. 그래서 TIME_WAIT이 "
	          "남는다. "
	          "끝.");
	tale_text(t, EV_NOTE, NO_SIDE, "",
	          "e\xcc\x81tat: combining marks take no column, so that this line is as long as it seems to be");
	tale_text(t, EV_NOTE, NO_SIDE, "", "\x1b[31mred\a and \xff\xfe and \xed\xa0\x80 are shown, not done");
	tale_text(t, EV_NOTICE, NO_SIDE, "", "a notice of the lab, with … and × in it");
	tale_text(t, EV_NOTE, NO_SIDE, "", "");
	tale_call(t, CLIENT, "client", 1,
	          "write(3, "
	          "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	          "aaaaa"
	          "a\", 100)");
	tale_result(t, CLIENT, "client", 1, "100");
	tale_call(t, SERVER, "server", 2,
	          "setsockopt(4, SOL_SOCKET, SO_RCVTIMEO, {10, 0}, 16), read(4, 4096) and then some more");
	tale_result(t, SERVER, "server", 2, "-1 EAGAIN (Resource temporarily unavailable)");
	tale_text(t, EV_OUTPUT, SERVER, "서버", "안녕하세요 여러분, 이 줄은 아주 길어서 두 줄이 됩니다. 그렇지요?");
	tale_passes(t, CLIENT, 4000000001, PSH | ACK)->seg.len = 4000000000;
	tale_passes(t, SERVER, 4000000002, FIN | PSH | URG | ACK)->remarks = REMARK_(RST_BARE) | REMARK_(ACKS_UNSEEN);
	tale_fated(t, CLIENT, 4000000003, FIN | PSH | URG | ACK, FATE_DELAYED)->remarks = REMARK_(FAST);
}

/* Queues, owners and timers of sockets; requests told apart by their client. */
static void tell_client_socket(struct tale *t)
{
	struct sock e = tale_sock(2, TCP_ESTABLISHED, 8), was = e;

	e.rq = 3;
	e.wq = 4;
	tale_becomes(t, CLIENT, "client", was, e);
	was = e;
	e.timer = TIMER_PERSIST;
	e.timer_left = span_ms(410);
	e.retrans = 2;
	tale_becomes(t, CLIENT, "client", was, e);
	was = e;
	e.timer_left = span_ms(800);
	tale_becomes(t, CLIENT, "client", was, e);
	was = e;
	e.timer = TIMER_ON;
	tale_becomes(t, CLIENT, "client", was, e);
	was = e;
	e.rq = 9;
	tale_becomes(t, CLIENT, "client", was, e);
	was = e;
	e.wq = 0;
	tale_becomes(t, CLIENT, "client", was, e);
	was = e;
	e.state = TCP_FIN_WAIT2;
	e.rq = 2;
	e.wq = 7;
	tale_becomes(t, CLIENT, "client", was, e);
	was = e;
	e.state = TCP_CLOSING;
	e.inode = 0;
	tale_becomes(t, CLIENT, "client", was, e);
	tale_becomes(t, CLIENT, "client", e, e);
}

static void tell_server_socket(struct tale *t)
{
	struct sock s = tale_sock(3, TCP_NEW_SYN_RECV, 0), was, half;
	struct segment syn = { .protocol = IPPROTO_TCP, .flags = SYN, .src = s.remote, .dst = s.local };
	bool resent;

	snprintf(conns_of(&t->tl.conns, CLIENT, &syn, &resent)->end[CLIENT].who, ACTOR_NAME, "client2");
	tale_appears(t, SERVER, "", s);
	tale_becomes(t, SERVER, "", s, half = tale_sock(3, TCP_ESTABLISHED, 0));
	was = half;
	half.rq = 100;
	tale_becomes(t, SERVER, "", was, half);
	was = half;
	half.inode = 11;
	tale_becomes(t, SERVER, "server", was, half);
	was = half;
	half.state = TCP_CLOSE_WAIT;
	half.wq = 12;
	tale_becomes(t, SERVER, "server2", was, half);
	tale_passes(t, SERVER, 5, FIN | ACK);
	tale_becomes(t, SERVER, "server2", half, tale_sock(3, TCP_LAST_ACK, 0));
	tale_appears(t, SERVER, "", tale_sock(4, TCP_LAST_ACK, 0));
	tale_appears(t, SERVER, "", tale_sock(5, TCP_ESTABLISHED, 0))->was =
		tale_sock(5, TCP_ESTABLISHED, 0); /* not to be read */
	tale_passes(t, CLIENT, 6, ACK);
	tale_becomes(t, SERVER, "server2", tale_sock(6, TCP_SYN_RECV, 9), tale_sock(6, TCP_ESTABLISHED, 9));
}

static void tell_queues(struct tale *t)
{
	tale_queues(t, 20, TCP_ESTABLISHED, 8, 3, 4);
	tale_queues(t, 21, TCP_FIN_WAIT2, 8, 3, 4);
	tale_queues(t, 22, TCP_FIN_WAIT2, 0, 3, 4);
	tale_queues(t, 23, TCP_FIN_WAIT1, 8, 3, 4);
	tale_queues(t, 24, TCP_CLOSE_WAIT, 8, 1, 0);
	tale_queues(t, 25, TCP_LAST_ACK, 0, 1, 0);
	t->pause = t->tl.n;
	tale_queues(t, 20, TCP_ESTABLISHED, 8, 3, 5);
	tale_queues(t, 24, TCP_CLOSE_WAIT, 8, 0, 0);
	tale_queues(t, 24, TCP_CLOSE_WAIT, 8, 0, 7);
}

static void tell_sockets(struct tale *t)
{
	tell_client_socket(t);
	tell_server_socket(t);
	tell_queues(t);
}

/* What is held, and tables. */
static void tell_tables(struct tale *t)
{
	struct event *e = tale_add(t, EV_KEPT, NO_SIDE, "");
	struct sock listener = tale_sock(1, TCP_LISTEN, 7);

	e->kept.n = 2;
	e->kept.packets = xcalloc(2, sizeof *e->kept.packets);
	e->kept.from = xcalloc(2, sizeof *e->kept.from);
	e->kept.packets[0] = tale_kept(7, FIN | ACK, 410, 0);
	e->kept.packets[1] = tale_kept(8, ACK, 3310, 2);
	e->kept.from[1] = SERVER;
	tale_add(t, EV_KEPT, NO_SIDE, "");
	listener.remote = (struct endpoint){ { AF_INET, { 0 } }, 0 };
	listener.wq = 5;
	for (int netstat = 0; netstat < 2; netstat++) {
		e = tale_add(t, EV_TABLE, NO_SIDE, "");
		e->table.netstat = netstat;
		evidence_add(&e->table.seen[SERVER], &listener);
		evidence_add(&e->table.seen[CLIENT], &(struct sock){ .state = TCP_BOUND, .local = listener.local });
		evidence_add(&e->table.seen[CLIENT], &(struct sock){ .state = TCP_TIME_WAIT,
		                                                     .local = listener.local,
		                                                     .remote = tale_sock(1, TCP_TIME_WAIT, 0).remote,
		                                                     .timer = TIMER_TIMEWAIT,
		                                                     .timer_left = span_ms(59800) });
	}
	e = tale_add(t, EV_TABLE, NO_SIDE, "");
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
	struct sock c = tale_sock(2, TCP_SYN_SENT, 8), s = tale_sock(3, TCP_ESTABLISHED, 9), is = c,
		    listener = tale_sock(1, TCP_LISTEN, 7);
	struct segment mine = { .protocol = IPPROTO_TCP, .flags = SYN, .src = c.local, .dst = c.remote };
	bool resent;

	conns_of(&t->tl.conns, CLIENT, &mine, &resent);
	is.state = TCP_ESTABLISHED;
	tale_call(t, CLIENT, "curl", 1, "connect(3, 10.0.0.2:80)");
	tale_appears(t, CLIENT, "curl", c);
	tale_passes(t, CLIENT, 1, SYN);
	tale_passes(t, SERVER, 2, SYN | ACK)->conn = 2;
	tale_becomes(t, CLIENT, "curl", c, is);
	tale_passes(t, SERVER, 3, SYN | ACK);
	tale_becomes(t, CLIENT, "curl", is, tale_sock(2, TCP_CLOSE_WAIT, 8));
	tale_passes(t, SERVER, 4, 0)->conn = 0;
	tale_becomes(t, CLIENT, "curl", tale_sock(2, TCP_CLOSE_WAIT, 8), tale_sock(2, TCP_LAST_ACK, 8));
	tale_text(t, EV_NOTE, NO_SIDE, "", "Something else.");
	tale_appears(t, CLIENT, "curl", s);
	tale_goes(t, CLIENT, "curl", s);
	listener.remote.port = 0;
	listener.wq = 128;
	tale_appears(t, CLIENT, "wget", listener);
	tale_result(t, CLIENT, "curl", 1, "0");
}

/* What is bound or listens has no place in the columns of states, whatever happens to it; and a state stands behind a
 * call of several lines. */
static void tell_listener(struct tale *t)
{
	struct sock bound = tale_sock(1, TCP_BOUND, 7), listener = bound, c = tale_sock(2, TCP_ESTABLISHED, 8), was = c;

	bound.remote = listener.remote = (struct endpoint){ .port = 0 };
	listener.state = TCP_LISTEN;
	listener.wq = 5;
	tale_call(t, SERVER, "server", 1,
	          "bind(3, {sa_family=AF_INET, sin_port=htons(13), sin_addr=inet_addr(\"0.0.0.0\")}, 16)");
	tale_result(t, SERVER, "server", 1, "0");
	tale_appears(t, SERVER, "server", bound);
	tale_call(t, SERVER, "server", 2, "listen(3, 5)");
	tale_result(t, SERVER, "server", 2, "0");
	tale_becomes(t, SERVER, "server", bound, listener);
	tale_call(t, SERVER, "server", 3, "sendto(4, \"Mon Nov 30 14:26:11 2026\", 24, MSG_NOSIGNAL, NULL, 0)");
	tale_result(t, SERVER, "server", 3, "24");
	c.state = TCP_FIN_WAIT1;
	tale_becomes(t, SERVER, "server", was, c);
	tale_call(t, CLIENT, "client", 4, "sendto(4, \"Mon Nov 30 14:26:11 2026\", 24, MSG_NOSIGNAL, NULL, 0)");
	tale_result(t, CLIENT, "client", 4, "24");
	tale_becomes(t, CLIENT, "client", was, c);
	was = c;
	c.state = TCP_FIN_WAIT2;
	tale_passes(t, CLIENT, 1, ACK);
	tale_becomes(t, SERVER, "server", was, c);
	tale_call(t, SERVER, "server", 5, "close(3)");
	tale_result(t, SERVER, "server", 5, "0");
	tale_goes(t, SERVER, "server", listener);
	was = c;
	c.state = TCP_TIME_WAIT;
	tale_passes(t, CLIENT, 2, FIN | ACK);
	tale_becomes(t, SERVER, "", was, c);
	tale_text(t, EV_NOTE, NO_SIDE, "", "By itself it has a time of its own.");
	tale_appears(t, CLIENT, "client2", bound);
	tale_text(t, EV_NOTE, NO_SIDE, "", "And so it goes.");
	tale_goes(t, CLIENT, "client2", bound);
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
	{ "machine", tell_machine, "curl", false },   { "listener", tell_listener, NULL, false },
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
