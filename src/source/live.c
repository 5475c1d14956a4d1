/* SPDX-License-Identifier: MIT
 * A packet socket without link headers. */
#include "source/live.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_BYTES = 8 << 20, NOT_READY = TP_STATUS_CSUMNOTREADY };

struct live {
	int fd;
	uint8_t bytes[LIVE_PACKET_MAX];
};

/* IPv4 or IPv6 whose next header is TCP; IPv6 extension headers are not followed here, so they are let in. */
static int let_in_tcp(int fd)
{
	struct sock_filter rows[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, SKF_AD_OFF + SKF_AD_PROTOCOL),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, LIVE_PACKET_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { ARRAY_SIZE(rows), rows };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

struct live *live_open(struct err *e)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, size = BUFFER_BYTES;
	struct sockaddr_ll all = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct live *v;

	if (fd < 0) {
		err_sys(e, errno, "packets are not seen: capturing needs root, or CAP_NET_RAW");
		return NULL;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
	if (let_in_tcp(fd) < 0 || bind(fd, (struct sockaddr *)&all, sizeof all) < 0) {
		err_sys(e, errno, "packets are not seen: the packet socket cannot be set up");
		close(fd);
		return NULL;
	}
	v = xcalloc(1, sizeof *v);
	v->fd = fd;
	return v;
}

void live_close(struct live *v)
{
	if (!v)
		return;
	close(v->fd);
	free(v);
}

int live_fd(const struct live *v)
{
	return v ? v->fd : -1;
}

static bool checksum_left(struct msghdr *m)
{
	struct tpacket_auxdata aux;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof aux);
		return aux.tp_status & NOT_READY;
	}
	return false;
}

static int64_t time_of(struct msghdr *m)
{
	struct timespec ts;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof ts);
		return ts.tv_sec * 1000000000LL + ts.tv_nsec;
	}
	return 0;
}

/* On the loopback device each packet leaves and arrives: it is taken when it leaves. */
static bool is_second_sight(const struct sockaddr_ll *from)
{
	return from->sll_hatype == ARPHRD_LOOPBACK && from->sll_pkttype != PACKET_OUTGOING;
}

bool live_next(struct live *v, struct live_packet *p)
{
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata)) + CMSG_SPACE(sizeof(struct timespec)) + 64];

	for (;;) {
		struct sockaddr_ll from = { 0 };
		struct iovec part = { v->bytes, sizeof v->bytes };
		struct msghdr m = { .msg_name = &from,
			            .msg_namelen = sizeof from,
			            .msg_iov = &part,
			            .msg_iovlen = 1,
			            .msg_control = control,
			            .msg_controllen = sizeof control };
		ssize_t n = recvmsg(v->fd, &m, 0);

		if (n < 0)
			return false;
		if (is_second_sight(&from))
			continue;
		*p = (struct live_packet){ v->bytes, (size_t)n, time_of(&m), checksum_left(&m),
			                   from.sll_pkttype == PACKET_OUTGOING };
		return true;
	}
}

unsigned live_lost(struct live *v)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof stats;

	return v && getsockopt(v->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0 ? stats.tp_drops : 0;
}
