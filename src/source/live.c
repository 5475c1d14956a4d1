/* SPDX-License-Identifier: MIT
 * A packet socket without link headers. */
#include "source/live.h"
#include "source/live_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_BYTES = 8 << 20, NOT_READY = TP_STATUS_CSUMNOTREADY };

struct live {
	int fd;
	uint8_t bytes[LIVE_PACKET_MAX];
};

static int attach(int fd, const struct live_ports *ports)
{
	struct sock_filter rows[LIVE_FILTER_MAX];
	struct sock_fprog program = { (unsigned short)live_filter(rows, ports), rows };

	if (!program.len)
		return -E2BIG;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0 ? -errno : 0;
}

int live_only(struct live *v, const struct live_ports *ports)
{
	return attach(v->fd, ports);
}

int live_all(struct live *v)
{
	return attach(v->fd, NULL);
}

/* Above the machine's limit where that is allowed. */
static void widen(int fd)
{
	int size = BUFFER_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

struct live *live_open(struct err *e)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
	const struct live_ports none = { .n_own = 0 };
	struct sockaddr_ll all = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct live *v;

	if (fd < 0) {
		err_sys(e, errno, "packets are not seen: capturing needs root, or CAP_NET_RAW");
		return NULL;
	}
	widen(fd);
	setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
	if (attach(fd, &none) < 0 || bind(fd, (struct sockaddr *)&all, sizeof all) < 0) {
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

bool live_next(struct live *v, struct live_packet *p)
{
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata)) + CMSG_SPACE(sizeof(struct timespec)) + 64];
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
	*p = (struct live_packet){ v->bytes, (size_t)n, time_of(&m), checksum_left(&m),
		                   from.sll_pkttype == PACKET_OUTGOING };
	return true;
}

unsigned live_lost(struct live *v)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof stats;

	return v && getsockopt(v->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0 ? stats.tp_drops : 0;
}
