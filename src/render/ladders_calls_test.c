/* SPDX-License-Identifier: MIT
 * Ladders of what programs do: their calls, what they print, where they wait, what they leak, what needs more lines. */
#include "render/ladders_test.h"

/* What keeps a call and its result in one row, and what does not. */
static void tell_calls(struct tale *t)
{
	struct event_call *c;

	tale_call(t, SERVER, "server", 1, "read(4, 100)");
	tale_text(t, EV_OUTPUT, SERVER, "server", "waiting");
	tale_text(t, EV_PROCESS, SERVER, "server", "makes thread 2");
	tale_call(t, CLIENT, "client", 2, "getpid()");
	tale_result(t, CLIENT, "client", 2, "77");
	tale_result(t, SERVER, "server", 1, "5");
	tale_call(t, SERVER, "server", 3, "read(4, 100)");
	tale_text(t, EV_NOTE, NO_SIDE, "", "A note keeps them apart.");
	tale_result(t, SERVER, "server", 3, "0");
	tale_call(t, SERVER, "server/2", 4, "bind(3, 0.0.0.0:80), listen(3, 5), accept(3)");
	tale_passes(t, CLIENT, 1, SYN)->rel_seq = 0;
	tale_result(t, SERVER, "server/2", 4, "-1 EINTR (Interrupted system call)");
	tale_call(t, CLIENT, "client2", 5, "connect(3, server:80)");
	tale_call(t, CLIENT, "client2", 6, "close(4)");
	tale_result(t, CLIENT, "client2", 6, "0");
	tale_result(t, CLIENT, "client2", 5, "0");
	c = tale_call(t, CLIENT, "client", 7, "recvfrom(3, 100)");
	c->where = xstrdup("echo.c:55 main");
	c = tale_result(t, CLIENT, "client", 7, "5");
	c->whole = xstrdup("recvfrom(3, \"hello\", 100)");
	c->took = span_us(410);
	c = tale_call(t, SERVER, "server", 8, "recvfrom(4, 100)");
	c->where = xstrdup("server.c:9 serve");
	tale_passes(t, CLIENT, 2, ACK);
	c = tale_result(t, SERVER, "server", 8, "7");
	c->whole = xstrdup("recvfrom(4, \"goodbye\", 100)");
	c->took = span_ms(3310);
	tale_result(t, SERVER, "server", 99, "0");
	tale_call(t, CLIENT, "client", 9, "write(3, \"a(), b()\\\"), c()\", 16)");
	tale_passes(t, SERVER, 3, ACK);
	tale_result(t, CLIENT, "client", 9, "16");
	tale_call(t, CLIENT, "client", 10, "connect(5, 10.0.0.2:80)");
	t->pause = t->tl.n;
	tale_result(t, CLIENT, "client", 10, "0");
}

/* What programs print, where they wait. */
static void tell_output(struct tale *t)
{
	char line[32], wide[460] = "";

	for (int i = 1; i <= 23; i++) {
		snprintf(line, sizeof line, "short %d", i);
		tale_text(t, EV_OUTPUT, SERVER, "server", line);
	}
	tale_text(t, EV_PROCESS, SERVER, "server", "ends with 0");
	for (int i = 1; i <= 25; i++) {
		snprintf(line, sizeof line, "long %d", i);
		tale_text(t, EV_OUTPUT, CLIENT, "client", line);
	}
	for (int i = 1; i <= 12; i++) {
		tale_text(t, EV_OUTPUT, CLIENT, "client", "one");
		tale_text(t, EV_OUTPUT, CLIENT, "client2", "two");
	}
	tale_text(t, EV_WAITS, CLIENT, "client", "waits in read(3)");
	tale_becomes(t, CLIENT, "client", tale_sock(2, TCP_ESTABLISHED, 8), tale_sock(2, TCP_CLOSE_WAIT, 8));
	tale_text(t, EV_PROCESS, CLIENT, "client", "is replaced by /bin/true");
	tale_becomes(t, CLIENT, "client", tale_sock(2, TCP_CLOSE_WAIT, 8), tale_sock(2, TCP_LAST_ACK, 8));
	memset(wide, 'y', 399);
	strcat(wide, "é and more");
	tale_text(t, EV_OUTPUT, CLIENT, "client", wide);
	wide[400] = 0;
	wide[399] = 'z';
	tale_text(t, EV_OUTPUT, CLIENT, "client", wide);
}

/* Stacks and leaks. */
static void tell_leaks(struct tale *t)
{
	struct event_leak *k;

	tale_text(t, EV_STACK, SERVER, "server", "in read(4):\n    server.c:44 echo\n    server.c:71 main\n");
	k = tale_leaks(t, 2, TCP_CLOSE_WAIT, "4, 5", "127.0.0.1:46098, 127.0.0.1:46100");
	k->made = tale_site("accept(3) = 4", "server.c:71 main", NULL);
	k->eof = tale_site("read(4, \"\", 1024) = 0", "server.c:44 echo", "server/2");
	k->last = tale_site("read(4, \"\", 1024) = 0", "server.c:44 echo", "server/2");
	k = tale_leaks(t, 1, TCP_CLOSE_WAIT, "4", "127.0.0.1:46098");
	k->made = tale_site("accept(3) = 4", NULL, NULL);
	k->copied = tale_site("dup(4) = 9", "server.c:80 main", NULL);
	k->last = tale_site("write(4, \"x\", 1) = 1", "server.c:50 echo", NULL);
	k = tale_leaks(t, 1, TCP_CLOSED, "4", "127.0.0.1:46098");
	k->eof = tale_site("read(4, \"\", 1024) = 0", "server.c:44 echo", NULL);
	k->last = tale_site("read(4, \"\", 1024) = 0", "server.c:45 echo", NULL);
	tale_leaks(t, 3, TCP_CLOSED, "4, 5, 6", "127.0.0.1:46098, …");
	k = tale_leaks(t, 1, TCP_CLOSE_WAIT, "7", "127.0.0.1:46099");
	k->last = tale_site("shutdown(7, SHUT_WR) = 0", "server.c:90 main", NULL);
}

/* Long sentences, wide characters, marks that take no room, words that cannot be cut, and bytes that are none. */
static void tell_long(struct tale *t)
{
	tale_text(t, EV_NOTE, NO_SIDE, "",
	          "A sentence that is so long that it does not fit one line at eighty columns and not at a hundred and "
	          "twenty columns "
	          "either, so that it is continued.");
	tale_text(t, EV_NOTE, NO_SIDE, "",
	          "소켓은 닫혔지만 커널은 아직 기다린다: 마지막 ACK이 사라졌을 수 있기 때문이다. 그래서 TIME_WAIT이 "
	          "남는다. "
	          "끝.");
	tale_text(t, EV_NOTE, NO_SIDE, "",
	          "e\xcc\x81tat: combining marks take no column, so that this line is as long as it seems to be");
	tale_text(t, EV_NOTE, NO_SIDE, "", "\x1b[31mred\a and \xff\xfe and \xed\xa0\x80 are shown, not done");
	tale_text(t, EV_NOTICE, NO_SIDE, "", "a notice of the lab, with … and × in it");
	tale_text(t, EV_NOTE, NO_SIDE, "", "");
	tale_call(t, CLIENT, "client", 1,
	          "write(3, "
	          "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	          "aaaaa"
	          "a\", 100)");
	tale_result(t, CLIENT, "client", 1, "100");
	tale_call(t, SERVER, "server", 2,
	          "setsockopt(4, SOL_SOCKET, SO_RCVTIMEO, {10, 0}, 16), read(4, 4096) and then some more");
	tale_result(t, SERVER, "server", 2, "-1 EAGAIN (Resource temporarily unavailable)");
	tale_text(t, EV_OUTPUT, SERVER, "서버", "안녕하세요 여러분, 이 줄은 아주 길어서 두 줄이 됩니다. 그렇지요?");
	tale_passes(t, CLIENT, 4000000001, PSH | ACK)->seg.len = 4000000000;
	tale_passes(t, SERVER, 4000000002, FIN | PSH | URG | ACK)->remarks = REMARK_(RST_BARE) | REMARK_(ACKS_UNSEEN);
	tale_fated(t, CLIENT, 4000000003, FIN | PSH | URG | ACK, FATE_DELAYED)->remarks = REMARK_(FAST);
}

/* An error, and beneath it what it comes from; the state that came of it stands beside the call all the same. */
static void tell_errors(struct tale *t)
{
	tale_call(t, SERVER, "server", 11, "bind(3, 0.0.0.0:80)");
	tale_result(t, SERVER, "server", 11, "-1 EADDRINUSE (Address already in use)")->why =
		xstrdup("0.0.0.0:80 is held by the listener of server2");
	tale_call(t, CLIENT, "client", 12, "connect(3, 10.0.0.2:81)");
	tale_passes(t, CLIENT, 4, SYN);
	tale_result(t, CLIENT, "client", 12, "-1 ECONNREFUSED (Connection refused)")->why =
		xstrdup("the RST #5: nobody listens on 10.0.0.2:81");
	tale_goes(t, CLIENT, "client", tale_sock(2, TCP_SYN_SENT, 8));
}

static const struct tale_of tales[] = {
	{ "calls", tell_calls, NULL, false },   { "output", tell_output, NULL, false },
	{ "leaks", tell_leaks, NULL, false },   { "long", tell_long, NULL, false },
	{ "errors", tell_errors, NULL, false },
};

int main(void)
{
	return ladders_test(tales, ARRAY_SIZE(tales));
}
