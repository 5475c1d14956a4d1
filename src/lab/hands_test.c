/* SPDX-License-Identifier: MIT
 * What is done to packets that are held, by hand: passed, dropped, doubled, swapped, let go. */
#include "lab/wire_test.h"

static void hands(void)
{
	struct bench b;

	setup(&b);
	add(&b, RULE_HOLD, CLIENT, KIND_ANY, -1);
	add(&b, RULE_DROP, CLIENT, KIND_DATA, 1);
	sends(&b, CLIENT, PSH | ACK, 100, 201, 10);
	ok(b.last == FATE_DROPPED, "the younger rule decides");
	sends(&b, CLIENT, PSH | ACK, 100, 201, 10);
	ok(b.last == FATE_HELD, "a rule for one packet is over after it");
	sends(&b, CLIENT, ACK, 110, 201, 0);
	wire_discard(&b.w, wire_held(&b.w, 2));
	ok(b.discarded == 1 && !wire_held(&b.w, 2), "a held packet can be dropped");
	ok(wire_pass_some(&b.w, &(struct pick){ .from = NO_SIDE, .kind = KIND_ACK }) == 1, "and another one passed");
	let_go(&b);
	ok(arrived(&b, SERVER) == 1, "which arrives");
	sends(&b, CLIENT, ACK, 111, 201, 0);
	ok(b.last == FATE_HELD, "while the hold stays");
	ok(wire_release(&b.w, &(struct pick){ .from = SERVER, .kind = KIND_ANY }) == 0,
	   "the other side has no hold to lift");
	teardown(&b);
}

static void order(void)
{
	struct bench b;
	uint8_t p[100];

	setup(&b);
	add(&b, RULE_HOLD, CLIENT, KIND_FIN, -1);
	add(&b, RULE_HOLD, CLIENT, KIND_DATA, -1);
	sends(&b, CLIENT, PSH | ACK, 100, 201, 10);
	sends(&b, CLIENT, FIN | ACK, 110, 201, 0);
	wire_pass(&b.w, wire_held(&b.w, 2));
	wire_pass(&b.w, wire_held(&b.w, 1));
	let_go(&b);
	ok(read(b.host[SERVER], p, sizeof p) == 50, "what is let go together leaves in the order in which it came");
	teardown(&b);
}

static void described(void)
{
	struct bench b;
	struct buf holds = { 0 };

	setup(&b);
	wire_describe_holds(&b.w, &holds);
	same_text(buf_text(&holds), "nothing", "no hold");
	add(&b, RULE_HOLD, CLIENT, KIND_ANY, -1);
	add(&b, RULE_DROP, CLIENT, KIND_SYN, -1);
	add(&b, RULE_HOLD, SERVER, KIND_FIN, -1);
	buf_clear(&holds);
	wire_describe_holds(&b.w, &holds);
	same_text(buf_text(&holds), "client any, server FIN", "two holds");
	wire_heal(&b.w);
	buf_clear(&holds);
	wire_describe_holds(&b.w, &holds);
	same_text(buf_text(&holds), "client any, server FIN", "heal leaves them");
	buf_free(&holds);
	teardown(&b);
}

static void doubled_and_swapped(void)
{
	struct bench b;
	struct packet *copy;
	uint8_t p[100];

	setup(&b);
	add(&b, RULE_HOLD, CLIENT, KIND_ANY, -1);
	sends(&b, CLIENT, PSH | ACK, 100, 201, 10);
	sends(&b, CLIENT, PSH | ACK, 110, 201, 20);
	sends(&b, CLIENT, PSH | ACK, 100, 201, 10);
	copy = wire_double(&b.w, wire_held(&b.w, 1));
	ok(b.last == FATE_DOUBLED && copy->number == 3 && copy->copies == 0,
	   "a copy has a number of its own, and no copies");
	wire_swap(wire_held(&b.w, 1), wire_held(&b.w, 2));
	wire_release(&b.w, &(struct pick){ .from = CLIENT, .kind = KIND_ANY });
	let_go(&b);
	ok(read(b.host[SERVER], p, sizeof p) == 60 && read(b.host[SERVER], p, sizeof p) == 50 &&
	           read(b.host[SERVER], p, sizeof p) == 50,
	   "swapped, the second goes first; the copy is last");
	teardown(&b);
}

static void narrowed(void)
{
	struct bench b;

	setup(&b);
	wire_add_rule(&b.w, RULE_HOLD, &(struct pick){ .from = CLIENT, .kind = KIND_ANY, .port = 9 }, -1, span_s(0));
	sends(&b, CLIENT, SYN, 100, 0, 0);
	ok(b.last == FATE_PASSED, "a hold of another port does not fit");
	wire_add_rule(&b.w, RULE_HOLD, &(struct pick){ .from = CLIENT, .kind = KIND_ANY, .port = 2048 }, -1, span_s(0));
	sends(&b, CLIENT, ACK, 101, 201, 0);
	ok(b.last == FATE_HELD, "one of this port does");
	snprintf(b.conns.all[0]->end[CLIENT].who, ACTOR_NAME, "client7");
	ok(wire_pass_some(&b.w, &(struct pick){ .from = NO_SIDE, .kind = KIND_ANY, .of = "client8" }) == 0,
	   "another actor's is not meant");
	ok(wire_pass_some(&b.w, &(struct pick){ .from = NO_SIDE, .kind = KIND_ANY, .of = "client7" }) == 1,
	   "this actor's is");
	teardown(&b);
}

int main(void)
{
	hands();
	order();
	described();
	doubled_and_swapped();
	narrowed();
	return tap_done();
}
