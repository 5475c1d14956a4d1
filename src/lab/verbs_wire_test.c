/* SPDX-License-Identifier: MIT
 * What the wire is told: the rules that stand then, which packets leave and in which order, what is injected, and how
 * wrong words are answered. */
#include "lab/bare_test.h"

static struct bare b;

/* "DROP client SYN any/0 of  left -1 0 ms": the rules, in order. */
static void rules_are(const char *line, const char *should)
{
	static const char *const acts[] = {
		[RULE_HOLD] = "hold",   [RULE_DROP] = "drop",       [RULE_DUP] = "dup",
		[RULE_DELAY] = "delay", [RULE_CORRUPT] = "corrupt", [RULE_REORDER] = "reorder"
	};
	struct buf out = { 0 };

	bare_says_is(&b, line, "");
	for (size_t i = 0; i < b.l.wire.n_rules; i++) {
		const struct wire_rule *r = &b.l.wire.rules[i];

		buf_addf(&out, "%s%s %s %s", i ? ", " : "", acts[r->act], side_name(r->pick.from),
		         packet_kind_name(r->pick.kind));
		if (r->pick.port)
			buf_addf(&out, " port %u", r->pick.port);
		if (*r->pick.of)
			buf_addf(&out, " of %s", r->pick.of);
		if (r->left >= 0)
			buf_addf(&out, " left %ld", r->left);
		if (r->delay.ns)
			buf_addf(&out, " %ld us", (long)(r->delay.ns / 1000));
	}
	same_text(buf_text(&out), should, line);
	buf_free(&out);
	b.l.wire.n_rules = 0;
}

static void of_rules(void)
{
	static const struct {
		const char *line, *should;
	} cases[] = {
		{ "hold client SYN", "hold client SYN" },
		{ "hold server any", "hold server any" },
		{ "hold both FIN", "hold client FIN, hold server FIN" },
		{ "hold client synack of client2 port 80", "hold client SYNACK port 80 of client2" },
		{ "hold client RST port 65535", "hold client RST port 65535" },
		{ "drop client DATA", "drop client DATA" },
		{ "drop server ACK 3", "drop server ACK left 3" },
		{ "drop server ACK 3 port 7", "drop server ACK port 7 left 3" },
		{ "dup client DATA 1", "dup client DATA left 1" },
		{ "delay client DATA 150ms", "delay client DATA 150000 us" },
		{ "delay both DATA 2s 4", "delay client DATA left 4 2000000 us, delay server DATA left 4 2000000 us" },
		{ "corrupt server SYNACK 2", "corrupt server SYNACK left 2" },
		{ "reorder client DATA 1", "reorder client DATA left 1" },
		{ "cut", "drop client any, drop server any" },
		{ "cut client", "drop client any" },
		{ "cut server", "drop server any" },
		{ "cut both", "drop client any, drop server any" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		rules_are(cases[i].line, cases[i].should);
	bare_says(&b, "hold client SYN");
	bare_says(&b, "drop client FIN");
	bare_says(&b, "delay client ACK 1s");
	bare_says(&b, "hold server SYN");
	bare_says(&b, "reorder server DATA");
	rules_are("heal", "hold client SYN, hold server SYN");
}

static const struct {
	const char *line, *should;
} wrong_words[] = {
	{ "hold", "who sends is missing: client, server or both (hold FROM KIND [of ACTOR] [port N])" },
	{ "hold all SYN", "who sends? client, server or both, not 'all' (hold FROM KIND [of ACTOR] [port N])" },
	{ "hold client SYM", "'SYM' is no kind of packet (did you mean SYN?); there are RST SYNACK SYN FIN "
	                     "DATA ACK any (hold FROM KIND [of ACTOR] [port N])" },
	{ "hold client xyzzy", "'xyzzy' is no kind of packet; there are RST SYNACK SYN FIN DATA ACK any (hold "
	                       "FROM KIND [of ACTOR] [port N])" },
	{ "hold client \"SYN\"", "'SYN' is no kind of packet (did you mean SYN?); there are RST SYNACK SYN "
	                         "FIN DATA ACK any (hold FROM KIND [of ACTOR] [port N])" },
	{ "hold client SYN of", "the actor's name is missing (hold FROM KIND [of ACTOR] [port N])" },
	{ "hold client SYN of who", "'who' names no actor; its name begins with client or server" },
	{ "hold client SYN port 0",
	  "the port is a number from 1 to 65535, not '0' (hold FROM KIND [of ACTOR] [port N])" },
	{ "hold client SYN port 65536",
	  "the port is a number from 1 to 65535, not '65536' (hold FROM KIND [of ACTOR] [port N])" },
	{ "hold client SYN 3", "nothing is expected here, but '3' follows (hold FROM KIND [of ACTOR] [port N])" },
	{ "pass 7", "packet #7 is not held; 'held' lists what is" },
	{ "pass FIN", "no FIN is held; 'held' lists what is" },
	{ "pass all", "no such packet is held; 'held' lists what is" },
	{ "release FIN", "there is no hold of FIN to release; held are: nothing" },
	{ "release client all", "there is no hold of client any to release; held are: nothing" },
	{ "release server FIN", "there is no hold of server FIN to release; held are: nothing" },
	{ "drop client DATA 0", "how many is a number from 1 to 1000000000, not '0' (drop N | FROM KIND [N])" },
	{ "drop 1", "packet #1 is not held; 'held' lists what is" },
	{ "dup 1", "packet #1 is not held; 'held' lists what is" },
	{ "swap 1 2", "packet #1 is not held; 'held' lists what is (swap N M)" },
	{ "delay client DATA", "the delay is missing: a time as 150ms, 2s or 1m (delay FROM KIND TIME [N])" },
	{ "delay client DATA 3", "the delay is a time as 150ms, 2s or 1m (at most 24 hours), not '3' (delay "
	                         "FROM KIND TIME [N])" },
	{ "heal now", "nothing is expected here, but 'now' follows (heal)" },
	{ "cut all", "who sends? client, server or both, not 'all' (cut [FROM])" },
	{ "inject client", "the flags, as SYN+ACK, or none, is missing (inject FROM FLAGS [seq ±N] [ack ±N] "
	                   "[len N] [win N] [port N])" },
	{ "inject client SYM", "'SYM' are no flags; write SYN FIN RST PSH ACK URG ECE CWR joined by '+', or none" },
	{ "inject client SYN+", "'' are no flags; write SYN FIN RST PSH ACK URG ECE CWR joined by '+', or none" },
	{ "inject both SYN", "one packet has one sender: client or server" },
	{ "inject client SYN", "there is no connection to inject into; say 'port N' for a packet of a stranger" },
	{ "inject client SYN seq x", "seq is a number relative to what the receiver expects, as +1 or -1, not "
	                             "'x' (inject FROM FLAGS [seq ±N] [ack ±N] [len N] [win N] [port N])" },
	{ "inject client SYN len 1401", "len is a number from 0 to 1400, not '1401' (inject FROM FLAGS [seq "
	                                "±N] [ack ±N] [len N] [win N] [port N])" },
	{ "inject client SYN win 65536", "win is a number from 0 to 65535, not '65536' (inject FROM FLAGS [seq "
	                                 "±N] [ack ±N] [len N] [win N] [port N])" },
};

static void of_wrong_words(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong_words); i++)
		bare_says_is(&b, wrong_words[i].line, wrong_words[i].should);
}

/* Three SYNs to ports 81, 82 and 83 are held, as #1, #2 and #3. */
static void hold_three(void)
{
	bare_says(&b, "hold client SYN");
	bare_says(&b, "hold client SYN port 81");
	bare_says(&b, "hold client SYN port 82");
	for (uint16_t i = 1; i <= 3; i++)
		bare_sends(&b, CLIENT, bare_segment(CLIENT, 80 + i, SYN, 0));
}

static void leave(const char *line, const char *going, const char *held)
{
	struct buf gone = { 0 }, kept = { 0 };
	const struct packet *p;

	bare_says_is(&b, line, "");
	TAILQ_FOREACH (p, &b.l.wire.going, link)
		buf_addf(&gone, "#%u ", p->number);
	TAILQ_FOREACH (p, &b.l.wire.held, link)
		buf_addf(&kept, "#%u ", p->number);
	same_text(buf_text(&gone), going, "what goes on, in order");
	same_text(buf_text(&kept), held, "what stays");
	buf_free(&gone);
	buf_free(&kept);
}

static void of_held_packets(void)
{
	hold_three();
	leave("pass 2", "#2 ", "#1 #3 ");
	leave("pass SYN port 83", "#2 #3 ", "#1 ");
	leave("pass all", "#1 #2 #3 ", "");
	ok(b.l.wire.n_rules == 3, "the holds stay");
}

static void of_some_more(void)
{
	hold_three();
	bare_says_is(&b, "swap 1 1", "two different packets are wanted");
	leave("swap 1 3", "", "#1 #2 #3 ");
	same_text(b.l.timeline.events[b.l.timeline.n - 1]->text,
	          "#1 and #3 are swapped: they will leave in each other's place", "what was done stands there");
	leave("drop 2", "", "#1 #3 ");
	leave("dup 1", "", "#1 #3 #4 ");
	bare_says_is(&b, "release server SYN",
	             "there is no hold of server SYN to release; held are: client SYN, client SYN, client SYN");
	leave("release SYN port 81", "#1 #4 ", "#3 ");
	leave("release client SYN", "#3 #1 #4 ", "");
	ok(b.l.wire.n_rules == 0, "and the holds are lifted");
}

/* The segment as the receiver gets it: big-endian, at its offsets in the TCP header (RFC 9293, 3.1) behind 20 bytes
 * of IPv4. */
static void injects(const char *line, enum side to, const char *should)
{
	uint8_t p[1600];
	ssize_t n;
	char is[120];

	while (recv(b.arrives[to], p, sizeof p, MSG_DONTWAIT) > 0)
		;
	bare_says_is(&b, line, "");
	n = recv(b.arrives[to], p, sizeof p, MSG_DONTWAIT);
	if (n < 40) {
		ok(false, "nothing arrives");
		return;
	}
	snprintf(is, sizeof is, "%u.%u:%u > %u.%u:%u flags %02x seq %u ack %u win %u len %zd", p[12], p[15],
	         p[20] << 8 | p[21], p[16], p[19], p[22] << 8 | p[23], p[33],
	         (unsigned)p[24] << 24 | p[25] << 16 | p[26] << 8 | p[27],
	         (unsigned)p[28] << 24 | p[29] << 16 | p[30] << 8 | p[31], p[34] << 8 | p[35], n - 40);
	same_text(is, should, "what the receiver gets");
}

static void of_injection(void)
{
	injects("inject client SYN port 7777", SERVER,
	        "10.1:55555 > 10.2:7777 flags 02 seq 1000 ack 0 win 64240 len 0");
	injects("inject server none port 80 win 5 seq 1 ack 2", CLIENT,
	        "10.2:55555 > 10.1:80 flags 00 seq 1001 ack 2 win 5 len 0");
	injects("inject client urg+ECE+CWR+PSH+fin+RST port 9 len 1400 win 65535", SERVER,
	        "10.1:55555 > 10.2:9 flags ed seq 1000 ack 0 win 65535 len 1400");
	bare_sends(&b, CLIENT, bare_segment(CLIENT, 7777, SYN, 0));
	bare_sends(&b, SERVER, bare_segment(SERVER, 7777, SYN | ACK, 0));
	injects("inject client PSH+ACK len 3 port 7777", SERVER,
	        "10.1:1024 > 10.2:7777 flags 18 seq 101 ack 201 win 64240 len 3");
	injects("inject server ACK seq -1 ack +2 port 1024", CLIENT,
	        "10.2:7777 > 10.1:1024 flags 10 seq 200 ack 103 win 64240 len 0");
	bare_sends(&b, CLIENT, bare_segment(CLIENT, 8888, SYN, 0));
	injects("inject client RST", SERVER, "10.1:1024 > 10.2:8888 flags 04 seq 101 ack 0 win 64240 len 0");
}

int main(void)
{
	void (*const parts[])(void) = { of_rules, of_wrong_words, of_held_packets, of_some_more, of_injection };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		bare_open(&b);
		parts[i]();
		bare_close(&b);
	}
	return tap_done();
}
