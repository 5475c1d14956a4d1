/* SPDX-License-Identifier: MIT
 * The Internet checksum (RFC 1071) over TCP's pseudo header (RFC 9293 3.1, RFC 8200 8.1). */
#ifndef PACKET_CHECKSUM_H
#define PACKET_CHECKSUM_H

#include "base/addr.h"

#include <stddef.h>

/* Over a TCP header and payload of `n` bytes, host order: 0 when the checksum inside is right; with
 * that field zeroed, the value to put there. */
uint16_t checksum_tcp(const struct addr *src, const struct addr *dst, const uint8_t *tcp, size_t n);

/* The same over an IPv4 header (RFC 791 3.1). */
uint16_t checksum_ip(const uint8_t *header, size_t n);

#endif
