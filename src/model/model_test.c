/* SPDX-License-Identifier: MIT
 * States, segments, connections, evidence. */
#include "base/tap.h"
#include "model/event.h"
#include "model/seq.h"

#include <netinet/in.h>

static void states(void)
{
	static const char *const spellings[] = { "FIN_WAIT1", "FIN-WAIT-1", "fin_wait_1", "FinWait1" };
	enum tcp_state s;

	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++)
		ok(tcp_state_parse(spellings[i], &s) && s == TCP_FIN_WAIT1, "%s is FIN_WAIT1", spellings[i]);
	ok(tcp_state_parse("estab", &s) && s == TCP_ESTABLISHED, "ss's own name is known");
	ok(!tcp_state_parse("FIN_WAIT", &s), "half a name is none");
	ok(tcp_state_of_number(12) == TCP_NEW_SYN_RECV, "the kernel's 12 is NEW_SYN_RECV");
	ok(tcp_state_of_number(99) == TCP_STATES, "an unknown number is no state");
	ok(transition_find(TCP_CLOSE_WAIT, TCP_LAST_ACK) != NULL, "an arrow of the figure is documented");
	ok(transition_find(TCP_TIME_WAIT, TCP_ESTABLISHED) == NULL, "what is no arrow is not");
}

static void segments(void)
{
	struct segment s = { .flags = SYN | ACK };
	struct buf b = { 0 };
	enum packet_kind k;

	ok(segment_kind(&s) == KIND_SYNACK, "SYN+ACK is its own kind");
	s.flags = RST | ACK;
	ok(segment_kind(&s) == KIND_RST, "RST comes first");
	s.flags = FIN | ACK | PSH;
	s.len = 5;
	ok(segment_kind(&s) == KIND_FIN, "a FIN with data is a FIN");
	ok(segment_space(&s) == 6, "and takes a number more than its bytes");
	segment_flags(&b, s.flags);
	same_text(buf_text(&b), "FIN+PSH+ACK", "flags as text");
	ok(packet_kind_parse("syn+ack", &k) && k == KIND_SYNACK, "kinds are read in any case");
	ok(!packet_kind_parse("SYNN", &k), "and no others");
	buf_free(&b);
}

static void sequence(void)
{
	ok(seq_before(0xfffffff0, 5), "numbers wrap");
	ok(!seq_before(5, 0xfffffff0), "both ways");
	ok(seq_max(0xfffffff0, 5) == 5, "the later one");
}

static struct segment segment(uint16_t sport, uint16_t dport, uint8_t flags, uint32_t seq)
{
	return (struct segment){ .protocol = IPPROTO_TCP,
		                 .flags = flags,
		                 .seq = seq,
		                 .src = { { AF_INET, { 10 } }, sport },
		                 .dst = { { AF_INET, { 11 } }, dport } };
}

static void connections(void)
{
	struct conns cs = { 0 };
	struct segment syn = segment(1000, 80, SYN, 500), synack = segment(80, 1000, SYN | ACK, 900);
	struct conn *c, *again;
	bool resent = false;

	synack.src.addr.bytes[0] = 11;
	synack.dst.addr.bytes[0] = 10;
	c = conns_of(&cs, CLIENT, &syn, &resent);
	ok(conns_of(&cs, SERVER, &synack, &resent) == c, "the answer belongs to the same connection");
	ok(conn_relative_seq(c, CLIENT, 501) == 1, "the first byte is 1");
	ok(conn_relative_ack(c, CLIENT, 901) == 1, "an ACK is counted from the other side's beginning");
	ok(conns_of(&cs, CLIENT, &syn, &resent) == c, "the same SYN again is no new connection");
	ok(resent, "and known as sent again");
	syn.seq = 70000;
	again = conns_of(&cs, CLIENT, &syn, &resent);
	ok(again != c && again->number == 2, "another ISN on the same ports is a new incarnation");
	conns_free(&cs);
}

struct change {
	int appeared, gone, changed;
	uint64_t last;
};

static void count(void *ctx, const struct sock *was, const struct sock *is)
{
	struct change *c = ctx;

	c->appeared += !was;
	c->gone += !is;
	c->changed += was && is;
	c->last = is ? is->key.cookie : was->key.cookie;
}

static struct sock sock(uint64_t cookie, enum tcp_state state, uint16_t port)
{
	return (struct sock){ .key = { 1, cookie }, .state = state, .local = { { AF_INET, { 0 } }, port } };
}

static void looks(void)
{
	struct evidence a = { 0 }, b = { 0 };
	struct change c = { 0 };
	struct sock listener = sock(1, TCP_LISTEN, 80), request = sock(2, TCP_NEW_SYN_RECV, 80);

	evidence_add(&a, &listener);
	evidence_finish(&a);
	evidence_add(&b, &request);
	evidence_add(&b, &listener);
	evidence_finish(&b);
	ok(b.socks && b.socks[0].state == TCP_LISTEN && b.socks[0].half_open == 1,
	   "a request is counted by its listener");
	evidence_diff(&a, &b, count, &c);
	ok(c.appeared == 1 && c.changed == 1 && c.gone == 0, "one appeared, the listener changed");
	ok(c.last == 1, "the listener is told last");
	c = (struct change){ 0 };
	evidence_diff(&b, &b, count, &c);
	ok(c.appeared + c.changed + c.gone == 0, "two looks alike have no difference");
	if (b.socks)
		b.socks[1].timer_left = span_s(1);
	evidence_diff(&b, &b, count, &c);
	ok(c.changed == 0, "a timer that runs is no change");
	evidence_free(&a);
	evidence_free(&b);
}

int main(void)
{
	states();
	segments();
	sequence();
	connections();
	looks();
	return tap_done();
}
