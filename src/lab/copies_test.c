/* SPDX-License-Identifier: MIT
 * What is a copy of what arrived or is held, and what is expected next. */
#include "lab/wire_test.h"

/* Both FINs delivered, both ACKs held: a FIN sent again carries the ACK and must not end CLOSING. */
static void closing(void)
{
	struct bench b;

	setup(&b);
	add(&b, RULE_HOLD, CLIENT, KIND_ACK, -1);
	add(&b, RULE_HOLD, SERVER, KIND_ACK, -1);
	sends(&b, CLIENT, FIN | ACK, 101, 201, 0);
	sends(&b, SERVER, FIN | ACK, 201, 101, 0);
	sends(&b, CLIENT, ACK, 102, 202, 0);
	sends(&b, SERVER, ACK, 202, 102, 0);
	arrived(&b, CLIENT);
	arrived(&b, SERVER);
	sends(&b, CLIENT, FIN | ACK, 101, 202, 0);
	ok(b.swallowed == 1 && arrived(&b, SERVER) == 0,
	   "a delivered FIN sent again is swallowed while its connection is frozen");
	wire_release(&b.w, &(struct pick){ .from = NO_SIDE, .kind = KIND_ANY });
	let_go(&b);
	sends(&b, CLIENT, FIN | ACK, 101, 202, 0);
	ok(arrived(&b, SERVER) == 2, "when it is not, it passes");
	teardown(&b);
}

static void simultaneous_open(void)
{
	struct bench b;

	setup(&b);
	add(&b, RULE_HOLD, CLIENT, KIND_SYNACK, -1);
	add(&b, RULE_HOLD, SERVER, KIND_SYNACK, -1);
	sends(&b, CLIENT, SYN, 100, 0, 0);
	sends(&b, SERVER, SYN, 200, 0, 0);
	sends(&b, CLIENT, SYN | ACK, 100, 201, 0);
	sends(&b, SERVER, SYN | ACK, 200, 101, 0);
	ok(b.swallowed == 0 && wire_held(&b.w, 3) && wire_held(&b.w, 4), "a SYN+ACK is no copy of the SYN before it");
	sends(&b, SERVER, SYN, 200, 0, 0);
	ok(b.swallowed == 1, "the SYN again is");
	teardown(&b);
}

/* Two segments are held; the kernel sends both again as one. */
static void collapsed(void)
{
	struct bench b;

	setup(&b);
	sends(&b, CLIENT, SYN, 99, 0, 0);
	add(&b, RULE_HOLD, CLIENT, KIND_DATA, -1);
	sends(&b, CLIENT, PSH | ACK, 100, 201, 10);
	sends(&b, CLIENT, PSH | ACK, 110, 201, 10);
	sends(&b, CLIENT, PSH | ACK, 100, 201, 20);
	ok(b.again == 1 && wire_held(&b.w, 2)->copies == 1, "held data sent again in one piece is a copy");
	sends(&b, CLIENT, PSH | ACK, 100, 201, 30);
	ok(b.again == 1 && wire_held(&b.w, 4), "with new data in it, it is none");
	teardown(&b);
}

static void expected(void)
{
	struct bench b;
	uint32_t seq = 0, ack = 0;

	setup(&b);
	sends(&b, CLIENT, SYN, 100, 0, 0);
	sends(&b, SERVER, SYN | ACK, 200, 101, 0);
	add(&b, RULE_HOLD, CLIENT, KIND_DATA, -1);
	sends(&b, CLIENT, PSH | ACK, 101, 201, 10);
	ok(wire_expected(&b.w, b.conns.all[0], CLIENT, &seq, &ack) && seq == 101 && ack == 201,
	   "what is held is not expected to have come (seq %u ack %u)", seq, ack);
	wire_release(&b.w, &(struct pick){ .from = NO_SIDE, .kind = KIND_ANY });
	let_go(&b);
	ok(wire_expected(&b.w, b.conns.all[0], CLIENT, &seq, &ack) && seq == 111,
	   "delivered, the next byte is expected");
	teardown(&b);
}

/* --- stories ----------------------------------------------------------------------------------------------- */

/* What happens, word by word: "hold.C.FIN" and "drop.C.DATA" are rules, "release" ends the holds, "discard.2" drops a
 * held packet, "C.SA.100.201.10.512" is a segment: its sender, flags, sequence number, and, where they are not 0,
 * acknowledgment, length and window. Of the last segment: what becomes of it. */
static const struct {
	const char *name, *story, *should;
} copies[] = {
	{ "nothing is held: a SYN again passes", "C.S.100 C.S.100", "passes" },
	{ "nothing is held: data again passes", "C.S.99 C.PA.100.201.10 C.PA.100.201.10", "passes" },
	{ "a held SYN again", "hold.C.SYN C.S.100 C.S.100", "copy of #1" },
	{ "a held SYN with another window", "hold.C.SYN C.S.100.0.0.9 C.S.100.0.0.8", "copy of #1" },
	{ "a SYN of another connection between the ports", "hold.C.SYN C.S.100 C.S.70000", "is held" },
	{ "the other side's SYN with the same number", "hold.C.SYN hold.S.SYN C.S.100 S.S.100", "is held" },
	{ "a held SYN+ACK again", "hold.S.SYNACK C.S.100 S.SA.200.101 S.SA.200.101", "copy of #2" },
	{ "a held SYN+ACK that acknowledges something else", "hold.S.SYNACK C.S.100 S.SA.200.101 S.SA.200.102",
	  "copy of #2" },
	{ "a delivered SYN again while its answer is held", "hold.S.SYNACK C.S.100 S.SA.200.101 C.S.100",
	  "copy of what arrived" },
	{ "a delivered SYN+ACK again while the ACK is held: frozen means frozen",
	  "hold.C.ACK C.S.100 S.SA.200.101 C.A.101.201 S.SA.200.101", "copy of what arrived" },
	{ "the same when the ACK was let go", "hold.C.ACK C.S.100 S.SA.200.101 C.A.101.201 release S.SA.200.101",
	  "passes" },
	{ "a delivered SYN is no SYN+ACK", "hold.S.SYN C.S.100 S.S.200 C.SA.100.201", "passes" },
	{ "a SYN+ACK is no SYN", "hold.C.ACK S.S.200 C.SA.100.201 S.A.201.101 C.A.101.201 C.S.100", "passes" },
	{ "a held ACK again", "hold.C.ACK C.S.99 C.A.100.201.0.512 C.A.100.201.0.512", "copy of #2" },
	{ "an ACK with another window is news", "hold.C.ACK C.S.99 C.A.100.201.0.512 C.A.100.201.0.513", "is held" },
	{ "one that acknowledges more is", "hold.C.ACK C.S.99 C.A.100.201 C.A.100.202", "is held" },
	{ "one with another number is", "hold.C.ACK C.S.99 C.A.100.201 C.A.101.201", "is held" },
	{ "one with other flags is", "hold.C.ACK C.S.99 C.A.100.201 C.AE.100.201", "is held" },
	{ "the other side's ACK is", "hold.C.ACK hold.S.ACK C.S.99 C.A.100.201 S.A.100.201", "is held" },
	{ "a delivered ACK again is news: it may answer a probe",
	  "hold.C.FIN C.S.99 C.A.100.201 C.FA.100.201 C.A.100.201", "passes" },
	{ "a held RST again", "hold.C.RST C.S.99 C.R.100 C.R.100", "copy of #2" },
	{ "a RST with another number", "hold.C.RST C.S.99 C.R.100 C.R.101", "is held" },
	{ "a RST is no ACK", "hold.C.ANY C.S.99 C.A.100.201 C.RA.100.201", "is held" },
	{ "held data again", "hold.C.DATA C.S.99 C.PA.100.201.10 C.PA.100.201.10", "copy of #2" },
	{ "held data again with a newer acknowledgment", "hold.C.DATA C.S.99 C.PA.100.201.10 C.A.100.300.10.7",
	  "copy of #2" },
	{ "a part of it", "hold.C.DATA C.S.99 C.PA.100.201.10 C.PA.103.201.3", "copy of #2" },
	{ "with one byte more it is news", "hold.C.DATA C.S.99 C.PA.100.201.10 C.PA.100.201.11", "is held" },
	{ "with one byte before it is", "hold.C.DATA C.S.98 C.PA.100.201.10 C.PA.99.201.11", "is held" },
	{ "two held ones again in one", "hold.C.DATA C.S.99 C.PA.100.201.10 C.PA.110.201.10 C.PA.100.201.20",
	  "copy of #2" },
	{ "the second of them", "hold.C.DATA C.S.99 C.PA.100.201.10 C.PA.110.201.10 C.PA.110.201.10", "copy of #3" },
	{ "the first of them", "hold.C.DATA C.S.99 C.PA.110.201.10 C.PA.100.201.10 C.PA.100.201.10", "copy of #3" },
	{ "with a hole between them it is news", "hold.C.DATA C.S.99 C.PA.100.201.10 C.PA.111.201.10 C.PA.100.201.21",
	  "is held" },
	{ "delivered data again while a FIN is held", "hold.C.FIN C.S.99 C.PA.100.201.10 C.FA.110.201 C.PA.100.201.10",
	  "copy of what arrived" },
	{ "delivered and held data in one", "C.S.99 C.PA.100.201.10 hold.C.DATA C.PA.110.201.10 C.PA.105.201.10",
	  "copy of #3" },
	{ "delivered data that only touches what is held",
	  "C.S.99 C.PA.100.201.10 hold.C.DATA C.PA.110.201.10 C.PA.100.201.10", "copy of what arrived" },
	{ "what was dropped is news", "hold.C.ACK drop.C.DATA C.S.99 C.A.100.201 C.PA.100.201.10 C.PA.100.201.10",
	  "is dropped" },
	{ "what was held and discarded is", "hold.C.ANY C.PA.100.201.10 C.PA.110.201.5 discard.1 C.PA.100.201.10",
	  "is held" },
	{ "data across the end of numbers", "hold.C.DATA C.S.4294967290 C.PA.4294967291.201.10 C.PA.4294967291.201.10",
	  "copy of #2" },
	{ "data that came in the SYN", "hold.C.ACK C.S.99.0.10 C.A.110.201 C.PA.100.201.10", "copy of what arrived" },
	{ "a held FIN again", "hold.C.FIN C.S.99 C.FA.100.201 C.FA.100.201", "copy of #2" },
	{ "a held FIN again that acknowledges the peer's", "hold.C.FIN C.S.99 C.FA.100.201 C.FA.100.202",
	  "copy of #2" },
	{ "a FIN with the data before it", "hold.C.ANY C.S.99 C.PA.100.201.10 C.FA.110.201 C.FPA.100.201.10",
	  "copy of #2" },
	{ "a FIN one number further", "hold.C.FIN C.S.99 C.FA.100.201 C.FA.101.201", "is held" },
	{ "a delivered FIN again while the peer's ACK is held",
	  "hold.S.ACK C.S.99 C.FA.100.201 S.A.201.101 C.FA.100.201", "copy of what arrived" },
	{ "the peer's delivered FIN with the same number is its own",
	  "hold.S.ACK C.S.99 S.SA.99.100 C.FA.100.100 S.A.100.101 S.FA.100.101", "passes" },
	{ "the other side's held data with the same numbers is its own",
	  "hold.S.DATA C.S.99 S.SA.99.100 S.PA.100.100.10 C.PA.100.100.10", "passes" },
	{ "a connection is not frozen by another one's held packet",
	  "hold.C.FIN C.S.100 C.FA.101.1 C.S.70000 C.S.70000", "passes" },
	{ "the number of a delivered SYN is no byte: a keep-alive with one",
	  "hold.C.FIN C.S.100 C.FA.101.1 C.A.100.1.1", "passes" },
	{ "a keep-alive has an old number and no byte", "hold.C.DATA C.S.99 C.PA.100.201.10 C.A.99.201", "passes" },
	{ "a window probe brings a byte", "hold.C.ACK C.S.99 C.A.100.201 C.A.100.201.1", "passes" },
};

static uint8_t flags_of(const char *letters)
{
	static const char order[] = "FSRPAUEC";
	uint8_t flags = 0;

	for (; *letters; letters++)
		flags |= (uint8_t)(1 << (strchr(order, *letters) - order));
	return flags;
}

static enum side side_of(char letter)
{
	return letter == 'C' ? CLIENT : SERVER;
}

static void happens(struct bench *b, const char *word)
{
	unsigned seq = 0, ack = 0, len = 0, window = 0, number;
	char side, what[16];
	enum packet_kind kind = KIND_ANY;

	if (sscanf(word, "hold.%c.%15s", &side, what) == 2 || sscanf(word, "drop.%c.%15s", &side, what) == 2) {
		packet_kind_parse(what, &kind);
		add(b, *word == 'h' ? RULE_HOLD : RULE_DROP, side_of(side), kind, -1);
	} else if (sscanf(word, "discard.%u", &number) == 1) {
		wire_discard(&b->w, wire_held(&b->w, number));
	} else if (streq(word, "release")) {
		wire_release(&b->w, &(struct pick){ .from = NO_SIDE, .kind = KIND_ANY });
		let_go(b);
	} else if (sscanf(word, "%c.%15[A-Z].%u.%u.%u.%u", &side, what, &seq, &ack, &len, &window) >= 3) {
		sends_window(b, side_of(side), flags_of(what), seq, ack, (uint16_t)len, (uint16_t)window);
	} else {
		ok(false, "'%s' is no word of a story", word);
	}
}

static const char *fate_of_last(const struct bench *b, const struct bench *before)
{
	static char text[32];

	if (b->again > before->again)
		snprintf(text, sizeof text, "copy of #%u", b->original);
	else if (b->swallowed > before->swallowed)
		snprintf(text, sizeof text, "copy of what arrived");
	else
		snprintf(text, sizeof text, "%s",
		         b->last == FATE_HELD      ? "is held"
		         : b->last == FATE_DROPPED ? "is dropped"
		                                   : "passes");
	return text;
}

static void what_is_a_copy(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
		struct bench b, before = { 0 };
		char *story = xstrdup(copies[i].story), *rest = story;

		setup(&b);
		for (const char *word = strtok_r(story, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
			before = b;
			happens(&b, word);
		}
		same_text(fate_of_last(&b, &before), copies[i].should, copies[i].name);
		teardown(&b);
		free(story);
	}
}

/* Which number the server expects next from the client, when all of this has happened. */
static const struct {
	const char *name, *story;
	uint32_t next;
} nexts[] = {
	{ "after the SYN", "C.S.100", 101 },
	{ "after ten bytes", "C.S.100 C.PA.101.1.10", 111 },
	{ "a hole is waited for", "C.S.100 C.PA.101.1.10 C.PA.112.1.10", 111 },
	{ "until it is filled", "C.S.100 C.PA.101.1.10 C.PA.112.1.10 C.PA.111.1.1", 122 },
	{ "a FIN takes a number", "C.S.100 C.FA.101.1", 102 },
	{ "data of the SYN counts", "C.S.100.0.7", 108 },
	{ "what is held does not", "hold.C.DATA C.S.100 C.PA.101.1.10", 101 },
	{ "across the end of numbers", "C.S.4294967293 C.PA.4294967294.1.10", 8 },
};

static void what_comes_next(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(nexts); i++) {
		struct bench b;
		char *story = xstrdup(nexts[i].story), *rest = story;
		uint32_t seq = 0, ack = 0;

		setup(&b);
		for (const char *word = strtok_r(story, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
			happens(&b, word);
		wire_expected(&b.w, b.conns.all[0], CLIENT, &seq, &ack);
		ok(seq == nexts[i].next, "expected next: %s (%u)", nexts[i].name, seq);
		teardown(&b);
		free(story);
	}
}

int main(void)
{
	what_is_a_copy();
	what_comes_next();
	expected();
	closing();
	simultaneous_open();
	collapsed();
	return tap_done();
}
