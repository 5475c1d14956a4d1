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
