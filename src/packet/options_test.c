/* SPDX-License-Identifier: MIT
 * TCP options: what is understood of each, and its text as tcpdump prints it. Kinds and lengths:
 * https://www.iana.org/assignments/tcp-parameters/ */
#include "base/tap.h"
#include "packet/checksum.h"
#include "packet/decode.h"
#include "packet/hex_test.h"

#include <netinet/in.h>

static const struct {
	const char *name, *hex;
	const char *understood; /* "" nothing */
	const char *text;
} rows[] = {
	{ "no options", "", "", "" },
	{ "padding", "00000000", "", "eol" },
	{ "no operation", "01010101", "", "nop,nop,nop,nop" },
	{ "MSS", "020405b4", "mss=1460", "mss 1460" },
	{ "the largest MSS", "0204ffff", "mss=65535", "mss 65535" },
	{ "MSS of 3 bytes is none", "02030501", "", "unknown-2,nop" },
	{ "MSS of 6 bytes is none", "020605b4 0101", "", "unknown-2,nop,nop" },
	{ "window scale", "01030307", "wscale=7", "nop,wscale 7" },
	{ "window scale 0 is one, too", "01030300", "wscale=0", "nop,wscale 0" },
	{ "window scale 14", "0103030e", "wscale=14", "nop,wscale 14" },
	{ "window scale 15 counts as 14 (RFC 7323 2.3)", "0103030f", "wscale=14", "nop,wscale 15" },
	{ "window scale 255 counts as 14", "010303ff", "wscale=14", "nop,wscale 255" },
	{ "window scale of 4 bytes is none", "03040708", "", "unknown-3" },
	{ "SACK permitted", "04020101", "sackOK", "sackOK,nop,nop" },
	{ "SACK permitted with a value is none", "04040101", "", "unknown-4" },
	{ "SACK, one block", "0101050a 00000064 000000c8", "sack=1", "nop,nop,sack 1 {100:200}" },
	{ "SACK, two blocks", "01010512 00000001 00000002 fffffffe ffffffff", "sack=2",
	  "nop,nop,sack 2 {1:2}{4294967294:4294967295}" },
	{ "SACK, four blocks", "01010522 00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000008",
	  "sack=4", "nop,nop,sack 4 {1:2}{3:4}{5:6}{7:8}" },
	{ "SACK of one and a half blocks is none", "0101050e 00000001 00000002 00000003", "", "nop,nop,unknown-5" },
	{ "SACK without a block is none", "01010502", "", "nop,nop,unknown-5" },
	{ "timestamps", "0101080a 00000007 80000001", "ts=7/2147483649", "nop,nop,TS val 7 ecr 2147483649" },
	{ "timestamps of 6 bytes are none", "01010806 00000007", "", "nop,nop,unknown-8" },
	{ "Fast Open, asking for a cookie", "01012202", "", "nop,nop,tfo cookiereq" },
	{ "Fast Open with a cookie", "0101220a 0011223344556677", "", "nop,nop,tfo cookie" },
	{ "Fast Open with a cookie of 4 bytes", "01012206 00112233", "", "nop,nop,tfo cookie" },
	{ "MD5 signature", "01011312 00112233445566778899aabbccddeeff", "", "nop,nop,unknown-19" },
	{ "TCP-AO", "1d100001 000102030405060708090a0b", "", "unknown-29" },
	{ "Multipath TCP, MP_CAPABLE", "1e0c0081 0011223344556677", "", "unknown-30" },
	{ "user timeout", "1c048001", "", "unknown-28" },
	{ "an experiment", "fd04f989", "", "unknown-253" },
	{ "Linux's SYN", "020405b4 0402 080a 00000007 00000000 01 030307", "mss=1460 wscale=7 sackOK ts=7/0",
	  "mss 1460,sackOK,TS val 7 ecr 0,nop,wscale 7" },
	{ "Windows' SYN", "020405b4 01030308 01010402", "mss=1460 wscale=8 sackOK",
	  "mss 1460,nop,wscale 8,nop,nop,sackOK" },
	{ "behind an unknown one the next is read", "fd04f989 020405b4", "mss=1460", "unknown-253,mss 1460" },
	{ "an MSS given twice: the last counts", "020405b4 02040218", "mss=536", "mss 1460,mss 536" },
	{ "what stands behind the end of options is not read", "00000000 020405b4", "", "eol" },
	{ "even if it looks like lengths", "00040000 020405b4", "", "eol" },
	{ "options before their end are", "020405b4 00000000 01030307", "mss=1460", "mss 1460,eol" },
	{ "length 0 ends them", "02000101 020405b4", "", "" },
	{ "length 1 ends them", "01020101 020405b4", "", "nop" },
	{ "longer than the header: ends them", "01010405", "", "nop,nop" },
	{ "by one byte", "01010102 06010101", "", "nop,nop,nop" },
	{ "a kind without a length", "01010108", "", "nop,nop,nop" },
};

static void understood(struct buf *out, const struct segment *s)
{
	if (s->mss)
		buf_addf(out, " mss=%u", s->mss);
	if (s->wscale >= 0)
		buf_addf(out, " wscale=%d", s->wscale);
	if (s->sack_permitted)
		buf_puts(out, " sackOK");
	if (s->sack_blocks)
		buf_addf(out, " sack=%u", s->sack_blocks);
	if (s->has_timestamps)
		buf_addf(out, " ts=%u/%u", s->ts_val, s->ts_ecr);
}

/* A TCP header of 127.0.0.1 with these options, padded with what the table gives: its length is a multiple of 4. */
static bool decode(const char *hex, struct segment *s)
{
	size_t n, fixed, total;
	uint8_t *options = hex_bytes(hex, &n);
	uint8_t *packet = hex_bytes("4500 0028 0001 4000 40 06 0000 7f000001 7f000001"
	                            "03e8 0050 00000001 00000000 5002 0200 0000 0000",
	                            &fixed);
	bool good;

	total = fixed + (n + 3) / 4 * 4;
	packet = xrealloc(packet, total, 1);
	memset(packet + fixed, 1, total - fixed);
	memcpy(packet + fixed, options, n);
	packet[3] = (uint8_t)total;
	packet[32] = (uint8_t)((total - 20) / 4 << 4);
	good = packet_decode(packet, total, s);
	free(options);
	free(packet);
	return good;
}

static void each(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf fields = { 0 }, text = { 0 };
		struct segment s;

		ok(decode(rows[i].hex, &s) && s.len == 0, "%s", rows[i].name);
		understood(&fields, &s);
		segment_options(&text, &s);
		same_text(buf_text(&fields) + (fields.len > 0), rows[i].understood, "what is understood");
		same_text(buf_text(&text), rows[i].text, "its text");
		buf_free(&fields);
		buf_free(&text);
	}
}

int main(void)
{
	each();
	return tap_done();
}
