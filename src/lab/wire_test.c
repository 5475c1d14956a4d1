/* SPDX-License-Identifier: MIT
 * What rules make of packets: held, dropped, doubled, delayed, overtaken, damaged; and a wire that is paced. */
#include "lab/wire_test.h"

static void holding(void)
{
	struct bench b;

	setup(&b);
	add(&b, RULE_HOLD, CLIENT, KIND_SYN, -1);
	sends(&b, CLIENT, SYN, 100, 0, 0);
	ok(b.last == FATE_HELD && arrived(&b, SERVER) == 0, "a held SYN does not arrive");
	sends(&b, CLIENT, SYN, 100, 0, 0);
	sends(&b, CLIENT, SYN, 100, 0, 0);
	ok(b.again == 2 && b.seen == 1, "the same SYN again is counted, not queued");
	ok(wire_held(&b.w, 1) && wire_held(&b.w, 1)->copies == 2, "and its packet knows how often");
	wire_release(&b.w, &(struct pick){ .from = NO_SIDE, .kind = KIND_SYN });
	let_go(&b);
	ok(b.released == 1 && arrived(&b, SERVER) == 1, "released, it arrives once");
	sends(&b, CLIENT, SYN, 100, 0, 0);
	ok(arrived(&b, SERVER) == 1, "when nothing is held, a copy passes");
	teardown(&b);
}

static void faults(void)
{
	struct bench b;
	struct instant due;

	setup(&b);
	add(&b, RULE_DUP, CLIENT, KIND_DATA, 1);
	sends(&b, CLIENT, PSH | ACK, 100, 201, 10);
	ok(b.last == FATE_TWICE && arrived(&b, SERVER) == 2, "dup: delivered twice");
	add(&b, RULE_DELAY, CLIENT, KIND_DATA, 1);
	sends(&b, CLIENT, PSH | ACK, 110, 201, 10);
	ok(b.last == FATE_DELAYED && arrived(&b, SERVER) == 0 && wire_next_due(&b.w, &due), "delay: not yet");
	usleep(31000);
	let_go(&b);
	ok(arrived(&b, SERVER) == 1 && !wire_next_due(&b.w, &due), "delay: after its time");
	add(&b, RULE_REORDER, CLIENT, KIND_DATA, 1);
	sends(&b, CLIENT, PSH | ACK, 120, 201, 10);
	ok(arrived(&b, SERVER) == 0, "reorder: waits to be overtaken");
	sends(&b, CLIENT, PSH | ACK, 130, 201, 20);
	ok(arrived(&b, SERVER) == 2 && b.released == 2, "and goes on behind the next one");
	add(&b, RULE_DROP, CLIENT, KIND_ANY, -1);
	sends(&b, CLIENT, PSH | ACK, 150, 201, 10);
	wire_heal(&b.w);
	sends(&b, CLIENT, PSH | ACK, 150, 201, 10);
	ok(arrived(&b, SERVER) == 1, "heal ends a cut");
	teardown(&b);
}

static void damaged(void)
{
	struct bench b;
	uint8_t p[100];

	setup(&b);
	add(&b, RULE_CORRUPT, CLIENT, KIND_DATA, 1);
	sends(&b, CLIENT, PSH | ACK, 100, 201, 10);
	ok(b.last == FATE_CORRUPTED && !b.checksum_ok, "corrupt: it is said that its checksum is wrong");
	ok(read(b.host[SERVER], p, sizeof p) == 50 && p[49] == 1 && p[48] == 0, "one bit of its last byte is turned");
	sends(&b, CLIENT, PSH | ACK, 100, 201, 10);
	ok(read(b.host[SERVER], p, sizeof p) == 50 && p[49] == 0, "the next one is whole");
	teardown(&b);
}

static void later(void)
{
	struct bench b;
	struct instant first, sooner;

	setup(&b);
	b.w.latency = span_s(3600);
	sends(&b, CLIENT, PSH | ACK, 100, 201, 10);
	ok(b.last == FATE_DELAYED && wire_next_due(&b.w, &first), "latency: everything is delayed");
	wire_add_rule(&b.w, RULE_DELAY, &(struct pick){ .from = CLIENT, .kind = KIND_ANY }, -1, span_s(1800));
	sends(&b, CLIENT, PSH | ACK, 110, 201, 20);
	ok(wire_next_due(&b.w, &sooner) && sooner.ns < first.ns, "a shorter delay goes on sooner");
	ok(arrived(&b, SERVER) == 0, "neither has gone on");
	wire_heal(&b.w);
	let_go(&b);
	ok(arrived(&b, SERVER) == 2 && !wire_next_due(&b.w, &first), "heal lets both go on now");
	teardown(&b);
}

static void overtaking(void)
{
	struct instant due;
	struct bench b;

	setup(&b);
	add(&b, RULE_REORDER, CLIENT, KIND_DATA, -1);
	sends(&b, CLIENT, PSH | ACK, 100, 201, 10);
	sends(&b, SERVER, PSH | ACK, 201, 110, 10);
	ok(arrived(&b, CLIENT) == 1 && arrived(&b, SERVER) == 0, "reorder: the other side's packet overtakes nothing");
	sends(&b, CLIENT, PSH | ACK, 110, 201, 20);
	ok(arrived(&b, SERVER) == 2, "the sender's next one does, though the rule is for it, too");
	sends(&b, CLIENT, PSH | ACK, 130, 201, 30);
	usleep(101000);
	let_go(&b);
	ok(arrived(&b, SERVER) == 0, "however long the lab has something to do, it is not given up");
	ok(wire_may_wait(&b.w) && wire_next_due(&b.w, &due) &&
	           due.ns <= instant_after(clock_now(), REORDER_PATIENCE).ns,
	   "once the lab waits it is, after a while");
	usleep(101000);
	let_go(&b);
	ok(arrived(&b, SERVER) == 1 && !wire_next_due(&b.w, &due), "then it goes on alone");
	teardown(&b);
}

static void paced(void)
{
	struct bench b;

	setup(&b);
	b.w.paced = true;
	sends(&b, CLIENT, SYN, 100, 0, 0);
	ok(b.last == FATE_HELD && wire_paced(&b.w) == wire_held(&b.w, 1), "a paced wire holds every packet");
	wire_pass(&b.w, wire_held(&b.w, 1));
	let_go(&b);
	ok(arrived(&b, SERVER) == 1 && !wire_paced(&b.w), "until it is let go");
	add(&b, RULE_HOLD, CLIENT, KIND_ACK, -1);
	sends(&b, CLIENT, ACK, 101, 201, 0);
	ok(wire_held(&b.w, 2) && !wire_paced(&b.w), "what a rule holds does not wait for its pace");
	ok(wire_release(&b.w, &(struct pick){ .from = CLIENT, .kind = KIND_ACK }) == 1 && wire_paced(&b.w),
	   "let go by its rule, it does");
	let_go(&b);
	ok(arrived(&b, SERVER) == 0, "and is still there");
	teardown(&b);
}

int main(void)
{
	holding();
	faults();
	damaged();
	later();
	overtaking();
	paced();
	return tap_done();
}
