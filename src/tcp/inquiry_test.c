/* SPDX-License-Identifier: MIT
 * Packets in, conclusions out: what is written down of one connection, what is counted of all, and what clocks that
 * jump and links that are not read do to it. */
#include "base/tap.h"
#include "packet/build.h"
#include "tcp/inquiry.h"

enum { RAW_IP = 101, ETHERNET = 1, UNREAD = 9999 };

#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)
#define BEGAN  (INT64_C(1700000000) * SECOND) /* of the first packet, since 1970 */

/* One packet; numbers are relative to the initial ones. */
struct sending {
	enum side from;
	uint8_t flags;
	uint32_t seq, ack, len;
	int64_t ms; /* since the first packet */
};

static const struct sending closed_by_client[] = {
	{ CLIENT, SYN, 0, 0, 0, 0 },    { SERVER, SYN | ACK, 0, 1, 0, 10 },
	{ CLIENT, ACK, 1, 1, 0, 20 },   { CLIENT, ACK | PSH, 1, 1, 100, 30 },
	{ SERVER, ACK, 1, 101, 0, 40 }, { CLIENT, ACK | FIN, 101, 1, 0, 50 },
	{ SERVER, ACK, 1, 102, 0, 60 }, { SERVER, ACK | FIN, 1, 102, 0, 70 },
	{ CLIENT, ACK, 102, 2, 0, 80 },
};

static const struct sending refused[] = {
	{ CLIENT, SYN, 0, 0, 0, 100 },
	{ SERVER, RST | ACK, 0, 1, 0, 101 },
};

static struct endpoint end_at(enum side side, uint16_t client_port)
{
	struct endpoint e = { 0 };

	addr_parse(side == CLIENT ? "10.0.0.1" : "10.0.0.2", &e.addr);
	e.port = side == CLIENT ? client_port : 80;
	return e;
}

static unsigned number; /* of the last packet that was given */

static void give(struct inquiry *q, unsigned link, const uint8_t *bytes, size_t n, int64_t ns)
{
	struct captured p = { .ns = ns, .link = link, .bytes = bytes, .n = n, .on_wire = n };

	p.number = ++number;
	inquiry_take(q, &p);
}

static size_t bytes_of(const struct sending *p, uint16_t client_port, uint8_t out[static PACKET_BUILD_MAX])
{
	static uint16_t id;
	const uint32_t isn[SIDES] = { [CLIENT] = 1000, [SERVER] = 4000000000U };
	struct segment s = { .src = end_at(p->from, client_port),
		             .dst = end_at(side_other(p->from), client_port),
		             .protocol = 6,
		             .flags = p->flags,
		             .seq = isn[p->from] + p->seq,
		             .ack = p->flags & ACK ? isn[side_other(p->from)] + p->ack : 0,
		             .len = p->len,
		             .window = 64240,
		             .ttl = 64,
		             .ip_id = ++id };

	return packet_build(&s, out);
}

static void give_sent(struct inquiry *q, const struct sending *p, uint16_t client_port)
{
	uint8_t bytes[PACKET_BUILD_MAX];
	size_t size = bytes_of(p, client_port, bytes);

	give(q, RAW_IP, bytes, size, BEGAN + p->ms * MS);
}

static void give_all(struct inquiry *q, const struct sending *all, size_t n, uint16_t client_port)
{
	for (size_t i = 0; i < n; i++)
		give_sent(q, &all[i], client_port);
}

/* Nothing that is read: it only lets time pass. */
static void give_arp(struct inquiry *q, int64_t ns)
{
	static const uint8_t arp[60] = { [12] = 0x08, [13] = 0x06 };

	give(q, ETHERNET, arp, sizeof arp, ns);
}

static void begin(struct inquiry *q, unsigned conn, bool every_change)
{
	number = 0;
	inquiry_open(q, &tcp_view_tap, conn, every_change);
}

/* "#1 | client SYN_SENT | #2 …": what was written down, of states the likely one, with ! if no
 * other is possible. */
static void wrote(const struct inquiry *q, const char *should, const char *what)
{
	struct buf is = { 0 };

	for (size_t i = 0; i < q->timeline.n; i++) {
		const struct event *e = q->timeline.events[i];

		buf_puts(&is, i ? " | " : "");
		if (e->kind == EV_PACKET)
			buf_addf(&is, "#%u", e->packet.number);
		else
			buf_addf(&is, "%s %s%s", side_name(e->side), tcp_state_name(e->inferred.likely),
			         state_set_single(e->inferred.may) ? "!" : "");
	}
	same_text(buf_text(&is), should, what);
	buf_free(&is);
}

/* --- one connection -------------------------------------------------------------------------------------- */

/* A close as every textbook has it. At a tap each packet proves the state of who sent it, and, by what it acknowledges,
 * that the packet before it arrived. */
#define CLOSE                                                                                                          \
	"#1 | client SYN_SENT! | server LISTEN | #2 | client ESTABLISHED | server SYN_RECV! | "                        \
	"#3 | client ESTABLISHED! | server ESTABLISHED | #4 | #5 | server ESTABLISHED! | "                             \
	"#6 | client FIN_WAIT1! | server CLOSE_WAIT | #7 | client FIN_WAIT2 | server CLOSE_WAIT! | "                   \
	"#8 | client TIME_WAIT | server LAST_ACK! | #9 | client TIME_WAIT! | server CLOSED"

static void likely(void)
{
	struct inquiry q;
	struct story s;

	begin(&q, 1, false);
	give_all(&q, closed_by_client, ARRAY_SIZE(closed_by_client), 40000);
	inquiry_end(&q);
	wrote(&q, CLOSE, "both ends' states after each packet");
	book_story(&q.book, 1, &s);
	ok(s.opening == OPENING_NORMAL && s.ending == ENDING_ORDERLY && s.closer == CLIENT, "closed by the client");
	ok(q.timeline.events[0]->at.ns == 0 && q.timeline.events[q.timeline.n - 1]->at.ns == 80 * MS,
	   "times are those since the first packet");
	inquiry_close(&q);
}

/* Seen at the client: the server, far away, may have closed or be gone at any time; that its ACK, #5, makes SYN_RECV
 * impossible is a change, though what is likely stays. */
static void every_change(void)
{
	static const char *const written[] = { "#4 | #5", "#4 | #5 | server ESTABLISHED" };

	for (int every = 0; every < 2; every++) {
		struct inquiry q;
		struct buf should = { 0 };

		number = 0;
		inquiry_open(&q, &tcp_view_client, 1, every);
		give_all(&q, closed_by_client, 5, 40000);
		inquiry_end(&q);
		buf_addf(&should,
		         "#1 | client SYN_SENT! | server LISTEN | #2 | client ESTABLISHED! | server SYN_RECV | #3 | "
		         "server ESTABLISHED | %s",
		         written[every]);
		wrote(&q, buf_text(&should), every ? "every change of the possible states" : "what is news alone");
		buf_free(&should);
		inquiry_close(&q);
	}
}

/* Time alone ends TIME_WAIT; what is written down then stands at the end. */
static void time_alone(void)
{
	struct inquiry q;

	begin(&q, 1, false);
	give_all(&q, closed_by_client, ARRAY_SIZE(closed_by_client), 40000);
	give_arp(&q, BEGAN + 300 * SECOND);
	ok(q.timeline.events[q.timeline.n - 1]->inferred.likely == TCP_CLOSED &&
	           q.timeline.events[q.timeline.n - 1]->side == SERVER,
	   "a packet of another kind says nothing of states");
	inquiry_end(&q);
	wrote(&q, CLOSE " | client CLOSED! | server CLOSED!", "five minutes later");
	ok(q.facts.lasted.ns == 300 * SECOND, "the capture lasts to its last packet, of whatever kind");
	inquiry_close(&q);
}

/* The second of two that are mixed. */
static void second_of_two(void)
{
	struct inquiry q;

	begin(&q, 2, false);
	give_all(&q, closed_by_client, 3, 40000);
	give_sent(&q, &refused[0], 40001);
	give_sent(&q, &closed_by_client[3], 40000);
	give_sent(&q, &refused[1], 40001);
	inquiry_end(&q);
	wrote(&q, "#4 | client SYN_SENT! | server LISTEN | #6 | client CLOSED | server CLOSED", "only the second");
	ok(q.timeline.events[0]->packet.conn == 2 && q.timeline.events[0]->packet.rel_seq == 0,
	   "its packets have its number, and count from its own first");
	inquiry_close(&q);
}

/* --- all of them ----------------------------------------------------------------------------------------- */

static void counted(void)
{
	struct inquiry q;
	const struct capture_facts *f = &q.facts;

	begin(&q, 0, false);
	give_all(&q, refused, ARRAY_SIZE(refused), 41000);
	give_all(&q, closed_by_client, ARRAY_SIZE(closed_by_client), 40000);
	give_all(&q, closed_by_client, ARRAY_SIZE(closed_by_client), 40001);
	give_arp(&q, BEGAN + 5 * SECOND);
	inquiry_end(&q);
	ok(q.timeline.n == 0, "no connection is written down where none is wanted");
	ok(f->packets == 21 && f->segments == 20 && f->conns == 3, "packets, segments, connections");
	ok(f->n_tallies == 2, "two kinds of endings");
	ok(f->tallies[0].n == 2 && f->tallies[0].like.ending == ENDING_ORDERLY && f->tallies[0].like.closer == CLIENT,
	   "the most frequent first, though it came later");
	ok(f->tallies[1].n == 1 && f->tallies[1].like.ending == ENDING_REFUSED, "then the other");
	ok(f->wall_ns == BEGAN + 100 * MS, "it began with its first packet");
	same_text(f->links, "raw IP and Ethernet", "link types in the order of their appearance");
	inquiry_close(&q);
}

/* Two that end alike are not alike if another side closed. */
static void told_apart(void)
{
	struct inquiry q;
	struct sending by_server[ARRAY_SIZE(closed_by_client)];

	begin(&q, 0, false);
	give_all(&q, closed_by_client, ARRAY_SIZE(closed_by_client), 40000);
	memcpy(by_server, closed_by_client, sizeof by_server);
	by_server[5] = (struct sending){ SERVER, ACK | FIN, 1, 101, 0, 50 };
	by_server[6] = (struct sending){ CLIENT, ACK, 101, 2, 0, 60 };
	by_server[7] = (struct sending){ CLIENT, ACK | FIN, 101, 2, 0, 70 };
	by_server[8] = (struct sending){ SERVER, ACK, 2, 102, 0, 80 };
	give_all(&q, by_server, ARRAY_SIZE(by_server), 40001);
	inquiry_end(&q);
	ok(q.facts.n_tallies == 2 && q.facts.tallies[0].like.closer != q.facts.tallies[1].like.closer,
	   "closed by the client, closed by the server");
	inquiry_close(&q);
}

/* --- what is left out ------------------------------------------------------------------------------------ */

static size_t left_out(const struct inquiry *q, const char *why)
{
	for (size_t i = 0; i < q->facts.n_left_out; i++)
		if (streq(q->facts.left_out[i].why, why))
			return q->facts.left_out[i].n;
	return 0;
}

static void reasons(void)
{
	struct inquiry q;
	uint8_t udp[PACKET_BUILD_MAX], tcp[PACKET_BUILD_MAX], fragment[PACKET_BUILD_MAX];
	size_t n = bytes_of(&closed_by_client[3], 40000, tcp);
	struct captured cut = { .number = 90, .ns = BEGAN, .link = RAW_IP, .bytes = tcp, .n = 30, .on_wire = n };

	memcpy(udp, tcp, n);
	udp[9] = 17;
	memcpy(fragment, tcp, n);
	fragment[7] = 100; /* in units of 8 bytes */
	begin(&q, 0, false);
	give_arp(&q, BEGAN);
	give_arp(&q, BEGAN);
	give(&q, RAW_IP, udp, n, BEGAN);
	give(&q, RAW_IP, fragment, n, BEGAN);
	give(&q, UNREAD, tcp, n, BEGAN);
	inquiry_take(&q, &cut);
	cut.on_wire = cut.n;
	inquiry_take(&q, &cut);
	inquiry_end(&q);
	ok(q.facts.segments == 0 && q.facts.packets == 7, "seven packets, and no segment of TCP");
	ok(left_out(&q, "ARP") == 2, "ARP, twice");
	ok(left_out(&q, "not TCP") == 1, "UDP");
	ok(left_out(&q, "later fragments") == 1, "a later fragment");
	ok(left_out(&q, "a link type that is not read") == 1, "a link type that is not read");
	ok(left_out(&q, "cut off before the TCP header's end") == 1, "cut off by who captured");
	ok(left_out(&q, "without a whole TCP header") == 1, "sent without a whole header");
	same_text(q.facts.links, "Ethernet and raw IP and link type 9999", "a link type without a name is a number");
	ok(!inquiry_is_unread(&q), "one packet that cannot be read does not make the file unreadable");
	inquiry_close(&q);
}

static void unread(void)
{
	struct inquiry q;
	uint8_t byte = 0;

	begin(&q, 0, false);
	ok(!inquiry_is_unread(&q), "no packets: nothing that could not be read");
	for (unsigned i = 0; i < 2 * INQUIRY_LINKS; i++)
		give(&q, UNREAD + i, &byte, 1, BEGAN);
	inquiry_end(&q);
	ok(inquiry_is_unread(&q) && q.links[0] == UNREAD, "none of a link type that is read, and which the first is");
	ok(q.n_links == INQUIRY_LINKS, "as many link types as there is room for");
	inquiry_close(&q);
}

/* --- clocks ---------------------------------------------------------------------------------------------- */

/* A capture whose clock jumps: what each time makes of the capture's length. */
static void clocks(void)
{
	static const struct {
		int64_t ns, lasted;
		size_t backwards;
		const char *what;
	} rows[] = {
		{ BEGAN, 0, 0, "the first packet" },
		{ BEGAN + 5 * SECOND, 5 * SECOND, 0, "5 s later" },
		{ BEGAN + 3 * SECOND, 5 * SECOND, 1, "back by 2 s: time stands still" },
		{ BEGAN + 4 * SECOND, 5 * SECOND, 1, "forward from there, and still before what was" },
		{ BEGAN - 9 * SECOND, 5 * SECOND, 2, "before the first one" },
		{ BEGAN + (INT64_C(1) << 59) + 1, 5 * SECOND, 2, "more than 18 years later: damaged" },
		{ BEGAN + 6 * SECOND, 6 * SECOND, 3, "and back" },
		{ INT64_MIN, 6 * SECOND, 4, "the first of all times" },
		{ INT64_MAX, 6 * SECOND, 4, "the last of all times" },
		{ BEGAN + (INT64_C(1) << 59), INT64_C(1) << 59, 5, "18 years later, to the nanosecond" },
	};
	struct inquiry q;

	begin(&q, 0, false);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		give_arp(&q, rows[i].ns);
		ok(q.last == rows[i].lasted && q.facts.backwards == rows[i].backwards, "%s", rows[i].what);
	}
	inquiry_end(&q);
	ok(q.facts.wall_ns == BEGAN && q.facts.lasted.ns == INT64_C(1) << 59, "it began with the first in the file");
	inquiry_close(&q);
	begin(&q, 0, false);
	give_arp(&q, -5);
	ok(q.facts.backwards == 0 && q.last == 0, "a first packet before 1970 steps back from nothing");
	inquiry_close(&q);
}

int main(void)
{
	likely();
	every_change();
	time_alone();
	second_of_two();
	counted();
	told_apart();
	reasons();
	unread();
	clocks();
	return tap_done();
}
