/* SPDX-License-Identifier: MIT
 * Ladders of sockets: queues, owners, timers, tables, listeners; and those of a machine on which nobody named anything.
 */
#include "render/ladders_test.h"

/* Queues, owners and timers of sockets; requests told apart by their client. */
static void tell_client_socket(struct tale *t)
{
	struct sock e = tale_sock(2, TCP_ESTABLISHED, 8), was = e;

	e.rq = 3;
	e.wq = 4;
	tale_becomes(t, CLIENT, "client", was, e);
	was = e;
	e.timer = TIMER_PERSIST;
	e.timer_left = span_ms(410);
	e.retrans = 2;
	tale_becomes(t, CLIENT, "client", was, e);
	was = e;
	e.timer_left = span_ms(800);
	tale_becomes(t, CLIENT, "client", was, e);
	was = e;
	e.timer = TIMER_ON;
	tale_becomes(t, CLIENT, "client", was, e);
	was = e;
	e.rq = 9;
	tale_becomes(t, CLIENT, "client", was, e);
	was = e;
	e.wq = 0;
	tale_becomes(t, CLIENT, "client", was, e);
	was = e;
	e.state = TCP_FIN_WAIT2;
	e.rq = 2;
	e.wq = 7;
	tale_becomes(t, CLIENT, "client", was, e);
	was = e;
	e.state = TCP_CLOSING;
	e.inode = 0;
	tale_becomes(t, CLIENT, "client", was, e);
	tale_becomes(t, CLIENT, "client", e, e);
}

static void tell_server_socket(struct tale *t)
{
	struct sock s = tale_sock(3, TCP_NEW_SYN_RECV, 0), was, half;
	struct segment syn = { .protocol = IPPROTO_TCP, .flags = SYN, .src = s.remote, .dst = s.local };
	bool resent;

	snprintf(conns_of(&t->tl.conns, CLIENT, &syn, &resent)->end[CLIENT].who, ACTOR_NAME, "client2");
	tale_appears(t, SERVER, "", s);
	tale_becomes(t, SERVER, "", s, half = tale_sock(3, TCP_ESTABLISHED, 0));
	was = half;
	half.rq = 100;
	tale_becomes(t, SERVER, "", was, half);
	was = half;
	half.inode = 11;
	tale_becomes(t, SERVER, "server", was, half);
	was = half;
	half.state = TCP_CLOSE_WAIT;
	half.wq = 12;
	tale_becomes(t, SERVER, "server2", was, half);
	tale_passes(t, SERVER, 5, FIN | ACK);
	tale_becomes(t, SERVER, "server2", half, tale_sock(3, TCP_LAST_ACK, 0));
	tale_appears(t, SERVER, "", tale_sock(4, TCP_LAST_ACK, 0));
	tale_appears(t, SERVER, "", tale_sock(5, TCP_ESTABLISHED, 0))->was =
		tale_sock(5, TCP_ESTABLISHED, 0); /* not to be read */
	tale_passes(t, CLIENT, 6, ACK);
	tale_becomes(t, SERVER, "server2", tale_sock(6, TCP_SYN_RECV, 9), tale_sock(6, TCP_ESTABLISHED, 9));
}

static void tell_queues(struct tale *t)
{
	tale_queues(t, 20, TCP_ESTABLISHED, 8, 3, 4);
	tale_queues(t, 21, TCP_FIN_WAIT2, 8, 3, 4);
	tale_queues(t, 22, TCP_FIN_WAIT2, 0, 3, 4);
	tale_queues(t, 23, TCP_FIN_WAIT1, 8, 3, 4);
	tale_queues(t, 24, TCP_CLOSE_WAIT, 8, 1, 0);
	tale_queues(t, 25, TCP_LAST_ACK, 0, 1, 0);
	t->pause = t->tl.n;
	tale_queues(t, 20, TCP_ESTABLISHED, 8, 3, 5);
	tale_queues(t, 24, TCP_CLOSE_WAIT, 8, 0, 0);
	tale_queues(t, 24, TCP_CLOSE_WAIT, 8, 0, 7);
}

static void tell_sockets(struct tale *t)
{
	tell_client_socket(t);
	tell_server_socket(t);
	tell_queues(t);
}

/* What is held, and tables. */
static void tell_tables(struct tale *t)
{
	struct event *e = tale_add(t, EV_KEPT, NO_SIDE, "");
	struct sock listener = tale_sock(1, TCP_LISTEN, 7);

	e->kept.n = 2;
	e->kept.packets = xcalloc(2, sizeof *e->kept.packets);
	e->kept.from = xcalloc(2, sizeof *e->kept.from);
	e->kept.packets[0] = tale_kept(7, FIN | ACK, 410, 0);
	e->kept.packets[1] = tale_kept(8, ACK, 3310, 2);
	e->kept.from[1] = SERVER;
	tale_add(t, EV_KEPT, NO_SIDE, "");
	listener.remote = (struct endpoint){ { AF_INET, { 0 } }, 0 };
	listener.wq = 5;
	for (int netstat = 0; netstat < 2; netstat++) {
		e = tale_add(t, EV_TABLE, NO_SIDE, "");
		e->table.netstat = netstat;
		evidence_add(&e->table.seen[SERVER], &listener);
		evidence_add(&e->table.seen[CLIENT], &(struct sock){ .state = TCP_BOUND, .local = listener.local });
		evidence_add(&e->table.seen[CLIENT], &(struct sock){ .state = TCP_TIME_WAIT,
		                                                     .local = listener.local,
		                                                     .remote = tale_sock(1, TCP_TIME_WAIT, 0).remote,
		                                                     .timer = TIMER_TIMEWAIT,
		                                                     .timer_left = span_ms(59800) });
	}
	e = tale_add(t, EV_TABLE, NO_SIDE, "");
	e->table.one_host = true;
	evidence_add(&e->table.seen[CLIENT], &listener);
	listener.local.port = 22;
	evidence_add(&e->table.seen[SERVER], &listener);
	listener.local.addr = listener.remote.addr = (struct addr){ .family = AF_INET6 };
	evidence_add(&e->table.seen[SERVER], &listener);
	listener.v6only = true;
	evidence_add(&e->table.seen[SERVER], &listener);
}

/* What is bound or listens has no place in the columns of states, whatever happens to it; and a state stands behind a
 * call of several lines. */
static void tell_listener(struct tale *t)
{
	struct sock bound = tale_sock(1, TCP_BOUND, 7), listener = bound, c = tale_sock(2, TCP_ESTABLISHED, 8), was = c;

	bound.remote = listener.remote = (struct endpoint){ .port = 0 };
	listener.state = TCP_LISTEN;
	listener.wq = 5;
	tale_call(t, SERVER, "server", 1,
	          "bind(3, {sa_family=AF_INET, sin_port=htons(13), sin_addr=inet_addr(\"0.0.0.0\")}, 16)");
	tale_result(t, SERVER, "server", 1, "0");
	tale_appears(t, SERVER, "server", bound);
	tale_call(t, SERVER, "server", 2, "listen(3, 5)");
	tale_result(t, SERVER, "server", 2, "0");
	tale_becomes(t, SERVER, "server", bound, listener);
	tale_call(t, SERVER, "server", 3, "sendto(4, \"Mon Nov 30 14:26:11 2026\", 24, MSG_NOSIGNAL, NULL, 0)");
	tale_result(t, SERVER, "server", 3, "24");
	c.state = TCP_FIN_WAIT1;
	tale_becomes(t, SERVER, "server", was, c);
	tale_call(t, CLIENT, "client", 4, "sendto(4, \"Mon Nov 30 14:26:11 2026\", 24, MSG_NOSIGNAL, NULL, 0)");
	tale_result(t, CLIENT, "client", 4, "24");
	tale_becomes(t, CLIENT, "client", was, c);
	was = c;
	c.state = TCP_FIN_WAIT2;
	tale_passes(t, CLIENT, 1, ACK);
	tale_becomes(t, SERVER, "server", was, c);
	tale_call(t, SERVER, "server", 5, "close(3)");
	tale_result(t, SERVER, "server", 5, "0");
	tale_goes(t, SERVER, "server", listener);
	was = c;
	c.state = TCP_TIME_WAIT;
	tale_passes(t, CLIENT, 2, FIN | ACK);
	tale_becomes(t, SERVER, "", was, c);
	tale_text(t, EV_NOTE, NO_SIDE, "", "By itself it has a time of its own.");
	tale_appears(t, CLIENT, "client2", bound);
	was = bound;
	was.state = TCP_SYN_SENT;
	tale_becomes(t, CLIENT, "client2", bound, was);
	tale_text(t, EV_NOTE, NO_SIDE, "", "A connect() that fails leaves it bound.");
	tale_becomes(t, CLIENT, "client2", was, bound);
	tale_text(t, EV_NOTE, NO_SIDE, "", "And so it goes.");
	tale_goes(t, CLIENT, "client2", bound);
}

/* The machine's own network: connections that nobody named, and others' packets between. */
static void tell_machine(struct tale *t)
{
	struct sock c = tale_sock(2, TCP_SYN_SENT, 8), s = tale_sock(3, TCP_ESTABLISHED, 9), is = c,
		    listener = tale_sock(1, TCP_LISTEN, 7);
	struct segment mine = { .protocol = IPPROTO_TCP, .flags = SYN, .src = c.local, .dst = c.remote };
	bool resent;

	conns_of(&t->tl.conns, CLIENT, &mine, &resent);
	is.state = TCP_ESTABLISHED;
	tale_call(t, CLIENT, "curl", 1, "connect(3, 10.0.0.2:80)");
	tale_appears(t, CLIENT, "curl", c);
	tale_passes(t, CLIENT, 1, SYN);
	tale_passes(t, SERVER, 2, SYN | ACK)->conn = 2;
	tale_becomes(t, CLIENT, "curl", c, is);
	tale_passes(t, SERVER, 3, SYN | ACK);
	tale_becomes(t, CLIENT, "curl", is, tale_sock(2, TCP_CLOSE_WAIT, 8));
	tale_passes(t, SERVER, 4, 0)->conn = 0;
	tale_becomes(t, CLIENT, "curl", tale_sock(2, TCP_CLOSE_WAIT, 8), tale_sock(2, TCP_LAST_ACK, 8));
	tale_text(t, EV_NOTE, NO_SIDE, "", "Something else.");
	tale_appears(t, CLIENT, "curl", s);
	tale_goes(t, CLIENT, "curl", s);
	listener.remote.port = 0;
	listener.wq = 128;
	tale_appears(t, CLIENT, "wget", listener);
	tale_result(t, CLIENT, "curl", 1, "0");
}

static struct sock tale_of_port(enum tcp_state state, uint16_t port)
{
	struct sock s = tale_sock(port, state, 8);

	s.local.port = 80;
	s.remote.port = port;
	return s;
}

/* What was there before is one line, and from then on each packet and queue says of which it is, by the port of who
 * connected; numbers that relate to nothing are said to be the segment's own. */
static void tell_before(struct tale *t)
{
	static const enum tcp_state states[] = { TCP_ESTABLISHED, TCP_CLOSE_WAIT, TCP_ESTABLISHED };
	struct sock listener = tale_sock(1, TCP_LISTEN, 7), s = tale_of_port(TCP_ESTABLISHED, 5001), was = s;
	struct segment mine = { .protocol = IPPROTO_TCP, .flags = ACK, .src = s.remote, .dst = s.local };
	struct event_packet *p;
	bool resent;

	listener.remote = (struct endpoint){ .port = 0 };
	tale_text(t, EV_PROCESS, CLIENT, "nginx", "attached to nginx, pid 7");
	for (uint16_t i = 0; i < ARRAY_SIZE(states); i++) {
		tale_appears(t, CLIENT, "nginx", tale_of_port(states[i], 5001 + i))->before = true;
		tale_appears(t, SERVER, "", tale_sock(100 + i, TCP_ESTABLISHED, 8))->before = true;
	}
	tale_appears(t, CLIENT, "nginx", listener)->before = true;
	conns_of(&t->tl.conns, SERVER, &mine, &resent);
	p = tale_passes(t, SERVER, 1, PSH | ACK);
	p->seg.len = 5;
	s.rq = 5;
	tale_becomes(t, CLIENT, "nginx", was, s);
	mine.src.port = 5003;
	mine.flags = SYN;
	conns_of(&t->tl.conns, SERVER, &mine, &resent);
	tale_passes(t, SERVER, 2, SYN)->conn = 2;
	tale_packet(t, EV_RELEASED, SERVER, 2, SYN)->conn = 2;
	p = tale_passes(t, CLIENT, 3, RST | ACK);
	p->rel_seq = 1679956003;
	p->rel_ack = 1679956004;
	p->seq_absolute = p->ack_absolute = true;
}

static const struct tale_of tales[] = {
	{ "sockets", tell_sockets, NULL, false },   { "tables", tell_tables, NULL, false },
	{ "listener", tell_listener, NULL, false }, { "machine", tell_machine, "curl", false },
	{ "before", tell_before, "nginx", false },
};

int main(void)
{
	return ladders_test(tales, ARRAY_SIZE(tales));
}
