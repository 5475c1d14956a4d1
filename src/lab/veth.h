/* SPDX-License-Identifier: MIT
 * A wire without /dev/net/tun: each host's device is one end of a veth pair, the other end lies in a third namespace,
 * where a packet socket reads what the host sends and sends what it receives.
 *
 * Other than a TUN it is not synchronous: a packet waits in the kernel's backlog of the CPU where it was sent, and that
 * may be worked off later. Hence all processes of such a lab share one CPU, whose backlog is first in, first out, and
 * an empty wire is proved by an echo request behind which nothing came (wire.c). */
#ifndef LAB_VETH_H
#define LAB_VETH_H

#include "base/err.h"

#include <linux/if_packet.h>

struct veth {
	int fd;                /* the packet socket; non-blocking */
	int ifindex;           /* of the host's end, in the calling thread's namespace */
	struct sockaddr_ll to; /* what to send to: the host's end */
};

/* Makes a pair: `name` in the calling thread's namespace, with offloads off and without ARP; its other end in the
 * namespace `middle`, from which the calling thread is away only meanwhile. -1 with `e` filled. */
int veth_open(struct veth *v, const char *name, int own_ns, int middle, struct err *e);

/* Binds the calling process, and what it will start, to the CPU where it runs. */
void stay_on_one_cpu(void);

#endif
