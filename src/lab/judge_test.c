/* SPDX-License-Identifier: MIT
 * Expectations about calls, programs' ends, counters, packets and findings, held against a lab made by hand. */
#include "lab/bare_test.h"

#include <errno.h>

static struct bare b;

static void hold(const char *sentence, const char *should)
{
	char line[160];

	free(b.l.failed);
	b.l.failed = NULL;
	snprintf(line, sizeof line, "expect %s within 0s", sentence);
	bare_says(&b, line);
	if (b.l.failed && strstr(b.l.failed, "\npackets:")) /* test/language.t reads what is said beside */
		*strstr(b.l.failed, "\npackets:") = 0;
	if (b.l.failed)
		same_text(strstr(b.l.failed, "seen:     ") + strlen("seen:     "), should, sentence);
	else
		same_text(err_is_set(&b.e) ? err_text(&b.e) : "", should, sentence);
}

static void answer(struct actor *a, const char *call, int64_t ret, int err, const char *text)
{
	a->last = (struct result){ .id = 1, .fd = -1 };
	a->last.reply = (struct actor_reply){ .ret = ret, .err = err, .text_len = (uint32_t)strlen(text) };
	snprintf(a->last.call, sizeof a->last.call, "%s", call);
	snprintf(a->last.text, sizeof a->last.text, "%s", text);
}

static void of_calls(void)
{
	struct actor *a = bare_actor(&b, CLIENT, -1, 3);

	hold("client connect ok", "client made no call yet");
	hold("client2 connect ok", "client2 made no call yet");
	answer(a, "connect", -1, ECONNREFUSED, "");
	hold("client connect ECONNREFUSED", "");
	hold("client connect ETIMEDOUT", "connect returned ECONNREFUSED");
	hold("client connect ok", "connect returned ECONNREFUSED");
	hold("client connect 0", "connect returned ECONNREFUSED");
	hold("client recv ECONNREFUSED", "connect returned ECONNREFUSED");
	answer(a, "connect", 0, 0, "");
	hold("client connect ok", "");
	hold("client connect 0", "");
	hold("client connect EPERM", "connect returned 0");
	answer(a, "recv", 5, 0, "hello");
	hold("client recv ok", "");
	hold("client recv 5", "");
	hold("client recv >=5", "");
	hold("client recv <5", "recv returned 5 \"hello\"");
	hold("client recv 6", "recv returned 5 \"hello\"");
	hold("client recv \"hello\"", "");
	hold("client recv \"hello!\"", "recv returned 5 \"hello\"");
	hold("client recv \"hell\"", "recv returned 5 \"hello\"");
	hold("client recv \"hallo\"", "recv returned 5 \"hello\"");
	hold("client recv pending", "recv returned 5 \"hello\"");
	a->now = (struct pending){ 2, OP_RECV, "recv" };
	hold("client recv pending", "");
	hold("client send pending", "recv is pending");
	hold("client recv 5", "recv is pending");
	answer(a, "listen", -1, EADDRINUSE, "");
	a->now.id = 0;
	hold("client listen EADDRINUSE", "");
	hold("client listen", "no socket at all");
}

/* Of what was received no more than 200 bytes are shown. */
static void of_long_texts(void)
{
	struct actor *a = bare_actor(&b, CLIENT, -1, 3);
	char text[202], should[260];

	memset(text, 'a', 201);
	text[201] = 0;
	answer(a, "recv", 201, 0, text);
	snprintf(should, sizeof should, "recv returned 201 \"%.200s\"", text);
	hold("client recv 1", should);
}

/* What cannot be read did neither rise nor stay. */
static void is_unreadable(void)
{
	int kept = b.l.hosts[CLIENT].counter_fds[0];

	b.l.hosts[CLIENT].counter_fds[0] = -1;
	bare_says_is(&b, "expect client counter ListenDrops 0",
	             "the client's counters cannot be read (bad file descriptor)");
	bare_says_is(&b, "expect client counter ListenDrops <9",
	             "the client's counters cannot be read (bad file descriptor)");
	hold("server counter ListenDrops 2", "");
	b.l.hosts[CLIENT].counter_fds[0] = kept;
}

/* Nor did what could not be read at the mark. */
static void was_unreadable(void)
{
	counters_free(&b.l.marked[SERVER]);
	bare_says_is(&b, "expect server counter ListenDrops 5",
	             "what ListenDrops was on the server at the mark is not known");
	counters_free(&b.l.marked[CLIENT]);
	bare_says_is(&b, "expect client counter ListenDrops 0",
	             "the counters could not be read at the mark; is /proc mounted?");
	bare_says_is(&b, "mark", "");
}

static void of_counters(void)
{
	static const char before[] = "TcpExt: ListenDrops Twice\nTcpExt: 3 0\n",
			  after[] = "TcpExt: ListenDrops Twice\nTcpExt: 5 0\n",
			  snmp[] = "Tcp: ActiveOpens Twice\nTcp: 7 0\nUdp: Twice\nUdp: 0\n";

	for (int i = 0; i < SIDES; i++) {
		b.l.hosts[i].counter_fds[0] = bare_file(before);
		b.l.hosts[i].counter_fds[1] = bare_file(snmp);
	}
	bare_says_is(&b, "mark", "");
	hold("server counter ListenDrops 0", "");
	close(b.l.hosts[SERVER].counter_fds[0]);
	b.l.hosts[SERVER].counter_fds[0] = bare_file(after);
	hold("server counter ListenDrops +2", "");
	hold("server counter ListenDrops 2", "");
	hold("server counter TcpExt.ListenDrops >=2", "");
	hold("server counter ListenDrops 3", "ListenDrops is 2");
	hold("client counter ListenDrops 0", "");
	hold("client counter ListenDrops 2", "ListenDrops is 0");
	is_unreadable();
	hold("server counter ActiveOpens 0", "");
	was_unreadable();
	bare_says_is(&b, "mark", "");
	hold("server counter ListenDrops 0", "");
	hold("server counter Twice 0", "'Twice' stands in two groups; write Tcp.Twice, TcpExt.… or the like");
	hold("server counter ListenDrop 0",
	     "this kernel has no counter 'ListenDrop' (see /proc/net/netstat and snmp); did you mean ListenDrops?");
	hold("server counter ListenDrops x", "the counter's value is N, >=N or <N, not 'x'");
}

static void of_packets(void)
{
	bare_says(&b, "hold client SYN port 7777");
	bare_sends(&b, CLIENT, bare_segment(CLIENT, 7777, SYN, 0));
	bare_sends(&b, CLIENT, bare_segment(CLIENT, 8888, SYN, 0));
	bare_sends(&b, SERVER, bare_segment(SERVER, 8888, SYN | ACK, 0));
	hold("wire client SYN 2", "");
	hold("wire client SYN 1", "2 such packets");
	hold("wire client SYN port 7777 1", "");
	hold("wire server SYN 0", "");
	hold("wire server SYNACK 1", "");
	hold("wire both any 3", "");
	hold("wire both any 2", "3 such packets");
	hold("wire client DATA >=1", "0 such packets");
	hold("wire client SYN of client2 0", "");
	hold("held client SYN", "");
	hold("held client SYN 1", "");
	hold("held client SYN 2", "1 such packets are held");
	hold("held server SYN", "0 such packets are held");
	hold("held both any 1", "");
	hold("held client FIN 0", "");
	hold("held client SYN port 8888 0", "");
	bare_says(&b, "dup 1");
	hold("held client SYN 2", "");
	hold("wire client SYN 2", "");
	bare_says(&b, "inject client RST port 7777");
	hold("wire client RST 0", "");
}

static int diagnose(void *ctx, struct lab *l, struct buf *found, struct err *e)
{
	(void)l;
	if (!ctx)
		return err_set(e, "the doctor is ill");
	buf_puts(found, ctx);
	return 0;
}

static bool rule_known(void *ctx, const char *word)
{
	(void)ctx;
	return !strncmp(word, "LA", 2) || streq(word, "close-wait-leak") || streq(word, "warning");
}

static void of_findings(void)
{
	static char found[] = "LA101/close-wait-leak/warning LA302/listen-overflow/critical",
		    unknown[] = "LA101/close-wait-leak/warning LA401/recv-queue-stalled/unknown "
				"LA801/conntrack-full/unknown";

	b.l.hooks =
		(struct lab_hooks){ .ctx = found, .show = bare_show, .diagnose = diagnose, .rule_known = rule_known };
	hold("finding LA101", "");
	hold("finding LA302", "");
	hold("finding close-wait-leak", "");
	hold("finding LA10", "the doctor finds LA101/close-wait-leak/warning LA302/listen-overflow/critical");
	hold("finding LA901", "the doctor finds LA101/close-wait-leak/warning LA302/listen-overflow/critical");
	hold("no finding LA901", "");
	hold("no finding LA101", "the doctor finds LA101/close-wait-leak/warning LA302/listen-overflow/critical");
	hold("no finding", "the doctor finds LA101/close-wait-leak/warning LA302/listen-overflow/critical");
	hold("finding", "the rule is missing: its id or name, as LA101 or close-wait-leak");
	hold("finding xyzzy", "there is no rule 'xyzzy'; 'lastack doctor --rules' lists them");
	b.l.hooks.ctx = unknown;
	hold("finding LA101", "");
	hold("no finding LA302", "");
	hold("finding LA401", "the doctor finds LA101/close-wait-leak/warning LA401/recv-queue-stalled/unknown");
	hold("finding LA302", "the doctor finds LA101/close-wait-leak/warning");
	bare_says_is(&b, "expect no finding LA401",
	             "the doctor does not know all that LA401 goes by, so nothing found means nothing");
	b.l.hooks.ctx = unknown + strlen("LA101/close-wait-leak/warning ");
	hold("no finding", ""); /* of all rules some are never judged in a lab */
	b.l.hooks.ctx = found;
	found[0] = 0;
	hold("no finding", "");
	hold("finding LA101", "the doctor finds nothing");
	b.l.hooks.ctx = NULL;
	bare_says_is(&b, "expect finding LA101", "the doctor is ill");
	bare_says_is(&b, "expect no finding LA101", "the doctor is ill");
	bare_says_is(&b, "expect no finding", "the doctor is ill");
}

/* The doctor finds it from the `from`th question on, `times` times. */
static struct {
	unsigned asked, from, times;
} later;

static int diagnose_later(void *ctx, struct lab *l, struct buf *found, struct err *e)
{
	(void)ctx, (void)l, (void)e;
	later.asked++;
	if (later.asked >= later.from && later.asked < later.from + later.times)
		buf_puts(found, "LA101/close-wait-leak/warning");
	return 0;
}

static void patient(const char *line, unsigned from, unsigned times, bool held, unsigned asked)
{
	later.asked = 0;
	later.from = from;
	later.times = times;
	free(b.l.failed);
	b.l.failed = NULL;
	bare_says_is(&b, line, held ? "" : "the expectation failed");
	ok(later.asked == asked, "asked %u times, should be %u", later.asked, asked);
}

/* It is asked again and again, for 5 s unless `within`; with `for` until it has been so for so long. What failed is
 * asked once more, for the report. */
static void of_patience(void)
{
	struct instant began;

	b.l.hooks = (struct lab_hooks){ .show = bare_show, .diagnose = diagnose_later, .rule_known = rule_known };
	patient("expect finding LA101", 3, 1, true, 3);
	patient("expect finding LA101 within 0s", 2, 1, false, 2);
	patient("expect finding LA101 within 0s", 1, 1, true, 1);
	patient("expect finding LA101 for 1h", 2, 2, false, 5);
	ok(b.l.failed && strstr(b.l.failed, "expected: finding LA101 for 1h\n    was so for "),
	   "it was so, and then not");
	began = clock_now();
	patient("expect finding LA101 within 1h for 0s", 2, 1000, true, 2);
	bare_says_is(&b, "expect no finding LA302 for 50ms", "");
	ok(span_since(began).ns >= span_ms(50).ns, "what must stay so is watched so long");
}

/* Who runs, has ended, or was killed: a status as waitpid() gives it, code * 256 or the signal. */
static void of_ends(void)
{
	struct actor *a = bare_actor(&b, SERVER, -1, -1);
	struct program p = { .name = "server", .terminal = -1, .status = 7 << 8 };

	hold("server exits 0", "server runs no program");
	a->program = &p;
	TAILQ_INSERT_TAIL(&b.l.stepper.programs, &p, link);
	hold("server exits", "server goes on ");
	p.ended = true;
	hold("server exits", "");
	hold("server exits 7", "");
	hold("server exits 0", "exits 7");
	hold("server exits <7", "exits 7");
	p.status = 9;
	hold("server exits 137", "");
	hold("server exits 9", "killed by SIGKILL");
	p.status = 11 | 0x80;
	hold("server exits 139", "");
	hold("server exits 0", "killed by SIGSEGV (core dumped)");
	hold("server leaks 0", "");
	hold("server leaks 1", "0 such leaks");
	bare_says_is(&b, "expect server2 leaks 0", "server2 runs no program, so nothing is known of its leaks");
	bare_says_is(&b, "expect server2 leaks <1", "server2 runs no program, so nothing is known of its leaks");
	TAILQ_REMOVE(&b.l.stepper.programs, &p, link);
	a->program = NULL;
}

int main(void)
{
	void (*const parts[])(void) = { of_calls,    of_long_texts, of_counters, of_packets,
		                        of_findings, of_patience,   of_ends };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		bare_open(&b);
		parts[i]();
		bare_close(&b);
	}
	return tap_done();
}
