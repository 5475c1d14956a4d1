/* SPDX-License-Identifier: MIT
 * The Internet checksum. */
#include "packet/checksum.h"

#include <netinet/in.h>

static uint64_t sum(const uint8_t *p, size_t n)
{
	uint64_t s = 0;

	for (; n > 1; n -= 2, p += 2)
		s += (uint64_t)p[0] << 8 | p[1];
	return n ? s + ((uint64_t)p[0] << 8) : s;
}

static uint16_t fold(uint64_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

uint16_t checksum_ip(const uint8_t *header, size_t n)
{
	return fold(sum(header, n));
}

uint16_t checksum_tcp(const struct addr *src, const struct addr *dst, const uint8_t *tcp, size_t n)
{
	size_t address = src->family == AF_INET6 ? 16 : 4;

	return fold(sum(src->bytes, address) + sum(dst->bytes, address) + IPPROTO_TCP + n + sum(tcp, n));
}
