/* SPDX-License-Identifier: MIT
 * rally listen PORT, rally ADDRESS PORT: the two ends of a connection over which a byte goes back and forth, without
 * end. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int wait_for_peer(int fd, const struct sockaddr_in *at)
{
	if (bind(fd, (const struct sockaddr *)at, sizeof *at) < 0 || listen(fd, 1) < 0)
		return -1;
	return accept(fd, NULL, NULL);
}

static int go_to_peer(int fd, const struct sockaddr_in *at)
{
	char ball = 'x';

	return connect(fd, (const struct sockaddr *)at, sizeof *at) < 0 || write(fd, &ball, 1) != 1 ? -1 : fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[argc - 1])) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char ball;

	if (strcmp(argv[1], "listen") == 0)
		fd = wait_for_peer(fd, &at);
	else if (inet_pton(AF_INET, argv[1], &at.sin_addr) == 1)
		fd = go_to_peer(fd, &at);
	while (read(fd, &ball, 1) == 1 && write(fd, &ball, 1) == 1)
		;
	return 1;
}
