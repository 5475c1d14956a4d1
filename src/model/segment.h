/* SPDX-License-Identifier: MIT
 * One TCP segment as a value. Sequence numbers are as on the wire; who prints subtracts the ISN. */
#ifndef MODEL_SEGMENT_H
#define MODEL_SEGMENT_H

#include "base/addr.h"
#include "base/buf.h"

enum tcp_flag { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32, ECE = 64, CWR = 128 };

struct segment {
	uint8_t protocol; /* IPPROTO_TCP, or what else the packet was: then only addresses are set */
	uint8_t flags;    /* enum tcp_flag */
	bool checksum_ok;
	struct endpoint src, dst;
	uint32_t seq, ack;
	uint16_t window;     /* as on the wire, not scaled */
	uint32_t len;        /* bytes of payload */
	uint32_t payload_at; /* its offset in the packet */
	uint16_t mss;        /* option; 0 = none */
	int8_t wscale;       /* option; -1 = none */
	bool has_timestamps, sack_permitted;
	uint8_t sack_blocks;
	uint32_t ts_val, ts_ecr;
	uint16_t ip_id;    /* IPv4 identification; 0 in IPv6 */
	uint8_t ttl;       /* or hop limit */
	bool cut;          /* the capture has not all of it: its checksum cannot be verified */
	uint8_t n_options; /* bytes of TCP options, as they stood in the header */
	uint8_t options[40];
};

/* What the wire's verbs call a packet: the first of these that fits. */
enum packet_kind { KIND_RST, KIND_SYNACK, KIND_SYN, KIND_FIN, KIND_DATA, KIND_ACK, KIND_ANY, KINDS };

enum packet_kind segment_kind(const struct segment *s);
const char *packet_kind_name(enum packet_kind k);
bool packet_kind_parse(const char *text, enum packet_kind *k); /* any case */

/* "SYN+ACK", "FIN+ACK"; "none" for a segment without flags. */
void segment_flags(struct buf *out, uint8_t flags);

/* The options as tcpdump prints them: "mss 1460,sackOK,TS val 7 ecr 0,nop,wscale 7"; nothing if there are none. */
void segment_options(struct buf *out, const struct segment *s);

/* Sequence space that the segment takes: its bytes, one for SYN, one for FIN. */
static inline uint32_t segment_space(const struct segment *s)
{
	return s->len + !!(s->flags & SYN) + !!(s->flags & FIN);
}

/* The segment's number after its last. */
static inline uint32_t segment_end(const struct segment *s)
{
	return s->seq + segment_space(s);
}

#endif
