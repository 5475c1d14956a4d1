/* SPDX-License-Identifier: MIT
 * A socket's page as text of 80 columns, of sockets that are followed over four looks. */
#include "screen/looks_test.h"
#include "base/proc.h"

#include <unistd.h>

#define EST TCP_ESTABLISHED
#define CW  TCP_CLOSE_WAIT

/* --- the sockets --------------------------------------------------------------------------------------------- */

/* All numbers differ, so that none stands for another. */
static const struct sock_info info = { .known = true,
	                               .rto_us = 204000,
	                               .rtt_us = 21000,
	                               .cwnd = 23,
	                               .mss = 1424,
	                               .unacked = 25,
	                               .lost = 26,
	                               .total_retrans = 28,
	                               .rcv_wnd = 30,
	                               .snd_wnd = 31,
	                               .last_snd_ms = 32,
	                               .last_rcv_ms = 33,
	                               .last_ack_ms = 34,
	                               .options = 1 | 2 | 4,
	                               .snd_wscale = 7,
	                               .rcv_wscale = 9 };

#define RICH                                                                                                           \
	{                                                                                                              \
		.key.cookie = 0xabc, .cgroup = 77, .timer_left = { 230000000 }, .age = { 61500000000 },                \
		.age_is = AGE_AT_LEAST, .timer = TIMER_KEEPALIVE, .inode = 13, .uid = 1000, .drops = 14,               \
		.retrans = 15, .held = true                                                                            \
	}

static const struct row rows[] = {
	/* A listener, whose queues, backlog and half-open connections change. */
	{ 1, 0, TCP_LISTEN, 80, 0, 0, 128, SERVER, 0, .rest = { .held = true } },
	{ 2, 0, TCP_LISTEN, 80, 0, 3, 128, SERVER, 0, .rest = { .half_open = 2, .held = true } },
	{ 3, 4, TCP_LISTEN, 80, 0, 5, 256, SERVER, 0, .rest = { .half_open = 2, .held = true } },
	/* One that tells everything. */
	{ 1, 4, EST, 80, 4000, 11, 12, SERVER, LEAKY, .rest = RICH, .info = &info },
	/* Its Recv-Q begins, grows, and the FIN comes. */
	{ 1, 0, EST, 81, 4001, 0, 0, SERVER, 0, .rest = { .key.cookie = 1 } },
	{ 2, 0, EST, 81, 4001, 100, 0, SERVER, 0, .rest = { .key.cookie = 1 } },
	{ 3, 0, EST, 81, 4001, 300, 0, SERVER, 0, .rest = { .key.cookie = 1 } },
	{ 4, 0, CW, 81, 4001, 301, 0, SERVER, 0, .rest = { .key.cookie = 1 } },
	/* Its Send-Q begins, then it is given to another process. */
	{ 1, 0, EST, 82, 4002, 0, 0, SERVER, 0, .rest = { .key.cookie = 2 } },
	{ 2, 0, EST, 82, 4002, 0, 7, SERVER, 0, .rest = { .key.cookie = 2 } },
	{ 3, 4, EST, 82, 4002, 0, 9, LEAKY, 0, .rest = { .key.cookie = 2 } },
	/* It comes, and goes. */
	{ 2, 0, EST, 83, 4003, 0, 0, SERVER, 0, .rest = { .key.cookie = 3 } },
	{ 3, 0, CW, 83, 4003, 1, 0, SERVER, 0, .rest = { .key.cookie = 3 } },
	/* It was there, and goes. */
	{ 1, 2, CW, 84, 4004, 5, 0, LEAKY, 0, .rest = { .key.cookie = 4 } },
	/* A listener that goes. */
	{ 1, 2, TCP_LISTEN, 91, 0, 5, 256, LEAKY, 0, .rest = { .key.cookie = 5, .half_open = 2, .drops = 14 } },
	/* The same addresses twice, of cookies that were not made: the first goes on to CLOSE_WAIT, the second comes
	   late. */
	{ 1, 0, EST, 85, 4005, 0, 0, SERVER, 0, .rest = { .held = true } },
	{ 2, 0, CW, 85, 4005, 1, 0, SERVER, 0, .rest = { .held = true } },
	{ 4, 0, EST, 85, 4005, 0, 0, SERVER, 0, .rest = { .held = true } },
	/* The same, the second in another state while the first is gone already. */
	{ 1, 0, EST, 86, 4006, 0, 0, SERVER, 0, .rest = { .held = true } },
	{ 3, 0, TCP_SYN_RECV, 86, 4006, 0, 0, SERVER, 0, .rest = { .held = true } },
	{ 4, 0, EST, 86, 4006, 0, 0, SERVER, 0, .rest = { .held = true } },
	/* Nobody's, and why. */
	{ 1, 4, TCP_TIME_WAIT, 87, 4007, 0, 0, NOBODY, 0,
	  .rest = { .timer = TIMER_TIMEWAIT,
	            .timer_left = { 42000000000 },
	            .no_owner = NO_OWNER_TIME_WAIT,
	            .is_mini = true } },
	{ 1, 4, EST, 80, 4008, 6, 0, NOBODY, 0, .rest = { .no_owner = NO_OWNER_NOT_ACCEPTED }, .waits = true },
	{ 1, 4, EST, 88, 4009, 0, 0, NOBODY, 0, .rest = { .key.cookie = 9 } },
	/* Somebody's, with a word that was left of a time when it was not. */
	{ 1, 4, EST, 89, 4010, 0, 0, SERVER, 0, .rest = { .no_owner = NO_OWNER_ORPHAN } },
};

/* --- pages --------------------------------------------------------------------------------------------------- */

/* What a page says of a state. */
#define OPEN                                                                                                           \
	"open: data can flow both ways\n"                                                                              \
	"ended by: close() or shutdown() here, a FIN or RST from there, or time-outs of\n"                             \
	"  unacknowledged data and keep-alive\n"
#define HALF_CLOSED                                                                                                    \
	"the peer closed; the program on this side has not called close() yet\n"                                       \
	"ended by: close() by the program that holds it: nothing else ends it but a reset\n"
#define BEFORE "History\n  12:00:10  it was there when top began\n"

/* What the page says above its values: of the socket with that port there (0: the listener), opened in one look, shown
 * after another; of one that is gone, opened from the list of those. */
static const struct {
	const char *what;
	uint16_t port;
	unsigned opened, shown;
	bool gone;
	const char *says;
} pages[] = {
	{ "a listener: who waits, its backlog, and what is half open", 0, 2, 3, false,
	  "10.0.0.1:80  LISTEN\n"
	  "waits for connections; Recv-Q counts those that wait for accept(), Send-Q is the\n"
	  "  backlog\n"
	  "ended by: close() of the listener\n"
	  "queues: 5 wait for accept(), backlog 256\n"
	  "owner: server[5000010]\n"
	  "\n" BEFORE "  12:00:20  waiting for accept() 0 to 3, half-open 0 to 2\n"
	  "  12:00:30  waiting for accept() 3 to 5, backlog 128 to 256\n"
	  "\n" },
	{ "all owners, in their order; a timer", 4000, 1, 4, false,
	  "10.0.0.1:80 to 10.0.0.2:4000  ESTABLISHED\n" OPEN "queues: 11 bytes not read, 12 bytes not acknowledged\n"
	  "timer: keepalive 230 ms, 15 retransmits\n"
	  "owner: server[5000010], leaky[5000020]\n"
	  "\n" BEFORE "\n" },
	{ "what a queue does is told each time, and once, while somebody looks", 4001, 1, 4, false,
	  "10.0.0.1:81 to 10.0.0.2:4001  CLOSE_WAIT\n" HALF_CLOSED "queues: 300 bytes not read and the FIN\n"
	  "owner: server[5000010]\n"
	  "\n" BEFORE "  12:00:20  Recv-Q 0 to 100\n"
	  "  12:00:30  Recv-Q 100 to 300\n"
	  "  12:00:40  ESTABLISHED to CLOSE_WAIT, Recv-Q 300 to 301\n"
	  "\n" },
	{ "and otherwise when it begins and when something else changes", 4001, 4, 4, false,
	  "10.0.0.1:81 to 10.0.0.2:4001  CLOSE_WAIT\n" HALF_CLOSED "queues: 300 bytes not read and the FIN\n"
	  "owner: server[5000010]\n"
	  "\n" BEFORE "  12:00:20  Recv-Q 0 to 100\n"
	  "  12:00:40  ESTABLISHED to CLOSE_WAIT, Recv-Q 300 to 301\n"
	  "\n" },
	{ "it goes to another process", 4002, 1, 4, false,
	  "10.0.0.1:82 to 10.0.0.2:4002  ESTABLISHED\n" OPEN "queues: 9 bytes not acknowledged\n"
	  "owner: leaky[5000020]\n"
	  "\n" BEFORE "  12:00:20  Send-Q 0 to 7\n"
	  "  12:00:30  Send-Q 7 to 9, owner: pid 5000010 to 5000020\n"
	  "\n" },
	{ "it came, and went while somebody looked", 4003, 3, 4, false,
	  "10.0.0.1:83 to 10.0.0.2:4003  CLOSE_WAIT, gone\n" HALF_CLOSED "queues: the FIN not read\n"
	  "owner: server[5000010]\n"
	  "\n"
	  "History\n"
	  "  12:00:20  seen for the first time\n"
	  "  12:00:30  ESTABLISHED to CLOSE_WAIT, Recv-Q 0 to 1\n"
	  "  12:00:40  gone: it was not there any more\n"
	  "\n" },
	{ "it came, and went: the list says the same", 4003, 4, 4, true,
	  "10.0.0.1:83 to 10.0.0.2:4003  CLOSE_WAIT, gone\n" HALF_CLOSED "queues: the FIN not read\n"
	  "owner: server[5000010]\n"
	  "\n"
	  "History\n"
	  "  12:00:20  seen for the first time\n"
	  "  12:00:30  ESTABLISHED to CLOSE_WAIT, Recv-Q 0 to 1\n"
	  "  12:00:40  gone: it was not there any more\n"
	  "\n" },
	{ "it was there, and went while somebody looked", 4004, 1, 4, false,
	  "10.0.0.1:84 to 10.0.0.2:4004  CLOSE_WAIT, gone\n" HALF_CLOSED "queues: 4 bytes not read and the FIN\n"
	  "owner: leaky[5000020]\n"
	  "\n" BEFORE "  12:00:30  gone: it was not there any more\n"
	  "\n" },
	{ "what another one of its addresses did before is not told", 4005, 4, 4, false,
	  "10.0.0.1:85 to 10.0.0.2:4005  ESTABLISHED\n" OPEN "owner: server[5000010]\n"
	  "\n"
	  "History\n"
	  "  12:00:40  seen for the first time\n"
	  "\n" },
	{ "nor what another one does after it", 4006, 4, 4, true,
	  "10.0.0.1:86 to 10.0.0.2:4006  ESTABLISHED, gone\n" OPEN "owner: server[5000010]\n"
	  "\n" BEFORE "  12:00:20  gone: it was not there any more\n"
	  "\n" },
	{ "nobody's, and why", 4007, 1, 1, false,
	  "10.0.0.1:87 to 10.0.0.2:4007  TIME_WAIT\n"
	  "both FINs are acknowledged; this side closed first and waits in case its last\n"
	  "  ACK was lost\n"
	  "ended by: 60 s, a constant of Linux (TCP_TIMEWAIT_LEN); an exact RST ends it\n"
	  "  early\n"
	  "timer: timewait 42.0 s\n"
	  "owner: TIME_WAIT\n"
	  "both ends have closed: a minisocket of the kernel waits, and no process holds it\n"
	  "\n" BEFORE "\n" },
	{ "nobody's yet, and whose listener it waits for", 4008, 1, 4, false,
	  "10.0.0.1:80 to 10.0.0.2:4008  ESTABLISHED\n" OPEN "queues: 6 bytes not read\n"
	  "owner: not accepted (server[5000010])\n"
	  "the connection is complete and waits in its listener's accept queue: no process\n"
	  "  has it yet\n"
	  "\n" BEFORE "\n" },
	{ "nobody's that is known", 4009, 1, 1, false,
	  "10.0.0.1:88 to 10.0.0.2:4009  ESTABLISHED\n" OPEN "owner: -\n"
	  "\n" BEFORE "\n" },
	{ "somebody's: no reason why it would be nobody's", 4010, 1, 1, false,
	  "10.0.0.1:89 to 10.0.0.2:4010  ESTABLISHED\n" OPEN "owner: server[5000010]\n"
	  "\n" BEFORE "\n" },
};

static size_t index_of(const struct evidence *ev, uint16_t port)
{
	for (size_t i = 0; i < ev->n; i++)
		if (ev->socks[i].remote.port == port)
			return i;
	printf("Bail out! no socket to port %u\n", port);
	exit(1);
}

/* A top that has opened a page in one look and took looks until another. */
static struct top *at_page(uint16_t port, unsigned opened, unsigned shown, bool gone)
{
	struct top *t = top_at(rows, ARRAY_SIZE(rows));

	top_looks_until(t, opened);
	if (gone)
		page_open_gone(t, index_of(&t->history.gone.ev, port));
	else
		page_open(t, top_now(t), index_of(top_now(t), port));
	top_looks_until(t, shown);
	return t;
}

/* Its lines, a line break behind each; with `from`, those from that one on, else those before the values. */
static void page_text(struct top *t, const char *from, struct buf *out)
{
	struct screen_lines ls = { 0 };
	bool on = !from;

	lines_clear(&ls, 80);
	page_lines(t, &ls);
	for (size_t i = 0; i < ls.n; i++) {
		const char *line = ls.text.text + ls.all[i].at;

		on = from ? on || streq(line, from) : on && !streq(line, "Values");
		if (on)
			buf_addf(out, "%s\n", line);
	}
	lines_free(&ls);
}

static void what_pages_say(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		struct top *t = at_page(pages[i].port, pages[i].opened, pages[i].shown, pages[i].gone);
		struct buf b = { 0 };

		page_text(t, NULL, &b);
		same_lines(buf_text(&b), pages[i].says, pages[i].what);
		buf_free(&b);
		top_free(t);
	}
}

/* --- values -------------------------------------------------------------------------------------------------- */

#define NETNS                                                                                                          \
	"  Netns      4026531840              network namespace: its name of ip-netns,\n"                              \
	"                                     the container or a process in it, or (-n)\n"                             \
	"                                     its inode number\n"
#define OWNER "the processes that hold it, name[pid] or\n                                     name[pid/thread]\n"
#define RETRANS                                                                                                        \
	"how often the running timer has fired\n"                                                                      \
	"                                     without an answer\n"

/* Each column but those that are for programs, with its sentence up to the first semicolon. */
static const struct {
	const char *what;
	uint16_t port;
	unsigned opened, shown;
	bool gone;
	const char *says;
} values[] = {
	{ "all that there is", 4000, 1, 1, false,
	  "Values\n"
	  "  State      ESTABLISHED             state of the connection\n"
	  "  Age        ≥61.5 s                 time in this state\n"
	  "  Recv-Q     11                      bytes received and not read yet, the peer's\n"
	  "                                     FIN counting one\n"
	  "  Send-Q     12                      bytes not acknowledged or not sent yet\n"
	  "  Local      10.0.0.1:80             address and port here\n"
	  "  Peer       10.0.0.2:4000           address and port there\n"
	  "  Owner      server[5000010] +1      " OWNER
	  "  FD         8,9                     the descriptors, in the order of the owners\n"
	  "  PID        5000010                 the first owner's process id\n"
	  "  Queues     11 bytes not read, 12 bytes not acknowledged  what Recv-Q and\n"
	  "                                     Send-Q mean here, in words\n"
	  "  Timer      keepalive 230 ms, 15 retransmits  the running timer, how long it\n"
	  "                                     still takes, how often it has fired\n"
	  "  Retrans    15                      " RETRANS
	  "  User       1000                    whose socket it is, by name or (-n) number\n"
	  "  Inode      13                      inode number, as in /proc/PID/fd\n"
	  "  Cookie     abc                     the kernel's cookie, hexadecimal as ss -e\n"
	  "                                     has it, the same from SYN to TIME_WAIT\n" NETNS
	  "  Cgroup     77                      the cgroup in which it was made: container,\n"
	  "                                     service\n"
	  "  Drops      14                      packets thrown away at this socket\n"
	  "  RTT        21.0 ms                 smoothed round trip\n"
	  "  RTO        204 ms                  retransmission time-out\n"
	  "  Cwnd       23                      congestion window, in segments\n"
	  "  MSS        1424                    bytes in a full segment\n"
	  "  Unacked    25                      segments sent and not acknowledged\n"
	  "  Lost       26                      segments taken for lost\n"
	  "  Resent     28                      segments sent again, in all its life\n"
	  "  Rcv-Wnd    30                      the window that this side offers\n"
	  "  Snd-Wnd    31                      the window that the peer offers: 0 with a\n"
	  "                                     full Send-Q, the peer does not read\n"
	  "  Last-Snd   32.0 ms                 since data was last sent\n"
	  "  Last-Rcv   33.0 ms                 since data last came\n"
	  "  Last-ACK   34.0 ms                 since the last ACK came\n"
	  "  Options    ts sack wscale:7,9      options agreed on: ts timestamps, sack,\n"
	  "                                     ecn, wscale with both shifts\n"
	  "  none, or not known: Half-open\n"
	  "\n" },
	{ "a listener's, which mean something else; of one that is gone not all was kept", 0, 4, 4, true,
	  "Values\n"
	  "  State      LISTEN                  state of the connection\n"
	  "  Recv-Q     5                       connections that wait for accept()\n"
	  "  Send-Q     256                     the backlog\n"
	  "  Local      10.0.0.1:91             address and port here\n"
	  "  Peer       *:*                     address and port there\n"
	  "  Owner      leaky[5000020]          " OWNER
	  "  FD         8                       the descriptors, in the order of the owners\n"
	  "  PID        5000020                 the first owner's process id\n"
	  "  Queues     5 wait for accept(), backlog 256  what Recv-Q and Send-Q mean here,\n"
	  "                                     in words\n"
	  "  Half-open  2                       of a listener: its SYN queue, connections\n"
	  "                                     without the last ACK of their handshake\n"
	  "  Retrans    0                       " RETRANS
	  "  User       0                       whose socket it is, by name or (-n) number\n"
	  "  Cookie     5                       the kernel's cookie, hexadecimal as ss -e\n"
	  "                                     has it, the same from SYN to TIME_WAIT\n" NETNS
	  "  Drops      14                      connections thrown away\n"
	  "  none, or not known: Age, Timer, Inode, Cgroup, RTT, RTO, Cwnd, MSS, Unacked,\n"
	  "    Lost, Resent, Rcv-Wnd, Snd-Wnd, Last-Snd, Last-Rcv, Last-ACK, Options (round\n"
	  "    trips and windows were not gathered in this look)\n"
	  "\n" },
};

static void what_values_there_are(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct top *t = at_page(values[i].port, values[i].opened, values[i].shown, values[i].gone);
		struct buf b = { 0 };

		page_text(t, "Values", &b);
		same_lines(buf_text(&b), values[i].says, values[i].what);
		buf_free(&b);
		top_free(t);
	}
}

/* --- stacks -------------------------------------------------------------------------------------------------- */

static void no_stacks(uint16_t port, unsigned shown, const char *whose)
{
	struct top *t = at_page(port, 1, shown, false);

	page_stacks(t);
	ok(!machine.pid && !t->page.stacks.len && streq(t->message, "no process holds it: there are no stacks"),
	   "%s threads are not looked for", whose);
	top_free(t);
}

/* They stand below the owner, and are another page's no more. */
static void stacks(void)
{
	static const struct row ours[] = {
		{ 1, 1, EST, 90, 4011, 0, 0, 0, 0, .rest = { .key.cookie = 1 } },
		{ 1, 1, EST, 91, 4012, 0, 0, SERVER, 0, .rest = { .key.cookie = 2 } },
	};
	struct row mine[] = { ours[0], ours[1] };
	struct proc_stat self;
	struct top *t;
	struct buf b = { 0 };

	mine[0].pid = getpid();
	proc_stat_read(getpid(), &self);
	t = top_at(mine, ARRAY_SIZE(mine));
	top_looks_until(t, 1);
	page_open(t, top_now(t), 0);
	page_stacks(t);
	ok(machine.pid == getpid() && machine.began == self.started, "its owner's threads are asked for");
	page_text(t, NULL, &b);
	ok(strstr(buf_text(&b), "]\n\nWhere its owner's threads were at ") &&
	           strstr(buf_text(&b), "\nthread 7 sleeps in accept()\n  accept+0x1\n\nHistory\n"),
	   "where they are stands below the owner");
	page_open(t, top_now(t), 1);
	buf_clear(&b);
	page_text(t, NULL, &b);
	ok(!strstr(buf_text(&b), "thread 7"), "and not on another's page");
	page_stacks(t);
	ok(machine.pid == SERVER && !machine.began, "of a process that is not there nobody knows when it began");
	buf_free(&b);
	top_free(t);
}

int main(void)
{
	what_pages_say();
	what_values_there_are();
	stacks();
	no_stacks(4004, 4, "of one that is gone the");
	no_stacks(4007, 1, "nobody's");
	return tap_done();
}
