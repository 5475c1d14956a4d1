/* SPDX-License-Identifier: MIT
 * The wire: one packet at a time, from reading to its fate. */
#include "lab/wire_internal.h"
#include "packet/checksum.h"
#include "packet/decode.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PACKET_MAX = 65536 + 64 };

/* Echo requests of our own (see prove_empty()), and what reading finds of them, beside 0, 1 and -errno. */
enum { FENCE_LEN = 28, FENCE_ID = 0x1a57, FENCE_WAIT_MS = 50, FENCE_TRIES = 100, TUN_TRIES = 4, FENCE = 2, STALE = 3 };

/* In packet.rule, of a delayed packet: it goes on as soon as another one of its sender has passed. */
#define OVERTAKEN (~0U)

void wire_init(struct wire *w, const int fd[SIDES], struct conns *conns, struct wire_hooks hooks)
{
	*w = (struct wire){ .fd = { fd[CLIENT], fd[SERVER] }, .conns = conns, .hooks = hooks };
	TAILQ_INIT(&w->held);
	TAILQ_INIT(&w->going);
	TAILQ_INIT(&w->delayed);
	TAILQ_INIT(&w->aside);
	for (int i = 0; i < SIDES; i++)
		TAILQ_INIT(&w->read[i]);
}

static void free_packets(struct packets *q)
{
	struct packet *p;

	while ((p = TAILQ_FIRST(q))) {
		TAILQ_REMOVE(q, p, link);
		free(p);
	}
}

void wire_free(struct wire *w)
{
	free_packets(&w->held);
	free_packets(&w->going);
	free_packets(&w->delayed);
	free_packets(&w->aside);
	for (int i = 0; i < SIDES; i++)
		free_packets(&w->read[i]);
	copies_free(w);
	free(w->rules);
}

/* --- the fate of a packet ------------------------------------------------------------------------------ */

static struct wire_rule *rule_for(struct wire *w, const struct packet *p)
{
	for (size_t i = w->n_rules; i-- > 0;)
		if (w->rules[i].left != 0 && pick_fits(&w->rules[i].pick, p))
			return &w->rules[i];
	return NULL;
}

/* Writes one packet for a host. */
static ssize_t put(const struct wire *w, enum side to, struct iovec *part, int parts)
{
	struct sockaddr_ll address;
	struct msghdr msg = {
		.msg_iov = part, .msg_iovlen = (size_t)parts, .msg_name = &address, .msg_namelen = sizeof address
	};
	const uint8_t *packet = part[parts - 1].iov_base;

	if (!w->to[to])
		return writev(w->fd[to], part, parts);
	address = *w->to[to];
	address.sll_protocol = htons(packet[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);
	return sendmsg(w->fd[to], &msg, 0);
}

static int read_one(struct wire *w, enum side device);

/* Takes what a host has sent so far. */
static int drain(struct wire *w, enum side device)
{
	int rc;

	do
		rc = read_one(w, device);
	while (rc > 0);
	return rc;
}

/* What the host has sent before, and what it sends because of this packet, are told apart: both are read here. The time
 * is of before: if we are kept waiting in between, what a timer sends then is no answer. */
static int deliver(struct wire *w, struct packet *p)
{
	struct iovec part[] = { { p->offload, w->offload ? OFFLOAD_HEADER : 0 }, { p->bytes, p->len } };
	enum side to = side_other(p->from), device = w->shared ? CLIENT : to;
	struct instant began = clock_now();
	int rc = drain(w, device);
	ssize_t n;

	if (rc < 0)
		return rc;
	w->last[device] = (struct handing){ began, ++w->handed };
	if (w->hooks.handed)
		w->hooks.handed(w->hooks.ctx, p);
	n = put(w, to, part, ARRAY_SIZE(part));
	if (n < 0 && errno != EINVAL) /* EINVAL: the kernel refuses what is no IP packet; it is lost, as on any wire */
		return -errno;
	rc = drain(w, device);
	if (rc < 0)
		return rc;
	copies_remember(w, p);
	w->hooks.delivered(w->hooks.ctx, p);
	return 1;
}

void wire_seen(struct wire *w, const struct packet *p, enum fate fate)
{
	w->hooks.seen(w->hooks.ctx, p, fate);
}

static int hold(struct wire *w, struct packet *p, unsigned rule)
{
	p->rule = rule;
	TAILQ_INSERT_TAIL(&w->held, p, link);
	wire_seen(w, p, FATE_HELD);
	return 1;
}

static int drop(struct wire *w, struct packet *p)
{
	wire_seen(w, p, FATE_DROPPED);
	free(p);
	return 1;
}

int wire_deliver_and_free(struct wire *w, struct packet *p)
{
	int rc = deliver(w, p);

	free(p);
	return rc;
}

static int pass(struct wire *w, struct packet *p)
{
	wire_seen(w, p, FATE_PASSED);
	return wire_deliver_and_free(w, p);
}

static int twice(struct wire *w, struct packet *p)
{
	int rc;

	wire_seen(w, p, FATE_TWICE);
	rc = deliver(w, p);
	if (rc >= 0)
		return wire_deliver_and_free(w, p);
	free(p);
	return rc;
}

/* One bit of the last byte: the checksum no longer fits, as after noise on a line. */
static int corrupt(struct wire *w, struct packet *p)
{
	p->bytes[p->len - 1] ^= 1;
	memset(p->offload, 0, sizeof p->offload); /* or the checksum would be made anew */
	if (p->conn)
		p->seg.checksum_ok = false;
	wire_seen(w, p, FATE_CORRUPTED);
	return wire_deliver_and_free(w, p);
}

static void goes_on_at(struct wire *w, struct packet *p, struct instant due)
{
	struct packet *before;

	p->due = due;
	TAILQ_FOREACH (before, &w->delayed, link) {
		if (before->due.ns > p->due.ns) {
			TAILQ_INSERT_BEFORE(before, p, link);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&w->delayed, p, link);
}

static int delay(struct wire *w, struct packet *p, struct span d, enum fate fate)
{
	wire_seen(w, p, fate);
	goes_on_at(w, p, instant_after(p->seen, d));
	return 1;
}

/* Not before the lab waits. */
static const struct instant some_time = { INT64_MAX };

/* A packet that shall be overtaken goes on behind the next one of its sender: see overtaken(). */
static int reorder(struct wire *w, struct packet *p)
{
	p->rule = OVERTAKEN;
	wire_seen(w, p, FATE_OVERTAKEN);
	goes_on_at(w, p, some_time);
	return 1;
}

void wire_patience_begins(struct wire *w)
{
	struct packet *p = TAILQ_FIRST(&w->delayed), *next;
	struct instant due = instant_after(clock_now(), REORDER_PATIENCE);

	for (; p; p = next) {
		next = TAILQ_NEXT(p, link);
		if (p->due.ns != some_time.ns)
			continue;
		TAILQ_REMOVE(&w->delayed, p, link);
		goes_on_at(w, p, due);
	}
}

static int obey(struct wire *w, struct packet *p, const struct wire_rule *r)
{
	switch (r->act) {
	case RULE_HOLD:
		return hold(w, p, r->id);
	case RULE_DROP:
		return drop(w, p);
	case RULE_DUP:
		return twice(w, p);
	case RULE_CORRUPT:
		return corrupt(w, p);
	case RULE_DELAY:
		return delay(w, p, r->delay, FATE_DELAYED);
	case RULE_REORDER:
		return reorder(w, p);
	}
	return pass(w, p);
}

/* The packets of this sender that wait to be overtaken may go on: another one has passed. */
static void overtaken(struct wire *w, enum side from)
{
	struct packet *p = TAILQ_FIRST(&w->delayed), *next;

	for (; p; p = next) {
		next = TAILQ_NEXT(p, link);
		if (p->rule != OVERTAKEN || p->from != from)
			continue;
		TAILQ_REMOVE(&w->delayed, p, link);
		TAILQ_INSERT_TAIL(&w->going, p, link);
	}
}

static bool one_waits(const struct wire *w, enum side from)
{
	const struct packet *p;

	TAILQ_FOREACH (p, &w->delayed, link)
		if (p->rule == OVERTAKEN && p->from == from)
			return true;
	return false;
}

static int decide(struct wire *w, struct packet *p)
{
	struct wire_rule *r = rule_for(w, p);
	enum side from = p->from;
	int rc;

	if (r && r->act == RULE_REORDER && one_waits(w, from))
		r = NULL; /* it is the one that overtakes */
	if (r && r->left > 0)
		r->left--;
	if (r && r->act == RULE_REORDER)
		return obey(w, p, r);
	if (r)
		rc = obey(w, p, r);
	else if (w->paced)
		rc = hold(w, p, PACE_RULE);
	else if (w->latency.ns)
		rc = delay(w, p, w->latency, FATE_DELAYED);
	else
		rc = pass(w, p);
	overtaken(w, from);
	return rc;
}

static int arrived(struct wire *w, struct packet *p)
{
	struct packet *original;

	if (late_put_aside(w, p))
		return 1;
	w->waiting = false;
	if (copies_contain(w, p, &original)) {
		if (original)
			original->copies++;
		w->hooks.again(w->hooks.ctx, p, original);
		free(p);
		return 1;
	}
	p->number = p->order = ++w->last_number;
	w->hooks.arrived(w->hooks.ctx, p);
	return decide(w, p);
}

/* The side that sent a segment when both share a device: by its connection, or, for the first of one, by asking. */
static enum side sender_of(struct wire *w, const struct segment *s)
{
	if (conns_find(w->conns, CLIENT, &s->src, &s->dst))
		return CLIENT;
	if (conns_find(w->conns, SERVER, &s->src, &s->dst))
		return SERVER;
	return w->hooks.sender(w->hooks.ctx, s);
}

static bool checksum_is_left(const struct packet *p)
{
	return p->offload[0] & VIRTIO_NET_HDR_F_NEEDS_CSUM;
}

struct packet *wire_new_packet(enum side from, const uint8_t *header, const uint8_t *bytes, size_t n)
{
	struct packet *p = xcalloc(1, sizeof *p + n);

	memcpy(p->bytes, bytes, n);
	if (header)
		memcpy(p->offload, header, OFFLOAD_HEADER);
	p->len = n;
	p->from = from;
	p->seen = clock_now();
	p->kind = KIND_ANY;
	if (!packet_decode(bytes, n, &p->seg) || p->seg.protocol != IPPROTO_TCP)
		return p;
	p->kind = segment_kind(&p->seg);
	p->seg.checksum_ok = p->seg.checksum_ok || checksum_is_left(p);
	return p;
}

/* The answer to one of our own echo requests. */
static bool is_fence(const struct wire *w, const uint8_t *bytes, size_t n, uint16_t *number)
{
	uint16_t id;

	if (!w->fence[CLIENT] || n < FENCE_LEN || bytes[0] != 0x45 || bytes[9] != IPPROTO_ICMP ||
	    bytes[20] != ICMP_ECHOREPLY)
		return false;
	memcpy(&id, bytes + 24, sizeof id);
	memcpy(number, bytes + 26, sizeof *number);
	return id == FENCE_ID;
}

/* Who answers takes some microseconds. If reading it took longer, the lab may have been late, and a timer may have sent
 * it, perhaps even before the host was handed the packet. */
#define ANSWER_TIME span_ms(5)

static void note_sending(const struct wire *w, enum side device, struct packet *p)
{
	const struct handing *last = &w->last[device];

	p->handed = w->handed;
	if (!last->at.ns)
		return;
	p->answer = span_since(last->at).ns < ANSWER_TIME.ns;
	if (!p->answer)
		p->handed = last->number - 1;
}

/* A TUN's answers are readable when writing has returned: an empty one has no more of them. (That a packet socket has
 * none is proved by prove_empty().) */
static int nothing_more(struct wire *w, enum side device)
{
	if (errno != EAGAIN && errno != EINTR)
		return -errno;
	if (!w->to[device])
		w->last[device].at.ns = 0;
	return 0;
}

/* Reads one packet of a device into its queue: 1, FENCE or STALE; 0 if there is none; -errno. */
static int read_one(struct wire *w, enum side device)
{
	static uint8_t bytes[PACKET_MAX];
	size_t header = w->offload ? OFFLOAD_HEADER : 0;
	ssize_t n = read(w->fd[device], bytes, sizeof bytes);
	struct packet *p;
	uint16_t number;

	if (n < 0)
		return nothing_more(w, device);
	if ((size_t)n < header)
		return 0;
	if (is_fence(w, bytes + header, (size_t)n - header, &number))
		return number == w->fence_number ? FENCE : STALE;
	p = wire_new_packet(device, header ? bytes : NULL, bytes + header, (size_t)n - header);
	note_sending(w, device, p);
	TAILQ_INSERT_TAIL(&w->read[device], p, link);
	return 1;
}

/* The next packet of a device. FENCE, STALE, 1 (it moved), 0 (nothing yet) or -errno. */
static int take(struct wire *w, enum side device)
{
	int rc = TAILQ_EMPTY(&w->read[device]) ? read_one(w, device) : 1;
	struct packet *p = TAILQ_FIRST(&w->read[device]);

	if (rc != 1)
		return rc;
	TAILQ_REMOVE(&w->read[device], p, link);
	if (p->kind == KIND_ANY)
		return arrived(w, p);
	if (w->shared)
		p->from = sender_of(w, &p->seg);
	p->conn = conns_of(w->conns, p->from, &p->seg, &p->resent);
	return arrived(w, p);
}

static void send_fence(struct wire *w, enum side to)
{
	uint8_t p[FENCE_LEN] = { 0x45, [3] = FENCE_LEN, [8] = 64, [9] = IPPROTO_ICMP, [20] = ICMP_ECHO };
	static uint8_t none[OFFLOAD_HEADER];
	struct iovec part[] = { { none, w->offload ? OFFLOAD_HEADER : 0 }, { p, sizeof p } };
	uint16_t sum, id = FENCE_ID;

	memcpy(p + 12, w->fence[side_other(to)]->bytes, 4);
	memcpy(p + 16, w->fence[to]->bytes, 4);
	sum = htons(checksum_ip(p, 20));
	memcpy(p + 10, &sum, sizeof sum);
	memcpy(p + 24, &id, sizeof id);
	memcpy(p + 26, &w->fence_number, sizeof w->fence_number);
	sum = htons(checksum_ip(p + 20, FENCE_LEN - 20));
	memcpy(p + 22, &sum, sizeof sum);
	(void)put(w, to, part, ARRAY_SIZE(part));
}

/* Reads what is there of one side up to the answer to our echo. FENCE, 1 (a packet moved), 0 (nothing yet) or
 * -errno. */
static int read_to_fence(struct wire *w, enum side from)
{
	int rc;

	do
		rc = take(w, from);
	while (rc == STALE);
	return rc;
}

static void send_fences(struct wire *w, unsigned waiting)
{
	for (int i = 0; i < SIDES; i++)
		if (waiting & 1U << i)
			send_fence(w, (enum side)i);
}

/* All that was under way has come before the answers to two echo requests: the hosts' backlog is first in, first out. A
 * request is sent again when it is not answered: a new veth pair drops packets until the kernel has noticed its
 * carrier, which can take a second on a busy machine (net/core/link_watch.c). 0 if nothing came, 1 if a packet moved,
 * -errno. */
static int prove_empty(struct wire *w)
{
	unsigned waiting = w->shared ? 1U << CLIENT : 1U << CLIENT | 1U << SERVER;
	int patience = w->to[CLIENT] ? FENCE_TRIES : TUN_TRIES;

	w->fence_number++;
	send_fences(w, waiting);
	while (waiting) {
		enum side from = waiting & 1U << CLIENT ? CLIENT : SERVER;
		struct pollfd p = { .fd = w->fd[from], .events = POLLIN };
		int rc = read_to_fence(w, from);

		if (rc == FENCE)
			waiting &= ~(1U << from);
		else if (rc != 0)
			return rc;
		else if (poll(&p, 1, FENCE_WAIT_MS) <= 0 && --patience == 0)
			return -ETIME;
		else if (!p.revents)
			send_fences(w, waiting);
	}
	w->last[CLIENT].at.ns = w->last[SERVER].at.ns = 0;
	return 0;
}

static int deliver_from(struct wire *w, struct packets *q, struct packet *p)
{
	TAILQ_REMOVE(q, p, link);
	w->hooks.released(w->hooks.ctx, p);
	return wire_deliver_and_free(w, p);
}

bool wire_next_due(const struct wire *w, struct instant *due)
{
	const struct packet *p = TAILQ_FIRST(&w->delayed);

	if (p)
		*due = p->due;
	return p != NULL;
}

int wire_step(struct wire *w)
{
	struct packet *p = TAILQ_FIRST(&w->going);
	int rc;

	if (p)
		return deliver_from(w, &w->going, p);
	p = TAILQ_FIRST(&w->delayed);
	if (p && instant_reached(p->due, clock_now()))
		return deliver_from(w, &w->delayed, p);
	rc = read_to_fence(w, CLIENT);
	if (rc == 0 && !w->shared)
		rc = read_to_fence(w, SERVER);
	if (rc == FENCE) /* an answer that came after its proof was given up for a packet */
		rc = 0;
	if (rc == 0 && w->fence[CLIENT])
		rc = prove_empty(w);
	p = rc == 0 ? late_next(w) : NULL;
	return p ? arrived(w, p) : rc;
}
