/* SPDX-License-Identifier: MIT
 * IPv4, IPv6 (RFC 791, RFC 8200) and TCP (RFC 9293 3.1) headers, layer by layer. */
#include "packet/decode.h"

#include "packet/checksum.h"

#include <netinet/in.h>

enum { IPV4_MIN = 20, IPV6_LEN = 40, TCP_MIN = 20 };

/* What is left to read: a pointer that knows its end. */
struct bytes {
	const uint8_t *at;
	size_t n;
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void option(struct segment *s, uint8_t kind, const uint8_t *value, size_t n)
{
	if (kind == 2 && n == 2)
		s->mss = get16(value);
	else if (kind == 3 && n == 1)
		s->wscale = (int8_t)(value[0] > 14 ? 14 : value[0]); /* RFC 7323 2.3 */
	else if (kind == 4 && n == 0)
		s->sack_permitted = true;
	else if (kind == 5 && n % 8 == 0)
		s->sack_blocks = (uint8_t)(n / 8);
	else if (kind == 8 && n == 8) {
		s->has_timestamps = true;
		s->ts_val = get32(value);
		s->ts_ecr = get32(value + 4);
	}
}

static void options(struct segment *s, struct bytes b)
{
	while (b.n > 0 && b.at[0] != 0) {
		size_t len = b.at[0] == 1 ? 1 : b.n > 1 ? b.at[1] : 0;

		if (len == 0 || len > b.n || (b.at[0] != 1 && len < 2))
			return;
		if (b.at[0] != 1)
			option(s, b.at[0], b.at + 2, len - 2);
		b.at += len;
		b.n -= len;
	}
}

static bool tcp(struct segment *s, struct bytes b)
{
	size_t header;

	if (b.n < TCP_MIN)
		return false;
	header = (size_t)(b.at[12] >> 4) * 4;
	if (header < TCP_MIN || header > b.n)
		return false;
	s->src.port = get16(b.at);
	s->dst.port = get16(b.at + 2);
	s->seq = get32(b.at + 4);
	s->ack = get32(b.at + 8);
	s->flags = b.at[13];
	s->window = get16(b.at + 14);
	s->len = (uint32_t)(b.n - header);
	s->payload_at += (uint32_t)header;
	s->checksum_ok = checksum_tcp(&s->src.addr, &s->dst.addr, b.at, b.n) == 0;
	s->n_options = (uint8_t)(header - TCP_MIN);
	memcpy(s->options, b.at + TCP_MIN, s->n_options);
	options(s, (struct bytes){ b.at + TCP_MIN, header - TCP_MIN });
	return true;
}

static bool transport(struct segment *s, struct bytes b)
{
	return s->protocol == IPPROTO_TCP ? tcp(s, b) : true;
}

static bool ipv4(struct segment *s, struct bytes b)
{
	size_t header, total;

	if (b.n < IPV4_MIN)
		return false;
	header = (size_t)(b.at[0] & 15) * 4;
	total = get16(b.at + 2);
	if (header < IPV4_MIN || total < header || total > b.n)
		return false;
	s->src.addr = addr_from_bytes(AF_INET, b.at + 12);
	s->dst.addr = addr_from_bytes(AF_INET, b.at + 16);
	s->protocol = get16(b.at + 6) & 0x1fff ? 0 : b.at[9];
	s->ip_id = get16(b.at + 4);
	s->ttl = b.at[8];
	s->payload_at = (uint32_t)header;
	return transport(s, (struct bytes){ b.at + header, total - header });
}

static bool ipv6(struct segment *s, struct bytes b)
{
	size_t length;

	if (b.n < IPV6_LEN)
		return false;
	length = get16(b.at + 4);
	if (length > b.n - IPV6_LEN)
		return false;
	s->src.addr = addr_from_bytes(AF_INET6, b.at + 8);
	s->dst.addr = addr_from_bytes(AF_INET6, b.at + 24);
	s->protocol = b.at[6];
	s->ttl = b.at[7];
	s->payload_at = IPV6_LEN;
	return transport(s, (struct bytes){ b.at + IPV6_LEN, length });
}

bool packet_decode(const uint8_t *bytes, size_t n, struct segment *s)
{
	struct bytes b = { bytes, n };

	*s = (struct segment){ .wscale = -1 };
	if (n < 1)
		return false;
	if (bytes[0] >> 4 == 4)
		return ipv4(s, b);
	return bytes[0] >> 4 == 6 && ipv6(s, b);
}
