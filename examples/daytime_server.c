/* SPDX-License-Identifier: MIT
 * daytime_server [PORT]: writes the time of day to whoever connects and closes at once, so that TIME_WAIT is the
 * server's (post 001). IPv6 and IPv4 on one socket where the system has both. RFC 867. */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 5 };

static int listen_on(const struct addrinfo *a)
{
	int off = 0;
	int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);

	if (fd < 0)
		return -1;
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The first address that can be bound, IPv6 before IPv4, for it takes both. */
static int listening(const char *port)
{
	static const int families[] = { AF_INET6, AF_INET };
	int fd = -1;

	for (size_t i = 0; i < 2 && fd < 0; i++) {
		struct addrinfo hints = { .ai_family = families[i],
			                  .ai_socktype = SOCK_STREAM,
			                  .ai_flags = AI_PASSIVE },
				*all;
		int rc = getaddrinfo(NULL, port, &hints, &all);

		if (rc) {
			fprintf(stderr, "daytime_server: port %s: %s\n", port, gai_strerror(rc));
			continue;
		}
		for (const struct addrinfo *a = all; a && fd < 0; a = a->ai_next)
			fd = listen_on(a);
		freeaddrinfo(all);
	}
	if (fd < 0)
		perror("daytime_server: cannot listen");
	return fd;
}

static void answer(int conn)
{
	time_t now = time(NULL);
	struct tm local;
	char text[64];
	size_t n = strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y\r\n", localtime_r(&now, &local));

	if (send(conn, text, n, MSG_NOSIGNAL) < 0)
		perror("daytime_server: send");
	close(conn);
}

int main(int argc, char **argv)
{
	int listener = listening(argc > 1 ? argv[1] : "13");

	if (listener < 0)
		return 1;
	for (;;) {
		int conn = accept(listener, NULL, NULL);

		if (conn >= 0)
			answer(conn);
	}
}
