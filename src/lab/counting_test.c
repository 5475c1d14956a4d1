/* SPDX-License-Identifier: MIT
 * What counters tell of a packet, from files written by hand: by one, the one that tells most, and of no other packet.
 */
#include "lab/counting.h"
#include "base/tap.h"

#include <stdlib.h>
#include <unistd.h>

static struct lab l;
static int files[2];
static struct conn conn;

/* netstat's: full accept queues, drops of listeners, PAWS, cookies sent and come back; snmp's are always the same. */
static void counters_are(int overflows, int drops, int paws, int sent, int back)
{
	char text[256];
	int n = snprintf(text, sizeof text,
	                 "TcpExt: SyncookiesSent SyncookiesRecv ListenOverflows ListenDrops PAWSEstab\n"
	                 "TcpExt: %d %d %d %d %d\n",
	                 sent, back, overflows, drops, paws);

	if (ftruncate(files[0], 0) < 0 || pwrite(files[0], text, (size_t)n, 0) != n)
		exit(1);
}

static int new_file(void)
{
	char path[] = "/tmp/lastack-counting-test-XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	return fd;
}

static void open_lab(void)
{
	static const char snmp[] = "Tcp: InErrs InCsumErrors\nTcp: 0 0\n";

	files[0] = new_file();
	files[1] = new_file();
	if (write(files[1], snmp, sizeof snmp - 1) < 0)
		exit(1);
	l = (struct lab){ .counts = true };
	timeline_begin(&l.timeline);
	for (int i = 0; i < SIDES; i++)
		for (int k = 0; k < 2; k++)
			l.hosts[i].counter_fds[k] = files[k];
}

static void close_lab(void)
{
	counting_close(&l);
	timeline_free(&l.timeline);
	close(files[0]);
	close(files[1]);
}

/* The counters of before, the packet, those of after. */
static void comes(unsigned number, const int after[5])
{
	struct packet p = { .number = number, .from = CLIENT, .conn = &conn };

	counters_are(0, 0, 0, 0, 0);
	l.wire.handed++;
	counting_begins(&l, &p);
	counters_are(after[0], after[1], after[2], after[3], after[4]);
	counting_ends(&l, &p);
}

static const struct event *last_event(void)
{
	return l.timeline.n ? l.timeline.events[l.timeline.n - 1] : NULL;
}

static void told(void)
{
	const struct event *e;

	comes(1, (int[]){ 0, 0, 0, 0, 0 });
	ok(!last_event(), "nothing moved, nothing is told");
	comes(2, (int[]){ 1, 1, 0, 0, 0 });
	e = last_event();
	ok(e && e->kind == EV_COUNTED && e->counted.what == COUNTED_FULL_ACCEPT, "the one that tells most counts");
	ok(e && e->counted.number == 2 && e->side == SERVER, "of this packet, at its receiver");
	comes(3, (int[]){ 0, 1, 0, 0, 0 });
	e = last_event();
	ok(e && e->counted.number == 3 && e->counted.what == COUNTED_LISTEN_DROP, "or the one that moved alone");
	comes(4, (int[]){ 0, 0, 2, 0, 0 });
	ok(last_event() == e, "what moved by two is not this packet's alone");
	comes(5, (int[]){ 1, 2, 0, 0, 0 });
	ok(last_event() == e, "nor is what moved with it");
	comes(6, (int[]){ 1, 1, 0, 0, 1 });
	ok(last_event()->counted.what == COUNTED_FULL_ACCEPT,
	   "a cookie that came back, and was thrown away all the same");
	comes(7, (int[]){ 0, 0, 0, 0, 1 });
	ok(last_event()->counted.what == COUNTED_COOKIE_BACK, "a cookie that came back");
}

static void cookies(void)
{
	struct packet answer = { .number = 9, .from = SERVER, .conn = &conn, .answer = true, .seg.flags = SYN | ACK };
	size_t n = l.timeline.n;

	ok(!counting_made_cookie(&l, &answer), "no cookie was sent yet");
	comes(8, (int[]){ 0, 0, 0, 1, 0 });
	answer.handed = l.wire.handed;
	ok(counting_made_cookie(&l, &answer) && l.timeline.n == n,
	   "the answer to this SYN is a cookie; that is told there");
	answer.answer = false;
	ok(!counting_made_cookie(&l, &answer), "what was sent later is none");
	answer.answer = true;
	answer.handed--;
	ok(!counting_made_cookie(&l, &answer), "nor the answer to another packet");
	answer.handed++;
	answer.seg.flags = ACK;
	ok(!counting_made_cookie(&l, &answer), "nor what is no SYN+ACK");
}

static void not_asked(void)
{
	size_t n = l.timeline.n;

	l.counts = false;
	comes(10, (int[]){ 1, 1, 0, 0, 0 });
	l.counts = true;
	l.hosts[CLIENT].is_veth = true;
	comes(11, (int[]){ 1, 1, 0, 0, 0 });
	ok(l.timeline.n == n, "nobody asks, or it is veth: nothing is told");
}

int main(void)
{
	open_lab();
	told();
	cookies();
	not_asked();
	close_lab();
	return tap_done();
}
