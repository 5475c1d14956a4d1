/* SPDX-License-Identifier: MIT
 * From a link layer's bytes to the segment inside: one row for each layer, tunnel, option of them and error. The bytes
 * are written by hand beside the standards' figures; those that tshark knows were read by it, too (explain.t). */
#include "base/tap.h"
#include "packet/decode.h"
#include "packet/hex_test.h"
#include "packet/link.h"

#include <netinet/in.h>

/* 10.0.0.1:1000 > 10.0.0.2:80, and the same between fd00::1 and fd00::2: a SYN of sequence number 1, window 512. */
#define TCP4  "03e8 0050 00000001 00000000 5002 0200 95a7 0000 "
#define TCP6  "03e8 0050 00000001 00000000 5002 0200 afa5 0000 "
#define ADDR4 "0a000001 0a000002 "
#define ADDR6 "fd00000000000000 0000000000000001 fd00000000000000 0000000000000002 "
#define IP4   "4500 0028 0001 4000 40 06 26cd " ADDR4 TCP4
#define IP6   "6000 0000 0014 06 40 " ADDR6 TCP6
#define SYN4  "10.0.0.1:1000 > 10.0.0.2:80 SYN seq 1 ack 0 win 512 len 0"
#define SYN6  "[fd00::1]:1000 > [fd00::2]:80 SYN seq 1 ack 0 win 512 len 0"

/* What is around: two MAC addresses; IP headers of 192.0.2.1 > 192.0.2.2 without their rest. */
#define MACS          "020000000002 020000000001 "
#define ETHER         MACS "0800 "
#define OUT4(P)       "4500 0000 0001 4000 40 " P " 0000 c0000201 c0000202 "
#define OUT6(P)       "6000 0000 0000 " P " 40 20010db8000000000000000000000001 20010db8000000000000000000000002 "
#define UDP(FROM, TO) FROM TO "0000 0000 "
#define VXLAN(VNI)    OUT4("11") UDP("c000", "12b5") "08000000 " VNI "00 "
#define GTP(FLAGS)    OUT4("11") UDP("0868", "0868") FLAGS "ff 0000 00000007 "

enum { BSD = 0, ETHERNET = 1, PPP = 9, RAW_DLT = 12, RAW_OPENBSD = 14, RAW = 101, OPENBSD = 108, SLL = 113 };
enum { RAW4 = 228, RAW6 = 229, NFLOG = 239, SLL2 = 276, WIFI = 105 };

static const struct {
	const char *name;
	unsigned link;
	const char *hex, *should;
} rows[] = {
	/* links */
	{ "Ethernet, IPv4", ETHERNET, ETHER IP4, SYN4 },
	{ "Ethernet, IPv6", ETHERNET, MACS "86dd " IP6, SYN6 },
	{ "Ethernet pads a short packet", ETHERNET, ETHER IP4 "000000000000", SYN4 },
	{ "Ethernet of 802.3 with SNAP", ETHERNET, MACS "0030 aaaa03 000000 0800 " IP4, SYN4 },
	{ "802.3 with another header than SNAP", ETHERNET, MACS "0030 424203 000000 0800 " IP4, "802.3 without SNAP" },
	{ "802.3, the SNAP header cut off", ETHERNET, MACS "0030 aaaa03 000000 08", "802.3 without SNAP" },
	{ "the least EtherType is 0x600", ETHERNET, MACS "0600 " IP4, "another protocol than IP" },
	{ "one below is a length", ETHERNET, MACS "05ff aaaa03 000000 0800 " IP4, SYN4 },
	{ "ARP", ETHERNET, MACS "0806 0001 0800 0604 0001", "ARP" },
	{ "LLDP", ETHERNET, MACS "88cc 0207", "LLDP" },
	{ "an EtherType nobody knows", ETHERNET, MACS "9999 " IP4, "another protocol than IP" },
	{ "IP's EtherType before something else", ETHERNET, ETHER "55000028", "no IP" },
	{ "BSD loopback of a little-endian host", BSD, "02000000 " IP4, SYN4 },
	{ "BSD loopback of a big-endian host, IPv6", BSD, "0000001c " IP6, SYN6 },
	{ "OpenBSD loopback", OPENBSD, "00000002 " IP4, SYN4 },
	{ "raw IP, as Linux's BPF numbers it", RAW_DLT, IP4, SYN4 },
	{ "raw IP, as OpenBSD does", RAW_OPENBSD, IP6, SYN6 },
	{ "raw IP, version 4", RAW, IP4, SYN4 },
	{ "raw IP, version 6", RAW, IP6, SYN6 },
	{ "raw IPv4", RAW4, IP4, SYN4 },
	{ "raw IPv6", RAW6, IP6, SYN6 },
	{ "raw IP of version 5", RAW, "5500 0028 0001 4000 40 06 26cd " ADDR4 TCP4, "no IP" },
	{ "raw IP, empty", RAW, "", "no IP" },
	{ "Linux cooked", SLL, "0000 0001 0006 020000000001 0000 0800 " IP4, SYN4 },
	{ "Linux cooked, IPv6", SLL, "0004 0304 0006 000000000000 0000 86dd " IP6, SYN6 },
	{ "Linux cooked, ARP", SLL, "0000 0001 0006 020000000001 0000 0806 ", "ARP" },
	{ "Linux cooked, a VLAN tag behind it", SLL, "0000 0001 0006 020000000001 0000 8100 0005 0800 " IP4,
	  SYN4 ", inside" },
	{ "Linux cooked v2", SLL2, "0800 0000 00000003 0001 00 06 0200000000010000 " IP4, SYN4 },
	{ "Linux cooked v2, IPv6", SLL2, "86dd 0000 00000003 0001 04 06 0200000000010000 " IP6, SYN6 },
	{ "PPP", PPP, "0021 " IP4, SYN4 },
	{ "PPP, IPv6", PPP, "0057 " IP6, SYN6 },
	{ "PPP in HDLC framing", PPP, "ff03 0021 " IP4, SYN4 },
	{ "PPP's link control", PPP, "ff03 c021 0101", "PPP control" },
	{ "netfilter's log: the packet is its last value", NFLOG,
	  "02 00 0000 0800 0100 0800 0003 0500 0a00 61000000 2c00 0900 " IP4, SYN4 },
	{ "netfilter's log, the packet first", NFLOG, "0a 00 0000 4000 0900 " IP6 "0800 0100 0800 0003", SYN6 },
	{ "netfilter's log of a host of the other byte order", NFLOG,
	  "02 00 0000 0008 0001 0800 0003 0005 000a 61000000 002c 0009 " IP4, SYN4 },
	{ "netfilter's log without a packet", NFLOG, "02 00 0000 0800 0100 0800 0003", "NFLOG without a packet" },
	{ "netfilter's log, a value longer than all", NFLOG, "02 00 0000 2d00 0900 " IP4, "NFLOG without a packet" },
	{ "netfilter's log, a value of 3 bytes", NFLOG, "02 00 0000 0300 0900 " IP4, "NFLOG without a packet" },
	{ "802.11 is not read", WIFI, "0800 " IP4, "a link type that is not read" },

	/* tags and labels */
	{ "VLAN", ETHERNET, MACS "8100 0005 0800 " IP4, SYN4 ", inside" },
	{ "VLAN 0 is a priority, not a network of its own", ETHERNET, MACS "8100 e000 0800 " IP4, SYN4 },
	{ "QinQ", ETHERNET, MACS "88a8 0005 8100 0006 0800 " IP4, SYN4 ", inside" },
	{ "QinQ with the type from before the standard", ETHERNET, MACS "9100 0005 8100 0006 86dd " IP6,
	  SYN6 ", inside" },
	{ "VLAN, ARP", ETHERNET, MACS "8100 0005 0806 0001", "ARP" },
	{ "MPLS, one label", ETHERNET, MACS "8847 00010 1 40 " IP4, SYN4 },
	{ "MPLS, three labels", ETHERNET, MACS "8847 00010 0 40 00020 e 40 00030 1 40 " IP6, SYN6 },
	{ "MPLS for many receivers", ETHERNET, MACS "8848 00010 1 40 " IP4, SYN4 },
	{ "Ethernet behind MPLS and a control word", ETHERNET, MACS "8847 00010 1 40 00000000 " ETHER IP4, SYN4 },
	{ "MPLS without its last label", ETHERNET, MACS "8847 00010 0 40", "cut off" },
	{ "PPPoE", ETHERNET, MACS "8864 11 00 0007 002a 0021 " IP4, SYN4 ", inside" },
	{ "PPPoE, IPv6", ETHERNET, MACS "8864 11 00 0007 003e 0057 " IP6, SYN6 ", inside" },
	{ "PPPoE, echo of the link", ETHERNET, MACS "8864 11 00 0007 000a c021 0900", "PPP control" },
	{ "PPPoE inside QinQ", ETHERNET, MACS "88a8 0005 8100 0006 8864 11 00 0007 002a 0021 " IP4, SYN4 ", inside" },

	/* IP headers */
	{ "IPv4 options", RAW, "4600 002c 0001 4000 40 06 91c4 " ADDR4 "94040000 " TCP4, SYN4 },
	{ "an IPv4 header of 16 bytes", RAW, "4400 0028 0001 4000 40 06 0000 " ADDR4 TCP4, "no whole segment" },
	{ "IPv4 options that the packet has not", RAW, "4f00 0028 0001 4000 40 06 0000 " ADDR4 TCP4,
	  "no whole segment" },
	{ "IPv4 length below its header's", RAW, "4500 0013 0001 4000 40 06 0000 " ADDR4 TCP4, "no whole segment" },
	{ "IPv4 length 0: all there is", RAW, "4500 0000 0001 4000 40 06 0000 " ADDR4 TCP4, SYN4 },
	{ "IPv4 longer than what was captured", RAW, "4500 0032 0001 4000 40 06 0000 " ADDR4 TCP4,
	  "10.0.0.1:1000 > 10.0.0.2:80 SYN seq 1 ack 0 win 512 len 10, cut" },
	{ "IPv4, first fragment", RAW, "4500 0028 0001 2000 40 06 0000 " ADDR4 TCP4, SYN4 ", cut" },
	{ "IPv4, a later fragment", RAW, "4500 0028 0001 2001 40 06 0000 " ADDR4 TCP4,
	  "10.0.0.1:* > 10.0.0.2:* protocol 0" },
	{ "IPv4, the last fragment of the largest offset", RAW, "4500 0028 0001 1000 40 06 0000 " ADDR4 TCP4,
	  "10.0.0.1:* > 10.0.0.2:* protocol 0" },
	{ "IPv4, the bit that is reserved says nothing", RAW, "4500 0028 0001 8000 40 06 0000 " ADDR4 TCP4, SYN4 },
	{ "UDP", RAW, "4500 001c 0001 4000 40 11 0000 " ADDR4 UDP("0035", "0035"),
	  "10.0.0.1:* > 10.0.0.2:* protocol 17" },
	{ "ICMP with a TCP header inside is no TCP", RAW,
	  "4500 0044 0001 4000 40 01 0000 " ADDR4 "0301 0000 00000000 " IP4, "10.0.0.1:* > 10.0.0.2:* protocol 1" },
	{ "IPv6, hop-by-hop options", RAW, "6000 0000 001c 00 40 " ADDR6 "06 00 0502 0000 0100 " TCP6, SYN6 },
	{ "IPv6, a routing header of 24 bytes", RAW,
	  "6000 0000 002c 2b 40 " ADDR6 "06 02 0400 00000000 fd00000000000000 0000000000000003 " TCP6, SYN6 },
	{ "IPv6, destination options behind hop-by-hop", RAW,
	  "6000 0000 0024 00 40 " ADDR6 "3c 00 0104 00000000 06 00 0104 00000000 " TCP6, SYN6 },
	{ "IPv6, first fragment", RAW, "6000 0000 001c 2c 40 " ADDR6 "06 00 0001 00000009 " TCP6, SYN6 ", cut" },
	{ "IPv6, a fragment that is alone is whole", RAW, "6000 0000 001c 2c 40 " ADDR6 "06 00 0000 00000009 " TCP6,
	  SYN6 },
	{ "IPv6, reserved bits of a fragment header say nothing", RAW,
	  "6000 0000 001c 2c 40 " ADDR6 "06 00 0006 00000009 " TCP6, SYN6 },
	{ "IPv6, a later fragment", RAW, "6000 0000 001c 2c 40 " ADDR6 "06 00 0008 00000009 " TCP6,
	  "[fd00::1]:* > [fd00::2]:* protocol 0" },
	{ "IPv6, nothing follows", RAW, "6000 0000 0000 3b 40 " ADDR6, "[fd00::1]:* > [fd00::2]:* protocol 59" },
	{ "IPv6, an extension header longer than the packet", RAW,
	  "6000 0000 001c 00 40 " ADDR6 "06 03 0502 0000 0100 " TCP6, "no whole segment" },
	{ "IPv6, an extension header of 4 bytes", RAW, "6000 0000 0004 00 40 " ADDR6 "06 00 0502", "no whole segment" },
	{ "IPv6 length 0: a jumbogram", RAW, "6000 0000 0000 06 40 " ADDR6 TCP6, SYN6 },
	{ "IPv6, bytes behind its length are padding", ETHERNET, MACS "86dd " IP6 "0000", SYN6 },

	/* tunnels */
	{ "4in4", RAW, OUT4("04") IP4, SYN4 ", inside" },
	{ "6in4", RAW, OUT4("29") IP6, SYN6 ", inside" },
	{ "4in6", RAW, OUT6("04") IP4, SYN4 ", inside" },
	{ "6in6", RAW, OUT6("29") IP6, SYN6 ", inside" },
	{ "6in6 as Linux sends it, with a tunnel encapsulation limit (RFC 2473)", RAW,
	  OUT6("3c") "29 00 0401 0401 0100 " IP6, SYN6 ", inside" },
	{ "4in6 behind two extension headers", RAW, OUT6("00") "3c 00 0104 00000000 04 00 0104 00000000 " IP4,
	  SYN4 ", inside" },
	{ "4in6, a later fragment", RAW, OUT6("2c") "04 00 0008 00000001 " IP4,
	  "[2001:db8::1]:* > [2001:db8::2]:* protocol 0" },
	{ "4in4 with options outside", RAW, "4600 0000 0001 4000 40 04 0000 c0000201 c0000202 94040000 " IP4,
	  SYN4 ", inside" },
	{ "4in4, first fragment", RAW, "4500 0000 0001 2000 40 04 0000 c0000201 c0000202 " IP4, SYN4 ", inside" },
	{ "4in4, a later fragment", RAW, "4500 0000 0001 0001 40 04 0000 c0000201 c0000202 " IP4,
	  "192.0.2.1:* > 192.0.2.2:* protocol 0" },
	{ "4in4in4", RAW, OUT4("04") OUT4("04") IP4, SYN4 ", inside" },
	{ "GRE", RAW, OUT4("2f") "0000 0800 " IP4, SYN4 ", inside" },
	{ "GRE over IPv6, IPv6 inside", RAW, OUT6("2f") "0000 86dd " IP6, SYN6 ", inside" },
	{ "GRE with checksum", RAW, OUT4("2f") "8000 0800 aaaa0000 " IP4, SYN4 ", inside" },
	{ "GRE with key", RAW, OUT4("2f") "2000 0800 0000002a " IP4, SYN4 ", inside" },
	{ "GRE with sequence number", RAW, OUT4("2f") "1000 0800 00000001 " IP4, SYN4 ", inside" },
	{ "GRE with all three", RAW, OUT4("2f") "b000 0800 aaaa0000 0000002a 00000001 " IP4, SYN4 ", inside" },
	{ "GRE, Ethernet inside", RAW, OUT4("2f") "2000 6558 0000002a " ETHER IP4, SYN4 ", inside" },
	{ "GRE of version 1 is PPTP's", RAW, OUT4("2f") "2001 880b 0000002a " IP4,
	  "192.0.2.1:* > 192.0.2.2:* protocol 47" },
	{ "GRE, another protocol inside", RAW, OUT4("2f") "0000 9999 " IP4, "another protocol than IP" },
	{ "GRE without the key it announces", RAW, OUT4("2f") "2000 0800 0000",
	  "192.0.2.1:* > 192.0.2.2:* protocol 47" },
	{ "VXLAN", RAW, VXLAN("00002a") ETHER IP4, SYN4 ", inside" },
	{ "VXLAN over IPv6", RAW, OUT6("11") UDP("c000", "12b5") "08000000 00002a00 " MACS "86dd " IP6,
	  SYN6 ", inside" },
	{ "VXLAN without its flag", RAW, OUT4("11") UDP("c000", "12b5") "00000000 00002a00 " ETHER IP4,
	  "192.0.2.1:* > 192.0.2.2:* protocol 17" },
	{ "VXLAN's port as the source only", RAW, OUT4("11") UDP("12b5", "c000") "08000000 00002a00 " ETHER IP4,
	  "192.0.2.1:* > 192.0.2.2:* protocol 17" },
	{ "VXLAN, ARP inside", RAW, VXLAN("00002a") MACS "0806 0001", "ARP" },
	{ "GENEVE", RAW, OUT4("11") UDP("c000", "17c1") "00 00 6558 00002a00 " ETHER IP4, SYN4 ", inside" },
	{ "GENEVE with 8 bytes of options, IP inside", RAW,
	  OUT4("11") UDP("c000", "17c1") "02 00 0800 00002a00 0102800100000000 " IP4, SYN4 ", inside" },
	{ "GENEVE's control and critical bits are no length", RAW,
	  OUT4("11") UDP("c000", "17c1") "01 c0 86dd 00002a00 01028000 " IP6, SYN6 ", inside" },
	{ "GENEVE of version 1", RAW, OUT4("11") UDP("c000", "17c1") "40 00 0800 00002a00 " IP4,
	  "192.0.2.1:* > 192.0.2.2:* protocol 17" },
	{ "GENEVE without its options", RAW, OUT4("11") UDP("c000", "17c1") "3f 00 0800 00002a00 " IP4,
	  "192.0.2.1:* > 192.0.2.2:* protocol 17" },
	{ "GTP-U", RAW, GTP("30") IP4, SYN4 ", inside" },
	{ "GTP-U, IPv6 inside", RAW, GTP("30") IP6, SYN6 ", inside" },
	{ "GTP-U with a sequence number", RAW, GTP("32") "0001 00 00 " IP4, SYN4 ", inside" },
	{ "GTP-U with extension headers of 4 and 8 bytes", RAW,
	  GTP("34") "0000 00 85 01 1000 c0 02 000000000000 00 " IP4, SYN4 ", inside" },
	{ "GTP-U with an extension header of no bytes", RAW, GTP("34") "0000 00 85 00 1000 00 " IP4,
	  "192.0.2.1:* > 192.0.2.2:* protocol 17" },
	{ "GTP-U, an answer: its port is the source", RAW,
	  OUT4("11") UDP("0868", "c000") "32ff 0000 00000007 00010000 " IP4, SYN4 ", inside" },
	{ "GTP-U on other ports, by its look", RAW, OUT4("11") UDP("c000", "c001") "30ff 0000 00000007 " IP4,
	  SYN4 ", inside" },
	{ "GTP-U on other ports with a sequence number is not guessed", RAW,
	  OUT4("11") UDP("c000", "c001") "32ff 0000 00000007 00010000 " IP4, "192.0.2.1:* > 192.0.2.2:* protocol 17" },
	{ "GTP-U, echo", RAW, OUT4("11") UDP("0868", "0868") "3201 0004 00000000 00010000 ",
	  "192.0.2.1:* > 192.0.2.2:* protocol 17" },
	{ "GTP-U, another message than a packet", RAW, OUT4("11") UDP("0868", "0868") "301a 0000 00000007 " IP4,
	  "192.0.2.1:* > 192.0.2.2:* protocol 17" },
	{ "GTP of version 2", RAW, GTP("50") IP4, "192.0.2.1:* > 192.0.2.2:* protocol 17" },
	{ "GTP-U, something else than IP inside", RAW, GTP("30") "00000000 00000000",
	  "192.0.2.1:* > 192.0.2.2:* protocol 17" },
	{ "VXLAN inside VLAN, a VLAN inside that", ETHERNET,
	  MACS "8100 0005 0800 " VXLAN("00002a") MACS "8100 0006 0800 " IP4, SYN4 ", inside" },
	{ "16 layers are not looked through", RAW,
	  OUT4("04") OUT4("04") OUT4("04") OUT4("04") OUT4("04") OUT4("04") OUT4("04") OUT4("04") OUT4("04") OUT4("04")
	          OUT4("04") OUT4("04") OUT4("04") OUT4("04") OUT4("04") OUT4("04") OUT4("04") IP4,
	  "192.0.2.1:* > 192.0.2.2:* protocol 4, inside" },
};

static void describe(struct buf *out, const struct segment *s, bool inside)
{
	endpoint_add(out, &s->src);
	buf_puts(out, " > ");
	endpoint_add(out, &s->dst);
	if (s->protocol != IPPROTO_TCP) {
		buf_addf(out, " protocol %u", s->protocol);
	} else {
		buf_puts(out, " ");
		segment_flags(out, s->flags);
		buf_addf(out, " seq %u ack %u win %u len %u", s->seq, s->ack, s->window, s->len);
		buf_puts(out, s->cut ? ", cut" : s->checksum_ok ? "" : ", wrong checksum");
		buf_puts(out, s->cut && s->checksum_ok ? ", yet summed up" : "");
	}
	buf_puts(out, inside ? ", inside" : "");
}

/* What is read of these bytes, as text. */
static void read_packet(struct buf *out, unsigned link, const uint8_t *bytes, size_t n)
{
	struct inside in;
	struct segment s;
	const char *why;

	if (!link_find_ip(link, bytes, n, &in, &why))
		buf_puts(out, why);
	else if (!packet_decode_captured(in.at, in.n, &s))
		buf_puts(out, "no whole segment");
	else
		describe(out, &s, in.domain != 0);
}

static void layers(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf is = { 0 };
		size_t n;
		uint8_t *bytes = hex_bytes(rows[i].hex, &n);

		read_packet(&is, rows[i].link, bytes, n);
		same_text(buf_text(&is), rows[i].should, rows[i].name);
		buf_free(&is);
		free(bytes);
	}
}

/* --- cut off at each byte ---------------------------------------------------------------------------------- */

/* From how many bytes on it is read as what: "0 cut off, 14 no IP, …". */
static const struct {
	const char *name;
	unsigned link;
	const char *hex, *should;
} cuts[] = {
	{ "Ethernet, IPv4", ETHERNET, ETHER IP4, "0 cut off, 14 no IP, 15 no whole segment, 54 " SYN4 },
	{ "Ethernet, IPv6", ETHERNET, MACS "86dd " IP6, "0 cut off, 14 no IP, 15 no whole segment, 74 " SYN6 },
	{ "VLAN", ETHERNET, MACS "8100 0005 0800 " IP4,
	  "0 cut off, 18 no IP, 19 no whole segment, 58 " SYN4 ", inside" },
	{ "SNAP", ETHERNET, MACS "0030 aaaa03 000000 0800 " IP4,
	  "0 cut off, 14 802.3 without SNAP, 22 no IP, 23 no whole segment, 62 " SYN4 },
	{ "BSD loopback", BSD, "02000000 " IP4, "0 cut off, 4 no IP, 5 no whole segment, 44 " SYN4 },
	{ "Linux cooked", SLL, "0000 0001 0006 020000000001 0000 0800 " IP4,
	  "0 cut off, 16 no IP, 17 no whole segment, 56 " SYN4 },
	{ "Linux cooked v2", SLL2, "0800 0000 00000003 0001 00 06 0200000000010000 " IP4,
	  "0 cut off, 20 no IP, 21 no whole segment, 60 " SYN4 },
	{ "PPP", PPP, "ff03 0021 " IP4, "0 cut off, 4 no IP, 5 no whole segment, 44 " SYN4 },
	{ "PPPoE", ETHERNET, MACS "8864 11 00 0007 002a 0021 " IP4,
	  "0 cut off, 22 no IP, 23 no whole segment, 62 " SYN4 ", inside" },
	{ "MPLS", ETHERNET, MACS "8847 00010 0 40 00020 1 40 " IP4,
	  "0 cut off, 22 no IP, 23 no whole segment, 62 " SYN4 },
	{ "data", RAW,
	  "4500 002d 0001 4000 40 06 26c8 " ADDR4 "03e8 0050 00000002 00000009 5018 0200 51b0 0000 68656c6c6f",
	  "0 no IP, 1 no whole segment, 40 10.0.0.1:1000 > 10.0.0.2:80 PSH+ACK seq 2 ack 9 win 512 len 5, cut, "
	  "45 10.0.0.1:1000 > 10.0.0.2:80 PSH+ACK seq 2 ack 9 win 512 len 5" },
	{ "options of TCP", RAW,
	  "4500 002c 0001 4000 40 06 0000 " ADDR4 "03e8 0050 00000001 00000000 6002 0200 7deb 0000 020405b4",
	  "0 no IP, 1 no whole segment, 40 " SYN4 ", cut, 44 " SYN4 },
	{ "an extension header", RAW, "6000 0000 001c 00 40 " ADDR6 "06 00 0502 0000 0100 " TCP6,
	  "0 no IP, 1 no whole segment, 68 " SYN6 },
	{ "4in4", RAW, OUT4("04") IP4,
	  "0 no IP, 1 no whole segment, 20 192.0.2.1:* > 192.0.2.2:* protocol 4, 40 no whole segment, 60 " SYN4
	  ", inside" },
	{ "GRE", RAW, OUT4("2f") "2000 0800 0000002a " IP4,
	  "0 no IP, 1 no whole segment, 20 192.0.2.1:* > 192.0.2.2:* protocol 47, 28 no IP, 29 no whole segment, "
	  "68 " SYN4 ", inside" },
	{ "VXLAN", RAW, VXLAN("00002a") ETHER IP4,
	  "0 no IP, 1 no whole segment, 20 192.0.2.1:* > 192.0.2.2:* protocol 17, 36 cut off, 50 no IP, "
	  "51 no whole segment, 90 " SYN4 ", inside" },
	{ "GENEVE", RAW, OUT4("11") UDP("c000", "17c1") "01 00 0800 00002a00 01028000 " IP4,
	  "0 no IP, 1 no whole segment, 20 192.0.2.1:* > 192.0.2.2:* protocol 17, 40 no IP, 41 no whole segment, "
	  "80 " SYN4 ", inside" },
	{ "GTP-U", RAW, GTP("34") "0000 00 85 01 1000 00 " IP4,
	  "0 no IP, 1 no whole segment, 20 192.0.2.1:* > 192.0.2.2:* protocol 17, 45 no whole segment, 84 " SYN4
	  ", inside" },
};

static void cut_off_anywhere(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		struct buf is = { 0 }, last = { 0 }, now = { 0 };
		size_t whole;
		uint8_t *bytes = hex_bytes(cuts[i].hex, &whole);

		for (size_t n = 0; n <= whole; n++) {
			uint8_t *some = first_bytes(bytes, n);

			buf_clear(&now);
			read_packet(&now, cuts[i].link, some, n);
			if (!streq(buf_text(&now), buf_text(&last)) || !n)
				buf_addf(&is, "%s%zu %s", n ? ", " : "", n, buf_text(&now));
			buf_clear(&last);
			buf_puts(&last, buf_text(&now));
			free(some);
		}
		same_text(buf_text(&is), cuts[i].should, cuts[i].name);
		buf_free(&is);
		buf_free(&last);
		buf_free(&now);
		free(bytes);
	}
}

/* --- networks with the same addresses ---------------------------------------------------------------------- */

static const struct {
	const char *name;
	const char *one, *other;
	bool same;
} domains[] = {
	{ "two VLANs", MACS "8100 0005 0800 " IP4, MACS "8100 0006 0800 " IP4, false },
	{ "a VLAN and none", MACS "8100 0005 0800 " IP4, ETHER IP4, false },
	{ "a VLAN's priority", MACS "8100 0005 0800 " IP4, MACS "8100 f005 0800 " IP4, true },
	{ "the tag's EtherType", MACS "8100 0005 0800 " IP4, MACS "88a8 0005 0800 " IP4, true },
	{ "the highest bit of a VLAN", MACS "8100 0805 0800 " IP4, MACS "8100 0005 0800 " IP4, false },
	{ "outer tags of QinQ", MACS "88a8 0005 8100 0007 0800 " IP4, MACS "88a8 0006 8100 0007 0800 " IP4, false },
	{ "inner tags of QinQ", MACS "88a8 0005 8100 0007 0800 " IP4, MACS "88a8 0005 8100 0008 0800 " IP4, false },
	{ "tags exchanged", MACS "88a8 0005 8100 0007 0800 " IP4, MACS "88a8 0007 8100 0005 0800 " IP4, false },
	{ "two labels of MPLS: each direction has its own", MACS "8847 00010 1 40 " IP4, MACS "8847 00020 1 40 " IP4,
	  true },
	{ "two sessions of PPPoE", MACS "8864 11 00 0007 002a 0021 " IP4, MACS "8864 11 00 0008 002a 0021 " IP4,
	  false },
	{ "two networks of VXLAN", ETHER VXLAN("00002a") ETHER IP4, ETHER VXLAN("00002b") ETHER IP4, false },
	{ "the highest byte of VXLAN's", ETHER VXLAN("00002a") ETHER IP4, ETHER VXLAN("01002a") ETHER IP4, false },
	{ "VXLAN's reserved byte", ETHER OUT4("11") UDP("c000", "12b5") "08000000 00002a00 " ETHER IP4,
	  ETHER OUT4("11") UDP("c001", "12b5") "08000000 00002aff " ETHER IP4, true },
	{ "two networks of GENEVE", ETHER OUT4("11") UDP("c000", "17c1") "00 00 0800 00002a00 " IP4,
	  ETHER OUT4("11") UDP("c000", "17c1") "00 00 0800 00002b00 " IP4, false },
	{ "two tunnels of GTP-U: each direction has its own",
	  ETHER OUT4("11") UDP("0868", "0868") "30ff 0000 00000007 " IP4,
	  ETHER OUT4("11") UDP("0868", "0868") "30ff 0000 00000008 " IP4, true },
	{ "GTP-U and none", ETHER GTP("30") IP4, ETHER IP4, false },
	{ "GRE and none", ETHER OUT4("2f") "0000 0800 " IP4, ETHER IP4, false },
	{ "GRE and 4in4", ETHER OUT4("2f") "0000 0800 " IP4, ETHER OUT4("04") IP4, false },
	{ "4in4 and none", ETHER OUT4("04") IP4, ETHER IP4, false },
};

static uint32_t domain_of(const char *hex)
{
	struct inside in;
	const char *why;
	size_t n;
	uint8_t *bytes = hex_bytes(hex, &n);

	if (!link_find_ip(ETHERNET, bytes, n, &in, &why))
		ok(false, "no IP in %s", hex);
	free(bytes);
	return in.domain;
}

static void networks(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(domains); i++)
		ok((domain_of(domains[i].one) == domain_of(domains[i].other)) == domains[i].same, "%s: %s",
		   domains[i].name, domains[i].same ? "one network" : "two networks");
}

static void names(void)
{
	static const struct {
		unsigned link;
		const char *name;
	} should[] = {
		{ BSD, "BSD loopback" },    { ETHERNET, "Ethernet" },    { PPP, "PPP" },
		{ RAW_DLT, "raw IP" },      { RAW, "raw IP" },           { OPENBSD, "OpenBSD loopback" },
		{ SLL, "Linux cooked" },    { RAW4, "raw IPv4" },        { RAW6, "raw IPv6" },
		{ NFLOG, "netfilter log" }, { SLL2, "Linux cooked v2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(should); i++)
		same_text(link_name(should[i].link), should[i].name, "the name of a link type");
	ok(link_name(WIFI) == NULL, "one that is not read has none");
}

int main(void)
{
	layers();
	cut_off_anywhere();
	networks();
	names();
	return tap_done();
}
