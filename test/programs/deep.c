/* SPDX-License-Identifier: MIT
 * Accepts and leaves connections from three functions deep, each with a frame of a size that is known only when it
 * runs: so the frame is kept in a register, without which nobody finds the caller. Its other thread computes for ever.
 * Argument: the port. */
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static __attribute__((noinline)) void leave_open(int listener, int n)
{
	volatile char *room = __builtin_alloca((size_t)n);

	for (;;) {
		char byte;
		int fd = accept(listener, NULL, NULL);

		room[0] = (char)fd;
		while (read(fd, &byte, 1) > 0)
			;
	}
}

static __attribute__((noinline)) void serve(int listener, int n)
{
	volatile char *room = __builtin_alloca((size_t)n);

	room[0] = 1;
	leave_open(listener, n);
	room[0] = 2;
}

static __attribute__((noinline)) void spin(volatile unsigned long *n)
{
	while (++*n)
		;
}

static void *compute(void *n)
{
	spin(n);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)atoi(argv[argc - 1])),
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	unsigned long n = 0;
	pthread_t thread;

	if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 16) < 0 ||
	    pthread_create(&thread, NULL, compute, &n) != 0)
		return 1;
	serve(listener, 100 + argc);
	return 0;
}
