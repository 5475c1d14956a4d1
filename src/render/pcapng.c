/* SPDX-License-Identifier: MIT
 * pcapng, written: section header, two interface descriptions, an enhanced packet block for each packet at each end. */
#include "render/pcapng.h"
#include "render/out.h"

#include <errno.h>

enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
enum { OPT_END = 0, OPT_COMMENT = 1, OPT_SECTION_APPLICATION = 4, OPT_IF_NAME = 2, OPT_IF_TSRESOL = 9 };
enum { LINKTYPE_RAW = 101, NANOSECONDS = 9, WHOLE_PACKETS = 0 };

static void put16(struct buf *b, uint16_t v)
{
	buf_add(b, (const char *)&v, sizeof v);
}

static void put32(struct buf *b, uint32_t v)
{
	buf_add(b, (const char *)&v, sizeof v);
}

static void put_padded(struct buf *b, const void *bytes, size_t n)
{
	static const char zeros[4];

	buf_add(b, bytes, n);
	buf_add(b, zeros, -n & 3);
}

static void option(struct buf *b, uint16_t code, const void *value, size_t n)
{
	put16(b, code);
	put16(b, (uint16_t)n);
	put_padded(b, value, n);
}

static void text_option(struct buf *b, uint16_t code, const char *text)
{
	size_t n = strlen(text);

	if (n)
		option(b, code, text, n > UINT16_MAX ? UINT16_MAX : n);
}

/* Type, length, body, length again. */
static void block(FILE *out, uint32_t type, struct buf *body)
{
	struct buf b = { 0 };
	uint32_t len = (uint32_t)body->len + 12;

	put32(&b, type);
	put32(&b, len);
	buf_add(&b, buf_text(body), body->len);
	put32(&b, len);
	out_bytes(out, &b);
	buf_free(&b);
	buf_free(body);
}

static void section(FILE *out, const char *title)
{
	struct buf b = { 0 };
	int64_t unknown = -1;

	put32(&b, 0x1a2b3c4d);
	put16(&b, 1);
	put16(&b, 0);
	buf_add(&b, (const char *)&unknown, sizeof unknown);
	text_option(&b, OPT_COMMENT, title);
	text_option(&b, OPT_SECTION_APPLICATION, "lastack");
	option(&b, OPT_END, "", 0);
	block(out, BLOCK_SECTION, &b);
}

static void interface(FILE *out, const char *name)
{
	uint8_t resolution = NANOSECONDS;
	struct buf b = { 0 };

	put16(&b, LINKTYPE_RAW);
	put16(&b, 0);
	put32(&b, WHOLE_PACKETS);
	text_option(&b, OPT_IF_NAME, name);
	option(&b, OPT_IF_TSRESOL, &resolution, 1);
	option(&b, OPT_END, "", 0);
	block(out, BLOCK_INTERFACE, &b);
}

static void packet(FILE *out, const struct timeline *tl, const struct event *e, enum side at, const char *comment)
{
	uint64_t ns = (uint64_t)(tl->wall_ns + e->at.ns);
	const struct event_packet *p = &e->packet;
	struct buf b = { 0 };

	put32(&b, at);
	put32(&b, (uint32_t)(ns >> 32));
	put32(&b, (uint32_t)ns);
	put32(&b, (uint32_t)p->n_bytes);
	put32(&b, (uint32_t)p->n_bytes);
	put_padded(&b, p->bytes, p->n_bytes);
	text_option(&b, OPT_COMMENT, comment);
	option(&b, OPT_END, "", 0);
	block(out, BLOCK_PACKET, &b);
}

static const char *fate_comment(enum fate fate)
{
	static const char *const words[] = { [FATE_PASSED] = "",
		                             [FATE_HELD] = "held on the wire",
		                             [FATE_DROPPED] = "dropped on the wire",
		                             [FATE_DELAYED] = "delayed on the wire",
		                             [FATE_OVERTAKEN] = "overtaken on the wire",
		                             [FATE_TWICE] = "delivered twice",
		                             [FATE_CORRUPTED] = "a bit was flipped on the wire",
		                             [FATE_DOUBLED] = "",
		                             [FATE_INJECTED] = "injected: nobody sent this" };

	return words[fate];
}

/* At the sender as it was sent; at the receiver, if it arrived at once. */
static void seen(FILE *out, const struct timeline *tl, const struct event *e)
{
	enum fate fate = e->packet.fate;
	const char *comment = fate_comment(fate);

	if (fate != FATE_INJECTED && fate != FATE_DOUBLED)
		packet(out, tl, e, e->side, comment);
	if (fate_arrives(fate))
		packet(out, tl, e, side_other(e->side), comment);
	if (fate == FATE_TWICE)
		packet(out, tl, e, side_other(e->side), comment);
}

static void released(FILE *out, const struct timeline *tl, const struct event *e)
{
	char kept[SPAN_TEXT], comment[96];

	span_format(kept, e->packet.kept);
	if (e->packet.copies)
		snprintf(comment, sizeof comment, "was on the wire for %s; its sender sent it again %u times", kept,
		         e->packet.copies);
	else
		snprintf(comment, sizeof comment, "was on the wire for %s", kept);
	packet(out, tl, e, side_other(e->side), comment);
}

static void one(FILE *out, const struct timeline *tl, const struct event *e)
{
	if (e->kind == EV_PACKET && e->packet.bytes)
		seen(out, tl, e);
	else if (e->kind == EV_RELEASED && e->packet.bytes)
		released(out, tl, e);
	else if (e->kind == EV_AGAIN && e->packet.bytes)
		packet(out, tl, e, e->side, "sent again while its connection was frozen; swallowed by the wire");
}

static void both_ends(FILE *out, const struct timeline *tl)
{
	interface(out, side_name(CLIENT));
	interface(out, side_name(SERVER));
	for (size_t i = 0; i < tl->n; i++)
		one(out, tl, tl->events[i]);
}

static void one_place(FILE *out, const struct timeline *tl)
{
	interface(out, "machine");
	for (size_t i = 0; i < tl->n; i++)
		if (tl->events[i]->kind == EV_PACKET && tl->events[i]->packet.bytes)
			packet(out, tl, tl->events[i], (enum side)0, "");
}

int pcapng_write(FILE *out, const struct timeline *tl, const char *title, bool captured)
{
	section(out, title);
	if (captured)
		one_place(out, tl);
	else
		both_ends(out, tl);
	errno = 0;
	return fflush(out) || ferror(out) ? (errno ? -errno : -EIO) : 0;
}
