/* SPDX-License-Identifier: MIT
 * Capture files, block by block: a row is a file as hex, and what is to be read of it. Layouts:
 * https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/ and …-pcapng/ */
#include "base/tap.h"
#include "packet/capture.h"
#include "packet/hex_test.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* pcap. Little-endian unless it says BIG; link type 1, snaplen 65535. A record's time is 100 s and 7 ticks. */
#define PCAP_US    "d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000 "
#define PCAP_NS    "4d3cb2a1 0200 0400 00000000 00000000 ffff0000 01000000 "
#define BIG_US     "a1b2c3d4 0002 0004 00000000 00000000 0000ffff 00000001 "
#define BIG_NS     "a1b23c4d 0002 0004 00000000 00000000 0000ffff 00000001 "
#define KUZNETZOV  "34cdb2a1 0200 0400 00000000 00000000 ffff0000 01000000 "
#define RECORD     "64000000 07000000 03000000 03000000 aabbcc "
#define BIG_RECORD "00000064 00000007 00000003 00000003 aabbcc "

/* pcapng. An interface of link type 1 and snaplen 0 (none); a packet of 3 bytes at tick 0x0000000100000002. */
#define SECTION                 "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000 "
#define BIG_SECTION             "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c "
#define IFACE                   "01000000 14000000 0100 0000 00000000 14000000 "
#define BIG_IFACE               "00000001 00000014 0001 0000 00000000 00000014 "
#define IFACE_OPT12(OPT)        "01000000 20000000 0100 0000 00000000 " OPT "20000000 "
#define IFACE_OPT16(OPT)        "01000000 24000000 0100 0000 00000000 " OPT "24000000 "
#define RESOL(N)                IFACE_OPT12("0900 0100 " N "000000 0000 0000 ")
#define OFFSET(N)               IFACE_OPT16("0e00 0800 " N " 0000 0000 ")
#define PACKET                  PACKET_OF("00000000", "02000000")
#define PACKET_OF(IFACE, TICKS) "06000000 24000000 " IFACE "01000000 " TICKS "03000000 05000000 aabbcc00 24000000 "
#define BIG_PACKET              "00000006 00000024 00000000 00000001 00000002 00000003 00000005 aabbcc00 00000024 "
#define FIRST                   SECTION IFACE PACKET
#define READ_IT                 "1 at 4294.967298000 if 0 link 1: 3 of 5 aabbcc; "

static const struct {
	const char *name, *hex, *should;
} rows[] = {
	/* pcap */
	{ "pcap, microseconds", PCAP_US RECORD,
	  "pcap, microseconds: 1 at 100.000007000 if 0 link 1: 3 of 3 aabbcc; end" },
	{ "pcap, nanoseconds", PCAP_NS RECORD,
	  "pcap, nanoseconds: 1 at 100.000000007 if 0 link 1: 3 of 3 aabbcc; end" },
	{ "pcap of a big-endian host", BIG_US BIG_RECORD,
	  "pcap, microseconds, of the other byte order: 1 at 100.000007000 if 0 link 1: 3 of 3 aabbcc; end" },
	{ "the same, nanoseconds", BIG_NS BIG_RECORD,
	  "pcap, nanoseconds, of the other byte order: 1 at 100.000000007 if 0 link 1: 3 of 3 aabbcc; end" },
	{ "Kuznetzov's records are 8 bytes longer",
	  KUZNETZOV "64000000 07000000 03000000 03000000 02000000 0800 00 00 aabbcc",
	  "pcap, microseconds, Kuznetzov's records: 1 at 100.000007000 if 0 link 1: 3 of 3 aabbcc; end" },
	{ "pcap without packets", PCAP_US, "pcap, microseconds: end" },
	{ "two packets", PCAP_US RECORD "65000000 00000000 01000000 40000000 dd",
	  "pcap, microseconds: 1 at 100.000007000 if 0 link 1: 3 of 3 aabbcc; 2 at 101.000000000 if 0 link 1: 1 of 64 "
	  "dd; end" },
	{ "a packet of no bytes", PCAP_US "64000000 00000000 00000000 40000000 ",
	  "pcap, microseconds: 1 at 100.000000000 if 0 link 1: 0 of 64 ; end" },
	{ "link type 276", "d4c3b2a1 0200 0400 00000000 00000000 ffff0000 14010000 " RECORD,
	  "pcap, microseconds: 1 at 100.000007000 if 0 link 276: 3 of 3 aabbcc; end" },
	{ "the highest bits of the link type tell of frame check sequences",
	  "d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000054 " RECORD,
	  "pcap, microseconds: 1 at 100.000007000 if 0 link 67108865: 3 of 3 aabbcc; end" },
	{ "after 2038", PCAP_US "ffffffff 3f420f00 01000000 01000000 aa",
	  "pcap, microseconds: 1 at 4294967295.999999000 if 0 link 1: 1 of 1 aa; end" },
	{ "more than a second of microseconds", PCAP_US "64000000 60e31600 01000000 01000000 aa",
	  "pcap, microseconds: 1 at 101.500000000 if 0 link 1: 1 of 1 aa; end" },
	{ "cut off inside a record's head", PCAP_US RECORD "640000",
	  "pcap, microseconds: 1 at 100.000007000 if 0 link 1: 3 of 3 aabbcc; f is cut off inside packet 2, at byte "
	  "43: it was "
	  "still being written, or not copied whole; the packets before it are used" },
	{ "cut off inside a packet", PCAP_US "64000000 07000000 03000000 03000000 aabb",
	  "pcap, microseconds: f is cut off inside packet 1, at byte 24: it was still being written, or not copied "
	  "whole" },
	{ "a packet of 16 MB and a byte", PCAP_US RECORD "64000000 07000000 01000001 03000000 aabb",
	  "pcap, microseconds: 1 at 100.000007000 if 0 link 1: 3 of 3 aabbcc; f is damaged after packet 1, at byte 43 "
	  "(a packet of "
	  "more than 16 MB); the packets before it are used" },
	{ "one of 16 MB is believed", PCAP_US "64000000 07000000 00000001 03000000 aabb",
	  "pcap, microseconds: f is cut off inside packet 1, at byte 24: it was still being written, or not copied "
	  "whole" },
	{ "cut off inside the header", "d4c3b2a1 0200 0400 00000000 00000000 ffff0000 010000",
	  "f ends inside its header" },
	{ "an empty file", "", "f is empty: no capture" },
	{ "3 bytes", "d4c3b2", "f is shorter than 4 bytes: no capture" },
	{ "text", "68656c6c6f", "f is no capture: it begins like neither pcap nor pcapng" },
	{ "gzip", "1f8b0800", "f is packed by gzip; try 'zcat FILE | lastack explain -'" },
	{ "zstd", "28b52ffd00", "f is packed by zstd; try 'zstdcat FILE | lastack explain -'" },
	{ "xz", "fd377a585a00", "f is packed by xz; try 'xzcat FILE | lastack explain -'" },
	{ "lz4", "04224d18", "f is packed by lz4; try 'lz4cat FILE | lastack explain -'" },

	/* pcapng: sections, interfaces, packets */
	{ "pcapng", FIRST, "pcapng: " READ_IT "end" },
	{ "pcapng of a big-endian host", BIG_SECTION BIG_IFACE BIG_PACKET, "pcapng: " READ_IT "end" },
	{ "a section without an interface", SECTION, "pcapng: end" },
	{ "a section of known length", "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 3800000000000000 1c000000 " IFACE PACKET,
	  "pcapng: " READ_IT "end" },
	{ "two interfaces, each with its clock", SECTION IFACE RESOL("09") PACKET_OF("01000000", "02000000") PACKET,
	  "pcapng: 1 at 4.294967298 if 1 link 1: 3 of 5 aabbcc; 2 at 4294.967298000 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "an interface described after packets of another", FIRST RESOL("09") PACKET_OF("01000000", "02000000"),
	  "pcapng: " READ_IT "2 at 4.294967298 if 1 link 1: 3 of 5 aabbcc; end" },
	{ "a link type of 16 bits", SECTION "01000000 14000000 1401 ffff 00000000 14000000 " PACKET,
	  "pcapng: 1 at 4294.967298000 if 0 link 276: 3 of 5 aabbcc; end" },
	{ "a second section of the other byte order", FIRST BIG_SECTION BIG_IFACE BIG_PACKET,
	  "pcapng: " READ_IT "2 at 4294.967298000 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "interfaces end with their section", FIRST SECTION PACKET,
	  "pcapng: " READ_IT
	  "f is damaged after packet 1, at byte 112 (a packet of an interface that was not described); the "
	  "packets before it are used" },
	{ "an interface that is not there", SECTION IFACE PACKET_OF("01000000", "02000000"),
	  "pcapng: f is damaged after packet 0, at byte 48 (a packet of an interface that was not described)" },
	{ "a packet with a comment",
	  SECTION IFACE "06000000 34000000 00000000 01000000 02000000 03000000 05000000 aabbcc00 "
	                "0100 0500 68656c6c6f 000000 0000 0000 34000000 " PACKET,
	  "pcapng: " READ_IT "2 at 4294.967298000 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "a packet that fills its block",
	  SECTION IFACE "06000000 24000000 00000000 01000000 02000000 04000000 05000000 aabbccdd "
	                "24000000 ",
	  "pcapng: 1 at 4294.967298000 if 0 link 1: 4 of 5 aabbccdd; end" },
	{ "a packet one byte longer than its block",
	  SECTION IFACE "06000000 24000000 00000000 01000000 02000000 05000000 05000000 "
	                "aabbccdd 24000000 ",
	  "pcapng: f is damaged after packet 0, at byte 48 (a packet longer than its block)" },
	{ "a packet of 4 GB",
	  SECTION IFACE "06000000 24000000 00000000 01000000 02000000 ffffffff 05000000 aabbccdd 24000000 ",
	  "pcapng: f is damaged after packet 0, at byte 48 (a packet longer than its block)" },
	{ "a packet block too short for its head",
	  SECTION IFACE "06000000 1c000000 00000000 01000000 02000000 03000000 1c000000 ",
	  "pcapng: f is damaged after packet 0, at byte 48 (a packet longer than its block)" },
	{ "an old packet block: a short interface, then drops",
	  SECTION IFACE IFACE "02000000 24000000 0100 0900 01000000 02000000 "
	                      "03000000 05000000 aabbcc00 24000000 ",
	  "pcapng: 1 at 4294.967298000 if 1 link 1: 3 of 5 aabbcc; end" },

	/* simple packet blocks */
	{ "a simple packet", SECTION IFACE "03000000 14000000 03000000 aabbcc00 14000000 ",
	  "pcapng: 1 at 0.000000000 if 0 link 1: 3 of 3 aabbcc; end" },
	{ "a simple packet cut at the interface's snaplen",
	  SECTION "01000000 14000000 0100 0000 02000000 14000000 "
	          "03000000 14000000 03000000 aabb0000 14000000 ",
	  "pcapng: 1 at 0.000000000 if 0 link 1: 2 of 3 aabb; end" },
	{ "a simple packet as long as the snaplen",
	  SECTION "01000000 14000000 0100 0000 03000000 14000000 "
	          "03000000 14000000 03000000 aabbcc00 14000000 ",
	  "pcapng: 1 at 0.000000000 if 0 link 1: 3 of 3 aabbcc; end" },
	{ "a simple packet is of the first interface",
	  SECTION "01000000 14000000 7100 0000 02000000 14000000 " IFACE
	          "03000000 14000000 03000000 aabbcc00 14000000 ",
	  "pcapng: 1 at 0.000000000 if 0 link 113: 2 of 3 aabb; end" },
	{ "a simple packet without an interface", SECTION "03000000 14000000 03000000 aabbcc00 14000000 ",
	  "pcapng: f is damaged after packet 0, at byte 28 (a packet longer than its block)" },
	{ "a simple packet longer than its block", SECTION IFACE "03000000 14000000 05000000 aabbccdd 14000000 ",
	  "pcapng: f is damaged after packet 0, at byte 48 (a packet longer than its block)" },
	{ "a simple packet block without a length", SECTION IFACE "03000000 0c000000 0c000000 ",
	  "pcapng: f is damaged after packet 0, at byte 48 (a packet longer than its block)" },

	/* clocks: tick 2^32 + 2 */
	{ "if_tsresol 6 is what there is without it", SECTION RESOL("06") PACKET, "pcapng: " READ_IT "end" },
	{ "if_tsresol 9: nanoseconds", SECTION RESOL("09") PACKET,
	  "pcapng: 1 at 4.294967298 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "if_tsresol 3: milliseconds", SECTION RESOL("03") PACKET,
	  "pcapng: 1 at 4294967.298000000 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "if_tsresol 0: seconds", SECTION RESOL("00") PACKET,
	  "pcapng: 1 at 4294967298.000000000 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "if_tsresol 12: picoseconds", SECTION RESOL("0c") PACKET,
	  "pcapng: 1 at 0.004294967 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "if_tsresol 2^-10", SECTION RESOL("8a") PACKET,
	  "pcapng: 1 at 4194304.001953125 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "if_tsresol 2^-32", SECTION RESOL("a0") PACKET, "pcapng: 1 at 1.000000000 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "if_tsresol 2^0", SECTION RESOL("80") PACKET,
	  "pcapng: 1 at 4294967298.000000000 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "if_tsresol that is beyond all clocks", SECTION RESOL("7f") PACKET,
	  "pcapng: 1 at 0.000000000 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "and of two", SECTION RESOL("ff") PACKET, "pcapng: 1 at 0.000000000 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "if_tsresol of two bytes is none", SECTION IFACE_OPT12("0900 0200 09000000 0000 0000 ") PACKET,
	  "pcapng: " READ_IT "end" },
	{ "if_tsoffset: seconds later", SECTION OFFSET("6400000000000000") PACKET,
	  "pcapng: 1 at 4394.967298000 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "if_tsoffset may be negative", SECTION OFFSET("9cffffffffffffff") PACKET,
	  "pcapng: 1 at 4194.967298000 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "if_tsoffset, big-endian",
	  BIG_SECTION "00000001 00000024 0001 0000 00000000 000e 0008 0000000000000064 0000 0000 00000024 " BIG_PACKET,
	  "pcapng: 1 at 4394.967298000 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "if_tsoffset of 4 bytes is none", SECTION IFACE_OPT12("0e00 0400 64000000 0000 0000 ") PACKET,
	  "pcapng: " READ_IT "end" },
	{ "an option of 5 bytes takes 8",
	  SECTION "01000000 2c000000 0100 0000 00000000 0200 0500 6574683030 000000 "
	          "0900 0100 09000000 0000 0000 2c000000 " PACKET,
	  "pcapng: 1 at 4.294967298 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "options end where they say so", SECTION IFACE_OPT12("0000 0000 0900 0100 09000000 ") PACKET,
	  "pcapng: " READ_IT "end" },
	{ "options may end with their block",
	  SECTION "01000000 1c000000 0100 0000 00000000 0900 0100 09000000 1c000000 " PACKET,
	  "pcapng: 1 at 4.294967298 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "an option longer than its block",
	  SECTION "01000000 1c000000 0100 0000 00000000 0900 0500 09000000 1c000000 " PACKET,
	  "pcapng: " READ_IT "end" },

	/* what is passed over */
	{ "an interface's statistics", FIRST "05000000 18000000 00000000 01000000 02000000 18000000 " PACKET,
	  "pcapng: " READ_IT "2 at 4294.967298000 if 0 link 1: 3 of 5 aabbcc; end" },
	{ "names", FIRST "04000000 14000000 0000 0000 00000000 14000000 ", "pcapng: " READ_IT "end" },
	{ "secrets", FIRST "0a000000 14000000 4b534c54 00000000 14000000 ", "pcapng: " READ_IT "end" },
	{ "somebody's own block", FIRST "ad0b0000 10000000 01000000 10000000 ", "pcapng: " READ_IT "end" },
	{ "the shortest block", FIRST "99000000 0c000000 0c000000 ", "pcapng: " READ_IT "end" },

	/* damage */
	{ "a block shorter than 12 bytes", FIRST "99000000 08000000 08000000 ",
	  "pcapng: " READ_IT
	  "f is damaged after packet 1, at byte 84 (a block of impossible length); the packets before it are used" },
	{ "a length that is no multiple of 4", FIRST "99000000 0d000000 00 0d000000 000000 ",
	  "pcapng: " READ_IT
	  "f is damaged after packet 1, at byte 84 (a block of impossible length); the packets before it are used" },
	{ "a block of more than 16 MB", FIRST "99000000 04000001 00 ",
	  "pcapng: " READ_IT
	  "f is damaged after packet 1, at byte 84 (a block of impossible length); the packets before it are used" },
	{ "a block whose two lengths differ", FIRST "99000000 10000000 00000000 14000000 ",
	  "pcapng: " READ_IT "f is damaged after packet 1, at byte 84 (a block whose two lengths differ); the packets "
	  "before it are used" },
	{ "an interface of 4 bytes", SECTION "01000000 10000000 0100 0000 10000000 ",
	  "pcapng: f is damaged after packet 0, at byte 28 (an interface description of less than 8 bytes)" },
	{ "a section of no byte order", "0a0d0d0a 1c000000 11111111 0100 0000 ffffffffffffffff 1c000000 ",
	  "pcapng: f is damaged after packet 0, at byte 0 (a section of unknown byte order)" },
	{ "cut off inside a block's head", FIRST "06000000 2400",
	  "pcapng: " READ_IT
	  "f is cut off inside packet 2, at byte 84: it was still being written, or not copied whole; the packets "
	  "before it are used" },
	{ "cut off inside a block", FIRST "06000000 24000000 00000000 01000000 02000000",
	  "pcapng: " READ_IT
	  "f is cut off inside packet 2, at byte 84: it was still being written, or not copied whole; the packets "
	  "before it are used" },
	{ "cut off inside a section's head", "0a0d0d0a 1c000000 4d3c",
	  "pcapng: f is cut off inside packet 1, at byte 0: it was still being written, or not copied whole" },
};

static void add_packet(struct buf *out, const struct captured *p)
{
	buf_addf(out, "%u at %lld.%09lld if %u link %u: %zu of %zu ", p->number, (long long)(p->ns / 1000000000),
	         (long long)(p->ns % 1000000000), p->interface, p->link, p->n, p->on_wire);
	for (size_t i = 0; i < p->n; i++)
		buf_addf(out, "%02x", p->bytes[i]);
	buf_puts(out, "; ");
}

/* All that can be read of it, as text. Takes the descriptor over. */
static void read_capture(struct buf *out, int fd)
{
	struct err e = { 0 };
	struct captured p;
	struct capture *c = capture_open(fd, "f", &e);
	int rc;

	if (!c) {
		buf_puts(out, err_text(&e));
		return;
	}
	capture_describe(c, out);
	buf_puts(out, ": ");
	while ((rc = capture_next(c, &p, &e)) > 0)
		add_packet(out, &p);
	buf_puts(out, rc < 0 ? err_text(&e) : "end");
	capture_close(c);
}

static int file_of(const uint8_t *bytes, size_t n)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) != 0)
		return -1;
	return fd;
}

static void files(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf is = { 0 };
		size_t n;
		uint8_t *bytes = hex_bytes(rows[i].hex, &n);

		read_capture(&is, file_of(bytes, n));
		same_text(buf_text(&is), rows[i].should, rows[i].name);
		buf_free(&is);
		free(bytes);
	}
}

/* --- reading in pieces ------------------------------------------------------------------------------------- */

/* A pipe into which another process writes these bytes, `piece` at a time. */
static int pipe_of(const uint8_t *bytes, size_t n, size_t piece)
{
	int ends[2];

	if (pipe(ends) < 0)
		return -1;
	if (fork() == 0) {
		close(ends[0]);
		for (size_t i = 0; i < n; i += piece)
			if (write(ends[1], bytes + i, n - i < piece ? n - i : piece) < 0)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

static void by_pipe(void)
{
	static const size_t pieces[] = { 1, 7, 4096 };

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct buf is = { 0 };
		size_t n;
		uint8_t *bytes = hex_bytes(FIRST BIG_SECTION BIG_IFACE BIG_PACKET, &n);

		read_capture(&is, pipe_of(bytes, n, pieces[i]));
		same_text(buf_text(&is), "pcapng: " READ_IT "2 at 4294.967298000 if 0 link 1: 3 of 5 aabbcc; end",
		          "a pipe");
		wait(NULL);
		buf_free(&is);
		free(bytes);
	}
}

enum { MANY = 3000, LONGEST = 1999 };

/* 3 MB of packets, each of another length, and each of its own letter: across the ends of what is read at once. */
static uint8_t *many(size_t *n)
{
	struct buf all = { 0 };
	size_t head;
	uint8_t *header = hex_bytes(PCAP_US, &head);

	buf_add(&all, (char *)header, head);
	for (uint32_t i = 0; i < MANY; i++) {
		uint32_t len = i * 7 % LONGEST, record[4] = { i, 0, len, len };
		char letter = (char)('a' + i % 26);

		buf_add(&all, (char *)record, sizeof record);
		for (uint32_t k = 0; k < len; k++)
			buf_add(&all, &letter, 1);
	}
	free(header);
	*n = all.len;
	return (uint8_t *)all.text;
}

static bool is_right(const struct captured *p, unsigned i)
{
	bool good = p->number == i + 1 && p->ns == (int64_t)i * 1000000000 && p->n == i * 7 % LONGEST;

	for (size_t k = 0; good && k < p->n; k++)
		good = p->bytes[k] == 'a' + i % 26;
	return good;
}

static void large(void)
{
	size_t n;
	uint8_t *bytes = many(&n);
	struct err e = { 0 };
	struct capture *c = capture_open(file_of(bytes, n), "f", &e);
	struct captured p;
	unsigned right = 0;

	while (c && capture_next(c, &p, &e) > 0)
		right += is_right(&p, right);
	ok(right == MANY, "%u of %u packets in a file of %zu bytes", right, MANY, n);
	if (c)
		capture_close(c);
	free(bytes);
}

int main(void)
{
	files();
	by_pipe();
	large();
	return tap_done();
}
