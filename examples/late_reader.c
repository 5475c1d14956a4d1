/* SPDX-License-Identifier: MIT
 * late_reader PORT: a thread for each client answers one line, then works for an hour, and only then reads again: wrong
 * on purpose, in one marked place. Clients that leave meanwhile stay behind in CLOSE_WAIT, and nobody has read that
 * they are gone. */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64, BUFFER = 1024, WORK_SECONDS = 3600 };

static void die(const char *what)
{
	fprintf(stderr, "late_reader: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int listening(const char *port)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0)
		die("bind");
	if (listen(fd, BACKLOG) < 0)
		die("listen");
	return fd;
}

/* Stands for what takes long: a query, a lock, another service. */
static void work(void)
{
	sleep(WORK_SECONDS);
}

static void *serve(void *arg)
{
	int conn = (int)(intptr_t)arg;
	char text[BUFFER];
	ssize_t n;

	while ((n = read(conn, text, sizeof text)) > 0) {
		if (write(conn, text, (size_t)n) != n)
			break;
		work(); /* WRONG, on purpose: without a limit, and without a look at the connection until it is over. */
	}
	close(conn);
	return NULL;
}

int main(int argc, char **argv)
{
	int listener;

	if (argc != 2) {
		fprintf(stderr, "usage: late_reader PORT\n");
		return 2;
	}
	listener = listening(argv[1]);
	for (;;) {
		int conn = accept(listener, NULL, NULL);
		pthread_t thread;

		if (conn < 0)
			die("accept");
		if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)conn) != 0)
			die("pthread_create");
		pthread_detach(thread);
	}
}
