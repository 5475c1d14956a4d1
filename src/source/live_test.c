/* SPDX-License-Identifier: MIT
 * Which packets a live capture lets in: real ones, by the kernel, on the loopback device and on an Ethernet device of
 * our own, in a network namespace of our own. After each packet follows one that must come, so nothing waits by the
 * clock. */
#include "base/privilege.h"
#include "base/tap.h"
#include "source/live_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum way { LOOPBACK, OUT, IN, PASSING }; /* PASSING: addressed to another machine */
enum kind { V4, V4_OPTIONS, V4_LATER, V4_FIRST, V4_UDP, V6, V6_UDP, V6_HOPS, V6_REPORT, ARP_LIKE };
enum { MARK = 63999, LAST_PORT = 64000 };

static struct {
	int packets, tap, loopback, ethernet; /* descriptors, and numbers of devices */
	uint8_t mac[6];
	struct live *live;
} lab;

/* --- packets, written by hand --------------------------------------------------------------------------- */

static size_t write_packet(uint8_t *p, enum kind kind, unsigned src, unsigned dst)
{
	size_t at = kind >= V6 ? 40 : kind == V4_OPTIONS ? 24 : 20;

	memset(p, 0, 100);
	if (kind >= V6) {
		p[0] = 0x60;
		p[5] = 20;
		p[6] = kind == V6_UDP ? 17 : kind == V6_HOPS || kind == V6_REPORT ? 0 : 6;
		p[23] = p[39] = 1;
	} else {
		p[0] = kind == V4_OPTIONS ? 0x46 : 0x45;
		p[3] = (uint8_t)(at + 20);
		p[6] = kind == V4_FIRST ? 0x20 : 0; /* more fragments follow */
		p[7] = kind == V4_LATER ? 3 : 0;    /* 24 bytes into it */
		p[9] = kind == V4_UDP ? 17 : 6;
		p[12] = p[16] = 127;
		p[15] = p[19] = 1;
	}
	p[at] = (uint8_t)(src >> 8);
	p[at + 1] = (uint8_t)src;
	p[at + 2] = (uint8_t)(dst >> 8);
	p[at + 3] = (uint8_t)dst;
	if (kind == V6_REPORT)
		p[at] = 58;
	p[at + 12] = 0x50;
	return at + 20;
}

static uint16_t type_of(enum kind kind)
{
	return kind == ARP_LIKE ? ETH_P_ARP : kind >= V6 ? ETH_P_IPV6 : ETH_P_IP;
}

static void leave(int device, enum kind kind, const uint8_t *bytes, size_t n)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(type_of(kind)), .sll_ifindex = device, .sll_halen = 6
	};

	if (sendto(lab.packets, bytes, n, 0, (struct sockaddr *)&to, sizeof to) < 0)
		printf("# sendto: %s\n", strerror(errno));
}

static void arrive(enum way way, enum kind kind, const uint8_t *bytes, size_t n)
{
	uint8_t frame[200] = { 0 };

	memcpy(frame, lab.mac, 6);
	frame[5] ^= way == PASSING;
	frame[6] = 2;
	frame[12] = (uint8_t)(type_of(kind) >> 8);
	frame[13] = (uint8_t)type_of(kind);
	memcpy(frame + 14, bytes, n);
	if (write(lab.tap, frame, 14 + n) < 0)
		printf("# write: %s\n", strerror(errno));
}

static struct {
	uint8_t bytes[100];
	size_t n;
} given;

static void give(enum way way, enum kind kind, unsigned src, unsigned dst)
{
	given.n = write_packet(given.bytes, kind, src, dst);
	if (way == LOOPBACK || way == OUT)
		leave(way == OUT ? lab.ethernet : lab.loopback, kind, given.bytes, given.n);
	else
		arrive(way, kind, given.bytes, given.n);
}

static unsigned port_at(const struct live_packet *p, size_t at)
{
	return at + 1 < p->n ? (unsigned)p->bytes[at] << 8 | p->bytes[at + 1] : 0;
}

static bool is_mark(const struct live_packet *p)
{
	return p->n == 40 && port_at(p, 20) == MARK && port_at(p, 22) == MARK;
}

/* How often does what was given last come before the mark that is sent now? */
static int times_seen(void)
{
	struct pollfd ready = { live_fd(lab.live), POLLIN, 0 };
	uint8_t bytes[sizeof given.bytes];
	size_t len = given.n;
	struct live_packet p;
	int n = 0;

	memcpy(bytes, given.bytes, sizeof bytes);
	give(LOOPBACK, V4, MARK, MARK);
	while (poll(&ready, 1, 20000) > 0)
		while (live_next(lab.live, &p)) {
			if (is_mark(&p))
				return n;
			n += p.n == len && !memcmp(p.bytes, bytes, len);
		}
	return -1;
}

static void lets_in(int times, enum way way, enum kind kind, unsigned src, unsigned dst)
{
	static const char *const ways[] = { "loopback", "leaving", "arriving", "passing by" };
	static const char *const kinds[] = { "IPv4",
		                             "IPv4 with options",
		                             "a later fragment",
		                             "a first fragment",
		                             "UDP",
		                             "IPv6",
		                             "UDP in IPv6",
		                             "IPv6 with a hop-by-hop header",
		                             "a report of ICMPv6",
		                             "no IP" };
	int n;

	give(way, kind, src, dst);
	n = times_seen();
	ok(n == times, "%s, %s, %u > %u: seen %d times", ways[way], kinds[kind], src, dst, n);
}

/* --- the lab -------------------------------------------------------------------------------------------- */

static bool is_up(const char *device)
{
	struct ifreq r = { .ifr_flags = IFF_UP };

	snprintf(r.ifr_name, sizeof r.ifr_name, "%s", device);
	return ioctl(lab.packets, SIOCSIFFLAGS, &r) == 0;
}

static bool make_ethernet(void)
{
	struct ifreq r = { .ifr_name = "there", .ifr_flags = IFF_TAP | IFF_NO_PI };

	lab.tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (lab.tap < 0 || ioctl(lab.tap, TUNSETIFF, &r) < 0 || !is_up("there") ||
	    ioctl(lab.packets, SIOCGIFHWADDR, &r) < 0)
		return false;
	memcpy(lab.mac, r.ifr_hwaddr.sa_data, sizeof lab.mac);
	lab.ethernet = (int)if_nametoindex("there");
	return true;
}

static const char *set_up(void)
{
	struct err e;

	if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET) < 0)
		return "no network namespace can be made";
	lab.packets = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (lab.packets < 0 || !is_up("lo") || !make_ethernet())
		return "no packet socket, or no TUN device";
	lab.loopback = (int)if_nametoindex("lo");
	lab.live = live_open(&e);
	return lab.live ? NULL : "no packet socket";
}

static void only(const uint16_t *own, size_t n_own, const uint16_t *peer, size_t n_peer)
{
	const struct live_ports ports = { own, peer, n_own, n_peer };

	ok(live_only(lab.live, &ports) == 0, "a filter of %zu own ports and %zu of peers", n_own, n_peer);
}

/* --- what is let in ------------------------------------------------------------------------------------- */

/* A packet that came before the filter would come before the mark. */
static void nothing_at_first(void)
{
	static const uint16_t mark = MARK;
	struct live_packet p;

	give(LOOPBACK, V4, MARK, MARK);
	give(LOOPBACK, V4, 80, 81);
	only(&mark, 1, NULL, 0);
	ok(!live_next(lab.live, &p) && times_seen() == 0,
	   "before anybody said which packets are wanted, none is let in");
}

static void by_direction(void)
{
	static const uint16_t own[] = { 9001, MARK, 50000 }, peer[] = { 443 };

	only(own, 3, peer, 1);
	lets_in(1, LOOPBACK, V4, 33333, 9001);
	lets_in(1, LOOPBACK, V4, 9001, 33333);
	lets_in(0, LOOPBACK, V4, 33333, 9002);
	lets_in(0, LOOPBACK, V4, 9002, 9000);
	lets_in(1, LOOPBACK, V4, 443, 33333);
	lets_in(1, LOOPBACK, V4, 33333, 443);
	lets_in(1, OUT, V4, 9001, 33333);
	lets_in(0, OUT, V4, 33333, 9001); /* of a program here to a server elsewhere whose port is ours by chance */
	lets_in(1, IN, V4, 33333, 9001);
	lets_in(0, IN, V4, 9001, 33333);
	lets_in(1, OUT, V4, 33333, 443);
	lets_in(0, OUT, V4, 443, 33333);
	lets_in(1, IN, V4, 443, 33333);
	lets_in(0, IN, V4, 33333, 443);
	lets_in(1, IN, V4, 7, 50000);
	lets_in(0, PASSING, V4, 33333, 9001);
}

static void by_kind(void)
{
	lets_in(1, IN, V4_OPTIONS, 33333, 9001);
	lets_in(0, IN, V4_OPTIONS, 33333, 9002);
	lets_in(1, IN, V4_FIRST, 33333, 9001);
	lets_in(0, IN, V4_LATER, 33333, 9001);
	lets_in(0, IN, V4_UDP, 33333, 9001);
	lets_in(1, LOOPBACK, V6, 33333, 9001);
	lets_in(0, LOOPBACK, V6, 33333, 9002);
	lets_in(1, IN, V6, 33333, 9001);
	lets_in(1, OUT, V6, 9001, 33333);
	lets_in(0, OUT, V6, 33333, 9001);
	lets_in(0, IN, V6_UDP, 33333, 9001);
	lets_in(1, IN, V6_HOPS, 1, 2);
	lets_in(0, IN, V6_REPORT, 1, 2);
	lets_in(0, IN, ARP_LIKE, 33333, 9001);
}

static void renewed(void)
{
	static const uint16_t own[] = { MARK, 9002 };

	only(own, 2, NULL, 0);
	lets_in(0, LOOPBACK, V4, 33333, 9001);
	lets_in(1, LOOPBACK, V4, 33333, 9002);
	lets_in(0, OUT, V4, 33333, 443);
	ok(live_all(lab.live) == 0, "a filter for all");
	lets_in(1, LOOPBACK, V4, 1, 2);
	lets_in(1, IN, V6, 1, 2);
	lets_in(0, IN, V4_UDP, 1, 2);
	lets_in(0, PASSING, V4, 1, 2);
}

static void many(void)
{
	uint16_t ports[LIVE_PORTS_MAX + 1];
	const struct live_ports too_many = { ports, ports, LIVE_PORTS_MAX - 1, 2 };

	for (int i = 0; i <= LIVE_PORTS_MAX; i++)
		ports[i] = (uint16_t)(LAST_PORT - i); /* the second is the mark */
	only(ports, LIVE_PORTS_MAX, NULL, 0);
	lets_in(1, IN, V4, 1, LAST_PORT);
	lets_in(1, OUT, V4, LAST_PORT - LIVE_PORTS_MAX + 1, 1);
	lets_in(1, LOOPBACK, V6, 1, LAST_PORT - LIVE_PORTS_MAX + 1);
	lets_in(0, LOOPBACK, V4, 1, LAST_PORT - LIVE_PORTS_MAX);
	ok(live_only(lab.live, &too_many) == -E2BIG, "one port more is refused");
	lets_in(0, LOOPBACK, V4, 1, LAST_PORT - LIVE_PORTS_MAX); /* and the filter is what it was */
	lets_in(1, LOOPBACK, V4, 1, LAST_PORT);
}

/* The buffer is filled until something is lost. */
static void lost(void)
{
	struct live_packet p;
	unsigned sent = 0, taken = 0, dropped = 0;

	live_lost(lab.live);
	for (; sent < 1000000 && !dropped; sent += 1000) {
		for (int i = 0; i < 1000; i++)
			give(LOOPBACK, V4, MARK, MARK);
		dropped = live_lost(lab.live);
	}
	while (live_next(lab.live, &p))
		taken++;
	ok(dropped && taken + dropped == sent, "what was not taken in time is counted: %u given, %u taken, %u lost",
	   sent, taken, dropped);
	ok(live_lost(lab.live) == 0, "and counted once");
}

enum { OPENED_WITHIN_S = 20 };

/* Who may capture, and not have a larger buffer than others (a container with CAP_NET_RAW alone), has what is allowed.
 */
static void without_net_admin(void)
{
	struct err e = { 0 };
	struct live *v;

	if (privilege_keep(PRIVILEGE(CAP_NET_RAW), &e) < 0) {
		ok(true, "# SKIP capabilities cannot be given up: %s", err_text(&e));
		return;
	}
	alarm(OPENED_WITHIN_S);
	v = live_open(&e);
	alarm(0);
	ok(v != NULL, "a capture opens with CAP_NET_RAW alone: %s", v ? "yes" : err_text(&e));
	live_close(v);
}

int main(void)
{
	const char *why = set_up();

	if (why)
		return tap_skip_all(why);
	nothing_at_first();
	by_direction();
	by_kind();
	renewed();
	many();
	lost();
	live_close(lab.live);
	without_net_admin();
	close(lab.tap);
	close(lab.packets);
	return tap_done();
}
