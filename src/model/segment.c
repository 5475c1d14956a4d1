/* SPDX-License-Identifier: MIT
 * One TCP segment as a value. */
#include "model/segment.h"

#include <strings.h>

static const char *const kind_names[] = { "RST", "SYNACK", "SYN", "FIN", "DATA", "ACK", "any" };

_Static_assert(ARRAY_SIZE(kind_names) == KINDS, "one name per kind");

enum packet_kind segment_kind(const struct segment *s)
{
	if (s->flags & RST)
		return KIND_RST;
	if ((s->flags & (SYN | ACK)) == (SYN | ACK))
		return KIND_SYNACK;
	if (s->flags & SYN)
		return KIND_SYN;
	if (s->flags & FIN)
		return KIND_FIN;
	return s->len ? KIND_DATA : KIND_ACK;
}

const char *packet_kind_name(enum packet_kind k)
{
	return kind_names[k];
}

bool packet_kind_parse(const char *text, enum packet_kind *k)
{
	if (!strcasecmp(text, "SYN+ACK"))
		text = "SYNACK";
	for (size_t i = 0; i < KINDS; i++) {
		if (strcasecmp(text, kind_names[i]) != 0)
			continue;
		*k = (enum packet_kind)i;
		return true;
	}
	return false;
}

void segment_flags(struct buf *out, uint8_t flags)
{
	static const struct {
		enum tcp_flag flag;
		const char *name;
	} order[] = { { SYN, "SYN" }, { FIN, "FIN" }, { RST, "RST" }, { PSH, "PSH" },
		      { URG, "URG" }, { ECE, "ECE" }, { CWR, "CWR" }, { ACK, "ACK" } };
	const char *joint = "";

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (!(flags & order[i].flag))
			continue;
		buf_addf(out, "%s%s", joint, order[i].name);
		joint = "+";
	}
	if (!*joint)
		buf_puts(out, "none");
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void sack(struct buf *out, const uint8_t *v, size_t n)
{
	buf_addf(out, "sack %zu ", n / 8);
	for (size_t i = 0; i + 8 <= n; i += 8)
		buf_addf(out, "{%u:%u}", get32(v + i), get32(v + i + 4));
}

/* One option; `v` is its value of `n` bytes. */
static void option(struct buf *out, uint8_t kind, const uint8_t *v, size_t n)
{
	if (kind == 2 && n == 2)
		buf_addf(out, "mss %u", v[0] << 8 | v[1]);
	else if (kind == 3 && n == 1)
		buf_addf(out, "wscale %u", v[0]);
	else if (kind == 4 && n == 0)
		buf_puts(out, "sackOK");
	else if (kind == 5 && n && n % 8 == 0)
		sack(out, v, n);
	else if (kind == 8 && n == 8)
		buf_addf(out, "TS val %u ecr %u", get32(v), get32(v + 4));
	else if (kind == 34)
		buf_puts(out, n ? "tfo cookie" : "tfo cookiereq");
	else
		buf_addf(out, "unknown-%u", kind);
}

void segment_options(struct buf *out, const struct segment *s)
{
	for (size_t i = 0; i < s->n_options;) {
		uint8_t kind = s->options[i];
		size_t len = kind < 2 ? 1 : i + 1 < s->n_options ? s->options[i + 1] : 0;

		if (len == 0 || (kind >= 2 && len < 2) || i + len > s->n_options)
			return;
		if (i)
			buf_puts(out, ",");
		if (kind < 2)
			buf_puts(out, kind ? "nop" : "eol");
		else
			option(out, kind, s->options + i + 2, len - 2);
		i += kind ? len : s->n_options; /* what stands behind their end is padding */
	}
}
