/* SPDX-License-Identifier: MIT
 * Live capture: the TCP packets of every interface of the calling thread's network namespace, by a packet socket
 * (packet(7)). Needs CAP_NET_RAW there. */
#ifndef SOURCE_LIVE_H
#define SOURCE_LIVE_H

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

enum { LIVE_PACKET_MAX = 65536 + 256 };

struct live_packet {
	const uint8_t *bytes; /* from the IP header on; valid until the next packet */
	size_t n;
	int64_t wall_ns;    /* when the kernel saw it, since 1970 */
	bool checksum_left; /* the kernel leaves the checksum to the device: what stands there is not wrong */
	bool outgoing;
};

struct live;

/* Nothing is let in before live_only() or live_all(). NULL with `e` filled. live_close() takes NULL. */
struct live *live_open(struct err *e);
void live_close(struct live *v);
int live_fd(const struct live *v);

/* Ports of this machine's end, and ports of the other end; each up to 65535, in any order. */
struct live_ports {
	const uint16_t *own, *peer;
	size_t n_own, n_peer;
};

/* So many of both kinds: each takes four of the 4096 instructions of a filter. */
enum { LIVE_PORTS_MAX = 1000 };

/* From now on the kernel lets in only TCP packets with one of these ports at their end (live_filter.h says exactly
 * which): other people's packets cost this process nothing. One filter takes the place of the other without a gap;
 * what was let in before still comes. 0; -E2BIG: more than LIVE_PORTS_MAX, nothing has changed; or the kernel's
 * -errno. */
int live_only(struct live *v, const struct live_ports *ports);

/* From now on all TCP packets. 0 or -errno. */
int live_all(struct live *v);

/* The next packet, if there is one. What goes over the loopback device is seen once. Who calls this in a loop bounds
 * the loop: packets may come faster than they are taken. */
bool live_next(struct live *v, struct live_packet *p);

/* Packets that came faster than they were taken, since the last time this was asked. */
unsigned live_lost(struct live *v);

#endif
