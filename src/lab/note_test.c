/* SPDX-License-Identifier: MIT
 * What the lab notes: results as actors answer them, packets, connections that are handed over. */
#include "lab/bare_test.h"

#include <errno.h>

static struct bare b;

static const struct event *last_event(void)
{
	return b.l.timeline.n ? b.l.timeline.events[b.l.timeline.n - 1] : NULL;
}

/* The actor's process answers a call of this kind. */
static void answers(struct actor *a, enum actor_op op, struct actor_reply reply, const char *text, const char *should)
{
	char message[sizeof reply + 100];
	const struct event *ev;

	a->now = (struct pending){ .id = ++b.l.last_call, .op = op, .call = "call" };
	reply.listener_fd = a->listener_fd;
	reply.conn_fd = a->conn_fd;
	reply.text_len = (uint32_t)strlen(text);
	memcpy(message, &reply, sizeof reply);
	memcpy(message + sizeof reply, text, strlen(text));
	bare_must(write(b.told[a->side], message, sizeof reply + strlen(text)) > 0);
	ok(note_results(&b.l, &b.e) == 0 && a->now.id == 0, "the answer is taken");
	ev = last_event();
	ok(ev && ev->kind == EV_RESULT && ev->call.id == b.l.last_call && ev->call.failed == (reply.ret < 0) &&
	           ev->side == a->side && b.l.dirty[a->side],
	   "and noted, of its call and its side");
	same_text(ev && ev->kind == EV_RESULT ? ev->call.text : "", should, "in these words");
}

static void of_results(void)
{
	struct actor *a = bare_actor(&b, CLIENT, 3, 4);
	static const char forty[] = "1234567890123456789012345678901234567890";
	char text[60];

	answers(a, OP_CONNECT, (struct actor_reply){ .ret = 0 }, "", "0");
	answers(a, OP_CONNECT, (struct actor_reply){ .ret = -1, .err = ECONNREFUSED }, "",
	        "-1 ECONNREFUSED (Connection refused)");
	answers(a, OP_LISTEN, (struct actor_reply){ .ret = -1, .err = EADDRINUSE, .call = "bind" }, "",
	        "-1 EADDRINUSE (Address already in use) from bind()");
	answers(a, OP_BIND, (struct actor_reply){ .ret = -1, .err = EACCES, .call = "bind" }, "",
	        "-1 EACCES (Permission denied)");
	answers(a, OP_SEND, (struct actor_reply){ .ret = 3000000000 }, "", "3000000000");
	answers(a, OP_RECV, (struct actor_reply){ .ret = 5 }, "hello", "5 \"hello\"");
	answers(a, OP_RECV, (struct actor_reply){ .ret = 0 }, "", "0 (end of file)");
	answers(a, OP_SEND, (struct actor_reply){ .ret = 0 }, "", "0");
	answers(a, OP_RECV, (struct actor_reply){ .ret = -1, .err = ECONNRESET }, "",
	        "-1 ECONNRESET (Connection reset by peer)");
	snprintf(text, sizeof text, "40 \"%s\"", forty);
	answers(a, OP_RECV, (struct actor_reply){ .ret = 40 }, forty, text);
	snprintf(text, sizeof text, "41 \"%s…\"", forty);
	answers(a, OP_RECV, (struct actor_reply){ .ret = 41 }, "12345678901234567890123456789012345678901", text);
}

/* Who was accepted is said by the name of the connection's client, the youngest first. */
static void of_accept(void)
{
	struct actor *a = bare_actor(&b, SERVER, 3, 4);
	struct segment syn = bare_segment(CLIENT, 7777, SYN, 0);
	struct endpoint other = { .port = 9 };

	bare_sends(&b, CLIENT, syn);
	answers(a, OP_ACCEPT, (struct actor_reply){ .ret = 4, .peer = syn.src }, "", "4");
	snprintf(b.l.timeline.conns.all[0]->end[CLIENT].who, ACTOR_NAME, "client2");
	answers(a, OP_ACCEPT, (struct actor_reply){ .ret = 4, .peer = syn.src }, "", "4 (client2)");
	answers(a, OP_ACCEPT, (struct actor_reply){ .ret = 4, .peer = other }, "", "4");
	answers(a, OP_CONNECT, (struct actor_reply){ .ret = 0, .peer = syn.src }, "", "0");
	answers(a, OP_ACCEPT, (struct actor_reply){ .ret = -1, .err = EAGAIN, .peer = syn.src }, "",
	        "-1 EAGAIN (Resource temporarily unavailable)");
}

/* An adopted connection is told as a notice, not as a call of the story; an actor that is gone, in a sentence. */
static void of_others(void)
{
	struct actor *a = bare_actor(&b, SERVER, -1, 5);
	struct actor_reply r = { .ret = 5, .fd = 5, .listener_fd = -1, .conn_fd = 5 };

	a->now = (struct pending){ .id = 1, .op = OP_ADOPT };
	bare_must(write(b.told[SERVER], &r, sizeof r) > 0);
	ok(note_results(&b.l, &b.e) == 0 && last_event()->kind == EV_NOTICE, "an adopted connection is a notice");
	same_text(last_event()->text, "server takes this connection, as its descriptor 5", "which says so");
	a->now.id = 2;
	ok(note_results(&b.l, &b.e) == 0 && a->now.id == 2, "an answer that is not there is waited for");
	close(b.told[SERVER]);
	b.told[SERVER] = -1;
	ok(note_results(&b.l, &b.e) < 0, "a process that is gone is an error");
	same_text(err_text(&b.e),
	          "the process of actor server is gone: killed from outside, or too few descriptors (see 'ulimit -n')",
	          "which says what may have killed it");
}

static void of_packets(void)
{
	const struct event *ev;

	bare_says(&b, "hold client SYN");
	bare_sends(&b, CLIENT, bare_segment(CLIENT, 7777, SYN, 0));
	ev = last_event();
	ok(ev->kind == EV_PACKET && ev->side == CLIENT && ev->packet.fate == FATE_HELD && ev->packet.number == 1,
	   "a packet that is held");
	ok(ev->packet.conn == 1 && ev->packet.rel_seq == 0 && !ev->packet.bytes, "its connection, and no bytes");
	b.l.dirty[SERVER] = false;
	bare_sends(&b, CLIENT, bare_segment(CLIENT, 7777, SYN, 0));
	while (wire_may_wait(&b.l.wire) && b.l.timeline.n < 2)
		wire_step(&b.l.wire);
	ev = last_event();
	ok(ev->kind == EV_AGAIN && ev->packet.number == 1 && ev->packet.copies == 1 && ev->side == CLIENT,
	   "the same again is counted at the one that is held");
	ok(!b.l.dirty[SERVER], "nobody was handed it");
	bare_says(&b, "pass 1");
	while (wire_step(&b.l.wire) > 0)
		;
	ok(last_event()->kind == EV_RELEASED && b.l.dirty[SERVER], "one that is let go changes the other host");
	b.l.keep_bytes = true;
	bare_sends(&b, SERVER, bare_segment(SERVER, 7777, SYN | ACK, 0));
	ev = last_event();
	ok(ev->packet.fate == FATE_PASSED && ev->side == SERVER && b.l.dirty[CLIENT], "one that passes");
	ok(ev->packet.n_bytes == 40 && ev->packet.bytes && ev->packet.bytes[9] == IPPROTO_TCP, "with its bytes");
	ok(ev->packet.rel_seq == 0 && ev->packet.rel_ack == 1, "numbered from its connection's beginning");
	bare_says(&b, "hold client SYN");
	bare_sends(&b, CLIENT, bare_segment(CLIENT, 80, SYN, 0));
	bare_says(&b, "drop 3");
	ok(last_event()->kind == EV_DISCARDED && last_event()->packet.fate == FATE_DROPPED, "one that is lost");
}

int main(void)
{
	void (*const parts[])(void) = { of_results, of_accept, of_others, of_packets };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		bare_open(&b);
		parts[i]();
		bare_close(&b);
	}
	return tap_done();
}
