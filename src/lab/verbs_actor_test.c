/* SPDX-License-Identifier: MIT
 * What actors are told: the command that a verb sends, the call that the timeline shows, and how it is answered where
 * an actor cannot do it. */
#include "lab/bare_test.h"
#include "base/fdmsg.h"

static struct bare b;

/* The call as the timeline has it, and the command as the actor's process gets it. */
static void tells(enum side side, const char *line, const char *shown, const char *command)
{
	static char text[ACTOR_TEXT + 1];
	struct actor_cmd c = { 0 };
	struct iovec part[] = { { &c, sizeof c }, { text, ACTOR_TEXT } };
	char is[160], at[ADDR_TEXT] = "-";
	const struct event *ev;
	int fd;

	bare_says_is(&b, line, "");
	ev = b.l.timeline.n ? b.l.timeline.events[b.l.timeline.n - 1] : NULL;
	same_text(ev && ev->kind == EV_CALL ? ev->call.text : "no call", shown, "the call as it is shown");
	memset(text, 0, sizeof text);
	if (fdmsg_recv(b.told[side], part, ARRAY_SIZE(part), &fd, MSG_DONTWAIT) < (long)sizeof c) {
		ok(false, "the actor is told nothing");
		return;
	}
	if (c.at.port)
		endpoint_format(at, &c.at);
	snprintf(is, sizeof is, "%d %s %d %d%s%s%s%s %u %u %.40s", c.op, at, c.number, c.value,
	         c.reuseaddr ? " addr" : "", c.reuseport ? " port" : "", c.v6only ? " v6only" : "",
	         c.give_away ? " give" : "", c.length, c.text_len, text);
	same_text(is, command, "what its process is told");
	lab_find_actor(&b.l, side_name(side))->now.id = 0;
}

static void of_sockets(void)
{
	bare_actor(&b, SERVER, -1, -1);
	tells(SERVER, "server listen 7777", "bind(3, 0.0.0.0:7777), listen(3, 5)", "0 0.0.0.0:7777 5 0 0 0 ");
	tells(SERVER, "server listen 1 backlog 0 reuseaddr", "SO_REUSEADDR, bind(3, 0.0.0.0:1), listen(3, 0)",
	      "0 0.0.0.0:1 0 0 addr 0 0 ");
	tells(SERVER, "server listen 65535 reuseport backlog 65535 v6",
	      "SO_REUSEPORT, bind(3, [::]:65535), listen(3, 65535)", "0 [::]:65535 65535 0 port 0 0 ");
	tells(SERVER, "server listen 80 v6only reuseport reuseaddr",
	      "SO_REUSEADDR, SO_REUSEPORT, bind(3, [::]:80), listen(3, 5)", "0 [::]:80 5 0 addr port v6only 0 0 ");
	ok(!b.l.bound.ever[SERVER], "whoever listens is not bound alone");
	tells(SERVER, "server bind 80", "bind(3, 0.0.0.0:80)", "1 0.0.0.0:80 5 0 0 0 ");
	ok(b.l.bound.due[SERVER] && !b.l.bound.due[CLIENT], "that a socket may be bound alone is remembered");
	tells(SERVER, "server bind 80 reuseaddr v6", "SO_REUSEADDR, bind(3, [::]:80)", "1 [::]:80 5 0 addr 0 0 ");
	tells(SERVER, "server connect 80", "connect(3, 10.0.0.1:80)", "2 10.0.0.1:80 0 0 0 0 ");
	tells(SERVER, "server connect 80 host server", "connect(3, 10.0.0.2:80)", "2 10.0.0.2:80 0 0 0 0 ");
	tells(SERVER, "server connect 80 host 192.0.2.7", "connect(3, 192.0.2.7:80)", "2 192.0.2.7:80 0 0 0 0 ");
	b.l.hosts[CLIENT].v6 = b.l.hosts[SERVER].v6 = (struct addr){ .family = AF_INET6, .bytes = { 0xfd, [15] = 1 } };
	tells(SERVER, "server connect 80 v6", "connect(3, [fd00::1]:80)", "2 [fd00::1]:80 0 0 0 0 ");
}

static void of_connections(void)
{
	struct actor *a = bare_actor(&b, CLIENT, 3, 4);

	tells(CLIENT, "client accept", "accept(3)", "3 - 0 0 give 0 0 ");
	a->conn_fd = -1;
	a->connected = false;
	tells(CLIENT, "client accept", "accept(3)", "3 - 0 0 0 0 ");
	tells(CLIENT, "client accept as client-b", "accept(3)", "3 - 0 0 give 0 0 ");
	same_text(a->heir, "client-b", "who gets it");
	tells(CLIENT, "client close", "close(3)", "9 - 0 0 0 0 ");
	a->conn_fd = 4;
	tells(CLIENT, "client connect 80", "connect(4, 10.0.0.2:80)", "2 10.0.0.2:80 0 0 0 0 ");
	tells(CLIENT, "client close", "close(4)", "8 - 0 0 0 0 ");
	tells(CLIENT, "client close listener", "close(3)", "9 - 0 0 0 0 ");
	tells(CLIENT, "client send \"hello\"", "send(4, \"hello\", 5)", "5 - 0 0 0 5 hello");
	tells(CLIENT, "client send \"12345678901234567890123456789012345678901\"",
	      "send(4, \"1234567890123456789012345678901234567890…\", 41)",
	      "5 - 0 0 0 41 1234567890123456789012345678901234567890");
	tells(CLIENT, "client send 3000 bytes", "send(4, …, 3000)", "5 - 0 0 3000 0 ");
	tells(CLIENT, "client recv", "recv(4, 4096)", "6 - 0 0 4096 0 ");
	tells(CLIENT, "client recv 1", "recv(4, 1)", "6 - 0 0 1 0 ");
	tells(CLIENT, "client shutdown", "shutdown(4, SHUT_WR)", "7 - 1 0 0 0 ");
	tells(CLIENT, "client shutdown wr", "shutdown(4, SHUT_WR)", "7 - 1 0 0 0 ");
	tells(CLIENT, "client shutdown rd", "shutdown(4, SHUT_RD)", "7 - 0 0 0 0 ");
	tells(CLIENT, "client shutdown both", "shutdown(4, SHUT_RDWR)", "7 - 2 0 0 0 ");
	tells(CLIENT, "client abort", "close(4) with SO_LINGER 0 s", "10 - 0 0 0 0 ");
	tells(CLIENT, "client vanish", "(fd 4 is gone, without a packet)", "11 - 0 0 0 0 ");
	tells(CLIENT, "client set nodelay 1", "setsockopt(4, TCP_NODELAY, 1)", "12 - 0 1 0 0 ");
	tells(CLIENT, "client set SO_LINGER -1", "setsockopt(4, SO_LINGER, -1)", "12 - 11 -1 0 0 ");
	a->conn_fd = -1;
	tells(CLIENT, "client set rcvbuf 4096", "setsockopt(3, SO_RCVBUF, 4096)", "12 - 6 4096 0 0 ");
	a->listener_fd = -1;
	tells(CLIENT, "client set keepcnt 2147483647", "setsockopt(next socket, TCP_KEEPCNT, 2147483647)",
	      "12 - 5 2147483647 0 0 ");
}

/* Which calls end a connection without a packet: a crash; giving up a connect(); an abort in CLOSING and LAST_ACK. */
static void of_silence(void)
{
	static const struct {
		const char *line;
		enum tcp_state state;
		bool silent;
	} cases[] = {
		{ "client vanish", TCP_ESTABLISHED, true }, { "client close", TCP_ESTABLISHED, false },
		{ "client close", TCP_SYN_SENT, true },     { "client shutdown", TCP_SYN_SENT, true },
		{ "client abort", TCP_SYN_SENT, true },     { "client abort", TCP_CLOSING, true },
		{ "client abort", TCP_LAST_ACK, true },     { "client abort", TCP_ESTABLISHED, false },
		{ "client abort", TCP_CLOSE_WAIT, false },  { "client close", TCP_LAST_ACK, false },
		{ "client close", TCP_CLOSING, false },     { "client send 1 bytes", TCP_SYN_SENT, false },
		{ "client recv", TCP_SYN_SENT, false },
	};
	struct actor *a = bare_actor(&b, CLIENT, -1, 3);

	a->page->conn_cookie = 42;
	bare_has(&b, CLIENT, (struct sock){ .key.cookie = 41, .state = TCP_SYN_SENT });
	bare_has(&b, CLIENT, (struct sock){ .key.cookie = 42 });
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		b.l.seen[CLIENT].socks[1].state = cases[i].state;
		b.l.dirty[CLIENT] = false;
		bare_says_is(&b, cases[i].line, "");
		ok(b.l.timeline.events[b.l.timeline.n - 1]->call.silent == cases[i].silent, "in %s it is %s",
		   tcp_state_name(cases[i].state), cases[i].silent ? "silent" : "not silent");
		ok(b.l.dirty[CLIENT] && !b.l.dirty[SERVER], "and its host is looked at");
		a->now.id = 0;
	}
}

static const struct {
	const char *line, *should;
} what_cannot_be[] = {
	{ "server", "what shall server do? A verb is missing" },
	{ "server send \"x\"", "server has no connection; connect or accept first (ACTOR send \"TEXT\" | N bytes)" },
	{ "server recv", "server has no connection; connect or accept first" },
	{ "server abort", "server has no connection; connect or accept first" },
	{ "server vanish", "server has no connection; connect or accept first" },
	{ "server shutdown", "server has no connection to shut down" },
	{ "server close", "server has no socket to close" },
	{ "server close listener", "server has no listener to close" },
	{ "server accept", "server does not listen; 'server listen PORT' first" },
	{ "server listen 0", "the port is a number from 1 to 65535, not '0' (ACTOR listen PORT [backlog N] "
	                     "[reuseaddr] [reuseport] [v6] [v6only])" },
	{ "server listen 80 backlog 65536", "backlog is a number from 0 to 65535, not '65536' (ACTOR listen "
	                                    "PORT [backlog N] [reuseaddr] [reuseport] [v6] [v6only])" },
	{ "server bind 80 backlog 1", "nothing is expected here, but 'backlog' follows (ACTOR bind PORT "
	                              "[reuseaddr] [reuseport] [v6])" },
	{ "server connect 65536",
	  "the port is a number from 1 to 65535, not '65536' (ACTOR connect PORT [host HOST] [v6])" },
	{ "server connect 80 host", "the host is missing (ACTOR connect PORT [host HOST] [v6])" },
	{ "server connect 80 host here", "'here' is no host: client, server, or an address" },
	{ "server connect 80 v6", "this lab has no IPv6: the kernel has none" },
	{ "server set nodely 1", "there is no option 'nodely'; did you mean 'nodelay'? (ACTOR set OPTION VALUE)" },
	{ "server set xyzzy 1", "there is no option 'xyzzy'; there are: nodelay cork keepalive keepidle "
	                        "keepintvl keepcnt rcvbuf sndbuf rcvlowat reuseaddr reuseport linger linger2 "
	                        "defer_accept user_timeout syncnt maxseg quickack fastopen fastopen_connect "
	                        "(ACTOR set OPTION VALUE)" },
	{ "server set nodelay", "the option's value is missing: a number from -1 to 2147483647 (ACTOR set "
	                        "OPTION VALUE)" },
	{ "server set nodelay -2", "the option's value is a number from -1 to 2147483647, not '-2' (ACTOR set "
	                           "OPTION VALUE)" },
	{ "client listen 80",
	  "client listens already; let another actor listen (client2), or 'client close listener'" },
	{ "client bind 80", "client has a socket already; close it, or use another actor (client2)" },
	{ "client connect 80", "client has a connection already; close it, or use another actor (client2)" },
	{ "client accept as server-b", "'server-b' cannot be the new actor: a name on the same host that "
	                               "nobody has yet, as client-b" },
	{ "client accept as client",
	  "'client' cannot be the new actor: a name on the same host that nobody has yet, as client-b" },
	{ "client accept as", "the new actor's name is missing (ACTOR accept [as NAME])" },
	{ "client send \"\"", "a text to send has 1 to 65536 bytes; for more write 'client send N bytes'" },
	{ "client send 5",
	  "the word 'bytes' is missing after 5, or the text is not in quotes (ACTOR send \"TEXT\" | N bytes)" },
	{ "client send 0 bytes", "how many bytes to send is a number from 1 to 1073741824, not '0' (ACTOR "
	                         "send \"TEXT\" | N bytes)" },
	{ "client send", "what to send is missing: a text in quotes, \"like this\" (ACTOR send \"TEXT\" | N "
	                 "bytes)" },
	{ "client recv 0", "how many bytes to receive is a number from 1 to 1073741824, not '0' (ACTOR recv "
	                   "[N])" },
	{ "client shutdown all", "nothing is expected here, but 'all' follows (ACTOR shutdown [wr|rd|both])" },
	{ "client abort now", "nothing is expected here, but 'now' follows (ACTOR abort)" },
};

static void of_what_cannot_be(void)
{
	bare_actor(&b, SERVER, -1, -1);
	bare_actor(&b, CLIENT, 3, 4);
	for (size_t i = 0; i < ARRAY_SIZE(what_cannot_be); i++)
		bare_says_is(&b, what_cannot_be[i].line, what_cannot_be[i].should);
	b.l.options.loopback = true;
	bare_says_is(&b, "server connect 80 v6", "this lab has no IPv6: option loopback is IPv4 only");
}

int main(void)
{
	void (*const parts[])(void) = { of_sockets, of_connections, of_silence, of_what_cannot_be };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		bare_open(&b);
		parts[i]();
		bare_close(&b);
	}
	return tap_done();
}
