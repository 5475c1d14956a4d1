/* SPDX-License-Identifier: MIT
 * Numbers in network order, and IPv6's extension headers: what more than one reader of headers needs. */
#ifndef PACKET_BYTES_H
#define PACKET_BYTES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* How long the extension header `protocol` at `p` is (RFC 8200 4). 0: that is none. More than `n`: it is not whole. */
static inline size_t ipv6_extension(uint8_t protocol, const uint8_t *p, size_t n)
{
	switch (protocol) {
	case IPPROTO_FRAGMENT:
		return 8;
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		return n < 8 ? 8 : ((size_t)p[1] + 1) * 8;
	default:
		return 0;
	}
}

/* Is this whole extension header that of a fragment other than the first? Behind it are bytes from the middle. */
static inline bool ipv6_later_fragment(uint8_t protocol, const uint8_t *p)
{
	return protocol == IPPROTO_FRAGMENT && (get16(p + 2) & 0xfff8);
}

#endif
