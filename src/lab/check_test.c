/* SPDX-License-Identifier: MIT
 * What is inferred from packets held against sockets made by hand: a verdict for each place and end, right and wrong.
 */
#include "lab/check.h"
#include "lab/bare_test.h"

static struct bare b;
static struct check *check;

static void ends_are(enum tcp_state client, enum tcp_state server)
{
	struct segment s = bare_segment(CLIENT, 7777, SYN, 0);

	b.l.seen[CLIENT].n = b.l.seen[SERVER].n = 0;
	if (client != TCP_CLOSED)
		bare_has(&b, CLIENT, (struct sock){ .state = client, .local = s.src, .remote = s.dst });
	bare_has(&b, SERVER, (struct sock){ .state = TCP_LISTEN, .local = { .port = 7777 } });
	if (server != TCP_CLOSED)
		bare_has(&b, SERVER, (struct sock){ .state = server, .local = s.dst, .remote = s.src });
	check_quiet(check, &b.l);
}

static void report_is(unsigned long wrong, const char *should)
{
	struct buf out = { 0 };

	ok(check_report(check, &out) == wrong, "%lu are wrong", wrong);
	same_text(buf_text(&out), should, "the report");
	buf_free(&out);
}

static void shake_hands(void)
{
	struct segment ack = bare_segment(CLIENT, 7777, ACK, 0);

	bare_says(&b, "hold client SYN");
	bare_sends(&b, CLIENT, bare_segment(CLIENT, 7777, SYN, 0));
	ends_are(TCP_SYN_SENT, TCP_CLOSED);
	bare_says(&b, "release SYN");
	while (wire_step(&b.l.wire) > 0)
		;
	lab_say(&b.l, EV_LINE, "the next line");
	bare_sends(&b, SERVER, bare_segment(SERVER, 7777, SYN | ACK, 0));
	ack.seq = 101;
	bare_sends(&b, CLIENT, ack);
}

/* Two lines with one quiet point each. The client's place is sure of the client, the wire of both; the server's place
 * sees nothing of the first line; at the tap nobody knows whether the last ACK arrived. */
static void all_right(void)
{
	shake_hands();
	ends_are(TCP_ESTABLISHED, TCP_ESTABLISHED);
	report_is(0, "explain: client: 4 verdicts, 2 single (50.0 %), 4 as likely (100.0 %), 0 wrong\n"
	             "explain: server: 2 verdicts, 1 single (50.0 %), 2 as likely (100.0 %), 0 wrong\n"
	             "explain: middle: 4 verdicts, 4 single (100.0 %), 4 as likely (100.0 %), 0 wrong\n"
	             "explain: tap: 4 verdicts, 3 single (75.0 %), 4 as likely (100.0 %), 0 wrong\n");
}

/* No FIN was seen, so nobody can say CLOSE_WAIT. It is complained of once, though the lab is quiet twice. */
static void one_is_wrong(void)
{
	static const char after[] = "after packet #3, connection 1, server: inferred";
	struct buf should = { 0 };

	shake_hands();
	ends_are(TCP_ESTABLISHED, TCP_CLOSE_WAIT);
	buf_addf(&should,
	         "explain: client: %s ESTABLISHED or CLOSED or SYN_RECV or FIN_WAIT1, the kernel says CLOSE_WAIT: "
	         "WRONG\n",
	         after);
	buf_addf(&should, "explain: server: %s ESTABLISHED, the kernel says CLOSE_WAIT: WRONG\n", after);
	buf_addf(&should, "explain: middle: %s ESTABLISHED, the kernel says CLOSE_WAIT: WRONG\n", after);
	buf_addf(&should, "explain: tap: %s ESTABLISHED or SYN_RECV, the kernel says CLOSE_WAIT: WRONG\n", after);
	buf_puts(&should, "explain: client: 4 verdicts, 2 single (50.0 %), 3 as likely (75.0 %), 2 wrong\n"
	                  "explain: server: 2 verdicts, 1 single (50.0 %), 1 as likely (50.0 %), 2 wrong\n"
	                  "explain: middle: 4 verdicts, 4 single (100.0 %), 3 as likely (75.0 %), 2 wrong\n"
	                  "explain: tap: 4 verdicts, 3 single (75.0 %), 3 as likely (75.0 %), 2 wrong\n");
	check_quiet(check, &b.l);
	report_is(8, buf_text(&should));
	buf_free(&should);
}

/* A line of the report is read back and summed; what is none is not. */
static void of_sums(void)
{
	static const char *const none[] = {
		"", "ok, 3 expectations",
		"explain: moon: 4 verdicts, 2 single (50.0 %), 4 as likely (100.0 %), 0 wrong",
		"explain: client: 4 verdicts, 2 single (50.0 %), 4 as likely (100.0 %)"
	};
	struct check_count sums[CHECK_VIEWS] = { 0 };
	struct buf out = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		ok(!check_take_line(sums, none[i]), "'%s' is no sum", none[i]);
	for (int i = 0; i < 2; i++)
		ok(check_take_line(sums, "explain: tap: 10 verdicts, 4 single (40.0 %), 7 as likely (70.0 %), 1 wrong"),
		   "a line is read");
	check_add_counts(sums, "# ", &out);
	same_text(buf_text(&out),
	          "# explain: client: 0 verdicts, 0 single (100.0 %), 0 as likely (100.0 %), 0 wrong\n"
	          "# explain: server: 0 verdicts, 0 single (100.0 %), 0 as likely (100.0 %), 0 wrong\n"
	          "# explain: middle: 0 verdicts, 0 single (100.0 %), 0 as likely (100.0 %), 0 wrong\n"
	          "# explain: tap: 20 verdicts, 8 single (40.0 %), 14 as likely (70.0 %), 2 wrong\n",
	          "and added to its place");
	buf_free(&out);
}

int main(void)
{
	void (*const parts[])(void) = { all_right, one_is_wrong, of_sums };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		bare_open(&b);
		check = check_new(false);
		parts[i]();
		check_free(check);
		bare_close(&b);
	}
	return tap_done();
}
