/* SPDX-License-Identifier: MIT
 * pcap and pcapng. */
#include "packet/capture.h"
#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* The longest record that is believed: BIG TCP and jumbograms included. A longer one is damage. */
enum { RECORD_MAX = 16 << 20, CHUNK = 1 << 20 };
enum { PCAP_HEADER = 24, PCAP_RECORD = 16, PCAP_RECORD_LONG = 24 };
enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET_OLD = 2, BLOCK_SIMPLE = 3, BLOCK_PACKET = 6 };
enum { BLOCK_HEAD = 8, BLOCK_LEAST = 12, OPT_END = 0, OPT_TSRESOL = 9, OPT_TSOFFSET = 14 };
enum { MAGIC_ORDER = 0x1a2b3c4d };

struct interface {
	unsigned link;
	uint32_t snaplen;
	uint64_t ticks; /* a second has so many */
	int64_t offset; /* seconds to add */
};

struct capture {
	int fd;
	const char *name;
	uint8_t *buf;
	size_t at, have, cap; /* buf[at .. have) is read and not used */
	uint64_t place;       /* of buf[at] in the file */
	bool ended;
	bool is_ng, swapped;
	const char *resolution; /* pcap */
	size_t record_head;
	struct interface one; /* pcap's */
	struct interface *interfaces;
	size_t n_interfaces, cap_interfaces;
	unsigned number;
};

/* --- bytes ----------------------------------------------------------------------------------------------- */

/* Makes `n` bytes readable at buf[at]. 1; 0 if the file ends before; -1 if it cannot be read. */
static int need(struct capture *c, size_t n)
{
	if (c->have - c->at >= n)
		return 1;
	if (c->have > c->at)
		memmove(c->buf, c->buf + c->at, c->have - c->at);
	c->have -= c->at;
	c->at = 0;
	if (n > c->cap) {
		c->cap = n + CHUNK;
		c->buf = xrealloc(c->buf, c->cap, 1);
	}
	while (c->have < n && !c->ended) {
		ssize_t got = read(c->fd, c->buf + c->have, c->cap - c->have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		c->ended = got == 0;
		c->have += (size_t)got;
	}
	return c->have >= n;
}

static const uint8_t *here(const struct capture *c)
{
	return c->buf + c->at;
}

static void skip(struct capture *c, size_t n)
{
	c->at += n;
	c->place += n;
}

static uint16_t get16(const struct capture *c, const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return c->swapped ? __builtin_bswap16(v) : v;
}

static uint32_t get32(const struct capture *c, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return c->swapped ? __builtin_bswap32(v) : v;
}

static int64_t get64(const struct capture *c, const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return (int64_t)(c->swapped ? __builtin_bswap64(v) : v);
}

/* --- errors ---------------------------------------------------------------------------------------------- */

static const char *what_is_used(const struct capture *c)
{
	return c->number ? "; the packets before it are used" : "";
}

static int damaged(const struct capture *c, struct err *e, const char *what)
{
	return err_set(e, "%s is damaged after packet %u, at byte %llu (%s)%s", c->name, c->number,
	               (unsigned long long)c->place, what, what_is_used(c));
}

/* After need() said that there is not enough. */
static int cut_off(const struct capture *c, struct err *e, int rc)
{
	if (rc < 0)
		return err_sys(e, errno, "%s cannot be read further", c->name);
	return err_set(
		e, "%s is cut off inside packet %u, at byte %llu: it was still being written, or not copied whole%s",
		c->name, c->number + 1, (unsigned long long)c->place, what_is_used(c));
}

/* --- pcap ------------------------------------------------------------------------------------------------ */

static const struct {
	uint32_t magic;
	uint64_t ticks;
	size_t record_head;
	const char *resolution;
} magics[] = {
	{ 0xa1b2c3d4, 1000000, PCAP_RECORD, "microseconds" },
	{ 0xa1b23c4d, 1000000000, PCAP_RECORD, "nanoseconds" },
	{ 0xa1b2cd34, 1000000, PCAP_RECORD_LONG, "microseconds, Kuznetzov's records" },
};

static bool is_pcap(struct capture *c, uint32_t magic)
{
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		if (magic != magics[i].magic && magic != __builtin_bswap32(magics[i].magic))
			continue;
		c->swapped = magic != magics[i].magic;
		c->one.ticks = magics[i].ticks;
		c->record_head = magics[i].record_head;
		c->resolution = magics[i].resolution;
		return true;
	}
	return false;
}

/* rest / ticks of a second, digit by digit: the product has more than 64 bits, and not every processor's compiler has
 * such numbers. Ticks are at most 2^63 a second; of so many the last ones are too small to count. */
static uint64_t fraction(uint64_t rest, uint64_t ticks)
{
	uint64_t ns = 0;

	for (; ticks > UINT64_MAX / 10; rest /= 2)
		ticks /= 2;
	for (int digit = 0; digit < 9; digit++) {
		ns = ns * 10 + rest * 10 / ticks;
		rest = rest * 10 % ticks;
	}
	return ns;
}

static int64_t nanoseconds(const struct interface *i, uint64_t ticks)
{
	uint64_t whole = ticks / i->ticks, rest = ticks % i->ticks;

	return (int64_t)((whole + (uint64_t)i->offset) * 1000000000 + fraction(rest, i->ticks));
}

static int next_pcap(struct capture *c, struct captured *p, struct err *e)
{
	int rc = need(c, c->record_head);
	uint32_t n;

	if (rc <= 0)
		return rc == 0 && c->have == c->at ? 0 : cut_off(c, e, rc);
	n = get32(c, here(c) + 8);
	if (n > RECORD_MAX)
		return damaged(c, e, "a packet of more than 16 MB");
	rc = need(c, c->record_head + n);
	if (rc <= 0)
		return cut_off(c, e, rc);
	*p = (struct captured){ .number = ++c->number, .link = c->one.link, .n = n, .on_wire = get32(c, here(c) + 12) };
	p->ns = nanoseconds(&c->one, get32(c, here(c)) * c->one.ticks + get32(c, here(c) + 4));
	p->bytes = here(c) + c->record_head;
	skip(c, c->record_head + n);
	return 1;
}

/* --- pcapng ---------------------------------------------------------------------------------------------- */

/* if_tsresol: a power of ten, or, with the highest bit, of two. */
static uint64_t ticks_of(uint8_t resolution)
{
	uint64_t ticks = 1;

	if (resolution & 0x80)
		return UINT64_C(1) << (resolution & 0x7f ? (resolution & 0x7f) < 63 ? resolution & 0x7f : 63 : 0);
	for (int i = 0; i < resolution && i < 19; i++)
		ticks *= 10;
	return ticks;
}

static void interface_options(struct capture *c, struct interface *i, const uint8_t *at, size_t n)
{
	while (n >= 4) {
		uint16_t code = get16(c, at), len = get16(c, at + 2);
		size_t step = 4 + ((len + 3U) & ~3U);

		if (code == OPT_END || step > n)
			return;
		if (code == OPT_TSRESOL && len == 1)
			i->ticks = ticks_of(at[4]);
		if (code == OPT_TSOFFSET && len == 8)
			i->offset = get64(c, at + 4);
		at += step;
		n -= step;
	}
}

static int add_interface(struct capture *c, const uint8_t *body, size_t n, struct err *e)
{
	struct interface i = { .ticks = 1000000 };

	if (n < 8)
		return damaged(c, e, "an interface description of less than 8 bytes");
	i.link = get16(c, body);
	i.snaplen = get32(c, body + 4);
	interface_options(c, &i, body + 8, n - 8);
	c->interfaces = grow(c->interfaces, c->n_interfaces, &c->cap_interfaces, sizeof *c->interfaces);
	c->interfaces[c->n_interfaces++] = i;
	return 0;
}

/* Type, length, body of a packet block: where its parts are. */
struct packet_block {
	uint32_t interface;
	uint64_t ticks;
	bool has_time;
	uint32_t n, on_wire;
	size_t head; /* bytes before the packet */
};

static bool read_head(const struct capture *c, uint32_t type, const uint8_t *body, size_t n, struct packet_block *b)
{
	if (type == BLOCK_SIMPLE && n >= 4 && c->n_interfaces) {
		b->on_wire = b->n = get32(c, body);
		if (c->interfaces[0].snaplen && b->n > c->interfaces[0].snaplen)
			b->n = c->interfaces[0].snaplen;
		b->head = 4;
		return true;
	}
	if (type == BLOCK_SIMPLE || n < 20)
		return false;
	b->interface = type == BLOCK_PACKET ? get32(c, body) : get16(c, body);
	b->ticks = (uint64_t)get32(c, body + 4) << 32 | get32(c, body + 8);
	b->has_time = true;
	b->n = get32(c, body + 12);
	b->on_wire = get32(c, body + 16);
	b->head = 20;
	return true;
}

static int packet_block(struct capture *c, uint32_t type, const uint8_t *body, size_t n, struct captured *p,
                        struct err *e)
{
	struct packet_block b = { 0 };
	const struct interface *i;

	if (!read_head(c, type, body, n, &b) || b.n > n - b.head)
		return damaged(c, e, "a packet longer than its block");
	if (b.interface >= c->n_interfaces)
		return damaged(c, e, "a packet of an interface that was not described");
	i = &c->interfaces[b.interface];
	*p = (struct captured){
		.number = ++c->number, .interface = b.interface, .link = i->link, .n = b.n, .on_wire = b.on_wire
	};
	p->ns = b.has_time ? nanoseconds(i, b.ticks) : 0;
	p->bytes = body + b.head;
	return 1;
}

/* A section may have another byte order than the one before, and has its own interfaces. */
static int begin_section(struct capture *c, struct err *e)
{
	uint32_t order;

	if (need(c, BLOCK_LEAST) <= 0)
		return cut_off(c, e, 0);
	memcpy(&order, here(c) + BLOCK_HEAD, sizeof order);
	if (order != MAGIC_ORDER && order != __builtin_bswap32(MAGIC_ORDER))
		return damaged(c, e, "a section of unknown byte order");
	c->swapped = order != MAGIC_ORDER;
	c->n_interfaces = 0;
	return 0;
}

static bool is_packet(uint32_t type)
{
	return type == BLOCK_PACKET || type == BLOCK_SIMPLE || type == BLOCK_PACKET_OLD;
}

/* One block: 1 a packet, 0 the end, -1, or 2: another block. */
static int next_block(struct capture *c, struct captured *p, struct err *e)
{
	int rc = need(c, BLOCK_HEAD);
	uint32_t type, len;
	const uint8_t *body;

	if (rc <= 0)
		return rc == 0 && c->have == c->at ? 0 : cut_off(c, e, rc);
	memcpy(&type, here(c), sizeof type); /* a section's type reads the same in both orders */
	if (type == BLOCK_SECTION && begin_section(c, e) < 0)
		return -1;
	type = get32(c, here(c));
	len = get32(c, here(c) + 4);
	if (len < BLOCK_LEAST || len % 4 || len > RECORD_MAX)
		return damaged(c, e, "a block of impossible length");
	rc = need(c, len);
	if (rc <= 0)
		return cut_off(c, e, rc);
	body = here(c) + BLOCK_HEAD;
	if (get32(c, here(c) + len - 4) != len)
		return damaged(c, e, "a block whose two lengths differ");
	rc = 2;
	if (type == BLOCK_INTERFACE && add_interface(c, body, len - BLOCK_LEAST, e) < 0)
		return -1;
	if (is_packet(type))
		rc = packet_block(c, type, body, len - BLOCK_LEAST, p, e);
	if (rc > 0)
		skip(c, len);
	return rc;
}

static int next_pcapng(struct capture *c, struct captured *p, struct err *e)
{
	int rc;

	do
		rc = next_block(c, p, e);
	while (rc == 2);
	return rc;
}

/* --- opening --------------------------------------------------------------------------------------------- */

static const struct {
	uint8_t bytes[4];
	size_t n;
	const char *what, *unpack;
} packed[] = { { { 0x1f, 0x8b }, 2, "packed by gzip", "zcat" },
	       { { 0x28, 0xb5, 0x2f, 0xfd }, 4, "packed by zstd", "zstdcat" },
	       { { 0xfd, '7', 'z', 'X' }, 4, "packed by xz", "xzcat" },
	       { { 0x04, 0x22, 0x4d, 0x18 }, 4, "packed by lz4", "lz4cat" } };

static int no_capture(const struct capture *c, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(packed); i++)
		if (!memcmp(here(c), packed[i].bytes, packed[i].n))
			return err_set(e, "%s is %s; try '%s FILE | lastack explain -'", c->name, packed[i].what,
			               packed[i].unpack);
	return err_set(e, "%s is no capture: it begins like neither pcap nor pcapng", c->name);
}

static int begin(struct capture *c, struct err *e)
{
	uint32_t magic;
	int rc = need(c, 4);

	if (rc < 0)
		return err_sys(e, errno, "%s cannot be read", c->name);
	if (rc == 0)
		return err_set(e, "%s is %s: no capture", c->name, c->have ? "shorter than 4 bytes" : "empty");
	memcpy(&magic, here(c), sizeof magic);
	c->is_ng = magic == BLOCK_SECTION;
	if (c->is_ng)
		return 0;
	if (!is_pcap(c, magic))
		return no_capture(c, e);
	if (need(c, PCAP_HEADER) <= 0)
		return err_set(e, "%s ends inside its header", c->name);
	c->one.link = get32(c, here(c) + 20) & 0x0fffffff;
	skip(c, PCAP_HEADER);
	return 0;
}

struct capture *capture_open(int fd, const char *name, struct err *e)
{
	struct capture *c = xcalloc(1, sizeof *c);

	c->fd = fd;
	c->name = name;
	if (begin(c, e) == 0)
		return c;
	capture_close(c);
	return NULL;
}

int capture_next(struct capture *c, struct captured *p, struct err *e)
{
	return c->is_ng ? next_pcapng(c, p, e) : next_pcap(c, p, e);
}

void capture_describe(const struct capture *c, struct buf *out)
{
	if (c->is_ng)
		buf_puts(out, "pcapng");
	else
		buf_addf(out, "pcap, %s%s", c->resolution, c->swapped ? ", of the other byte order" : "");
}

void capture_close(struct capture *c)
{
	fd_close(&c->fd);
	free(c->buf);
	free(c->interfaces);
	free(c);
}
