/* SPDX-License-Identifier: MIT
 * What is made of a table of sockets: ages, reasons and listeners, changes, columns. From tables made by hand. */
#include "base/tap.h"
#include "model/age.h"
#include "model/belonging.h"
#include "model/changes.h"
#include "model/column.h"

#include <netinet/in.h>
#include <stdlib.h>

static struct endpoint at(const char *address, uint16_t port)
{
	struct endpoint e = { .port = port };

	addr_parse(address, &e.addr);
	return e;
}

static struct sock sock(enum tcp_state state, const char *local, uint16_t port, const char *remote,
                        uint16_t remote_port)
{
	return (struct sock){ .key = { 1, 0 },
		              .state = state,
		              .local = at(local, port),
		              .remote = at(remote, remote_port),
		              .held = true };
}

/* --- ages ---------------------------------------------------------------------------------------------- */

static void age_is(struct sock s, struct sock_info info, const char *should, const char *what)
{
	struct buf b = { 0 };

	info.known = !s.is_mini;
	sock_set_age(&s, &info);
	sock_age_text(&b, &s, false);
	same_text(buf_text(&b), should, what);
	buf_free(&b);
}

static void ages_in_close_wait(void)
{
	struct sock closing = sock(TCP_CLOSE_WAIT, "10.0.0.1", 80, "10.0.0.2", 4000);

	age_is(closing, (struct sock_info){ .last_snd_ms = 9000, .last_ack_ms = 3000 }, "3.00 s",
	       "CLOSE_WAIT: since the FIN, the last ACK");
	age_is(closing, (struct sock_info){ .last_snd_ms = 3000, .last_ack_ms = 3000, .sent = SENT_NEVER }, "3.00 s",
	       "nothing was ever sent: exact");
	age_is(closing, (struct sock_info){ .last_snd_ms = 100, .last_ack_ms = 90 }, ">=90.0 ms",
	       "sent just before: the ACK may be for that");
	age_is(closing, (struct sock_info){ .last_snd_ms = 50, .last_ack_ms = 50 }, ">=50.0 ms",
	       "a half-close that still sends: a bound");
	closing.wq = 20021;
	closing.timer = TIMER_PERSIST;
	age_is(closing, (struct sock_info){ .last_snd_ms = 238000, .last_ack_ms = 11000 }, ">=11.0 s",
	       "window probes are answered by ACKs");
	closing.wq = 0;
	closing.timer = TIMER_KEEPALIVE;
	age_is(closing, (struct sock_info){ .last_snd_ms = 9000, .last_ack_ms = 3000 }, ">=3.00 s",
	       "keep-alives are answered by ACKs too");
}

static void ages_when_established(void)
{
	struct sock waiting = sock(TCP_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", 4000);

	age_is(waiting, (struct sock_info){ .last_snd_ms = 7000, .last_ack_ms = 3000 }, ">=7.00 s",
	       "ESTABLISHED: at least since it last sent");
	waiting.held = false;
	age_is(waiting, (struct sock_info){ .last_snd_ms = 5000, .last_ack_ms = 5000 }, "5.00 s",
	       "in the accept queue: since the handshake");
	waiting.rq = 3;
	age_is(waiting, (struct sock_info){ .last_snd_ms = 9000, .last_ack_ms = 5000 }, ">=5.00 s",
	       "data came meanwhile: a bound");
}

static void ages_by_a_timer(void)
{
	struct sock gone = {
		.state = TCP_TIME_WAIT, .is_mini = true, .timer = TIMER_TIMEWAIT, .timer_left = span_s(48)
	};

	age_is(gone, (struct sock_info){ 0 }, ">=12.0 s", "TIME_WAIT: 60 s less what is left");
	age_is((struct sock){ .state = TCP_LISTEN, .held = true }, (struct sock_info){ .last_ack_ms = 5 }, "",
	       "of a listener nothing is known");
}

static void ages_in_syn_sent(void)
{
	struct sock asking = { .state = TCP_SYN_SENT, .retrans = 3, .timer = TIMER_ON, .timer_left = span_ms(600) };

	age_is(asking, (struct sock_info){ 0 }, ">=3.40 s",
	       "SYN_SENT: a second or more for each retransmission, and what has passed of this wait");
	asking.timer_left = span_ms(3500);
	age_is(asking, (struct sock_info){ 0 }, ">=4.50 s",
	       "more than two seconds are left: this is a wait of four, and one of two was before");
	asking.retrans = 0;
	age_is(asking, (struct sock_info){ 0 }, "", "longer than a first wait is: nothing has passed for certain");
	asking.timer = TIMER_OFF;
	age_is(asking, (struct sock_info){ 0 }, "", "without a timer nothing is known");
}

static void ages_when_half_open(void)
{
	struct sock half = {
		.state = TCP_NEW_SYN_RECV, .is_mini = true, .retrans = 3, .timer = TIMER_ON, .timer_left = span_ms(3500)
	};

	age_is(half, (struct sock_info){ 0 }, ">=11.5 s", "half open: waits of 1, 2 and 4 seconds, and this one of 8");
	half.retrans = 200;
	age_is(half, (struct sock_info){ 0 }, ">=317 s", "hostile figures overflow nothing");
}

/* --- belonging ----------------------------------------------------------------------------------------- */

/* Of the last one that was added: what it waits for, and why nobody holds it. */
static void belongs(struct evidence *ev, struct sock s, int listener, enum no_owner why, const char *what)
{
	size_t i = ev->n;

	evidence_add(ev, &s);
	for (size_t k = 0; k < ev->n; k++)
		ev->socks[k].half_open = ev->socks[k].listener = 0;
	evidence_belonging(ev);
	ok((int)ev->socks[i].listener - 1 == listener && ev->socks[i].no_owner == why, "%s", what);
	if ((int)ev->socks[i].listener - 1 != listener || ev->socks[i].no_owner != why)
		printf("# listener %d, %s\n", (int)ev->socks[i].listener - 1,
		       no_owner_info((enum no_owner)ev->socks[i].no_owner)->word);
}

static struct sock unheld(enum tcp_state state, const char *local, uint16_t port)
{
	struct sock s = sock(state, local, port, "10.0.0.9", 5000);

	s.held = false;
	s.is_mini = state == TCP_NEW_SYN_RECV || state == TCP_TIME_WAIT;
	return s;
}

static void belonging(void)
{
	struct evidence ev = { 0 };
	struct sock any = sock(TCP_LISTEN, "0.0.0.0", 80, "0.0.0.0", 0),
		    one = sock(TCP_LISTEN, "10.0.0.1", 80, "0.0.0.0", 0);
	struct sock both = sock(TCP_LISTEN, "::", 81, "::", 0), only6 = sock(TCP_LISTEN, "::", 82, "::", 0),
		    other = any;
	struct sock elsewhere = unheld(TCP_ESTABLISHED, "10.0.0.7", 80);

	only6.v6only = true;
	other.key.netns = 2;
	evidence_add(&ev, &any);   /* 0 */
	evidence_add(&ev, &one);   /* 1 */
	evidence_add(&ev, &both);  /* 2 */
	evidence_add(&ev, &only6); /* 3 */
	evidence_add(&ev, &other); /* 4 */
	belongs(&ev, unheld(TCP_ESTABLISHED, "10.0.0.1", 80), 1, NO_OWNER_NOT_ACCEPTED,
	        "the listener of that very address");
	belongs(&ev, unheld(TCP_CLOSE_WAIT, "10.0.0.7", 80), 0, NO_OWNER_NOT_ACCEPTED, "else that of any address");
	belongs(&ev, unheld(TCP_NEW_SYN_RECV, "10.0.0.1", 81), 2, NO_OWNER_SYN_QUEUE, "IPv4 at a listener on ::");
	ok(ev.socks[2].half_open == 1 && ev.socks[0].half_open == 0, "it counts as half-open there");
	belongs(&ev, unheld(TCP_ESTABLISHED, "10.0.0.1", 82), -1, NO_OWNER_NOT_ACCEPTED,
	        "but not where that takes IPv6 only");
	elsewhere.key.netns = 2;
	belongs(&ev, elsewhere, 4, NO_OWNER_NOT_ACCEPTED, "in its own namespace");
	belongs(&ev, unheld(TCP_TIME_WAIT, "10.0.0.1", 80), -1, NO_OWNER_TIME_WAIT, "TIME_WAIT waits for no listener");
	belongs(&ev, unheld(TCP_FIN_WAIT1, "10.0.0.1", 80), -1, NO_OWNER_ORPHAN,
	        "FIN_WAIT1 without a process is an orphan");
	belongs(&ev, unheld(TCP_LAST_ACK, "10.0.0.1", 80), -1, NO_OWNER_ORPHAN, "and so is LAST_ACK");
	ok(!ev.socks[5].listener_one_of, "one listener fits best");
	evidence_add(&ev, &one);
	belongs(&ev, unheld(TCP_ESTABLISHED, "10.0.0.1", 80), 1, NO_OWNER_NOT_ACCEPTED,
	        "two of the same address: the first is named");
	ok(ev.socks[ev.n - 1].listener_one_of, "and it is said that it is one of them");
	evidence_free(&ev);
}

/* --- changes ------------------------------------------------------------------------------------------- */

struct told {
	char text[64];
};

static void tell(void *ctx, size_t was, size_t is)
{
	struct told *t = ctx;

	strcat(t->text, was == NO_ROW ? "+" : is == NO_ROW ? "-" : "~");
}

static const char *changes(const struct sock *was, size_t n_was, const struct sock *is, size_t n_is)
{
	static struct told t;
	struct evidence a = { 0 }, b = { 0 };
	struct sort_key x[8], y[8];

	t.text[0] = 0;
	for (size_t i = 0; i < n_was; i++) {
		evidence_add(&a, &was[i]);
		x[i].index = (uint32_t)i;
	}
	for (size_t i = 0; i < n_is; i++) {
		evidence_add(&b, &is[i]);
		y[i].index = (uint32_t)i;
	}
	changes_tell(&(struct rows){ &a, x, n_was }, &(struct rows){ &b, y, n_is }, tell, &t);
	evidence_free(&a);
	evidence_free(&b);
	return t.text;
}

static void looks(void)
{
	struct sock a = sock(TCP_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", 4000),
		    b = sock(TCP_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", 4001);
	struct sock later = a, again = a, both[2] = { a, b }, turned[2] = { b, a };

	same_text(changes(both, 2, turned, 2), "", "the same sockets in another order are no change");
	same_text(changes(&a, 1, both, 2), "+", "one has come");
	same_text(changes(both, 2, &b, 1), "-", "one has gone");
	later.state = TCP_CLOSE_WAIT;
	same_text(changes(&a, 1, &later, 1), "~", "one has changed its state");
	later = a;
	later.rq = 5;
	same_text(changes(&a, 1, &later, 1), "~", "or has something in its queue");
	later.rq = 0;
	later.timer_left = span_s(3);
	same_text(changes(&a, 1, &later, 1), "", "a timer that runs is no change");
	a.key.cookie = 7;
	again.key.cookie = 8;
	same_text(changes(&a, 1, &again, 1), "-+",
	          "another cookie is another connection, though the addresses are the same");
	again.key.cookie = 0;
	same_text(changes(&a, 1, &again, 1), "", "no cookie yet is the same one");
	again.key.netns = 2;
	ok(strlen(changes(&a, 1, &again, 1)) == 2, "another namespace is another connection");
}

/* --- columns ------------------------------------------------------------------------------------------- */

static void columns(void)
{
	struct columns cs = { .n = 0 };
	struct err e = { 0 };

	ok(columns_parse(&cs, "state,Recv-Q,total_retrans", &e) == 0 && cs.n == 3 && cs.all[1] == COL_RECVQ &&
	           cs.all[2] == COL_RESENT,
	   "columns by word or title");
	ok(columns_parse(&cs, "+owner,state", &e) == 0 && cs.n == 4 && cs.all[3] == COL_OWNER,
	   "+ adds those that are not there");
	ok(columns_want(&cs) == (WANT_INFO | WANT_OWNERS), "what they want is gathered, and no more");
	ok(columns_parse(&cs, "ownr", &e) < 0, "one that does not exist is refused");
	same_text(err_text(&e), "there is no column 'ownr'; did you mean 'owner'?", "with advice");
	ok(columns_parse(&cs, "", &e) < 0, "none at all as well");
}

int main(void)
{
	ages_in_close_wait();
	ages_when_established();
	ages_by_a_timer();
	ages_in_syn_sent();
	ages_when_half_open();
	belonging();
	looks();
	columns();
	return tap_done();
}
