/* SPDX-License-Identifier: MIT
 * What a network namespace counts of its TCP sockets, so that one without any need not be dumped (src/source/net.c,
 * net_states()): full sockets in a hash by family, TIME_WAIT minisockets of both. Neither request sockets nor sockets
 * that are bound only have a number of their own, but whatever has a struct sock, also a closed listener that a request
 * still refers to, is among "sockets: used". */
#include "base/tap.h"
#include "source/net.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 7777 };

static void loopback(bool up)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = up ? IFF_UP : 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
}

static struct sockaddr_in here(void)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		                     .sin_port = htons(PORT),
		                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int tcp_bound(void)
{
	struct sockaddr_in at = here();
	int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	bind(fd, (struct sockaddr *)&at, sizeof at);
	return fd;
}

static int tcp_connected(void)
{
	struct sockaddr_in at = here();
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ok(connect(fd, (struct sockaddr *)&at, sizeof at) == 0, "a connection");
	return fd;
}

/* Resets, and lets nothing of that be heard. */
static void vanish(int fd)
{
	struct linger now = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

static void claim(state_set should, const char *what)
{
	state_set states = net_states();

	ok(states == should, "%s: %#x", what, states);
}

static void half_open(void)
{
	int fd = tcp_bound(), client, seconds = 100;

	setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
	listen(fd, 8);
	client = tcp_connected();
	loopback(false);
	close(fd);
	vanish(client);
	claim(state_set_of(TCP_BOUND) | state_set_of(TCP_NEW_SYN_RECV), "a request socket, its listener closed");
	loopback(true);
}

static void time_wait(void)
{
	int fd = tcp_bound(), client, server;
	struct sockstat s;

	listen(fd, 8);
	claim(STATE_SET_ALL, "a listener");
	client = tcp_connected();
	server = accept(fd, NULL, NULL);
	close(client);
	close(server);
	close(fd);
	while (!sockstat_read(&s) || s.time_wait != 1)
		usleep(1000);
	claim(STATE_SET_ALL, "a TIME_WAIT, and nothing else");
}

int main(void)
{
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		return tap_skip_all("no network namespace can be made here");
	claim(0, "a new namespace");
	loopback(true);
	fd = tcp_bound();
	claim(state_set_of(TCP_BOUND), "one that is bound only");
	close(fd);
	half_open();
	if (unshare(CLONE_NEWNET) == 0) {
		loopback(true);
		time_wait();
	}
	return tap_done();
}
