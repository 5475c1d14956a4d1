/* SPDX-License-Identifier: MIT
 * echo_client ADDRESS PORT TEXT: sends a text, prints what comes back, closes. The client of post 000. */
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
	fprintf(stderr, "echo_client: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int connected(const char *address, const char *port)
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd;

	if (inet_pton(AF_INET, address, &there.sin_addr) != 1) {
		fprintf(stderr, "echo_client: '%s' is no IPv4 address\n", address);
		exit(2);
	}
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		die("socket");
	if (connect(fd, (struct sockaddr *)&there, sizeof there) < 0)
		die("connect");
	return fd;
}

int main(int argc, char **argv)
{
	char text[BUFFER];
	ssize_t n;
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: echo_client ADDRESS PORT TEXT\n");
		return 2;
	}
	fd = connected(argv[1], argv[2]);
	if (send(fd, argv[3], strlen(argv[3]), 0) < 0)
		die("send");
	n = recv(fd, text, sizeof text - 1, 0);
	if (n < 0)
		die("recv");
	text[n] = 0;
	printf("%s\n", text);
	close(fd);
	return 0;
}
