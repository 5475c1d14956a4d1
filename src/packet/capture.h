/* SPDX-License-Identifier: MIT
 * Reading a capture file, packet by packet: pcap (microseconds, nanoseconds, either byte order, Kuznetzov's longer
 * records) and pcapng (both byte orders, sections, interfaces with their own clock). From a file or a pipe; bytes are
 * foreign, every length is checked. https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/ and …-pcapng/ */
#ifndef PACKET_CAPTURE_H
#define PACKET_CAPTURE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

struct capture;

struct captured {
	unsigned number;      /* 1, 2, … as every tool numbers a file's packets */
	int64_t ns;           /* since 1970; 0 where the file does not say (pcapng's simple packet blocks) */
	uint32_t interface;   /* in pcapng; 0 in pcap */
	unsigned link;        /* LINKTYPE_…, see link.h */
	const uint8_t *bytes; /* until the next one is read */
	size_t n;             /* bytes that the file has */
	size_t on_wire;       /* bytes that it had */
};

/* Takes the descriptor over. NULL with `e` filled: it is no capture, or one that is packed; `name` is what errors call
 * it. */
struct capture *capture_open(int fd, const char *name, struct err *e);

/* 1 and `p` filled; 0 at the end; -1 when the file is damaged or cut off: `e` says what and where, and what came before
 * stays good. */
int capture_next(struct capture *c, struct captured *p, struct err *e);

/* "pcapng", "pcap, nanoseconds, big-endian". */
void capture_describe(const struct capture *c, struct buf *out);

void capture_close(struct capture *c);

#endif
