/* SPDX-License-Identifier: MIT
 * Addresses and endpoints. */
#include "base/addr.h"
#include "base/hash.h"
#include "base/util.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

static size_t addr_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

struct addr addr_from_bytes(int family, const void *bytes)
{
	struct addr a = { .family = (uint8_t)family };

	memcpy(a.bytes, bytes, addr_len(family));
	return a;
}

bool addr_parse(const char *text, struct addr *a)
{
	*a = (struct addr){ .family = strchr(text, ':') ? AF_INET6 : AF_INET };
	return inet_pton(a->family, text, a->bytes) == 1;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool addr_is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return !memcmp(a->bytes, zero, sizeof zero);
}

bool addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return a->family == AF_INET ? a->bytes[0] == 127 : memcmp(a->bytes, one, sizeof one) == 0;
}

uint64_t addr_hash(uint64_t h, const struct addr *a)
{
	uint64_t words[2];

	memcpy(words, a->bytes, sizeof words);
	return hash_mix(hash_mix(hash_mix(h, words[0]), words[1]), a->family);
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && addr_equal(&a->addr, &b->addr);
}

static void format(char *out, const struct endpoint *e, const char *with_v6, const char *with_v4)
{
	char text[INET6_ADDRSTRLEN] = "*", port[8] = "*";

	if (e->addr.family)
		inet_ntop(e->addr.family, e->addr.bytes, text, sizeof text);
	if (e->port)
		snprintf(port, sizeof port, "%u", e->port);
	snprintf(out, ADDR_TEXT, e->addr.family == AF_INET6 ? with_v6 : with_v4, text, port);
}

void endpoint_format(char out[static ADDR_TEXT], const struct endpoint *e)
{
	format(out, e, "[%s]:%s", "%s:%s");
}

static char *put_byte(char *at, unsigned n)
{
	if (n >= 100)
		*at++ = (char)('0' + n / 100);
	if (n >= 10)
		*at++ = (char)('0' + n / 10 % 10);
	*at++ = (char)('0' + n % 10);
	return at;
}

static void add_v4(struct buf *out, const uint8_t bytes[4])
{
	char text[16], *at = text;

	for (int i = 0; i < 4; i++) {
		at = put_byte(at, bytes[i]);
		*at++ = i < 3 ? '.' : ':';
	}
	buf_add(out, text, (size_t)(at - text));
}

void endpoint_add(struct buf *out, const struct endpoint *e)
{
	char text[ADDR_TEXT];

	if (e->addr.family != AF_INET) {
		endpoint_format(text, e);
		buf_puts(out, text);
		return;
	}
	add_v4(out, e->addr.bytes);
	if (e->port)
		buf_number(out, e->port);
	else
		buf_add(out, "*", 1);
}

static struct addr unmapped(const struct in6_addr *a)
{
	return IN6_IS_ADDR_V4MAPPED(a) ? addr_from_bytes(AF_INET, a->s6_addr + 12)
	                               : addr_from_bytes(AF_INET6, a->s6_addr);
}

struct endpoint endpoint_plain(const struct endpoint *e)
{
	struct endpoint plain = *e;
	struct in6_addr a;

	memcpy(&a, e->addr.bytes, sizeof a);
	if (e->addr.family == AF_INET6)
		plain.addr = unmapped(&a);
	return plain;
}

bool endpoint_same(const struct endpoint *a, const struct endpoint *b)
{
	struct endpoint x = endpoint_plain(a), y = endpoint_plain(b);

	return endpoint_equal(&x, &y);
}

void endpoint_format_netstat(char out[static ADDR_TEXT], const struct endpoint *e)
{
	struct endpoint plain = endpoint_plain(e);

	format(out, &plain, "%s:%s", "%s:%s");
}

socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof *ss);
	if (e->addr.family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(e->port);
		memcpy(&in6->sin6_addr, e->addr.bytes, 16);
		return sizeof *in6;
	}
	struct sockaddr_in *in = (struct sockaddr_in *)ss;

	in->sin_family = AF_INET;
	in->sin_port = htons(e->port);
	memcpy(&in->sin_addr, e->addr.bytes, 4);
	return sizeof *in;
}

struct endpoint endpoint_from_sockaddr(const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;

	if (ss->ss_family == AF_INET)
		return (struct endpoint){ addr_from_bytes(AF_INET, &in->sin_addr), ntohs(in->sin_port) };
	if (ss->ss_family == AF_INET6)
		return (struct endpoint){ unmapped(&in6->sin6_addr), ntohs(in6->sin6_port) };
	return (struct endpoint){ 0 };
}
