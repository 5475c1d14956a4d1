/* SPDX-License-Identifier: MIT
 * daytime_client [HOST [PORT]]: prints the line that a daytime server sends; tries every address of the host (post
 * 001). */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);

	if (fd < 0)
		return -1;
	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
		return fd;
	close(fd);
	return -1;
}

static int connected(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *all;
	int rc = getaddrinfo(host, port, &hints, &all), fd = -1;

	if (rc) {
		fprintf(stderr, "daytime_client: %s: %s\n", host, gai_strerror(rc));
		return -1;
	}
	for (const struct addrinfo *a = all; a && fd < 0; a = a->ai_next)
		fd = connect_to(a);
	freeaddrinfo(all);
	if (fd < 0)
		perror("daytime_client: connect");
	return fd;
}

int main(int argc, char **argv)
{
	int fd = connected(argc > 1 ? argv[1] : "localhost", argc > 2 ? argv[2] : "13");
	char text[128];
	ssize_t n;

	if (fd < 0)
		return 1;
	while ((n = recv(fd, text, sizeof text, 0)) > 0)
		fwrite(text, 1, (size_t)n, stdout);
	close(fd);
	return n < 0;
}
