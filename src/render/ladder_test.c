/* SPDX-License-Identifier: MIT
 * The ladder's layout and drawing, from a timeline made by hand: no kernel, no clock. */
#include "base/tap.h"
#include "render/ladder.h"
#include "render/table.h"

#include <netinet/in.h>
#include <stdlib.h>

static struct sock sock(uint64_t cookie, enum tcp_state state, uint32_t rq, uint32_t wq, uint32_t inode)
{
	return (struct sock){ .key = { 1, cookie },
		              .state = state,
		              .rq = rq,
		              .wq = wq,
		              .inode = inode,
		              .local = { { AF_INET, { 10, 0, 0, 2 } }, 7777 },
		              .remote = { { AF_INET, { 0 } }, 0 } };
}

static void appears(struct timeline *tl, enum side side, struct sock s)
{
	struct event e = { .kind = EV_SOCKET, .side = side };

	e.socket.appeared = true;
	e.socket.is = s;
	timeline_append(tl, e);
}

static void changes(struct timeline *tl, enum side side, struct sock was, struct sock is)
{
	struct event e = { .kind = EV_SOCKET, .side = side };

	e.socket.was = was;
	e.socket.is = is;
	timeline_append(tl, e);
}

static void calls(struct timeline *tl, enum side side, const char *who, unsigned id, const char *text)
{
	struct event e = { .kind = EV_CALL, .side = side };

	e.call = (struct event_call){ .id = id, .text = xstrdup(text) };
	snprintf(e.who, sizeof e.who, "%s", who);
	timeline_append(tl, e);
}

static void returns(struct timeline *tl, enum side side, const char *who, unsigned id, const char *text)
{
	struct event e = { .kind = EV_RESULT, .side = side };

	e.call = (struct event_call){ .id = id, .text = xstrdup(text) };
	snprintf(e.who, sizeof e.who, "%s", who);
	timeline_append(tl, e);
}

static void packet(struct timeline *tl, enum event_kind kind, enum side from, unsigned number, uint8_t flags,
                   enum fate fate)
{
	struct event e = { .kind = kind, .side = from };

	e.packet = (struct event_packet){
		.number = number, .fate = fate, .conn = 1, .copies = kind == EV_RELEASED ? 3 : 0, .kept = span_ms(3300)
	};
	e.packet.seg = (struct segment){ .protocol = IPPROTO_TCP, .flags = flags, .window = 64240 };
	timeline_append(tl, e);
}

/* A handshake's beginning, each kind of row once. */
static void story(struct timeline *tl)
{
	struct sock listener = sock(1, TCP_LISTEN, 0, 5, 77), half = listener;
	struct event note = { .kind = EV_NOTE, .side = NO_SIDE, .text = xstrdup("The SYN made a request socket.") };

	timeline_begin(tl);
	calls(tl, SERVER, "server", 1, "listen(3, 5)");
	returns(tl, SERVER, "server", 1, "0");
	appears(tl, SERVER, listener);
	calls(tl, CLIENT, "client2", 2, "connect(3, 10.0.0.2:7777)");
	appears(tl, CLIENT, sock(2, TCP_SYN_SENT, 0, 1, 78));
	packet(tl, EV_PACKET, CLIENT, 1, SYN, FATE_HELD);
	packet(tl, EV_RELEASED, CLIENT, 1, SYN, FATE_PASSED);
	half.half_open = 1;
	appears(tl, SERVER, sock(3, TCP_NEW_SYN_RECV, 0, 0, 0));
	changes(tl, SERVER, listener, half);
	timeline_append(tl, note);
	packet(tl, EV_PACKET, SERVER, 2, RST | ACK, FATE_DROPPED);
	returns(tl, CLIENT, "client2", 2, "-1 ECONNREFUSED (Connection refused)");
}

static void layout(void)
{
	struct timeline tl;
	struct view v = { .verbose = false };
	struct rows rows = { 0 };
	struct row *r;

	story(&tl);
	ladder_layout(&v, &tl, &rows);
	r = rows.all;
	ok(rows.n == 9, "twelve events are nine rows (%zu)", rows.n);
	same_text(buf_text(&r[0].text), "listen(3, 5) = 0", "a call and its result are one row");
	same_text(r[0].state[SERVER], "", "a listener's state is no connection's: not in the column");
	same_text(buf_text(&r[1].text), "LISTEN 0/5 waiting", "a listener's queue");
	same_text(buf_text(&r[2].text), "client2: connect(3, 10.0.0.2:7777) …", "a call that is pending, and whose");
	same_text(r[2].state[CLIENT], "SYN_SENT", "the state that was seen before its packet");
	ok(r[3].kind == ROW_ARROW && r[3].fate == FATE_HELD, "a held packet is an arrow");
	same_text(buf_text(&r[4].text), "#1 SYN released after 3.30 s, again ×3", "let go, with its copies");
	same_text(r[4].state[SERVER], "NEW_SYN_RECV", "the receiver's state stands on the packet's row");
	same_text(buf_text(&r[5].text), "LISTEN 0/5 waiting, 1 half-open", "and the listener's below");
	ok(r[6].kind == ROW_NOTE, "a note");
	same_text(buf_text(&r[8].text), "client2: … connect = -1 ECONNREFUSED (Connection refused)",
	          "a result that came later");
	ok(v.next == tl.n, "all was laid out");
	rows_free(&rows);
	view_free(&v);
	timeline_free(&tl);
}

/* Times differ from run to run: the first column is left out. */
static char *drawn(size_t width, bool utf8)
{
	struct timeline tl;
	char *text = NULL, *out;
	size_t n = 0, at = 0;
	FILE *f = open_memstream(&text, &n);
	struct view v = { .out = f, .term = { .width = width, .utf8 = utf8 } };

	story(&tl);
	render_text.events(&v, &tl);
	fclose(f);
	out = xcalloc(n + 1, 1);
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		size_t skip = len > 10 ? 10 : len;

		memcpy(out + at, line + skip, len - skip);
		at += len - skip;
		out[at++] = '\n';
		line += len + 1;
	}
	free(text);
	view_free(&v);
	timeline_free(&tl);
	return out;
}

static void drawing(void)
{
	char *text = drawn(100, true);

	same_text(text,
	          "                                                             listen(3, 5) = 0\n"
	          "                                                           LISTEN 0/5 waiting\n"
	          "SYN_SENT     client2: connect(3, 10.0.0.2:7777) …\n"
	          "             ─ #1 SYN seq 0 win 64240 ────────────────┤ held\n"
	          "                        ├ #1 SYN released after 3.30 s, again ×3 ───────────▶ NEW_SYN_RECV\n"
	          "                                              LISTEN 0/5 waiting, 1 half-open\n"
	          "│ The SYN made a request socket.\n"
	          "                       dropped ✗────────── #2 RST+ACK seq 0 ack 0 win 64240 ─\n"
	          "             client2: … connect = -1 ECONNREFUSED (Connection refused)\n",
	          "the ladder at 100 columns");
	free(text);
	text = drawn(80, false);
	same_text(text,
	          "                                         listen(3, 5) = 0\n"
	          "                                       LISTEN 0/5 waiting\n"
	          "SYN_SENT     client2: connect(3, 10.0.0.2:7777) ...\n"
	          "             - #1 SYN seq 0 win 64240 ------| held\n"
	          "              | #1 SYN released after 3.30 s, again x3 -> NEW_SYN_RECV\n"
	          "                          LISTEN 0/5 waiting, 1 half-open\n"
	          "| The SYN made a request socket.\n"
	          "                  dropped x----- #2 RST+ACK seq 0 ack 0 -\n"
	          "             client2: ... connect = -1 ECONNREFUSED\n"
	          "             (Connection refused)\n",
	          "and at 80, in ASCII");
	free(text);
}

static void tables(void)
{
	struct event_table t = { .netstat = true };
	struct sock s = sock(1, TCP_LISTEN, 1, 5, 77), e = sock(2, TCP_ESTABLISHED, 9, 0, 0);
	struct buf out = { 0 };

	s.local.addr = (struct addr){ AF_INET, { 0 } };
	e.remote = (struct endpoint){ { AF_INET, { 127, 0, 0, 1 } }, 36228 };
	evidence_add_owner(&t.seen[SERVER], evidence_add(&t.seen[SERVER], &s),
	                   evidence_add_holder(&t.seen[SERVER], &(struct holder){ 10248, 10248, "simple\x1b_srv" }), 3);
	evidence_add(&t.seen[SERVER], &e);
	table_render(&out, &t, &(struct view){ .verbose = false });
	same_text(buf_text(&out),
	          "Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name\n"
	          "server:\n"
	          "tcp        1      0 0.0.0.0:7777            0.0.0.0:*               LISTEN      "
	          "10248/simple\\x1b_srv\n"
	          "tcp        9      0 10.0.0.2:7777           127.0.0.1:36228         ESTABLISHED -\n",
	          "netstat's columns; a hostile name is escaped");
	buf_free(&out);
	evidence_free(&t.seen[SERVER]);
}

/* Lines of a block are as they are where a program may read them; on a screen they break at blanks. */
static void blocks(void)
{
	static const char line[] = "in accept:\n  #0 one_function_of_a_long_name < another_function_of_a_long_name\n";

	for (int screen = 0; screen < 2; screen++) {
		struct event e = { .kind = EV_STACK, .side = SERVER, .who = "server", .text = xstrdup(line) };
		struct timeline tl;
		char *text = NULL;
		size_t n = 0;
		FILE *f = open_memstream(&text, &n);
		struct view v = { .out = f, .term = { .width = 60, .screen = screen } };

		timeline_begin(&tl);
		timeline_append(&tl, e);
		render_text.events(&v, &tl);
		fclose(f);
		same_text(text,
		          screen ? "\nserver, in accept:\n  #0 one_function_of_a_long_name <\n"
		                   "      another_function_of_a_long_name\n\n"
		                 : "\nserver, in accept:\n"
		                   "  #0 one_function_of_a_long_name < another_function_of_a_long_name\n\n",
		          screen ? "on a screen" : "in a pipe");
		free(text);
		view_free(&v);
		timeline_free(&tl);
	}
}

int main(void)
{
	layout();
	drawing();
	tables();
	blocks();
	return tap_done();
}
