/* SPDX-License-Identifier: MIT
 * Bytes of an IP packet to a segment. Bytes are foreign: every read is bounds-checked, and fuzzed. */
#ifndef PACKET_DECODE_H
#define PACKET_DECODE_H

#include "model/segment.h"

/* Decodes an IPv4 or IPv6 packet (no link header). True when `s` was filled: a whole TCP header, or
 * another protocol's packet, of which addresses and protocol are told. False: too short or no IP.
 * A fragment other than the first is told as protocol 0. Checksums are verified (RFC 9293 3.1). */
bool packet_decode(const uint8_t *bytes, size_t n, struct segment *s);

/* The same of a packet in a capture, which may have only its beginning (`s->cut`: then the checksum is not known;
 * lengths are what the headers say). A length of 0 in the IP header means all there is: packets larger than 64 kB
 * inside a host. */
bool packet_decode_captured(const uint8_t *bytes, size_t n, struct segment *s);

#endif
