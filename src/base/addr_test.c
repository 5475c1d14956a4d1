/* SPDX-License-Identifier: MIT
 * Addresses and endpoints: as text, as the kernel has them, which are the same. */
#include "base/addr.h"
#include "base/tap.h"

#include <netinet/in.h>
#include <sys/un.h>

static const struct {
	const char *addr; /* "": none */
	uint16_t port;
	const char *ss, *netstat;
} endpoints[] = {
	{ "10.0.0.1", 80, "10.0.0.1:80", "10.0.0.1:80" },
	{ "255.0.10.199", 65535, "255.0.10.199:65535", "255.0.10.199:65535" },
	{ "1.2.100.99", 9, "1.2.100.99:9", "1.2.100.99:9" },
	{ "0.0.0.0", 0, "0.0.0.0:*", "0.0.0.0:*" },
	{ "fd00::1", 80, "[fd00::1]:80", "fd00::1:80" },
	{ "::", 0, "[::]:*", ":::*" },
	{ "::1", 443, "[::1]:443", "::1:443" },
	{ "::ffff:10.0.0.2", 10000, "[::ffff:10.0.0.2]:10000", "10.0.0.2:10000" },
	{ "::ffff:0.0.0.0", 0, "[::ffff:0.0.0.0]:*", "0.0.0.0:*" },
	{ "", 22, "*:22", "*:22" },
	{ "", 0, "*:*", "*:*" },
};

static struct endpoint endpoint_of(const char *addr, uint16_t port)
{
	struct endpoint e = { .port = port };

	if (*addr)
		ok(addr_parse(addr, &e.addr), "%s is read", addr);
	return e;
}

static void texts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(endpoints); i++) {
		struct endpoint e = endpoint_of(endpoints[i].addr, endpoints[i].port);
		struct buf b = { 0 };
		char text[ADDR_TEXT];

		endpoint_format(text, &e);
		same_text(text, endpoints[i].ss, "as ss writes it");
		endpoint_add(&b, &e);
		same_text(buf_text(&b), endpoints[i].ss, "and without printf");
		endpoint_format_netstat(text, &e);
		same_text(text, endpoints[i].netstat, "as netstat writes it");
		buf_free(&b);
	}
}

static void no_addresses(void)
{
	static const char *const texts[] = { "",         "10.0.0.256", "10.0.0",    "10.0.0.1:80",
		                             "fd00:::1", "fd00::1%lo", "localhost", " 1.2.3.4" };
	struct addr a;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		ok(!addr_parse(texts[i], &a), "'%s' is no address", texts[i]);
}

static void kinds(void)
{
	static const struct {
		const char *addr;
		bool any, loopback;
	} rows[] = {
		{ "0.0.0.0", true, false },
		{ "::", true, false },
		{ "0.0.0.1", false, false },
		{ "127.0.0.1", false, true },
		{ "127.0.0.0", false, true },
		{ "127.255.255.255", false, true },
		{ "126.255.255.255", false, false },
		{ "128.0.0.0", false, false },
		{ "::1", false, true },
		{ "::2", false, false },
		{ "1::1", false, false },
		{ "::100", false, false },
		{ "10.0.0.1", false, false },
		{ "1::", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct addr a = endpoint_of(rows[i].addr, 0).addr;

		ok(addr_is_any(&a) == rows[i].any, "%s is %sany address", rows[i].addr, rows[i].any ? "" : "not ");
		ok(addr_is_loopback(&a) == rows[i].loopback, "%s is %sthe host itself", rows[i].addr,
		   rows[i].loopback ? "" : "not ");
	}
}

static void sameness(void)
{
	static const struct {
		const char *a, *b;
		uint16_t port_a, port_b;
		bool equal, same;
	} rows[] = {
		{ "10.0.0.1", "10.0.0.1", 80, 80, true, true },
		{ "10.0.0.1", "10.0.0.1", 80, 81, false, false },
		{ "10.0.0.1", "10.0.0.2", 80, 80, false, false },
		{ "10.0.0.1", "::ffff:10.0.0.1", 80, 80, false, true },
		{ "::ffff:10.0.0.1", "10.0.0.1", 80, 81, false, false },
		{ "fd00::1", "fd00::1", 80, 80, true, true },
		{ "fd00::1", "fd00::1:0", 80, 80, false, false },
		{ "::", "0.0.0.0", 80, 80, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct endpoint a = endpoint_of(rows[i].a, rows[i].port_a), b = endpoint_of(rows[i].b, rows[i].port_b);

		ok(endpoint_equal(&a, &b) == rows[i].equal, "%s:%u and %s:%u are %sequal", rows[i].a, rows[i].port_a,
		   rows[i].b, rows[i].port_b, rows[i].equal ? "" : "not ");
		ok(endpoint_same(&a, &b) == rows[i].same, "and %sthe same", rows[i].same ? "" : "not ");
		ok((addr_hash(1, &a.addr) == addr_hash(1, &b.addr)) == addr_equal(&a.addr, &b.addr),
		   "addresses that differ have another hash");
	}
}

/* The bytes as the kernel has them: RFC 791's order. */
static void sockaddrs(void)
{
	static const uint8_t v4[] = { 10, 0, 0, 2 }, v6[16] = { 0xfd, [15] = 9 },
			     mapped[16] = { [10] = 0xff, 0xff, 10, 0, 0, 3 };
	struct sockaddr_storage ss;
	struct sockaddr_in *in = (struct sockaddr_in *)&ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;
	struct endpoint e = { addr_from_bytes(AF_INET, v4), 0x1234 };

	ok(endpoint_to_sockaddr(&e, &ss) == sizeof *in && ss.ss_family == AF_INET &&
	           memcmp(&in->sin_addr, v4, 4) == 0 && memcmp(&in->sin_port, "\x12\x34", 2) == 0,
	   "IPv4 to the kernel");
	e = endpoint_from_sockaddr(&ss);
	ok(e.port == 0x1234 && e.addr.family == AF_INET && memcmp(e.addr.bytes, v4, 4) == 0, "and back");
	e = (struct endpoint){ addr_from_bytes(AF_INET6, v6), 0x1234 };
	ok(endpoint_to_sockaddr(&e, &ss) == sizeof *in6 && ss.ss_family == AF_INET6 &&
	           memcmp(&in6->sin6_addr, v6, 16) == 0 && memcmp(&in6->sin6_port, "\x12\x34", 2) == 0,
	   "IPv6 to the kernel");
	e = endpoint_from_sockaddr(&ss);
	ok(e.port == 0x1234 && e.addr.family == AF_INET6 && memcmp(e.addr.bytes, v6, 16) == 0, "and back");
	memcpy(&in6->sin6_addr, mapped, 16);
	e = endpoint_from_sockaddr(&ss);
	ok(e.port == 0x1234 && e.addr.family == AF_INET && memcmp(e.addr.bytes, mapped + 12, 4) == 0,
	   "IPv4 inside IPv6 is IPv4");
	ss.ss_family = AF_UNIX;
	e = endpoint_from_sockaddr(&ss);
	ok(e.port == 0 && e.addr.family == 0, "another family has no address");
}

int main(void)
{
	texts();
	no_addresses();
	kinds();
	sameness();
	sockaddrs();
	return tap_done();
}
