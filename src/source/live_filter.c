/* SPDX-License-Identifier: MIT
 * The program of a live capture: a head that finds the ports, and a chain of comparisons for each direction. */
#include "source/live_filter.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <netinet/in.h>

/* Where things stand in headers, in bytes. Register X holds where the TCP header begins, with its two ports. */
enum { SOURCE = 0, TARGET = 2 };
enum { V4_FRAGMENT = 6, V4_PROTOCOL = 9, V6_NEXT_HEADER = 6, V6_HEADER = 40, LATER_FRAGMENT = 0x1fff };

#define LOAD(size, from) BPF_STMT(BPF_LD | (size) | BPF_ABS, from)
#define ABOUT(what)      LOAD(BPF_W, (uint32_t)(SKF_AD_OFF + (what)))
#define ANSWER(bytes)    BPF_STMT(BPF_RET | BPF_K, bytes)

/* Rows of the head. A jump says how many rows are passed over, 255 at most. */
enum head {
	TYPE,
	IF_OUTGOING,
	IF_OTHERHOST,
	DEVICE,
	IF_LOOPBACK,
	FAMILY,
	IF_V6,
	IF_V4,
	V4_WHAT,
	IF_V4_TCP,
	V4_PART,
	IF_V4_PART,
	V4_LENGTH,
	V4_DONE,
	V6_WHAT,
	IF_V6_TCP,
	IF_HOPS,
	HOPS_WHAT,
	IF_HOPS_ICMP,
	IF_ROUTING,
	IF_FRAGMENT,
	IF_AUTH,
	IF_OPTIONS,
	V6_OTHER,
	V6_LENGTH,
	V6_DONE,
	REFUSE,
	ACCEPT,
	HEAD
};

#define IF(row, how, value, yes, no) [row] = BPF_JUMP(BPF_JMP | (how) | BPF_K, value, (yes) - (row)-1, (no) - (row)-1)
#define GO(row, to)                  [row] = BPF_STMT(BPF_JMP | BPF_JA, (to) - (row)-1)

static const struct sock_filter head[HEAD] = {
	[TYPE] = ABOUT(SKF_AD_PKTTYPE),
	IF(IF_OUTGOING, BPF_JEQ, PACKET_OUTGOING, FAMILY, IF_OTHERHOST),
	IF(IF_OTHERHOST, BPF_JEQ, PACKET_OTHERHOST, REFUSE, DEVICE),
	[DEVICE] = ABOUT(SKF_AD_HATYPE),
	IF(IF_LOOPBACK, BPF_JEQ, ARPHRD_LOOPBACK, REFUSE, FAMILY),

	[FAMILY] = ABOUT(SKF_AD_PROTOCOL),
	IF(IF_V6, BPF_JEQ, ETH_P_IPV6, V6_WHAT, IF_V4),
	IF(IF_V4, BPF_JEQ, ETH_P_IP, V4_WHAT, REFUSE),

	[V4_WHAT] = LOAD(BPF_B, V4_PROTOCOL),
	IF(IF_V4_TCP, BPF_JEQ, IPPROTO_TCP, V4_PART, REFUSE),
	[V4_PART] = LOAD(BPF_H, V4_FRAGMENT),
	IF(IF_V4_PART, BPF_JSET, LATER_FRAGMENT, REFUSE, V4_LENGTH),
	[V4_LENGTH] = BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	GO(V4_DONE, HEAD),

	[V6_WHAT] = LOAD(BPF_B, V6_NEXT_HEADER),
	IF(IF_V6_TCP, BPF_JEQ, IPPROTO_TCP, V6_LENGTH, IF_HOPS),
	IF(IF_HOPS, BPF_JEQ, IPPROTO_HOPOPTS, HOPS_WHAT, IF_ROUTING),
	[HOPS_WHAT] = LOAD(BPF_B, V6_HEADER),
	IF(IF_HOPS_ICMP, BPF_JEQ, IPPROTO_ICMPV6, REFUSE, ACCEPT),
	IF(IF_ROUTING, BPF_JEQ, IPPROTO_ROUTING, ACCEPT, IF_FRAGMENT),
	IF(IF_FRAGMENT, BPF_JEQ, IPPROTO_FRAGMENT, ACCEPT, IF_AUTH),
	IF(IF_AUTH, BPF_JEQ, IPPROTO_AH, ACCEPT, IF_OPTIONS),
	IF(IF_OPTIONS, BPF_JEQ, IPPROTO_DSTOPTS, ACCEPT, V6_OTHER),
	GO(V6_OTHER, REFUSE),
	[V6_LENGTH] = BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, V6_HEADER),
	GO(V6_DONE, HEAD),

	[REFUSE] = ANSWER(0),
	[ACCEPT] = ANSWER(LIVE_PACKET_MAX),
};

struct program {
	struct sock_filter *rows;
	size_t n;
};

static void put(struct program *p, struct sock_filter row)
{
	p->rows[p->n++] = row;
}

/* Accepts a packet whose port there is one of these. */
static void put_ports(struct program *p, uint32_t where, const uint16_t *ports, size_t n)
{
	put(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_IND, where));
	for (size_t i = 0; i < n; i++) {
		put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ports[i], 0, 1));
		put(p, head[ACCEPT]);
	}
}

/* The chain of packets whose local end is at `local`. */
static void put_chain(struct program *p, const struct live_ports *ports, uint32_t local)
{
	put_ports(p, local, ports->own, ports->n_own);
	put_ports(p, local == SOURCE ? TARGET : SOURCE, ports->peer, ports->n_peer);
}

/* An outgoing packet's local end is its source, an incoming one's its target; on the loopback device both are. */
static void put_chains(struct program *p, const struct live_ports *ports)
{
	size_t chain = 2 + 2 * (ports->n_own + ports->n_peer);

	put(p, head[TYPE]);
	put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 1, 0));
	put(p, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(chain + 3)));
	put_chain(p, ports, SOURCE);
	put(p, head[DEVICE]);
	put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARPHRD_LOOPBACK, 1, 0));
	put(p, head[REFUSE]);
	put_chain(p, ports, TARGET);
	put(p, head[REFUSE]);
}

size_t live_filter(struct sock_filter rows[static LIVE_FILTER_MAX], const struct live_ports *ports)
{
	struct program p = { rows, HEAD };

	if (ports && ports->n_own + ports->n_peer > LIVE_PORTS_MAX)
		return 0;
	memcpy(rows, head, sizeof head);
	if (ports)
		put_chains(&p, ports);
	else
		put(&p, head[ACCEPT]);
	return p.n;
}
