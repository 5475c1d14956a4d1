/* SPDX-License-Identifier: MIT
 * What the programs of doc/kernel/ share: two hosts of a lab, and sockets on them. Each program checks one thing that
 * lastack relies on and says it in a sentence; `make facts` runs them, so a new kernel tells us what changed. */
#ifndef FACT_H
#define FACT_H

#include "base/file.h"
#include "base/tap.h"
#include "lab/host.h"
#include "lab/veth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct host hosts[SIDES];

static inline void fact_open_by(const struct host_options *o)
{
	struct err e;

	if (hosts_become_able(&e) < 0 || hosts_open(hosts, o, &e) < 0)
		exit(tap_skip_all(err_text(&e)));
	if (hosts[CLIENT].is_veth)
		stay_on_one_cpu();
}

/* Makes the hosts, by veth where no TUN can be had, or ends the program as skipped. */
static inline void fact_open(void)
{
	fact_open_by(&(struct host_options){ .wire = WIRE_ANY });
}

/* What is true of a TUN alone: that nothing is on its way when the call that sent it returns. */
static inline void fact_open_tun(void)
{
	fact_open_by(&(struct host_options){ .wire = WIRE_TUN });
}

static inline int fact_socket(enum side side)
{
	host_enter(&hosts[side]);
	return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static inline int fact_listen(uint16_t port, int backlog)
{
	struct endpoint at = { { AF_INET, { 0 } }, port };
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&at, &ss);
	int fd = fact_socket(SERVER);

	if (bind(fd, (struct sockaddr *)&ss, len) < 0 || listen(fd, backlog) < 0)
		exit(1);
	return fd;
}

static inline int fact_connect(int fd, uint16_t port)
{
	struct endpoint at = { hosts[SERVER].v4, port };
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&at, &ss);

	return connect(fd, (struct sockaddr *)&ss, len) < 0 ? -errno : 0;
}

/* Milliseconds for which a packet may be on its way between the two ends of a veth pair. */
enum { FACT_ON_ITS_WAY = 20 };

/* Is a packet waiting that this host has sent? At once by a TUN: nothing waits here. */
static inline bool fact_readable(enum side side)
{
	struct pollfd p = { .fd = hosts[side].device, .events = POLLIN };

	return poll(&p, 1, hosts[side].is_veth ? FACT_ON_ITS_WAY : 0) > 0;
}

static inline ssize_t fact_deliver(const struct host *to, const void *packet, size_t n)
{
	struct sockaddr_ll at = to->veth_to;

	if (!to->is_veth)
		return write(to->device, packet, n);
	at.sll_protocol = htons(ETH_P_IP);
	return sendto(to->device, packet, n, 0, (struct sockaddr *)&at, sizeof at);
}

/* Carries one packet from a host to the other; its length, or 0. */
static inline ssize_t fact_carry(enum side from)
{
	char packet[2048];
	ssize_t n = fact_readable(from) ? read(hosts[from].device, packet, sizeof packet) : 0;

	return n > 0 ? fact_deliver(&hosts[side_other(from)], packet, (size_t)n) : 0;
}

/* Carries until nothing moves. */
static inline void fact_settle(void)
{
	while (fact_carry(CLIENT) || fact_carry(SERVER))
		;
}

/* The first socket in this state, in a fresh look that stays valid until the next one; NULL if none. */
static inline const struct sock *fact_find(enum side side, enum tcp_state state)
{
	static struct evidence ev[SIDES];
	struct err e;

	if (diag_look(hosts[side].diag, 0, &ev[side], &e) < 0)
		exit(1);
	for (size_t i = 0; i < ev[side].n; i++)
		if (ev[side].socks[i].state == state)
			return &ev[side].socks[i];
	return NULL;
}

#endif
