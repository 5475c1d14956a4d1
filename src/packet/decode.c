/* SPDX-License-Identifier: MIT
 * IPv4, IPv6 (RFC 791, RFC 8200) and TCP (RFC 9293 3.1) headers, layer by layer. */
#include "packet/decode.h"

#include "packet/bytes.h"
#include "packet/checksum.h"

enum { IPV4_MIN = 20, IPV6_LEN = 40, TCP_MIN = 20 };

/* What is left to read: a pointer that knows its end. */
struct bytes {
	const uint8_t *at;
	size_t n;
};

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

/* `whole`: bytes of header and payload, of which `b` may be the beginning. */
static bool tcp(struct segment *s, struct bytes b, size_t whole)
{
	size_t header, seen;

	if (b.n < TCP_MIN)
		return false;
	header = (size_t)(b.at[12] >> 4) * 4;
	if (header < TCP_MIN || header > whole || (header > b.n && !s->cut))
		return false;
	seen = header < b.n ? header : b.n;
	s->src.port = get16(b.at);
	s->dst.port = get16(b.at + 2);
	s->seq = get32(b.at + 4);
	s->ack = get32(b.at + 8);
	s->flags = b.at[13];
	s->window = get16(b.at + 14);
	s->len = (uint32_t)(whole - header);
	s->payload_at += (uint32_t)header;
	s->checksum_ok = !s->cut && checksum_tcp(&s->src.addr, &s->dst.addr, b.at, b.n) == 0;
	s->n_options = (uint8_t)(seen - TCP_MIN);
	memcpy(s->options, b.at + TCP_MIN, s->n_options);
	options(s, (struct bytes){ b.at + TCP_MIN, s->n_options });
	return true;
}

static bool transport(struct segment *s, struct bytes b, size_t whole)
{
	return s->protocol == IPPROTO_TCP ? tcp(s, b, whole) : true;
}

/* What the header says there is, and what there is. False: there is less, and that is no capture's cut. */
static bool take_length(struct segment *s, struct bytes *b, size_t total, bool may_be_cut)
{
	s->cut = s->cut || total > b->n;
	if (total > b->n)
		return may_be_cut;
	b->n = total;
	return true;
}

static bool ipv4(struct segment *s, struct bytes b, bool may_be_cut)
{
	size_t header, total;
	uint16_t fragment;

	if (b.n < IPV4_MIN)
		return false;
	header = (size_t)(b.at[0] & 15) * 4;
	total = get16(b.at + 2);
	if (total == 0 && may_be_cut) /* larger than 64 kB on its way through the host: BIG TCP, offloads */
		total = b.n;
	if (header < IPV4_MIN || total < header || header > b.n || !take_length(s, &b, total, may_be_cut))
		return false;
	fragment = get16(b.at + 6);
	s->src.addr = addr_from_bytes(AF_INET, b.at + 12);
	s->dst.addr = addr_from_bytes(AF_INET, b.at + 16);
	s->protocol = fragment & 0x1fff ? 0 : b.at[9];
	s->cut = s->cut || (fragment & 0x2000); /* more fragments: the checksum is over all of them */
	s->ip_id = get16(b.at + 4);
	s->ttl = b.at[8];
	s->payload_at = (uint32_t)header;
	return transport(s, (struct bytes){ b.at + header, b.n - header }, total - header);
}

/* Extension headers up to the transport's: 1 a header was skipped, 0 no other follows, -1 cut off. */
static int skip_extension(struct segment *s, struct bytes *b, size_t *whole)
{
	size_t len = ipv6_extension(s->protocol, b->at, b->n);
	bool later;

	if (len == 0)
		return 0;
	if (len > b->n || len > *whole)
		return -1;
	later = ipv6_later_fragment(s->protocol, b->at);
	s->cut = s->cut || (s->protocol == IPPROTO_FRAGMENT && (b->at[3] & 1));
	s->protocol = later ? 0 : b->at[0];
	*b = (struct bytes){ b->at + len, b->n - len };
	*whole -= len;
	s->payload_at += (uint32_t)len;
	return !later;
}

static bool ipv6(struct segment *s, struct bytes b, bool may_be_cut)
{
	size_t whole;
	int rc;

	if (b.n < IPV6_LEN)
		return false;
	whole = get16(b.at + 4);
	s->src.addr = addr_from_bytes(AF_INET6, b.at + 8);
	s->dst.addr = addr_from_bytes(AF_INET6, b.at + 24);
	s->protocol = b.at[6];
	s->ttl = b.at[7];
	s->payload_at = IPV6_LEN;
	b = (struct bytes){ b.at + IPV6_LEN, b.n - IPV6_LEN };
	if (whole == 0 && may_be_cut) /* a jumbogram, RFC 2675 */
		whole = b.n;
	if (!take_length(s, &b, whole, may_be_cut))
		return false;
	while ((rc = skip_extension(s, &b, &whole)) > 0)
		continue;
	return rc == 0 && transport(s, b, whole);
}

static bool decode(const uint8_t *bytes, size_t n, struct segment *s, bool may_be_cut)
{
	struct bytes b = { bytes, n };

	*s = (struct segment){ .wscale = -1 };
	if (n < 1)
		return false;
	if (bytes[0] >> 4 == 4)
		return ipv4(s, b, may_be_cut);
	return bytes[0] >> 4 == 6 && ipv6(s, b, may_be_cut);
}

bool packet_decode(const uint8_t *bytes, size_t n, struct segment *s)
{
	return decode(bytes, n, s, false);
}

bool packet_decode_captured(const uint8_t *bytes, size_t n, struct segment *s)
{
	return decode(bytes, n, s, true);
}
