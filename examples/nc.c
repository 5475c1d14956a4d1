/* SPDX-License-Identifier: MIT
 * nc [-l [-k]] [HOST] PORT: a small netcat. -l listens, on IPv6 and IPv4 by a socket each; -k goes on to the next
 * connection. What is typed goes out, what comes in is printed. The programs of post 004. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 10, BUFFER = 8192, LISTENERS = 2 };

static void die(const char *what)
{
	fprintf(stderr, "nc: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct addrinfo *addresses(const char *host, const char *port, int flags)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags }, *all;
	int rc = getaddrinfo(host, port, &hints, &all);

	if (rc) {
		fprintf(stderr, "nc: %s port %s: %s\n", host ? host : "any", port, gai_strerror(rc));
		exit(1);
	}
	return all;
}

static int listen_on(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol), on = 1;

	if (fd < 0)
		return -1; /* a system without IPv6 */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0)
		die("bind");
	if (listen(fd, BACKLOG) < 0)
		die("listen");
	return fd;
}

/* Fills in a listener for each family; how many. */
static nfds_t listen_all(const char *port, struct pollfd listeners[LISTENERS])
{
	struct addrinfo *all = addresses(NULL, port, AI_PASSIVE);
	static const int order[LISTENERS] = { AF_INET6, AF_INET };
	nfds_t n = 0;

	for (int i = 0; i < LISTENERS; i++) {
		for (const struct addrinfo *a = all; a; a = a->ai_next) {
			int fd = a->ai_family == order[i] ? listen_on(a) : -1;

			if (fd >= 0 && n < LISTENERS)
				listeners[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
		}
	}
	freeaddrinfo(all);
	return n;
}

static int connect_any(const char *host, const char *port)
{
	struct addrinfo *all = addresses(host, port, 0);
	int fd = -1;

	for (const struct addrinfo *a = all; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(all);
	return fd;
}

/* Moves what is there; false at the end of input. */
static int from_network(int conn)
{
	char text[BUFFER];
	ssize_t n = recv(conn, text, sizeof text, 0);

	if (n <= 0)
		return 0;
	return write(STDOUT_FILENO, text, (size_t)n) == n;
}

static int to_network(int conn)
{
	char text[BUFFER];
	ssize_t n = read(STDIN_FILENO, text, sizeof text);

	if (n <= 0)
		return 0;
	return send(conn, text, (size_t)n, MSG_NOSIGNAL) == n;
}

static void talk(int conn)
{
	struct pollfd p[] = { { .fd = conn, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };

	while (poll(p, 2, -1) >= 0 || errno == EINTR) {
		if (p[0].revents && !from_network(conn))
			break;
		if (p[1].revents && !to_network(conn)) {
			shutdown(conn, SHUT_WR);
			p[1].fd = -1;
		}
	}
	close(conn);
}

static int serve(const char *port, int again)
{
	struct pollfd listeners[LISTENERS];
	nfds_t n = listen_all(port, listeners);

	do {
		if (poll(listeners, n, -1) < 0)
			die("poll");
		for (nfds_t i = 0; i < n; i++) {
			int conn = listeners[i].revents ? accept(listeners[i].fd, NULL, NULL) : -1;

			if (conn >= 0)
				talk(conn);
		}
	} while (again);
	return 0;
}

int main(int argc, char **argv)
{
	int listening = 0, again = 0, c, conn;

	while ((c = getopt(argc, argv, "lk")) != -1) {
		listening |= c == 'l';
		again |= c == 'k';
	}
	if (listening && optind + 1 == argc)
		return serve(argv[optind], again);
	if (listening || optind + 2 != argc) {
		fprintf(stderr, "usage: nc -l [-k] PORT, or nc HOST PORT\n");
		return 2;
	}
	conn = connect_any(argv[optind], argv[optind + 1]);
	if (conn < 0)
		die("connect");
	talk(conn);
	return 0;
}
