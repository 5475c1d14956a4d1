/* SPDX-License-Identifier: MIT
 * Whose a socket of the machine's own network is: a program's, what waits for its listener, the other end of one of its
 * connections, which may outlive it, or nobody's here. */
#include "lab/bare_test.h"
#include "lab/machine.h"
#include "lab/machine_internal.h"

static struct bare b;

enum { LISTENER = 1, ACCEPTED, CLIENTS, CLIENTS_LISTENER, OTHERS };

static struct endpoint at(const char *text, uint16_t port)
{
	struct endpoint e = { .port = port };

	addr_parse(text, &e.addr);
	return e;
}

static void add(struct evidence *ev, uint64_t cookie, enum tcp_state state, uint32_t inode, struct endpoint local,
                struct endpoint remote)
{
	evidence_add(ev,
	             &(struct sock){
			     .key.cookie = cookie, .state = state, .inode = inode, .local = local, .remote = remote });
}

/* "c3 s1 s2": the sides' cookies, in ascending order. */
static void split_is(const struct evidence *all, const char *should, const char *what)
{
	struct evidence kept[SIDES] = { { .n = 0 }, { .n = 0 } };
	struct buf is = { 0 };

	machine_split(&b.l, all, kept);
	for (int side = 0; side < SIDES; side++)
		for (uint64_t cookie = 0; cookie < 100; cookie++)
			for (size_t i = 0; i < kept[side].n; i++)
				if (kept[side].socks[i].key.cookie == cookie)
					buf_addf(&is, "%s%c%d", is.len ? " " : "", side_name((enum side)side)[0],
					         (int)cookie);
	same_text(buf_text(&is), should, what);
	buf_free(&is);
	for (int side = 0; side < SIDES; side++)
		evidence_free(&kept[side]);
}

/* The server has a listener on every address and a connection; the client one of ::1. */
static void set_up(void)
{
	bare_open(&b);
	b.l.options.machine = true;
	bare_actor(&b, SERVER, 3, 4)->page->listener_cookie = LISTENER;
	lab_find_actor(&b.l, "server")->page->conn_cookie = ACCEPTED;
	bare_actor(&b, CLIENT, 3, 4)->page->conn_cookie = CLIENTS;
	lab_find_actor(&b.l, "client")->page->listener_cookie = CLIENTS_LISTENER;
}

static void listen_and_accept(struct evidence *all)
{
	add(all, LISTENER, TCP_LISTEN, 11, at("0.0.0.0", 80), at("0.0.0.0", 0));
	add(all, ACCEPTED, TCP_ESTABLISHED, 12, at("10.0.0.1", 80), at("10.0.0.9", 4000));
	add(all, CLIENTS_LISTENER, TCP_LISTEN, 14, at("::1", 81), at("::", 0));
}

static void of_listeners(void)
{
	struct evidence all = { 0 };

	listen_and_accept(&all);
	split_is(&all, "c4 s1 s2", "what programs hold");
	add(&all, 20, TCP_ESTABLISHED, 0, at("10.0.0.1", 80), at("10.0.0.9", 4001));
	add(&all, 21, TCP_CLOSE_WAIT, 0, at("127.0.0.1", 80), at("10.0.0.9", 4002));
	add(&all, 22, TCP_NEW_SYN_RECV, 0, at("::ffff:10.0.0.1", 80), at("::ffff:10.0.0.9", 4003));
	add(&all, 23, TCP_ESTABLISHED, 0, at("::1", 81), at("::1", 4004));
	split_is(&all, "c4 c23 s1 s2 s20 s21 s22", "what waits to be accepted is its listener's");
	add(&all, 30, TCP_ESTABLISHED, 9, at("10.0.0.1", 80), at("10.0.0.9", 4005));
	add(&all, 31, TCP_TIME_WAIT, 0, at("10.0.0.1", 80), at("10.0.0.9", 4006));
	add(&all, 32, TCP_FIN_WAIT2, 0, at("10.0.0.1", 80), at("10.0.0.9", 4007));
	add(&all, 33, TCP_ESTABLISHED, 0, at("fd00::1", 81), at("fd00::2", 4008));
	add(&all, 34, TCP_ESTABLISHED, 0, at("10.0.0.1", 82), at("10.0.0.9", 4009));
	add(&all, 35, TCP_LISTEN, 8, at("10.0.0.1", 83), at("0.0.0.0", 0));
	split_is(&all, "c4 c23 s1 s2 s20 s21 s22",
	         "not what another process holds, what was left behind, another address or port");
	evidence_free(&all);
}

static void of_other_ends(void)
{
	struct evidence all = { 0 };

	listen_and_accept(&all);
	add(&all, 40, TCP_ESTABLISHED, 9, at("10.0.0.9", 4000), at("10.0.0.1", 80));
	add(&all, 41, TCP_ESTABLISHED, 9, at("10.0.0.9", 4000), at("10.0.0.2", 80));
	add(&all, 42, TCP_ESTABLISHED, 9, at("10.0.0.1", 80), at("10.0.0.9", 4999));
	split_is(&all, "c4 c40 s1 s2", "the other end of the server's connection is the client's side");
	evidence_clear(&all);
	add(&all, 40, TCP_CLOSE_WAIT, 9, at("10.0.0.9", 4000), at("10.0.0.1", 80));
	split_is(&all, "c40", "also when the server's end has gone");
	ok(machine_side(&b.l, &all.socks[0]) == CLIENT, "by itself too");
	all.socks[0].key.cookie = 50;
	ok(machine_side(&b.l, &all.socks[0]) == NO_SIDE, "another socket of these addresses is nobody's here");
	evidence_free(&all);
}

int main(void)
{
	void (*const parts[])(void) = { of_listeners, of_other_ends };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		set_up();
		parts[i]();
		b.l.options.machine = false;
		bare_close(&b);
	}
	return tap_done();
}
