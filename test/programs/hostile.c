/* SPDX-License-Identifier: MIT
 * A process that hides behind its names: hostile NAME. It is called NAME, holds a connection whose peer has gone away,
 * and reads its end again and again; the names of its functions and files command a terminal, or end a line. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* As the linker knows it. */
int read_end(int fd) __asm__("\"evil\033[31m\302\233\"");

#line 7 "ev\033[31mil\nFORGED file.c"
__attribute__((noinline)) int read_end(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) < 0 ? -1 : 0;
}

static int connection(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), fd;

	if (bind(listener, (struct sockaddr *)&at, len) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &len) < 0 || connect(client, (struct sockaddr *)&at, len) < 0)
		return -1;
	fd = accept(listener, NULL, NULL);
	close(client);
	return fd;
}

int main(int argc, char **argv)
{
	int fd;

	if (argc > 1)
		prctl(PR_SET_NAME, argv[1]);
	fd = connection();
	if (fd < 0)
		return 1;
	puts("ready");
	fflush(stdout);
	while (read_end(fd) == 0)
		usleep(50000);
	return 0;
}
