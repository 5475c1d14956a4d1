/* SPDX-License-Identifier: MIT
 * calls: makes each kind of socket call once, right and wrong. What step prints of them is compared with what strace
 * prints. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define UNUSED_RESULT(call)                                                                                            \
	do {                                                                                                           \
		if (call) {                                                                                            \
		}                                                                                                      \
	} while (0)

static char text[256];

static void options(int s)
{
	struct linger at_once = { 1, 0 };
	int on = 1, value;
	socklen_t len = sizeof value;
	struct tcp_info info;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	setsockopt(s, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2);
	setsockopt(s, SOL_SOCKET, SO_RCVBUF, (void *)8, sizeof on);
	getsockopt(s, SOL_SOCKET, SO_ERROR, &value, &len);
	len = sizeof info;
	getsockopt(s, IPPROTO_TCP, TCP_INFO, &info, &len);
	at_once.l_onoff = 0;
	setsockopt(s, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static void messages(int from, int to)
{
	struct iovec out[] = { { "abc", 3 }, { "defg", 4 } }, in[] = { { text, 2 }, { text + 100, 50 } };
	struct sockaddr_storage who;
	struct msghdr m = { .msg_iov = out, .msg_iovlen = 2 };
	struct msghdr r = { .msg_iov = in, .msg_iovlen = 2, .msg_name = &who, .msg_namelen = sizeof who };
	struct mmsghdr two[] = { { .msg_hdr = { .msg_iov = out, .msg_iovlen = 2 } },
		                 { .msg_hdr = { .msg_iov = out, .msg_iovlen = 1 } } };
	struct mmsghdr back[] = { { .msg_hdr = { .msg_iov = in, .msg_iovlen = 2 } } };

	UNUSED_RESULT(writev(from, out, 2));
	UNUSED_RESULT(readv(to, in, 2));
	sendmsg(from, &m, 0);
	recvmsg(to, &r, 0);
	sendmmsg(from, two, 2, 0);
	recvmmsg(to, back, 1, MSG_DONTWAIT, NULL);
}

static void bytes(int from, int to)
{
	send(from, "hello\nworld\t\1\2\377 and more than thirty-two of them", 51, MSG_NOSIGNAL | MSG_MORE);
	send(from, "\0\0\0001x\"\\", 7, 0);
	recv(to, text, 10, MSG_PEEK);
	recv(to, text, sizeof text, 0);
	recv(to, text, 100, MSG_DONTWAIT);
	recv(STDIN_FILENO, text, 10, 0);
	UNUSED_RESULT(write(from, "x", 1));
	UNUSED_RESULT(read(to, text, sizeof text));
}

static void ends(int from, int to)
{
	int file = open("/proc/self/cmdline", O_RDONLY);

	shutdown(from, SHUT_WR);
	recv(to, text, sizeof text, 0);
	UNUSED_RESULT(read(to, text, sizeof text));
	UNUSED_RESULT(sendfile(to, file, NULL, 3));
	dup2(to, 20);
	dup3(to, 21, O_CLOEXEC);
	close(20);
	close(99);
}

int main(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_storage who;
	socklen_t len = sizeof at;
	int six = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP), listener, from, to;
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };

	bind(six, (struct sockaddr *)&any, sizeof any);
	close(six);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	options(listener);
	bind(listener, (struct sockaddr *)&at, sizeof at);
	listen(listener, 5);
	getsockname(listener, (struct sockaddr *)&at, &len);
	from = socket(AF_INET, SOCK_STREAM, 0);
	connect(from, (struct sockaddr *)&at, sizeof at);
	len = sizeof who;
	to = accept4(listener, (struct sockaddr *)&who, &len, SOCK_CLOEXEC);
	len = sizeof who;
	getpeername(to, (struct sockaddr *)&who, &len);
	bytes(from, to);
	messages(from, to);
	ends(from, to);
	bind(listener, NULL, 0);
	fcntl(listener, F_SETFL, O_NONBLOCK);
	accept(listener, NULL, NULL);
	return 3;
}
