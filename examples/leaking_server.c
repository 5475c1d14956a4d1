/* SPDX-License-Identifier: MIT
 * leaking_server PORT: echoes what it reads, and never closes: the server of post 002, wrong on purpose, in one marked
 * place. Its connection stays in CLOSE_WAIT for as long as it runs. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 5, BUFFER = 1024 };

static void die(const char *what)
{
	fprintf(stderr, "leaking_server: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int listening(const char *port)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0)
		die("bind");
	if (listen(fd, BACKLOG) < 0)
		die("listen");
	return fd;
}

static void echo(int conn)
{
	char text[BUFFER];
	ssize_t n;

	while ((n = read(conn, text, sizeof text)) > 0)
		if (write(conn, text, (size_t)n) != n)
			die("write");
	/* WRONG, on purpose: read() said end of file, and close(conn) is missing here. */
}

int main(int argc, char **argv)
{
	int listener;

	if (argc != 2) {
		fprintf(stderr, "usage: leaking_server PORT\n");
		return 2;
	}
	listener = listening(argv[1]);
	for (int i = 1;; i++) {
		int conn = accept(listener, NULL, NULL);

		if (conn < 0)
			die("accept");
		printf("Connected client %d\n", i);
		fflush(stdout);
		echo(conn);
	}
}
