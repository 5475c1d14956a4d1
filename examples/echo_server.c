/* SPDX-License-Identifier: MIT
 * echo_server PORT: accepts one connection, reads once, sends back what it read, closes, ends. The server of post
 * 000. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1, BUFFER = 1024 };

static void die(const char *what)
{
	fprintf(stderr, "echo_server: %s: %s\n", what, strerror(errno));
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

int main(int argc, char **argv)
{
	char text[BUFFER];
	int listener, conn;
	ssize_t n;

	if (argc != 2) {
		fprintf(stderr, "usage: echo_server PORT\n");
		return 2;
	}
	listener = listening(argv[1]);
	conn = accept(listener, NULL, NULL);
	if (conn < 0)
		die("accept");
	n = recv(conn, text, sizeof text - 1, 0);
	if (n < 0)
		die("recv");
	text[n] = 0;
	printf("%s\n", text);
	if (send(conn, text, (size_t)n, 0) < 0)
		die("send");
	close(conn);
	close(listener);
	return 0;
}
