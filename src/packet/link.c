/* SPDX-License-Identifier: MIT
 * Each layer is a function that steps over its header and says what comes next; tables say who is responsible. */
#include "packet/link.h"
#include "base/util.h"
#include "packet/bytes.h"

#include <string.h>

/* What may come next. ETHERNET and IP are layers of their own; the rest are EtherTypes (IEEE 802), kept as their
 * numbers. */
enum { NEXT_IP = 1, NEXT_ETHERNET = 2, NEXT_STOP = 3 };
enum {
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_VLAN = 0x8100,
	TYPE_IPV6 = 0x86dd,
	TYPE_MPLS = 0x8847,
	TYPE_MPLS_MULTI = 0x8848,
	TYPE_PPPOE = 0x8864,
	TYPE_QINQ = 0x88a8,
	TYPE_QINQ_OLD = 0x9100,
	TYPE_LLDP = 0x88cc,
	TYPE_BRIDGED = 0x6558
};
enum { LAYERS_MAX = 16, PORT_VXLAN = 4789, PORT_GENEVE = 6081, PORT_GTP_U = 2152 };

struct walk {
	const uint8_t *at;
	size_t n;
	uint32_t domain;
	unsigned next;
	const char *why;
};

static void stop(struct walk *w, const char *why)
{
	w->next = NEXT_STOP;
	w->why = why;
}

/* Are there so many bytes? If not, that is the end. */
static bool has(struct walk *w, size_t n)
{
	if (w->n < n)
		stop(w, "cut off");
	return w->n >= n;
}

static void step(struct walk *w, size_t n, unsigned next)
{
	if (!has(w, n))
		return;
	w->at += n;
	w->n -= n;
	w->next = next;
}

static void enter(struct walk *w, uint32_t id)
{
	w->domain = (w->domain ^ id) * 0x9e3779b1U + 1;
}

/* --- links ----------------------------------------------------------------------------------------------- */

static void ethernet(struct walk *w)
{
	uint16_t type;

	if (!has(w, 14))
		return;
	type = get16(w->at + 12);
	if (type >= 0x600) {
		step(w, 14, type);
	} else if (w->n >= 22 && get32(w->at + 14) >> 8 == 0xaaaa03) { /* 802.3 length, then SNAP */
		step(w, 22, get16(w->at + 20));
	} else {
		stop(w, "802.3 without SNAP");
	}
}

/* The address family of the host that wrote the file, in its byte order: 2 is IPv4 everywhere, the others are IPv6. */
static void null_link(struct walk *w)
{
	step(w, 4, NEXT_IP);
}

static void raw(struct walk *w)
{
	w->next = NEXT_IP;
}

static void sll(struct walk *w)
{
	if (has(w, 16))
		step(w, 16, get16(w->at + 14));
}

static void sll2(struct walk *w)
{
	if (has(w, 20))
		step(w, 20, get16(w->at));
}

/* PPP's protocol numbers: 0x0021 IPv4, 0x0057 IPv6; HDLC framing (ff 03) may precede them. */
static void ppp(struct walk *w)
{
	if (w->n >= 2 && w->at[0] == 0xff && w->at[1] == 0x03)
		step(w, 2, 0);
	if (!has(w, 2))
		return;
	if (get16(w->at) == 0x0021 || get16(w->at) == 0x0057)
		step(w, 2, NEXT_IP);
	else
		stop(w, "PPP control");
}

static uint16_t host16(const uint8_t *p, bool swapped)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return swapped ? __builtin_bswap16(v) : v;
}

/* Netfilter's log: values of (length, type), of which type 9 is the packet, in the byte order of the host that wrote
 * the file. Its types are small numbers (linux/netfilter/nfnetlink_log.h), which tells that order. */
static void nflog(struct walk *w)
{
	bool swapped;

	step(w, 4, NEXT_STOP);
	swapped = w->n >= 4 && host16(w->at + 2, false) > 0xff;
	while (w->n >= 4) {
		uint16_t len = host16(w->at, swapped), type = host16(w->at + 2, swapped);

		if (len < 4 || len > w->n)
			break;
		if (type == 9) {
			w->at += 4;
			w->n = len - 4U;
			w->next = NEXT_IP;
			return;
		}
		step(w, (len + 3U) & ~3U, NEXT_STOP);
	}
	stop(w, "NFLOG without a packet");
}

static const struct {
	unsigned link;
	const char *name;
	void (*enter)(struct walk *w);
} links[] = {
	{ 0, "BSD loopback", null_link },
	{ 1, "Ethernet", ethernet },
	{ 9, "PPP", ppp },
	{ 12, "raw IP", raw },
	{ 14, "raw IP", raw },
	{ 101, "raw IP", raw },
	{ 108, "OpenBSD loopback", null_link },
	{ 113, "Linux cooked", sll },
	{ 228, "raw IPv4", raw },
	{ 229, "raw IPv6", raw },
	{ 239, "netfilter log", nflog },
	{ 276, "Linux cooked v2", sll2 },
};

/* --- between link and IP ----------------------------------------------------------------------------------- */

/* Tag 0 is no network, only a priority (IEEE 802.1Q 9.6): one direction may have it, and the other no tag. */
static void vlan(struct walk *w)
{
	if (!has(w, 4))
		return;
	if (get16(w->at) & 0xfff)
		enter(w, 0x1000U | (get16(w->at) & 0xfff));
	step(w, 4, get16(w->at + 2));
}

/* Labels up to the bottom of the stack; then IP, or Ethernet behind a control word of zeros. */
static void mpls(struct walk *w)
{
	bool bottom = false;

	while (!bottom && has(w, 4)) {
		bottom = w->at[2] & 1;
		step(w, 4, NEXT_IP);
	}
	if (bottom && w->n >= 4 && w->at[0] >> 4 == 0)
		step(w, 4, NEXT_ETHERNET);
}

static void pppoe(struct walk *w)
{
	if (!has(w, 8))
		return;
	enter(w, get16(w->at + 2));
	step(w, 6, 0);
	ppp(w);
}

static void to_ip(struct walk *w)
{
	w->next = NEXT_IP;
}
static void arp(struct walk *w)
{
	stop(w, "ARP");
}
static void lldp(struct walk *w)
{
	stop(w, "LLDP");
}

static const struct {
	unsigned type;
	void (*enter)(struct walk *w);
} types[] = {
	{ NEXT_ETHERNET, ethernet }, { TYPE_IPV4, to_ip },    { TYPE_IPV6, to_ip }, { TYPE_VLAN, vlan },
	{ TYPE_QINQ, vlan },         { TYPE_QINQ_OLD, vlan }, { TYPE_MPLS, mpls },  { TYPE_MPLS_MULTI, mpls },
	{ TYPE_PPPOE, pppoe },       { TYPE_ARP, arp },       { TYPE_LLDP, lldp },  { TYPE_BRIDGED, ethernet },
};

/* --- tunnels --------------------------------------------------------------------------------------------- */

/* Behind the extension headers: Linux's tunnels send an option of their own (RFC 2473 4.1.1). */
static size_t ipv6_header(const struct walk *w, uint8_t *protocol)
{
	size_t header = 40, len;

	*protocol = w->at[6];
	while ((len = ipv6_extension(*protocol, w->at + header, w->n - header)) > 0) {
		if (len > w->n - header || ipv6_later_fragment(*protocol, w->at + header))
			return 0;
		*protocol = w->at[header];
		header += len;
	}
	return header;
}

/* The header of an IP packet that carries another packet: its length and protocol. 0: it is none, or not whole. */
static size_t ip_header(const struct walk *w, uint8_t *protocol)
{
	if (w->n >= 20 && w->at[0] >> 4 == 4 && (get16(w->at + 6) & 0x1fff) == 0) {
		*protocol = w->at[9];
		return (size_t)(w->at[0] & 15) * 4;
	}
	return w->n >= 40 && w->at[0] >> 4 == 6 ? ipv6_header(w, protocol) : 0;
}

static bool vxlan(struct walk *inner)
{
	if (inner->n < 8 || !(inner->at[0] & 8))
		return false;
	enter(inner, get32(inner->at + 4) >> 8);
	step(inner, 8, NEXT_ETHERNET);
	return true;
}

static bool geneve(struct walk *inner)
{
	if (inner->n < 8 || inner->at[0] >> 6)
		return false;
	enter(inner, get32(inner->at + 4) >> 8);
	step(inner, 8 + (inner->at[0] & 0x3fU) * 4, get16(inner->at + 2));
	return inner->next != NEXT_STOP;
}

/* GTP version 1, message 255: a user's packet (3GPP TS 29.281). */
static bool gtp_u(struct walk *inner)
{
	size_t header = 8;

	if (inner->n < 12 || inner->at[0] >> 5 != 1 || inner->at[1] != 255)
		return false;
	enter(inner, 0x67747000U); /* each direction has an id of its own: they are no domain */
	if (inner->at[0] & 7) {
		uint8_t next = inner->at[11];

		for (header = 12; next && header < inner->n; next = inner->at[header - 1]) {
			size_t len = (size_t)inner->at[header] * 4;

			if (len == 0 || header + len > inner->n)
				return false;
			header += len;
		}
	}
	step(inner, header, NEXT_IP);
	return inner->n && (inner->at[0] >> 4 == 4 || inner->at[0] >> 4 == 6);
}

static bool udp(struct walk *inner)
{
	uint16_t to, from;

	if (inner->n < 8)
		return false;
	from = get16(inner->at);
	to = get16(inner->at + 2);
	step(inner, 8, NEXT_STOP);
	if (to == PORT_VXLAN)
		return vxlan(inner);
	if (to == PORT_GENEVE)
		return geneve(inner);
	/* some speak GTP on other ports: what looks like it is taken for it */
	return to == PORT_GTP_U || from == PORT_GTP_U || (inner->n > 12 && inner->at[0] == 0x30 && inner->at[1] == 255)
	               ? gtp_u(inner)
	               : false;
}

static bool gre(struct walk *inner)
{
	size_t header = 4;
	uint16_t type;

	if (inner->n < 4 || (inner->at[1] & 7) != 0)
		return false;
	type = get16(inner->at + 2);
	header += (inner->at[0] & 0x80 ? 4U : 0) + (inner->at[0] & 0x20 ? 4U : 0) + (inner->at[0] & 0x10 ? 4U : 0);
	enter(inner, 0x67726500U);
	step(inner, header, type);
	return inner->next != NEXT_STOP;
}

static bool ip_in_ip(struct walk *inner)
{
	enter(inner, 0x69700000U);
	inner->next = NEXT_IP;
	return inner->n >= 20;
}

/* Is there a packet in this IP packet? Then the walk goes on inside. */
static bool tunnel(struct walk *w)
{
	static const struct {
		uint8_t protocol;
		bool (*enter)(struct walk *inner);
	} tunnels[] = {
		{ IPPROTO_UDP, udp }, { IPPROTO_GRE, gre }, { IPPROTO_IPIP, ip_in_ip }, { IPPROTO_IPV6, ip_in_ip }
	};
	struct walk inner = *w;
	uint8_t protocol;
	size_t header = ip_header(w, &protocol);

	if (header < 20 || header > w->n)
		return false;
	inner.at += header;
	inner.n -= header;
	for (size_t i = 0; i < ARRAY_SIZE(tunnels); i++) {
		if (tunnels[i].protocol != protocol || !tunnels[i].enter(&inner))
			continue;
		*w = inner;
		return true;
	}
	return false;
}

/* --- all of it ------------------------------------------------------------------------------------------- */

static void (*enter_of(unsigned type))(struct walk *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return types[i].enter;
	return NULL;
}

static bool is_ip(const struct walk *w)
{
	return w->n >= 1 && (w->at[0] >> 4 == 4 || w->at[0] >> 4 == 6);
}

static bool finish(struct walk *w, struct inside *in, const char **why)
{
	*in = (struct inside){ w->at, w->n, w->domain };
	*why = w->why ? w->why : "no IP";
	return w->next == NEXT_IP && is_ip(w);
}

static void walk(struct walk *w)
{
	for (int layers = 0; layers < LAYERS_MAX && w->next != NEXT_STOP; layers++) {
		void (*enter_next)(struct walk *);

		if (w->next == NEXT_IP && (!is_ip(w) || !tunnel(w)))
			return;
		if (w->next == NEXT_IP || w->next == NEXT_STOP)
			continue;
		enter_next = enter_of(w->next);
		if (enter_next)
			enter_next(w);
		else
			stop(w, "another protocol than IP");
	}
}

bool link_find_ip(unsigned link, const uint8_t *bytes, size_t n, struct inside *in, const char **why)
{
	struct walk w = { .at = bytes, .n = n };

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if (links[i].link != link)
			continue;
		links[i].enter(&w);
		walk(&w);
		return finish(&w, in, why);
	}
	*why = "a link type that is not read";
	return false;
}

const char *link_name(unsigned link)
{
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (links[i].link == link)
			return links[i].name;
	return NULL;
}
