/* SPDX-License-Identifier: MIT
 * Which packets a live capture is to let in, as a program that the kernel runs on each (classic BPF,
 * Documentation/networking/filter.rst). What it leaves out costs its sender some nanoseconds, and us nothing. */
#ifndef SOURCE_LIVE_FILTER_H
#define SOURCE_LIVE_FILTER_H

#include "source/live.h"

#include <linux/filter.h>

/* Instructions, at most. The kernel takes no longer program (BPF_MAXINSNS). */
enum { LIVE_FILTER_MAX = BPF_MAXINSNS };

/* Writes the program for these ports, NULL: for all TCP packets; how many instructions. 0: there are more ports than
 * LIVE_PORTS_MAX.
 *
 * TCP packets of IPv4 and IPv6 are let in if their local port is one of `own` or their remote port one of `peer`. Which
 * end is the local one is known from the direction; on the loopback device both are. There each packet is seen twice,
 * leaving and arriving, and only the first is let in. Left out as well: what is addressed to another machine
 * (PACKET_OTHERHOST), and later fragments, which have no ports. IPv6 packets with extension headers are always let in,
 * for their ports stand behind a chain that a program without loops cannot follow; but for multicast listeners' reports
 * (ICMPv6 behind hop-by-hop options), which every host sends. */
size_t live_filter(struct sock_filter rows[static LIVE_FILTER_MAX], const struct live_ports *ports);

#endif
