/* SPDX-License-Identifier: MIT
 * What the programs of doc/kernel/ share: two hosts of a lab, and sockets on them. Each program checks one thing that
 * lastack relies on and says it in a sentence; `make facts` runs them, so a new kernel tells us what changed. */
#ifndef FACT_H
#define FACT_H

#include "base/file.h"
#include "base/tap.h"
#include "lab/host.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct host hosts[SIDES];

/* Makes the hosts, or ends the program as skipped. */
static inline void fact_open(void)
{
	const struct host_options plain = { 0 };
	struct err e;

	if (hosts_become_able(&e) < 0 || hosts_open(hosts, &plain, &e) < 0)
		exit(tap_skip_all(e.text));
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

/* Is a packet waiting that this host has sent? At once: nothing waits here. */
static inline bool fact_readable(enum side side)
{
	struct pollfd p = { .fd = hosts[side].device, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* Carries one packet from a host to the other; its length, or 0. */
static inline ssize_t fact_carry(enum side from)
{
	char packet[2048];
	ssize_t n = read(hosts[from].device, packet, sizeof packet);

	return n > 0 ? write(hosts[side_other(from)].device, packet, (size_t)n) : 0;
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
