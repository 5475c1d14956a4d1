/* SPDX-License-Identifier: MIT
 * One type for an IPv4 or IPv6 address, and for an address with a port. */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct addr {
	uint8_t family;    /* AF_INET, AF_INET6; 0 = none */
	uint8_t bytes[16]; /* network order; IPv4 uses the first four, the rest is zero */
};

struct endpoint {
	struct addr addr;
	uint16_t port; /* host order */
};

#define ADDR_TEXT 64

struct addr addr_from_bytes(int family, const void *bytes);
bool addr_parse(const char *text, struct addr *a);
bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_is_any(const struct addr *a);
bool addr_is_loopback(const struct addr *a);          /* 127.0.0.0/8, ::1 */
uint64_t addr_hash(uint64_t h, const struct addr *a); /* mixed into `h` (base/hash.h) */
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
struct endpoint endpoint_plain(const struct endpoint *e); /* an IPv4 address inside IPv6 becomes the IPv4 address */
bool endpoint_same(const struct endpoint *a, const struct endpoint *b); /* equal when both are plain */

/* "10.0.0.1:80", "[fd00::1]:80"; port 0 is "*", as ss prints it. */
void endpoint_format(char out[static ADDR_TEXT], const struct endpoint *e);
void endpoint_add(struct buf *out, const struct endpoint *e); /* the same text, without printf */
/* As netstat prints it: no brackets, "0.0.0.0:*", and an IPv4 address inside IPv6 (::ffff:0:0/96) as IPv4. */
void endpoint_format_netstat(char out[static ADDR_TEXT], const struct endpoint *e);

/* Fills `ss`, returns its length. */
socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ss);

/* The other way. Of another family than AF_INET and AF_INET6 the address is none; an IPv4 address inside IPv6 becomes
 * IPv4. */
struct endpoint endpoint_from_sockaddr(const struct sockaddr_storage *ss);

#endif
