/* SPDX-License-Identifier: MIT
 * Decoding packets, checksums, sets of stretches. */
#include "base/tap.h"
#include "packet/checksum.h"
#include "packet/decode.h"
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
}

static void stretches(void)
{
	struct spans s = { 0 };

	spans_add(&s, 0xfffffff0, 10);
	spans_add(&s, 20, 30);
	ok(s.n == 2, "two stretches");
	ok(spans_cover(&s, 0xfffffffa, 5), "covered across the wrap");
	ok(!spans_cover(&s, 5, 25), "a hole is not");
	spans_add(&s, 10, 20);
	ok(s.n == 1 && spans_cover(&s, 0xfffffff0, 30), "the hole filled makes one of them");
	ok(!spans_cover(&s, 5, 5), "the empty stretch is not covered");
	spans_free(&s);
}

int main(void)
{
	decoding();
	short_and_broken();
	stretches();
	return tap_done();
}
