/* SPDX-License-Identifier: MIT
 * Headers of IPv4 (RFC 791), IPv6 (RFC 8200) and TCP (RFC 9293 3.1), written. */
#include "packet/build.h"
#include "packet/checksum.h"

#include <netinet/in.h>

enum { IPV4_LEN = 20, IPV6_LEN = 40, TCP_LEN = 20, TTL = 64 };

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static void ipv4(uint8_t *p, const struct segment *s, size_t total)
{
	p[0] = 0x45;
	put16(p + 2, (uint32_t)total);
	p[6] = 0x40; /* do not fragment */
	p[8] = TTL;
	p[9] = IPPROTO_TCP;
	memcpy(p + 12, s->src.addr.bytes, 4);
	memcpy(p + 16, s->dst.addr.bytes, 4);
	put16(p + 10, checksum_ip(p, IPV4_LEN));
}

static void ipv6(uint8_t *p, const struct segment *s, size_t total)
{
	p[0] = 0x60;
	put16(p + 4, (uint32_t)(total - IPV6_LEN));
	p[6] = IPPROTO_TCP;
	p[7] = TTL;
	memcpy(p + 8, s->src.addr.bytes, 16);
	memcpy(p + 24, s->dst.addr.bytes, 16);
}

static void tcp(uint8_t *p, const struct segment *s)
{
	put16(p, s->src.port);
	put16(p + 2, s->dst.port);
	put32(p + 4, s->seq);
	put32(p + 8, s->ack);
	p[12] = TCP_LEN / 4 << 4;
	p[13] = s->flags;
	put16(p + 14, s->window);
	memset(p + TCP_LEN, 'x', s->len);
	put16(p + 16, checksum_tcp(&s->src.addr, &s->dst.addr, p, TCP_LEN + s->len));
}

size_t packet_build(const struct segment *s, uint8_t out[static PACKET_BUILD_MAX])
{
	bool v6 = s->src.addr.family == AF_INET6;
	size_t header = v6 ? IPV6_LEN : IPV4_LEN;
	size_t total = header + TCP_LEN + s->len;

	if (total > PACKET_BUILD_MAX)
		return 0;
	memset(out, 0, total);
	if (v6)
		ipv6(out, s, total);
	else
		ipv4(out, s, total);
	tcp(out + header, s);
	return total;
}
