/* SPDX-License-Identifier: MIT
 * borrowed PORT vfork|signals: holds connections whose peers have gone, so that doctor looks at its threads, and has
 * what may go wrong when they are stopped for it. vfork: sleeps in vfork(), beyond interruption, until a line comes;
 * says "back" when it is, and ends. signals: gets queued signals as fast as they can be sent, until a line comes; says
 * how many were lost. */
#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LEFT = 3 };

static int say(const char *text)
{
	puts(text);
	fflush(stdout);
	return 0;
}

/* Connects to itself and leaves: its own end of each connection stays in CLOSE_WAIT. */
static int hold_connections(int port)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
		                    .sin_port = htons((uint16_t)port),
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(listener, (struct sockaddr *)&here, sizeof here) < 0 || listen(listener, LEFT) < 0)
		return -1;
	for (int i = 0; i < LEFT; i++) {
		int client = socket(AF_INET, SOCK_STREAM, 0);

		if (connect(client, (struct sockaddr *)&here, sizeof here) < 0 || accept(listener, NULL, NULL) < 0)
			return -1;
		close(client);
	}
	return 0;
}

static void wait_for_line(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n')
		;
}

/* --- vfork ------------------------------------------------------------------------------------------------- */

static int sleep_in_vfork(void)
{
	say("ready");
	if (vfork() == 0) {
		wait_for_line();
		_exit(0);
	}
	say("back");
	wait_for_line(); /* doctor ends with it */
	return 0;
}

/* --- signals ----------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t counted;

static void count(int signal)
{
	(void)signal;
	counted++;
}

/* Ends when it is told to, with how many it has sent. */
static int send_all(int tell)
{
	sigset_t stop;
	int sent = 0;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	while (sigtimedwait(&stop, NULL, &(struct timespec){ 0, 0 }) < 0)
		if (sigqueue(getppid(), SIGRTMIN, (union sigval){ 0 }) == 0)
			sent++;
		else
			sched_yield();
	return write(tell, &sent, sizeof sent) == sizeof sent ? 0 : 1;
}

static int count_signals(void)
{
	struct sigaction action = { .sa_handler = count, .sa_flags = SA_RESTART };
	int sent[2], n = 0;
	pid_t sender;

	sigaction(SIGRTMIN, &action, NULL);
	if (pipe(sent) < 0)
		return 1;
	sender = fork();
	if (sender == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(send_all(sent[1]));
	}
	say("ready");
	wait_for_line();
	kill(sender, SIGTERM);
	while (read(sent[0], &n, sizeof n) != sizeof n)
		;
	printf("sent %s, lost %d\n", n > 1000 ? "many" : "few", n - (int)counted);
	return fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc < 3 || hold_connections(atoi(argv[1])) < 0)
		return 2;
	return strcmp(argv[2], "vfork") ? count_signals() : sleep_in_vfork();
}
