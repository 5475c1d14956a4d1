/* SPDX-License-Identifier: MIT
 * From a link layer's bytes to the IP packet inside: Ethernet and its tags, Linux's cooked headers, tunnels.
 * Numbers of link types: https://www.tcpdump.org/linktypes.html */
#ifndef PACKET_LINK_H
#define PACKET_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inside {
	const uint8_t *at; /* an IPv4 or IPv6 header */
	size_t n;
	uint32_t domain; /* of VLANs, PPPoE sessions, tunnels: the same addresses in two of them are two connections */
};

/* Finds the innermost IP packet that can carry TCP; true when there is one. False: `*why` says what there is instead, a
 * constant text such as "ARP", "a link type that is not read", "cut off". */
bool link_find_ip(unsigned link, const uint8_t *bytes, size_t n, struct inside *in, const char **why);

/* "Ethernet", "Linux cooked"; NULL for a link type that is not known here. */
const char *link_name(unsigned link);

#endif
