/* SPDX-License-Identifier: MIT
 * States, segments, connections, evidence. */
#include "base/tap.h"
#include "model/event.h"
#include "model/seq.h"
#include "model/timeline.h"

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

/* The first that fits, in the order of the wire's verbs: RST, SYNACK, SYN, FIN, DATA, ACK. */
static void kinds(void)
{
	static const struct {
		uint8_t flags;
		uint32_t len, space;
		const char *kind;
	} rows[] = {
		{ 0, 0, 0, "ACK" },
		{ ACK, 0, 0, "ACK" },
		{ PSH | ACK, 0, 0, "ACK" },
		{ ACK, 1, 1, "DATA" },
		{ URG, 7, 7, "DATA" },
		{ FIN, 0, 1, "FIN" },
		{ FIN | ACK, 9, 10, "FIN" },
		{ SYN, 0, 1, "SYN" },
		{ SYN, 20, 21, "SYN" },
		{ SYN | FIN, 0, 2, "SYN" },
		{ SYN | ACK, 0, 1, "SYNACK" },
		{ SYN | ACK | FIN, 1, 3, "SYNACK" },
		{ RST, 0, 0, "RST" },
		{ RST | SYN | ACK, 0, 1, "RST" },
		{ RST | FIN, 4, 5, "RST" },
	};
	enum packet_kind k;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct segment s = { .flags = rows[i].flags, .len = rows[i].len };

		same_text(packet_kind_name(segment_kind(&s)), rows[i].kind, "the kind of a segment");
		ok(segment_space(&s) == rows[i].space, "it takes %u numbers", rows[i].space);
		ok(packet_kind_parse(rows[i].kind, &k) && k == segment_kind(&s), "%s is read back", rows[i].kind);
	}
	ok(packet_kind_parse("Any", &k) && k == KIND_ANY, "any");
}

static void flag_names(void)
{
	static const struct {
		uint8_t flags;
		const char *text;
	} rows[] = { { 0, "none" },
		     { FIN, "FIN" },
		     { SYN, "SYN" },
		     { RST, "RST" },
		     { PSH, "PSH" },
		     { ACK, "ACK" },
		     { URG, "URG" },
		     { ECE, "ECE" },
		     { CWR, "CWR" },
		     { SYN | ACK, "SYN+ACK" },
		     { RST | ACK, "RST+ACK" },
		     { 255, "SYN+FIN+RST+PSH+URG+ECE+CWR+ACK" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf b = { 0 };

		segment_flags(&b, rows[i].flags);
		same_text(buf_text(&b), rows[i].text, "flags in words");
		buf_free(&b);
	}
}

/* Whose it is stands in the place of SIDE, and nowhere else. */
static void stories(void)
{
	struct buf b = { 0 };
	struct story st = { .ending = ENDING_RESET, .closer = SERVER, .reset = RESET_AFTER_OWN_FIN };

	story_label(&b, &st);
	same_text(buf_text(&b), "reset by server after its own FIN", "a reset's label is in two parts");
	buf_clear(&b);
	st = (struct story){ .ending = ENDING_ONE_FIN, .closer = CLIENT };
	story_label(&b, &st);
	same_text(buf_text(&b), "only client closed", "another ending's has its side");
	buf_clear(&b);
	sentence_add(&b, "SIDE and SIDE", NO_SIDE);
	sentence_add(&b, "; SIDE.", SERVER);
	same_text(buf_text(&b), "one side and one side; server.", "each SIDE is replaced");
	for (int e = 0; e < ENDINGS; e++)
		for (int r = 0; r < RESETS; r++) {
			st = (struct story){ .ending = (enum ending)e, .closer = CLIENT, .reset = (enum reset)r };
			buf_clear(&b);
			story_sentence(&b, &st);
			if (!b.len || strstr(buf_text(&b), "SIDE"))
				ok(false, "ending %d, reset %d: '%s'", e, r, buf_text(&b));
		}
	st = (struct story){ .ending = ENDING_RESET, .closer = CLIENT, .reset = RESET_TIMED_OUT };
	buf_clear(&b);
	story_sentence(&b, &st);
	ok(strstr(buf_text(&b), "client") && strstr(reset_info(RESET_TIMED_OUT)->sentence, "SIDE"),
	   "of a reset its own sentence is told");
	buf_free(&b);
}

static void sequence(void)
{
	ok(!seq_before(7, 7) && seq_at_or_before(7, 7), "a number is not before itself, but at it");
	ok(seq_before(0x7fffffff, 0xfffffffe) && !seq_before(0xfffffffe, 0x7fffffff), "half the ring is before");
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

/* Of a connection whose beginning was not seen numbers relate to what was seen first; where nothing was, that is
 * told. */
static void seen_late(void)
{
	struct conns cs = { 0 };
	struct segment data = segment(80, 5000, ACK | PSH, 70000), reset = segment(5001, 80, RST | ACK, 4000);
	struct conn *c;
	bool resent;

	data.len = 10;
	data.ack = 90000;
	c = conns_of(&cs, SERVER, &data, &resent);
	ok(conn_seq_is_relative(c, SERVER) && conn_relative_seq(c, SERVER, 70000) == 1, "the first byte seen is 1");
	ok(conn_ack_is_relative(c, SERVER) && conn_relative_ack(c, SERVER, 90000) == 1,
	   "and so is what it acknowledges");
	ok(conn_port(c) == 5000, "its port is the higher one, where no SYN was seen");
	reset.ack = 5000;
	c = conns_of(&cs, CLIENT, &reset, &resent);
	ok(!conn_seq_is_relative(c, CLIENT) && !conn_ack_is_relative(c, CLIENT), "a RST alone relates to nothing");
	data = segment(80, 6000, SYN, 1);
	ok(conn_port(conns_of(&cs, CLIENT, &data, &resent)) == 80,
	   "who sent the SYN has the port, whichever is higher");
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

static bool is_odd(void *ctx, const struct conn *c)
{
	(void)ctx;
	return c->number % 2;
}

/* Who is forgotten is not found; the others keep their numbers, and new ones get numbers of their own. */
static void forgotten_connections(void)
{
	struct conns cs = { .n = 0 };
	struct segment s = { .flags = SYN, .dst = { .port = 80 } };
	bool resent;

	for (s.src.port = 1001; s.src.port <= 1200; s.src.port++)
		conns_of(&cs, CLIENT, &s, &resent);
	conns_forget(&cs, is_odd, NULL);
	ok(cs.n == 100 && !conns_numbered(&cs, 1) && !conns_numbered(&cs, 0) && !conns_numbered(&cs, 201),
	   "what is over is forgotten");
	s.src.port = 1002;
	ok(conns_numbered(&cs, 2) && conns_find(&cs, CLIENT, &s.src, &s.dst) == conns_numbered(&cs, 2) &&
	           conns_numbered(&cs, 200),
	   "the others are found by number and by address");
	s.src.port = 1001;
	ok(!conns_find(&cs, CLIENT, &s.src, &s.dst), "what is forgotten is not");
	ok(conns_of(&cs, CLIENT, &s, &resent)->number == 201 && !resent, "it would be a new one, with a new number");
	conns_free(&cs);
}

static void forgotten_events(void)
{
	struct timeline tl;

	timeline_begin(&tl);
	for (unsigned i = 1; i <= 10; i++)
		timeline_append(&tl, (struct event){ .kind = EV_CALL, .call = { .id = i, .text = xstrdup("call") } });
	timeline_forget(&tl, 0);
	ok(tl.n == 10 && tl.forgotten == 0, "nothing is forgotten");
	timeline_forget(&tl, 7);
	ok(tl.n == 3 && tl.forgotten == 7 && tl.events[0]->call.id == 8 && tl.events[2]->call.id == 10,
	   "the oldest are forgotten, and counted");
	timeline_forget(&tl, 3);
	timeline_append(&tl, (struct event){ .kind = EV_CALL, .call = { .id = 11 } });
	ok(tl.n == 1 && tl.forgotten == 10 && tl.events[0]->call.id == 11, "all are, and it goes on");
	timeline_free(&tl);
}

int main(void)
{
	forgotten_connections();
	forgotten_events();
	states();
	segments();
	kinds();
	flag_names();
	stories();
	sequence();
	connections();
	seen_late();
	looks();
	return tap_done();
}
