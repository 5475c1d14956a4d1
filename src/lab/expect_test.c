/* SPDX-License-Identifier: MIT
 * Sentences after `expect`: how each is read, what it is held against, and how a wrong one is answered. */
#include "lab/bare_test.h"

static struct bare b;

/* What the hosts have, of which the sentences below are true or not. */
static void set_up(void)
{
	struct endpoint listening = { .port = 7777 }, near = { .port = 1024 };
	struct actor *a;

	bare_open(&b);
	bare_has(&b, SERVER,
	         (struct sock){ .state = TCP_LISTEN,
	                        .rq = 2,
	                        .wq = 5,
	                        .half_open = 3,
	                        .drops = 4,
	                        .inode = 9,
	                        .local = listening });
	bare_has(&b, SERVER,
	         (struct sock){ .state = TCP_NEW_SYN_RECV,
	                        .local = listening,
	                        .remote = near,
	                        .timer = TIMER_ON,
	                        .retrans = 2 });
	bare_has(&b, SERVER,
	         (struct sock){ .state = TCP_ESTABLISHED, .rq = 10, .wq = 20, .local = listening, .remote = near });
	bare_has(&b, SERVER,
	         (struct sock){
			 .state = TCP_ESTABLISHED, .rq = 1, .local = listening, .inode = 8, .timer = TIMER_KEEPALIVE });
	bare_has(&b, SERVER, (struct sock){ .state = TCP_BOUND, .inode = 7 });
	bare_has(&b, CLIENT, (struct sock){ .state = TCP_BOUND, .inode = 6 });
	bare_has(&b, CLIENT,
	         (struct sock){
			 .key.cookie = 77, .state = TCP_SYN_SENT, .local = near, .remote = listening, .inode = 5 });
	a = bare_actor(&b, CLIENT, -1, 3);
	a->page->conn_cookie = 77;
}

/* Sentence, and whether it is so. */
struct claim {
	const char *sentence;
	bool holds;
};

static void hold(const struct claim *claims, size_t n)
{
	char line[160];

	for (size_t i = 0; i < n; i++) {
		const char *said;

		snprintf(line, sizeof line, "expect %s within 0s", claims[i].sentence);
		said = bare_says(&b, line);
		same_text(said, claims[i].holds ? "" : "the expectation failed", claims[i].sentence);
	}
}

static const struct claim socket_claims[] = {
	{ "server ESTABLISHED", true },
	{ "server established", true },
	{ "client ESTABLISHED", false },
	{ "client SYN_SENT", true },
	{ "server SYN_SENT", false },
	{ "server SYN_RECV", true },
	{ "server NEW_SYN_RECV", true },
	{ "server BOUND", true },
	/* queues */
	{ "server ESTABLISHED rq 10", true },
	{ "server ESTABLISHED rq 20", false },
	{ "server ESTABLISHED sq 20", true },
	{ "server ESTABLISHED sq 10", false },
	{ "server ESTABLISHED rq 10 sq 20", true },
	{ "server ESTABLISHED rq 1 sq 20", false },
	{ "server ESTABLISHED rq >=10", true },
	{ "server ESTABLISHED rq >=11", false },
	{ "server ESTABLISHED sq <1", true },
	{ "server ESTABLISHED rq <1", false },
	{ "server ESTABLISHED rq <2", true },
	{ "server ESTABLISHED rq +10", true },
	/* whose */
	{ "server ESTABLISHED rq 1 owned", true },
	{ "server ESTABLISHED rq 10 owned", false },
	{ "server ESTABLISHED rq 10 no-owner", true },
	{ "server ESTABLISHED rq 1 no-owner", false },
	{ "client SYN_SENT by client", true },
	{ "client BOUND by client", false },
	{ "client SYN_SENT by client2", false },
	{ "client2 SYN_SENT", false },
	{ "client2 none SYN_SENT", true },
	/* timers */
	{ "server ESTABLISHED timer keepalive", true },
	{ "server ESTABLISHED timer off", true },
	{ "server ESTABLISHED timer on", false },
	{ "server ESTABLISHED rq 10 timer off", true },
	{ "server NEW_SYN_RECV timer on", true },
	{ "server NEW_SYN_RECV retrans 2", true },
	{ "server NEW_SYN_RECV retrans 3", false },
	/* ports: of either end */
	{ "client SYN_SENT port 1024", true },
	{ "client SYN_SENT port 7777", true },
	{ "client SYN_SENT port 1025", false },
	/* listeners */
	{ "server LISTEN queue 2 backlog 5 syn 3 drops 4", true },
	{ "server LISTEN queue 5", false },
	{ "server LISTEN backlog 2", false },
	{ "server LISTEN syn 4", false },
	{ "server LISTEN drops 3", false },
	{ "server LISTEN rq 2 sq 5", true },
	/* at most 12 conditions, and the last one counts too */
	{ "server LISTEN rq 2 rq 2 rq 2 rq 2 rq 2 rq 2 rq 2 rq 2 rq 2 rq 2 rq 2 sq 5", true },
	{ "server LISTEN rq 2 rq 2 rq 2 rq 2 rq 2 rq 2 rq 2 rq 2 rq 2 rq 2 rq 2 sq 4", false },
};

static void of_sockets(void)
{
	hold(socket_claims, ARRAY_SIZE(socket_claims));
}

static void of_several(void)
{
	static const struct claim claims[] = {
		{ "server none ESTABLISHED", false },
		{ "server none CLOSE_WAIT", true },
		{ "server none", false },
		{ "client none", false },
		{ "client none LISTEN", true },
		{ "server none ESTABLISHED rq 2", true },
		{ "server none ESTABLISHED rq 1", false },
		{ "server count ESTABLISHED 2", true },
		{ "server count ESTABLISHED 1", false },
		{ "server count ESTABLISHED 1 owned", true },
		{ "server count ESTABLISHED >=3", false },
		{ "server count ESTABLISHED <3", true },
		{ "server count ESTABLISHED <2", false },
		{ "client count ESTABLISHED 0", true },
		{ "client count SYN_SENT 1 by client", true },
	};

	hold(claims, ARRAY_SIZE(claims));
	b.l.seen[CLIENT].n = 1; /* what is bound alone is no connection */
	bare_says_is(&b, "expect client none within 0s", "");
	b.l.seen[CLIENT].socks[0].state = TCP_LISTEN;
	bare_says_is(&b, "expect client none within 0s", "");
	b.l.seen[CLIENT].socks[0].state = TCP_TIME_WAIT;
	bare_says_is(&b, "expect client none within 0s", "the expectation failed");
	same_text(b.l.failed,
	          "expected: client none within 0s\n    not so within 0.00 ms\n"
	          "seen:     client TIME_WAIT rq 0 sq 0 owned port 0",
	          "and what is there instead");
}

static void seen(const char *line, const char *should)
{
	free(b.l.failed);
	b.l.failed = NULL;
	bare_says_is(&b, line, "the expectation failed");
	same_text(b.l.failed ? b.l.failed : "", should, "what was expected, and what is");
}

static void of_what_is_instead(void)
{
	seen("expect client LISTEN within 0s",
	     "expected: client LISTEN within 0s\n    not so within 0.00 ms\n"
	     "seen:     client BOUND rq 0 sq 0 owned port 0; client SYN_SENT rq 0 sq 0 owned port 1024 by client");
	seen("expect server none ESTABLISHED  within 0s for 5ms",
	     "expected: server none ESTABLISHED within 0s for 5ms\n    not so within 0.00 ms\n"
	     "seen:     server LISTEN rq 2 sq 5 owned syn 3 drops 4 port 7777; "
	     "server NEW_SYN_RECV rq 0 sq 0 no-owner timer on 0.00 ms, 2 retransmits port 7777; "
	     "server ESTABLISHED rq 10 sq 20 no-owner port 7777; "
	     "server ESTABLISHED rq 1 sq 0 owned timer keepalive 0.00 ms port 7777; "
	     "server BOUND rq 0 sq 0 owned port 0");
	b.l.seen[CLIENT].n = 0;
	seen("expect client BOUND within 0s",
	     "expected: client BOUND within 0s\n    not so within 0.00 ms\nseen:     no socket at all");
	seen("expect client recv \"a\\nb\" within 0s",
	     "expected: client recv \"a\\nb\" within 0s\n    not so within 0.00 ms\n"
	     "seen:     client made no call yet");
}

/* Each expectation that was judged is on the timeline, and those that held are counted. */
static void noted(void)
{
	size_t before = b.l.timeline.n;
	unsigned held = b.l.expectations;
	const struct event *ev;

	bare_says(&b, "expect  server  LISTEN within 0s");
	ev = b.l.timeline.events[before];
	ok(ev->kind == EV_EXPECTED && ev->expected.held && b.l.expectations == held + 1, "one that held is counted");
	same_text(ev->expected.text, "server LISTEN within 0s", "in its words");
	bare_says(&b, "expect server CLOSING within 0s");
	ev = b.l.timeline.events[before + 1];
	ok(ev->kind == EV_EXPECTED && !ev->expected.held && b.l.expectations == held + 1, "one that did not is not");
	ok(b.l.timeline.events[before + 2]->kind == EV_TABLE, "but the sockets stand behind it");
}

static const struct {
	const char *line, *should;
} wrong_words[] = {
	{ "expect", "who is missing" },
	{ "expect nobody LISTEN",
	  "'nobody' is neither a host nor an actor, nor wire, nor held; as 'expect client ESTABLISHED'" },
	{ "expect client", "the state is missing: one of the RFC's, none, count, counter, or a call" },
	{ "expect client LISTN", "'LISTN' is no state; did you mean LISTEN?" },
	{ "expect client xyzzy",
	  "'xyzzy' is no state; there are none, count, counter, an actor's call, and LISTEN SYN_SENT SYN_RECV "
	  "NEW_SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT BOUND" },
	{ "expect client \"LISTEN\"", "'LISTEN' is no state; did you mean LISTEN?" },
	{ "expect client CLOSED", "CLOSED is no socket at all: write 'none'" },
	{ "expect client count LISTEN", "the count is missing: N, >=N or <N" },
	{ "expect client count LISTEN x", "the count is N, >=N or <N, not 'x'" },
	{ "expect client LISTEN rq", "rq is missing: N, >=N or <N" },
	{ "expect client LISTEN rq \"1\"", "rq is N, >=N or <N, not '1'" },
	{ "expect client LISTEN rq >1", "rq is N, >=N or <N, not '>1'" },
	{ "expect client LISTEN timer", "the timer: off, on, keepalive, timewait or persist is missing" },
	{ "expect client LISTEN by", "the actor's name is missing" },
	{ "expect client LISTEN by cli", "'cli' names no actor; its name begins with client or server" },
	{ "expect client LISTEN qeue 1", "'qeue' is no condition; did you mean queue?" },
	{ "expect client LISTEN witin 1s", "'witin' is no condition; did you mean within?" },
	{ "expect client LISTEN xyzzy", "'xyzzy' is no condition" },
	{ "expect client LISTEN within", "within is missing: a time as 150ms, 2s or 1m" },
	{ "expect client LISTEN for ever", "for is a time as 150ms, 2s or 1m (at most 24 hours), not 'ever'" },
	{ "expect client ESTABLISHED syn 1", "only LISTEN has 'syn'; other states have rq and sq" },
	{ "expect client ESTABLISHED drops 1", "only LISTEN has 'drops'; other states have rq and sq" },
	{ "expect client ESTABLISHED queue 1", "only LISTEN has 'queue'; other states have rq and sq" },
	{ "expect client ESTABLISHED backlog 1", "only LISTEN has 'backlog'; other states have rq and sq" },
	{ "expect client LISTEN rq 1 rq 1 rq 1 rq 1 rq 1 rq 1 rq 1 rq 1 rq 1 rq 1 rq 1 rq 1 rq 1",
	  "an expectation has at most 12 conditions" },
	{ "expect client recv", "the result of recv is missing or unknown: ok, a number, an errno name, "
	                        "pending or \"text\"" },
	{ "expect client recv EOOPS", "the result of recv is missing or unknown: ok, a number, an errno name, "
	                              "pending or \"text\"" },
	{ "expect client recv ok owned", "'owned' is no condition here: within and for alone" },
	{ "expect client leaks", "how many connections is missing: N, >=N or <N" },
	{ "expect client leaks 1 at main.c", "the place, as \"server.c:44\" is a text in quotes, "
	                                     "\"like this\", not 'main.c'" },
	{ "expect wire", "who sends is missing: client, server or both" },
	{ "expect wire clinet SYN 1", "who sends? client, server or both, not 'clinet'; did you mean client?" },
	{ "expect wire client", "the kind of packet is missing: RST SYNACK SYN FIN DATA ACK or any" },
	{ "expect wire client SYN", "how many packets is missing: N, >=N or <N" },
	{ "expect wire client SYN 1 witin 1s", "'witin' is no condition; did you mean within?" },
	{ "expect held client SYN x", "how many is N, >=N or <N, not 'x'" },
	{ "expect no socket", "'no' is followed by 'finding'; of sockets say 'H none STATE'" },
	{ "expect finding LA101", "there is no doctor here" },
	{ "expect no finding", "there is no doctor here" },
};

static void of_wrong_words(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong_words); i++)
		bare_says_is(&b, wrong_words[i].line, wrong_words[i].should);
}

int main(void)
{
	void (*const parts[])(void) = { of_sockets, of_several, of_what_is_instead, noted, of_wrong_words };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		set_up();
		parts[i]();
		bare_close(&b);
	}
	return tap_done();
}
