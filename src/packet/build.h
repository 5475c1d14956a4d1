/* SPDX-License-Identifier: MIT
 * A segment to the bytes of an IP packet, with right checksums. */
#ifndef PACKET_BUILD_H
#define PACKET_BUILD_H

#include "model/segment.h"

#include <stddef.h>

enum { PACKET_BUILD_MAX = 1500 };

/* Writes an IPv4 or IPv6 packet (by s->src) without TCP options, its payload `s->len` letters 'x', at most what fits
 * 1500 bytes. The number of bytes, or 0 if it does not fit. */
size_t packet_build(const struct segment *s, uint8_t out[static PACKET_BUILD_MAX]);

#endif
