/* SPDX-License-Identifier: MIT
 * What the tests of the wire share: a wire without a kernel's TCP. Two socket pairs stand in for the devices, packets
 * are written by hand. */
#ifndef LAB_WIRE_TEST_H
#define LAB_WIRE_TEST_H

#include "base/tap.h"
#include "lab/wire.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct bench {
	struct wire w;
	struct conns conns;
	int host[SIDES]; /* the hosts' ends of the pairs */
	unsigned seen, again, swallowed, released, discarded;
	unsigned original; /* of the youngest copy */
	bool checksum_ok;  /* of the last one seen */
	enum fate last;
};

static inline void on_seen(void *ctx, const struct packet *p, enum fate fate)
{
	struct bench *b = ctx;

	b->seen++;
	b->last = fate;
	b->checksum_ok = p->seg.checksum_ok;
}

static inline void on_again(void *ctx, const struct packet *copy, const struct packet *original)
{
	struct bench *b = ctx;

	(void)copy;
	b->original = original ? original->number : 0;
	b->again += original != NULL;
	b->swallowed += original == NULL;
}

static inline void on_released(void *ctx, const struct packet *p)
{
	(void)p;
	((struct bench *)ctx)->released++;
}

static inline void on_discarded(void *ctx, const struct packet *p)
{
	(void)p;
	((struct bench *)ctx)->discarded++;
}

static inline void on_delivered(void *ctx, const struct packet *p)
{
	(void)ctx, (void)p;
}

static inline void on_arrived(void *ctx, const struct packet *p)
{
	(void)ctx, (void)p;
}

static inline void setup(struct bench *b)
{
	struct wire_hooks hooks = { b,        NULL, on_arrived, on_seen, on_released, on_delivered, on_discarded,
		                    on_again, NULL };
	int devices[SIDES], pair[2];

	*b = (struct bench){ 0 };
	for (int i = 0; i < SIDES; i++) {
		if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) < 0)
			exit(1);
		devices[i] = pair[0];
		b->host[i] = pair[1];
	}
	wire_init(&b->w, devices, &b->conns, hooks);
}

static inline void add(struct bench *b, enum rule_act act, enum side from, enum packet_kind kind, long limit)
{
	wire_add_rule(&b->w, act, &(struct pick){ .from = from, .kind = kind }, limit, span_ms(30));
}

static inline void teardown(struct bench *b)
{
	for (int i = 0; i < SIDES; i++) {
		close(b->w.fd[i]);
		close(b->host[i]);
	}
	wire_free(&b->w);
	conns_free(&b->conns);
}

static inline void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* While the lab waits the host sends a segment; the wire moves until nothing moves any more. */
static inline void sends_window(struct bench *b, enum side from, uint8_t flags, uint32_t seq, uint32_t ack,
                                uint16_t len, uint16_t window)
{
	uint8_t p[1600] = { 0x45, [3] = 0, [8] = 64, [9] = IPPROTO_TCP, [32] = 0x50 };
	uint16_t total = (uint16_t)(40 + len);

	p[2] = (uint8_t)(total >> 8);
	p[3] = (uint8_t)total;
	p[12] = 10, p[15] = from == CLIENT ? 1 : 2;
	p[16] = 10, p[19] = from == CLIENT ? 2 : 1;
	p[20] = from == CLIENT ? 4 : 8; /* ports 1024 and 2048 */
	p[22] = from == CLIENT ? 8 : 4;
	put32(p + 24, seq);
	put32(p + 28, ack);
	p[33] = flags;
	p[34] = (uint8_t)(window >> 8);
	p[35] = (uint8_t)window;
	wire_may_wait(&b->w);
	if (write(b->host[from], p, total) != total)
		exit(1);
	while (wire_step(&b->w) > 0)
		;
}

static inline void sends(struct bench *b, enum side from, uint8_t flags, uint32_t seq, uint32_t ack, uint16_t len)
{
	sends_window(b, from, flags, seq, ack, len, 0);
}

/* How many packets wait to be read by a host. */
static inline int arrived(struct bench *b, enum side to)
{
	char p[2000];
	int n = 0;

	while (read(b->host[to], p, sizeof p) > 0)
		n++;
	return n;
}

static inline void let_go(struct bench *b)
{
	while (wire_step(&b->w) > 0)
		;
}

#endif
