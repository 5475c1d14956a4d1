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

/* NULL with `e` filled. live_close() takes NULL. */
struct live *live_open(struct err *e);
void live_close(struct live *v);
int live_fd(const struct live *v);

/* The next packet, if there is one. What goes over the loopback device is seen once. */
bool live_next(struct live *v, struct live_packet *p);

/* Packets that came faster than they were taken, since the last time this was asked. */
unsigned live_lost(struct live *v);

#endif
