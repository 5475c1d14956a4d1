/* SPDX-License-Identifier: MIT
 * crowd PORT [N]: N (100) children, each connects, sends a few bytes and waits for them to come back. Exits with how
 * many failed. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int one(const char *port)
{
	struct sockaddr_in there = { .sin_family = AF_INET,
		                     .sin_port = htons((uint16_t)atoi(port)),
		                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char text[64];

	if (connect(fd, (struct sockaddr *)&there, sizeof there) < 0 || write(fd, "hello", 5) != 5 ||
	    read(fd, text, sizeof text) != 5)
		return 1;
	return close(fd) < 0;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 100, failed = 0, status;

	for (int i = 0; i < n; i++)
		if (fork() == 0)
			_exit(one(argv[1]));
	for (int i = 0; i < n; i++)
		failed += wait(&status) < 0 || status != 0;
	printf("%d of %d failed\n", failed, n);
	return failed;
}
