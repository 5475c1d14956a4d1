/* SPDX-License-Identifier: MIT
 * Each arrow of the state machine, written down a second time from RFC 9293 and from what was measured; and what every
 * machine must keep: no arrow leaves the states of the RFC, every arrow that changes a state is one that the model
 * documents. */
#include "base/tap.h"
#include "tcp/fsm.h"

#include <stdlib.h>

static const struct {
	enum tcp_input input;
	const char *name;
	const char *moves; /* "FROM>TO FROM>TO …"; of IN_… the states that it does not move are left out */
} expected[] = {
	{ IN_SYN, "a SYN arrives", "SYN_SENT>SYN_RECV" },
	{ IN_SYNACK, "a SYN+ACK arrives", "SYN_SENT>ESTABLISHED SYN_RECV>ESTABLISHED" },
	{ IN_ACK_OF_SYN, "the ACK of its SYN arrives", "SYN_RECV>ESTABLISHED SYN_RECV>SYN_RECV" },
	{ IN_ACK_OF_FIN, "the ACK of its FIN arrives", "FIN_WAIT1>FIN_WAIT2 CLOSING>TIME_WAIT LAST_ACK>CLOSED" },
	{ IN_FIN, "a FIN arrives", "ESTABLISHED>CLOSE_WAIT FIN_WAIT1>CLOSING FIN_WAIT2>TIME_WAIT" },
	{ IN_RST, "a RST arrives",
	  "SYN_SENT>CLOSED SYN_RECV>CLOSED ESTABLISHED>CLOSED FIN_WAIT1>CLOSED FIN_WAIT2>CLOSED CLOSE_WAIT>CLOSED "
	  "CLOSING>CLOSED "
	  "LAST_ACK>CLOSED TIME_WAIT>CLOSED TIME_WAIT>TIME_WAIT" },
	{ OUT_SYN, "it sends a SYN", "CLOSED>SYN_SENT LISTEN>SYN_SENT SYN_SENT>SYN_SENT" },
	{ OUT_SYNACK, "it sends a SYN+ACK", "LISTEN>SYN_RECV SYN_RECV>SYN_RECV SYN_SENT>SYN_RECV" },
	{ OUT_FIN, "it sends a FIN",
	  "ESTABLISHED>FIN_WAIT1 SYN_RECV>FIN_WAIT1 CLOSE_WAIT>LAST_ACK FIN_WAIT1>FIN_WAIT1 CLOSING>CLOSING "
	  "LAST_ACK>LAST_ACK" },
	{ OUT_RST, "it sends a RST",
	  "CLOSED>CLOSED LISTEN>CLOSED SYN_SENT>CLOSED SYN_RECV>CLOSED ESTABLISHED>CLOSED FIN_WAIT1>CLOSED "
	  "FIN_WAIT2>CLOSED "
	  "CLOSE_WAIT>CLOSED CLOSING>CLOSED LAST_ACK>CLOSED TIME_WAIT>CLOSED" },
	{ OUT_DATA, "it sends new data", "ESTABLISHED>ESTABLISHED CLOSE_WAIT>CLOSE_WAIT" },
	{ OUT_OLD, "it sends data again",
	  "ESTABLISHED>ESTABLISHED CLOSE_WAIT>CLOSE_WAIT FIN_WAIT1>FIN_WAIT1 CLOSING>CLOSING LAST_ACK>LAST_ACK" },
	{ OUT_ACK, "it sends an ACK",
	  "ESTABLISHED>ESTABLISHED FIN_WAIT1>FIN_WAIT1 FIN_WAIT2>FIN_WAIT2 CLOSE_WAIT>CLOSE_WAIT CLOSING>CLOSING "
	  "LAST_ACK>LAST_ACK "
	  "TIME_WAIT>TIME_WAIT" },
	{ GIVES_UP, "it gives up",
	  "SYN_SENT>CLOSED SYN_RECV>CLOSED ESTABLISHED>CLOSED CLOSE_WAIT>CLOSED FIN_WAIT1>CLOSED CLOSING>CLOSED "
	  "LAST_ACK>CLOSED" },
	{ WAITED_ENOUGH, "its timer runs out", "FIN_WAIT2>CLOSED TIME_WAIT>CLOSED" },
};

_Static_assert(ARRAY_SIZE(expected) == TCP_INPUTS, "every input is written down");

/* Takes "FROM>TO" off the text; false at its end. */
static bool take_move(const char **text, enum tcp_state *from, enum tcp_state *to)
{
	char a[16], b[16];
	int n = 0;

	if (sscanf(*text, " %15[A-Z_0-9]>%15[A-Z_0-9]%n", a, b, &n) != 2)
		return false;
	*text += n;
	return tcp_state_parse(a, from) && tcp_state_parse(b, to);
}

static state_set expected_step(size_t i, enum tcp_state from)
{
	const char *text = expected[i].moves;
	enum tcp_state a, b;
	state_set to = 0;

	while (take_move(&text, &a, &b))
		if (a == from)
			to |= state_set_of(b);
	return to || expected[i].input > IN_RST ? to : state_set_of(from);
}

static size_t moves_written_down(size_t i)
{
	const char *text = expected[i].moves;
	enum tcp_state a, b;
	size_t n = 0;

	while (take_move(&text, &a, &b))
		n++;
	return n;
}

static void every_arrow(void)
{
	size_t all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		all += moves_written_down(i);
		for (int s = 0; s < TCP_STATES; s++) {
			state_set is = fsm_step(state_set_of((enum tcp_state)s), expected[i].input);
			state_set should = expected_step(i, (enum tcp_state)s);
			struct buf text = { 0 };

			state_set_text(&text, is, TCP_STATES);
			ok(is == should, "%s, %s: %s", tcp_state_name((enum tcp_state)s), expected[i].name,
			   buf_text(&text));
			buf_free(&text);
		}
	}
	ok(all == arrows_n, "as many arrows as were written down a second time: %zu", arrows_n);
}

/* A change of state that the machine can make is one that the model knows and documents. */
static void arrows_are_documented(void)
{
	/* Passing through a state that no packet shows: RFC 9293 names both steps. */
	static const struct {
		enum tcp_state from, to;
	} of_observers[] = { { TCP_LISTEN, TCP_SYN_SENT }, { TCP_LISTEN, TCP_SYN_RECV }, { TCP_SYN_RECV, TCP_CLOSED } };

	for (size_t i = 0; i < arrows_n; i++) {
		bool known = arrows[i].from == arrows[i].to || transition_find(arrows[i].from, arrows[i].to);

		for (size_t k = 0; k < ARRAY_SIZE(of_observers) && !known; k++)
			known = of_observers[k].from == arrows[i].from && of_observers[k].to == arrows[i].to;
		ok(known, "%s to %s is documented: %s", tcp_state_name(arrows[i].from), tcp_state_name(arrows[i].to),
		   arrows[i].why);
	}
}

static void sets(void)
{
	state_set both = state_set_of(TCP_FIN_WAIT1) | state_set_of(TCP_FIN_WAIT2);
	struct buf b = { 0 };

	ok(fsm_step(both, IN_FIN) == (state_set_of(TCP_CLOSING) | state_set_of(TCP_TIME_WAIT)),
	   "every state of a set moves");
	ok(fsm_step(state_set_of(TCP_CLOSE_WAIT), IN_FIN) == state_set_of(TCP_CLOSE_WAIT),
	   "what arrives again changes nothing");
	ok(fsm_step(state_set_of(TCP_FIN_WAIT2), OUT_FIN) == 0, "who has the ACK of its FIN does not send it again");
	ok(fsm_usual(TCP_SYN_RECV, IN_ACK_OF_SYN) == TCP_ESTABLISHED, "the first of two arrows is the usual one");
	ok(fsm_usual(TCP_CLOSED, OUT_DATA) == TCP_STATES, "no arrow, no state");
	state_set_text(&b, both | state_set_of(TCP_CLOSED), TCP_FIN_WAIT2);
	same_text(buf_text(&b), "FIN_WAIT2 or CLOSED or FIN_WAIT1", "a set in words, the likely one first");
	buf_free(&b);
}

int main(void)
{
	every_arrow();
	arrows_are_documented();
	sets();
	return tap_done();
}
