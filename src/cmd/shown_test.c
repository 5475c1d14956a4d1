/* SPDX-License-Identifier: MIT
 * lastack list of a network namespace of this test's own: what each option shows of a server, its two clients, and a
 * connection that nobody has accepted. */
#include "base/file.h"
#include "cmd/command.h"
#include "lab/netconf.h"
#include "session/terminal_test.h"

#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

enum { WORDS = 16 };

static char *argv[WORDS + 1];
static int argc;

static int run(void)
{
	fds_close(STDERR_FILENO + 1, ~0U); /* the sockets are this process's, not its child's */
	return command_list.run(argc, argv);
}

/* "PID" in the words and in what should be is this process. */
static void with_pid(char *to, size_t room, const char *from)
{
	struct buf b = { 0 };

	for (const char *at; (at = strstr(from, "PID")); from = at + 3) {
		buf_add(&b, from, (size_t)(at - from));
		buf_addf(&b, "%d", getpid());
	}
	buf_puts(&b, from);
	snprintf(to, room, "%s", buf_text(&b));
	buf_free(&b);
}

/* Of groups: how long the oldest is there is nobody's claim, nor how wide that makes the columns. */
static void without_ages(struct buf *said)
{
	struct buf to = { 0 };

	for (const char *from = buf_text(said); *from;) {
		bool begins = !to.len || to.text[to.len - 1] == '\n';
		size_t blanks = strspn(from, " ");

		if (!strncmp(from, ">=", 2) && strstr(from, "  ")) {
			buf_puts(&to, "AGE");
			from = strstr(from, "  ");
		} else if (blanks > 1 || (blanks && begins)) {
			buf_puts(&to, begins ? " " : "  ");
			from += blanks;
		} else {
			buf_add(&to, from++, 1);
		}
	}
	buf_free(said);
	*said = to;
}

static void shows(const char *line, const char *should)
{
	static char words[300], wanted[1500];
	char whole[250];
	struct buf said = { 0 };

	snprintf(whole, sizeof whole, "list -N PID --engine=A %s", line);
	with_pid(words, sizeof words, whole);
	with_pid(wanted, sizeof wanted, should);
	argc = 0;
	for (char *word = strtok(words, " "); word && argc < WORDS; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	ok(kept_output(&said, run, 20) == EXIT_OK, "list %s", line);
	if (strstr(line, "--group-by"))
		without_ages(&said);
	same_text(buf_text(&said), wanted, "what it shows");
	buf_free(&said);
}

/* --- the namespace --------------------------------------------------------------------------------------- */

static struct sockaddr_in at(uint16_t port)
{
	return (struct sockaddr_in){ AF_INET, htons(port), { htonl(INADDR_LOOPBACK) }, { 0 } };
}

static void must(bool good)
{
	if (!good)
		exit(1);
}

static int bound_to(uint16_t port)
{
	struct sockaddr_in a = at(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0);
	return fd;
}

static void connect_from(uint16_t port)
{
	struct sockaddr_in a = at(7777);

	must(connect(bound_to(port), (struct sockaddr *)&a, sizeof a) == 0);
}

/* The listener, its clients of ports 40001 and 40002, of whom the first is accepted and sent something, and a listener
 * of IPv6. */
static void set_up(void)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(8888), .sin6_addr = in6addr_loopback };
	int server = bound_to(7777), accepted, listener;

	must(listen(server, 5) == 0);
	connect_from(40001);
	accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	must(accepted >= 0 && send(accepted, "hello", 5, 0) == 5);
	connect_from(40002);
	listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(listener, (struct sockaddr *)&six, sizeof six) == 0 && listen(listener, 7) == 0);
}

/* --- what is shown --------------------------------------------------------------------------------------- */

static const struct {
	const char *line, *should;
} rows[] = {
	{ "-o state,recvq,sendq,local,peer,owner",
	  "State       Recv-Q Send-Q Local           Peer            Owner\n"
	  "LISTEN           1      5 127.0.0.1:7777  0.0.0.0:*       shown_test[PID]\n"
	  "LISTEN           0      7 [::1]:8888      [::]:*          shown_test[PID]\n"
	  "ESTABLISHED      0      0 127.0.0.1:7777  127.0.0.1:40001 shown_test[PID]\n"
	  "ESTABLISHED      0      0 127.0.0.1:7777  127.0.0.1:40002 not accepted (shown_test[PID])\n"
	  "ESTABLISHED      5      0 127.0.0.1:40001 127.0.0.1:7777  shown_test[PID]\n"
	  "ESTABLISHED      0      0 127.0.0.1:40002 127.0.0.1:7777  shown_test[PID]\n" },
	{ "-H -o state,local listen", "LISTEN 127.0.0.1:7777\nLISTEN [::1]:8888\n" },
	{ "-l -H -o local", "127.0.0.1:7777\n[::1]:8888\n" },
	{ "-l -4 -H -o local", "127.0.0.1:7777\n" },
	{ "-l -6 -H -o local", "[::1]:8888\n" },
	{ "-6 -H -o local", "[::1]:8888\n" },
	{ "-H -o local,peer --sort -peer established",
	  "127.0.0.1:7777  127.0.0.1:40002\n127.0.0.1:7777  127.0.0.1:40001\n"
	  "127.0.0.1:40001 127.0.0.1:7777\n127.0.0.1:40002 127.0.0.1:7777\n" },
	{ "-H -o recvq,local --sort -recvq,local", "5 127.0.0.1:40001\n1 127.0.0.1:7777\n0 127.0.0.1:7777\n"
	                                           "0 127.0.0.1:7777\n0 127.0.0.1:40002\n0 [::1]:8888\n" },
	{ "-H -o state,pid -n listen v4", "LISTEN PID\n" },
	{ "--csv -o state,sendq,recvq,local,peer,owner v4",
	  "state,sendq,recvq,local,peer,owner\r\n"
	  "LISTEN,5,1,127.0.0.1:7777,0.0.0.0:*,shown_test[PID]\r\n"
	  "ESTABLISHED,0,0,127.0.0.1:7777,127.0.0.1:40001,shown_test[PID]\r\n"
	  "ESTABLISHED,0,0,127.0.0.1:7777,127.0.0.1:40002,not accepted (shown_test[PID])\r\n"
	  "ESTABLISHED,0,5,127.0.0.1:40001,127.0.0.1:7777,shown_test[PID]\r\n"
	  "ESTABLISHED,0,0,127.0.0.1:40002,127.0.0.1:7777,shown_test[PID]\r\n" },
	{ "--csv -H -o state,local listen", "LISTEN,127.0.0.1:7777\r\nLISTEN,[::1]:8888\r\n" },
	{ "--group-by state", " Sockets  Oldest  State\n 4  AGE  ESTABLISHED\n 2  LISTEN\n" },
	{ "--group-by listener -H sport 7777",
	  " 2  AGE  127.0.0.1:7777  1 LISTEN, 1 ESTABLISHED\n 1  AGE  waits for none  1 ESTABLISHED\n" },
	{ "-H -o state --group-by owner listen", " 2  shown_test[PID]  2 LISTEN\n" },
	{ "-H --group-by program listen", " 2  shown_test  2 LISTEN\n" },
	{ "-H -o owner established sport 7777", "shown_test[PID]\nnot accepted (shown_test[PID])\n" },
	{ "-H -o owner owner not-accepted", "not accepted (shown_test[PID])\n" },
	{ "-H -o local,peer sport 7777 and not listen",
	  "127.0.0.1:7777 127.0.0.1:40001\n127.0.0.1:7777 127.0.0.1:40002\n" },
	{ "-H -o local sport gt 65535", "" },
	{ "-H -o local sport 7777 listen or sport 40001", "127.0.0.1:7777\n127.0.0.1:40001\n" },
	{ "-H -o state -a -t -p listen v4", "LISTEN\n" },
	{ "-H -o local -o +peer dport 7777", "127.0.0.1:40001 127.0.0.1:7777\n127.0.0.1:40002 127.0.0.1:7777\n" },
	{ "-H -o state -m listen v4", "LISTEN 0\n" },
	{ "-H -o state,fd listen v4", "LISTEN 3\n" },
};

int main(void)
{
	struct err e;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 && unshare(CLONE_NEWNET) < 0)
		return tap_skip_all("no network namespace can be made here");
	if (link_up(1, 0, &e) < 0)
		return tap_skip_all(err_text(&e));
	set_up();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		shows(rows[i].line, rows[i].should);
	return tap_done();
}
