/* SPDX-License-Identifier: MIT
 * pool PORT [leak]: 50 threads in accept(), each reads to the end and closes; with `leak` it does not close: wrong on
 * purpose. */
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A kernel whose SYN queue is more than half full gives up half-open connections after some seconds
 * (net/ipv4/inet_connection_sock.c reqsk_timer_handler()): more than twice of those that come at once, for a machine on
 * which their handshakes take so long. */
enum { THREADS = 50, BACKLOG = 512 };

static int listener, leaks;

static void serve(int conn)
{
	char text[256];
	ssize_t n;

	while ((n = read(conn, text, sizeof text)) > 0)
		if (write(conn, text, (size_t)n) != n)
			break;
	if (!leaks)
		close(conn);
}

static void *worker(void *unused)
{
	int conn;

	while ((conn = accept(listener, NULL, NULL)) >= 0)
		serve(conn);
	return unused;
}

int main(int argc, char **argv)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
		                    .sin_port = htons((uint16_t)atoi(argc > 1 ? argv[1] : "0")) };
	pthread_t thread;

	leaks = argc > 2;
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&here, sizeof here) < 0 || listen(listener, BACKLOG) < 0) {
		perror("pool");
		return 1;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread, NULL, worker, NULL);
	for (;;)
		pause();
}
