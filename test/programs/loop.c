/* SPDX-License-Identifier: MIT
 * loop KIND N FILE: makes N system calls, of a socket (KIND socket) or another (KIND other), and writes to FILE how
 * many nanoseconds one took. Where it is traced, that is what tracing costs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), type, n = argc > 3 ? atoi(argv[2]) : 0;
	socklen_t len = sizeof type;
	double began = now();
	FILE *f;

	if (n < 1 || fd < 0)
		return 2;
	for (int i = 0; i < n; i++)
		if (!strcmp(argv[1], "socket"))
			getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
		else
			syscall(SYS_getppid);
	f = fopen(argv[3], "we");
	if (!f)
		return 1;
	fprintf(f, "%.0f\n", (now() - began) / n);
	return fclose(f) != 0;
}
