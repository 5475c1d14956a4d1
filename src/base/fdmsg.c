/* SPDX-License-Identifier: MIT
 * Messages that may carry a descriptor. */
#include "base/fdmsg.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union fd_room {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int fdmsg_send(int to, struct iovec *part, int parts, int fd)
{
	struct msghdr msg = { .msg_iov = part, .msg_iovlen = (size_t)parts };
	union fd_room room = { .bytes = { 0 } };

	if (fd >= 0) {
		struct cmsghdr *c;

		msg.msg_control = room.bytes;
		msg.msg_controllen = sizeof room.bytes;
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	return sendmsg(to, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

long fdmsg_recv(int from, struct iovec *part, int parts, int *fd, int flags)
{
	union fd_room room;
	struct msghdr msg = { .msg_iov = part,
		              .msg_iovlen = (size_t)parts,
		              .msg_control = room.bytes,
		              .msg_controllen = sizeof room.bytes };
	long n = recvmsg(from, &msg, flags | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;

	*fd = -1;
	if (n < 0)
		return -errno;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof *fd);
	return n;
}
