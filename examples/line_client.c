/* SPDX-License-Identifier: MIT
 * line_client ADDRESS PORT: sends the lines that are typed and prints what comes back, until q or Q (post 002). */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 1024 };

static void die(const char *what)
{
	fprintf(stderr, "line_client: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int connected(const char *address, const char *port)
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd;

	if (inet_pton(AF_INET, address, &there.sin_addr) != 1) {
		fprintf(stderr, "line_client: '%s' is no IPv4 address\n", address);
		exit(2);
	}
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		die("socket");
	if (connect(fd, (struct sockaddr *)&there, sizeof there) < 0)
		die("connect");
	return fd;
}

/* What was sent comes back whole, perhaps in pieces. */
static void exchange(int fd, const char *line)
{
	size_t len = strlen(line), got = 0;
	char text[BUFFER];

	if (write(fd, line, len) != (ssize_t)len)
		die("write");
	while (got < len) {
		ssize_t n = read(fd, text, sizeof text);

		if (n <= 0)
			die("read");
		fwrite(text, 1, (size_t)n, stdout);
		got += (size_t)n;
	}
}

int main(int argc, char **argv)
{
	char line[BUFFER];
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: line_client ADDRESS PORT\n");
		return 2;
	}
	fd = connected(argv[1], argv[2]);
	for (;;) {
		fputs("Input message(Q to quit): ", stdout);
		fflush(stdout);
		if (!fgets(line, sizeof line, stdin) || !strcmp(line, "q\n") || !strcmp(line, "Q\n"))
			break;
		exchange(fd, line);
	}
	close(fd);
	return 0;
}
