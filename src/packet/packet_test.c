/* SPDX-License-Identifier: MIT
 * Decoding a lab's packets, checksums, packets that are built, sets of stretches. */
#include "base/tap.h"
#include "packet/build.h"
#include "packet/checksum.h"
#include "packet/decode.h"
#include "packet/hex_test.h"
#include "packet/spans.h"

#include <netinet/in.h>
#include <stdlib.h>

/* A SYN as a lab sent it: 10.0.0.1:52414 > 10.0.0.2:7777, options MSS 1460, SACK, timestamps, wscale 7. */
static const uint8_t syn[] = {
	0x45, 0x00, 0x00, 0x3c, 0x1c, 0x46, 0x40, 0x00, 0x40, 0x06, 0x0a, 0x74, 0x0a, 0x00, 0x00,
	0x01, 0x0a, 0x00, 0x00, 0x02, 0xcc, 0xbe, 0x1e, 0x61, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
	0x00, 0x00, 0xa0, 0x02, 0xfa, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 0x04,
	0x02, 0x08, 0x0a, 0x00, 0x00, 0x00, 0x07, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x07,
};

static void with_checksum(uint8_t *packet, size_t n)
{
	struct addr src = addr_from_bytes(AF_INET, packet + 12), dst = addr_from_bytes(AF_INET, packet + 16);
	uint16_t sum;

	packet[36] = packet[37] = 0;
	sum = checksum_tcp(&src, &dst, packet + 20, n - 20);
	packet[36] = (uint8_t)(sum >> 8);
	packet[37] = (uint8_t)sum;
}

static void decoding(void)
{
	uint8_t p[sizeof syn];
	struct buf b = { 0 };
	struct segment s;

	memcpy(p, syn, sizeof p);
	with_checksum(p, sizeof p);
	ok(packet_decode(p, sizeof p, &s), "a SYN is decoded");
	ok(s.src.port == 52414 && s.dst.port == 7777, "ports");
	ok(s.flags == SYN && s.seq == 256 && s.window == 64240 && s.len == 0, "flags, numbers, window");
	ok(s.mss == 1460 && s.wscale == 7 && s.sack_permitted && s.has_timestamps && s.ts_val == 7, "options");
	segment_options(&b, &s);
	same_text(buf_text(&b), "mss 1460,sackOK,TS val 7 ecr 0,nop,wscale 7", "options as tcpdump prints them");
	buf_free(&b);
	ok(s.checksum_ok, "the checksum is right");
	p[50] ^= 1;
	packet_decode(p, sizeof p, &s);
	ok(!s.checksum_ok, "one bit flipped: it is wrong");
}

static void short_and_broken(void)
{
	uint8_t p[sizeof syn];
	struct segment s;
	bool any = false;

	for (size_t n = 0; n < sizeof syn; n++)
		any = any || packet_decode(syn, n, &s);
	ok(!any, "no shortened packet is taken for a whole one");
	memcpy(p, syn, sizeof p);
	p[41] = 0; /* an option of length 0 */
	ok(packet_decode(p, sizeof p, &s) && s.mss == 0, "an option of length 0 ends the options");
	memcpy(p, syn, sizeof p);
	p[32] = 0x40; /* header of 16 bytes */
	ok(!packet_decode(p, sizeof p, &s), "a TCP header of less than 20 bytes is refused");
	p[0] = 0x55;
	ok(!packet_decode(p, sizeof p, &s), "IP version 5 is refused");
	memcpy(p, syn, sizeof p);
	p[7] = 1; /* fragment offset */
	ok(packet_decode(p, sizeof p, &s) && s.protocol == 0, "a later fragment is told, not decoded");
	memcpy(p, syn, sizeof p);
	p[3] = 0;
	ok(!packet_decode(p, sizeof p, &s), "length 0 is for captures only");
}

/* What else a segment has to say of its packet. */
static void fields(void)
{
	static const char over_ipv6[] =
		"6000 0000 0030 3c 07 fd00000000000000 0000000000000001 fd00000000000000 0000000000000002 "
		"06 00 0104 00000000 03e8 0050 80000001 ffffffff 8019 fff0 0000 0000 01010101 01010101 01010101";
	struct segment s;
	size_t n;
	uint8_t *bytes =
		hex_bytes("4600 0040 abcd 4000 ff 06 0000 0a000001 0a000002 94040000 "
	                  "ffff 0001 80000001 ffffffff 50 ff fff0 0000 0000 0102030405060708090a0b0c0d0e0f1011121314",
	                  &n);

	ok(packet_decode(bytes, n, &s) && s.ip_id == 0xabcd && s.ttl == 255 && s.payload_at == 44 && s.len == 20,
	   "IPv4: identification, time to live, where the payload is");
	ok(s.src.port == 65535 && s.dst.port == 1 && s.seq == 0x80000001 && s.ack == UINT32_MAX && s.window == 0xfff0 &&
	           s.flags == 255 && !s.checksum_ok && !s.cut,
	   "and the fields of TCP");
	free(bytes);
	bytes = hex_bytes(over_ipv6, &n);
	ok(packet_decode_captured(bytes, n, &s) && s.ip_id == 0 && s.ttl == 7 && s.payload_at == 80 && s.len == 8 &&
	           s.cut,
	   "IPv6: hop limit; the payload is behind extension headers and options, even if that is cut off");
	free(bytes);
}

/* --- sets of stretches, beside the same set as one mark for each number ---------------------------------------- */

enum { RING = 160, ROUNDS = 4000 };

struct marks {
	uint32_t base; /* number of the first mark; near the wrap */
	bool at[RING];
};

static size_t runs(const struct marks *m)
{
	size_t n = 0;

	for (int i = 0; i < RING; i++)
		n += m->at[i] && (i == 0 || !m->at[i - 1]);
	return n;
}

static bool all_marked(const struct marks *m, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		if (!m->at[i])
			return false;
	return from < to;
}

static void mark(struct marks *m, uint32_t from, uint32_t to, bool is)
{
	for (uint32_t i = from; i < to; i++)
		m->at[i] = is;
}

/* Everything that can be asked of both, and whether the stretches are as the marks are. */
static bool alike(const struct spans *s, const struct marks *m)
{
	for (uint32_t from = 0; from < RING; from++)
		for (uint32_t to = from; to <= RING; to += 1 + to % 3)
			if (spans_cover(s, m->base + from, m->base + to) != all_marked(m, from, to))
				return false;
	for (uint32_t i = 0, k = 0; i < RING; i++)
		if (m->at[i] && (i == 0 || !m->at[i - 1]) && s->at[k++].from != m->base + i)
			return false;
	return s->n == runs(m);
}

/* The first hole between two runs is filled. */
static void fill_a_hole(struct marks *m)
{
	int i = 0;

	while (!m->at[i])
		i++;
	while (m->at[i])
		i++;
	while (!m->at[i])
		m->at[i++] = true;
}

static void change(struct spans *s, struct marks *m)
{
	uint32_t from = (uint32_t)random() % RING, to = from + (uint32_t)random() % 12;
	size_t most = 1 + (size_t)random() % 6;

	to = to < RING ? to : RING;
	switch (random() % 16) {
	case 0:
		spans_trim(s, m->base + from % 40);
		mark(m, 0, from % 40, false);
		break;
	case 1:
		spans_limit(s, most);
		while (runs(m) > most)
			fill_a_hole(m);
		break;
	case 2:
		*m = (struct marks){ .base = (uint32_t)random() % 2 ? UINT32_MAX - 80 : 5 };
		while (s->n)
			spans_remove_first(s);
		break;
	default:
		spans_add(s, m->base + from, m->base + to);
		mark(m, from, to, true);
	}
}

static void stretches(void)
{
	struct spans s = { 0 }, copy = { 0 };
	struct marks m = { .base = UINT32_MAX - 80 };
	unsigned good = 0;

	srandom(1);
	for (int i = 0; i < ROUNDS; i++) {
		change(&s, &m);
		good += alike(&s, &m);
	}
	ok(good == ROUNDS, "%u of %u times the stretches are as the marks, across the wrap", good, ROUNDS);
	spans_copy(&copy, &s);
	ok(s.n > 0 && alike(&copy, &m), "so is a copy");
	spans_free(&copy);
	ok(copy.n == 0 && !copy.at, "freed, it is empty");
	spans_free(&s);
}

/* --- checksums, and packets that are built ---------------------------------------------------------------------- */

static void sums(void)
{
	static const uint8_t rfc1071[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 }; /* its example, 3. */
	static const uint8_t header[] = { 0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
		                          0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7 };
	static const uint8_t many[70000] = { 0xff }, carries[] = { 0xff, 0xff, 0xff, 0xff, 0x00, 0x01 };

	ok(checksum_ip(rfc1071, sizeof rfc1071) == 0x220d, "the example of RFC 1071: ddf2, complemented");
	ok(checksum_ip(rfc1071, 7) == 0x2304, "an odd number of bytes is padded with 0");
	ok(checksum_ip(header, sizeof header) == 0, "a header with its checksum in it sums up to 0");
	ok(checksum_ip(carries, sizeof carries) == 0xfffe, "a carry of a carry");
	ok(checksum_ip(many, 1) == 0x00ff, "one byte is the upper one");
	ok(checksum_ip(many, sizeof many) == 0x00ff, "zeros change nothing");
}

static const struct {
	const char *name, *src, *dst;
	uint8_t flags;
	uint32_t len;
	const char *hex;
} built[] = {
	{ "a SYN", "10.0.0.1", "10.0.0.2", SYN, 0,
	  "45000028 00004000 400626ce 0a000001 0a000002 03e80050 00000001 00000000 50020200 95a70000" },
	{ "three bytes", "10.0.0.1", "10.0.0.2", PSH | ACK, 3,
	  "4500002b 00004000 400626cb 0a000001 0a000002 03e80050 00000001 00000000 50180200 a5150000 787878" },
	{ "over IPv6", "fd00::1", "fd00::2", SYN, 0,
	  "60000000 00140640 fd000000000000000000000000000001 fd000000000000000000000000000002 "
	  "03e80050 00000001 00000000 50020200 afa50000" },
};

static struct segment to_build(const char *src, const char *dst, uint8_t flags, uint32_t len)
{
	struct segment s = { .protocol = IPPROTO_TCP, .flags = flags, .seq = 1, .window = 512, .len = len };

	s.src.port = 1000;
	s.dst.port = 80;
	addr_parse(src, &s.src.addr);
	addr_parse(dst, &s.dst.addr);
	return s;
}

static void building(void)
{
	uint8_t out[PACKET_BUILD_MAX];
	struct segment s;

	for (size_t i = 0; i < ARRAY_SIZE(built); i++) {
		size_t n, is;
		uint8_t *should = hex_bytes(built[i].hex, &n);

		s = to_build(built[i].src, built[i].dst, built[i].flags, built[i].len);
		memset(out, 0xee, sizeof out);
		is = packet_build(&s, out);
		ok(is == n && !memcmp(out, should, n), "%s is built", built[i].name);
		free(should);
	}
	s = to_build("10.0.0.1", "10.0.0.2", ACK, 1460);
	ok(packet_build(&s, out) == 1500, "1460 bytes fit");
	s.len = 1461;
	ok(packet_build(&s, out) == 0, "1461 do not");
	s = to_build("fd00::1", "fd00::2", ACK, 1440);
	s.seq = 0x01020304;
	s.ack = 0xfffefdfc;
	ok(packet_build(&s, out) == 1500 && out[44] == 1 && out[47] == 4 && out[48] == 0xff && out[51] == 0xfc,
	   "1440 over IPv6, the numbers in network order");
	s.len = 1441;
	ok(packet_build(&s, out) == 0, "1441 do not");
}

int main(void)
{
	decoding();
	short_and_broken();
	fields();
	stretches();
	sums();
	building();
	return tap_done();
}
