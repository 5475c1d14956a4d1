/* SPDX-License-Identifier: MIT
 * Ladders of packets: a connection from its SYN to TIME_WAIT, bursts, fates, remarks, states that are inferred. */
#include "render/ladders_test.h"

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

/* Five bytes of the client's, which then wait to be read. */
static void tell_hello(struct tale *t, const struct sock *c, struct sock *s)
{
	struct sock sent = *c, was = *s;

	sent.wq = 5;
	s->rq = 5;
	tale_call(t, CLIENT, "client", 1, "write(3, \"hello\", 5)");
	tale_result(t, CLIENT, "client", 1, "5");
	tale_becomes(t, CLIENT, "client", *c, sent);
	tale_passes(t, CLIENT, 4, PSH | ACK)->seg.len = 5;
	tale_becomes(t, SERVER, "server", was, *s);
	tale_passes(t, SERVER, 5, ACK)->rel_ack = 6;
	tale_becomes(t, CLIENT, "client", sent, *c);
}

/* The client's FIN, and the orphan that it leaves. */
static void tell_first_fin(struct tale *t, struct sock *c, struct sock *s)
{
	struct sock was = *c;

	tale_call(t, CLIENT, "client", 2, "close(3)");
	tale_result(t, CLIENT, "client", 2, "0");
	c->state = TCP_FIN_WAIT1;
	c->inode = 0;
	tale_becomes(t, CLIENT, "client", was, *c);
	tale_passes(t, CLIENT, 6, FIN | ACK)->rel_seq = 6;
	was = *s;
	s->state = TCP_CLOSE_WAIT;
	s->rq = 6;
	tale_becomes(t, SERVER, "server", was, *s);
	tale_passes(t, SERVER, 7, ACK)->rel_ack = 7;
	was = *c;
	c->state = TCP_FIN_WAIT2;
	c->timer = TIMER_TIMEWAIT;
	c->timer_left = span_ms(59800);
	tale_becomes(t, CLIENT, "", was, *c);
}

/* The server's FIN, dropped by command, and TIME_WAIT. */
static void tell_second_fin(struct tale *t, struct sock *c, struct sock *s)
{
	struct sock was = *s;

	tale_call(t, SERVER, "server", 3, "close(4)");
	tale_result(t, SERVER, "server", 3, "0");
	s->state = TCP_LAST_ACK;
	s->inode = 0;
	tale_becomes(t, SERVER, "server", was, *s);
	tale_fated(t, SERVER, 8, FIN | ACK, FATE_HELD)->rel_ack = 7;
	tale_packet(t, EV_DISCARDED, SERVER, 8, FIN | ACK)->copies = 2;
	tale_passes(t, SERVER, 9, FIN | ACK)->resent = true;
	was = *c;
	c->state = TCP_TIME_WAIT;
	c->timer_left = span_ms(1500);
	tale_becomes(t, CLIENT, "", was, *c);
	tale_passes(t, CLIENT, 10, ACK)->rel_seq = 7;
}

static void tell_close(struct tale *t)
{
	struct sock c = tale_sock(2, TCP_ESTABLISHED, 8), s = tale_sock(3, TCP_ESTABLISHED, 9);

	tell_hello(t, &c, &s);
	tell_first_fin(t, &c, &s);
	tell_second_fin(t, &c, &s);
	tale_goes(t, SERVER, "server", s);
	tale_goes(t, CLIENT, "", c);
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

static void tale_counted(struct tale *t, enum side side, unsigned number, enum counted what)
{
	struct event *e = tale_add(t, EV_COUNTED, side, "");

	e->counted.number = number;
	e->counted.what = what;
}

/* What a kernel throws away has a cross where it arrives, and the reason beneath; the states that a packet made stand
 * beside it all the same, and such a packet is never one of those that are left out. */
static void tell_thrown(struct tale *t)
{
	struct sock listener = tale_sock(1, TCP_LISTEN, 7);

	listener.wq = 5;
	tale_passes(t, CLIENT, 1, SYN);
	tale_counted(t, SERVER, 1, COUNTED_FULL_ACCEPT);
	tale_passes(t, SERVER, 2, PSH | ACK)->seg.len = 5;
	tale_counted(t, CLIENT, 2, COUNTED_PAWS);
	tale_packet(t, EV_RELEASED, CLIENT, 3, ACK)->kept = span_ms(3300);
	tale_counted(t, SERVER, 3, COUNTED_FULL_ACCEPT);
	tale_packet(t, EV_RELEASED, SERVER, 4, ACK)->kept = span_ms(3300);
	tale_counted(t, CLIENT, 4, COUNTED_BEYOND_WINDOW);
	tale_fated(t, CLIENT, 5, PSH | ACK, FATE_CORRUPTED);
	tale_counted(t, SERVER, 5, COUNTED_BAD_CHECKSUM);
	tale_passes(t, SERVER, 6, SYN | ACK)->cookie = true;
	tale_passes(t, CLIENT, 7, ACK);
	tale_counted(t, SERVER, 7, COUNTED_COOKIE_BACK);
	tale_appears(t, SERVER, "", tale_sock(3, TCP_ESTABLISHED, 0));
	tale_appears(t, SERVER, "server", listener);
	tale_many_plain(t, 10, 15);
	tale_counted(t, (15 - 1) % 2 ? CLIENT : SERVER, 24, COUNTED_OLD_DATA);
	tale_many_plain(t, 25, 10);
}

static const struct tale_of tales[] = {
	{ "handshake", tell_handshake, NULL, false }, { "close", tell_close, NULL, false },
	{ "bursts", tell_bursts, NULL, false },       { "fates", tell_fates, NULL, false },
	{ "remarks", tell_remarks, NULL, true },      { "inferred", tell_inferred, NULL, true },
	{ "thrown", tell_thrown, NULL, false },
};

int main(void)
{
	return ladders_test(tales, ARRAY_SIZE(tales));
}
