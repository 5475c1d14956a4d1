/* SPDX-License-Identifier: MIT
 * The wire: one packet at a time, from reading to its fate. */
#include "lab/wire.h"
#include "packet/decode.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

enum { PACKET_MAX = 65536 + 64 };

/* What of one connection was delivered to its other side. SYNs are kept apart from bytes and FIN: in a
 * simultaneous open a side's SYN and its later SYN+ACK share a sequence number and are no copies. */
struct flow {
	struct spans delivered[SIDES];
	bool syn[SIDES], synack[SIDES];
};

void wire_init(struct wire *w, const int fd[SIDES], struct conns *conns, struct wire_hooks hooks)
{
	*w = (struct wire){ .fd = { fd[CLIENT], fd[SERVER] }, .conns = conns, .hooks = hooks };
	TAILQ_INIT(&w->held);
	TAILQ_INIT(&w->going);
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
	for (size_t i = 0; i < w->n_flows; i++) {
		spans_free(&w->flows[i]->delivered[CLIENT]);
		spans_free(&w->flows[i]->delivered[SERVER]);
		free(w->flows[i]);
	}
	free(w->flows);
	free(w->rules);
}

/* --- what was delivered, and what is a copy ------------------------------------------------------------ */

static struct flow *flow_of(struct wire *w, const struct conn *c)
{
	while (w->n_flows < c->number) {
		w->flows = grow(w->flows, w->n_flows, &w->cap_flows, sizeof(struct flow *));
		w->flows[w->n_flows++] = xcalloc(1, sizeof(struct flow));
	}
	return w->flows[c->number - 1];
}

static uint32_t end_of(const struct segment *s)
{
	return s->seq + segment_space(s);
}

static void remember(struct wire *w, const struct packet *p)
{
	struct flow *f;

	if (!p->conn)
		return;
	f = flow_of(w, p->conn);
	if (p->kind == KIND_SYN)
		f->syn[p->from] = true;
	if (p->kind == KIND_SYNACK)
		f->synack[p->from] = true;
	spans_add(&f->delivered[p->from], p->seg.seq + !!(p->seg.flags & SYN), end_of(&p->seg));
}

static bool frozen(const struct wire *w, const struct conn *c)
{
	const struct packet *h;

	TAILQ_FOREACH(h, &w->held, link)
		if (h->conn == c)
			return true;
	return false;
}

static bool same_numbers(const struct segment *a, const struct segment *b)
{
	return a->seq == b->seq && a->ack == b->ack && a->window == b->window && a->len == b->len &&
	       a->flags == b->flags;
}

/* The held packet that `p` repeats as a whole: a SYN or SYN+ACK again, or the same bare ACK or RST. */
static struct packet *held_twin(struct wire *w, const struct packet *p)
{
	bool syn = p->kind == KIND_SYN || p->kind == KIND_SYNACK;
	struct packet *h;

	TAILQ_FOREACH(h, &w->held, link) {
		if (h->conn != p->conn || h->from != p->from || h->kind != p->kind)
			continue;
		if (syn || same_numbers(&h->seg, &p->seg))
			return h;
	}
	return NULL;
}

/* Data and FIN: the kernel may send what is held in other portions (tcp_retrans_try_collapse), so a copy is
 * whatever brings nothing new. The first held packet that it repeats is returned in `*original`. */
static bool nothing_new(struct wire *w, const struct packet *p, struct packet **original)
{
	struct spans known = { 0 };
	struct packet *h;
	bool covered;

	spans_copy(&known, &flow_of(w, p->conn)->delivered[p->from]);
	TAILQ_FOREACH(h, &w->held, link) {
		if (h->conn != p->conn || h->from != p->from || segment_space(&h->seg) == 0)
			continue;
		spans_add(&known, h->seg.seq, end_of(&h->seg));
		if (!*original && seq_before(p->seg.seq, end_of(&h->seg)) &&
		    seq_before(h->seg.seq, end_of(&p->seg)))
			*original = h;
	}
	covered = spans_cover(&known, p->seg.seq, end_of(&p->seg));
	spans_free(&known);
	return covered;
}

static bool syn_was_delivered(struct wire *w, const struct packet *p)
{
	const struct flow *f = flow_of(w, p->conn);

	return p->kind == KIND_SYN ? f->syn[p->from] : p->kind == KIND_SYNACK && f->synack[p->from];
}

/* Is this packet a copy that a frozen connection must not see? */
static bool is_copy(struct wire *w, const struct packet *p, struct packet **original)
{
	*original = NULL;
	if (!p->conn || !frozen(w, p->conn))
		return false;
	if (p->kind == KIND_DATA || p->kind == KIND_FIN)
		return nothing_new(w, p, original);
	*original = held_twin(w, p);
	return *original || syn_was_delivered(w, p);
}

/* --- the fate of a packet ------------------------------------------------------------------------------ */

static bool fits(const struct rule *r, const struct packet *p)
{
	return r->from == p->from && (r->kind == KIND_ANY || r->kind == p->kind) && r->left != 0;
}

static struct rule *rule_for(struct wire *w, const struct packet *p)
{
	for (size_t i = w->n_rules; i-- > 0;)
		if (fits(&w->rules[i], p))
			return &w->rules[i];
	return NULL;
}

static int deliver(struct wire *w, struct packet *p)
{
	ssize_t n = write(w->fd[side_other(p->from)], p->bytes, p->len);

	if (n < 0 && errno != EINVAL) /* EINVAL: the kernel refuses what is no IP packet; it is lost, as on any wire */
		return -errno;
	remember(w, p);
	w->hooks.delivered(w->hooks.ctx, p);
	return 1;
}

static void keep(struct wire *w, struct packet *p, unsigned rule)
{
	p->rule = rule;
	TAILQ_INSERT_TAIL(&w->held, p, link);
	w->hooks.seen(w->hooks.ctx, p, FATE_HELD);
}

static int drop(struct wire *w, struct packet *p)
{
	w->hooks.seen(w->hooks.ctx, p, FATE_DROPPED);
	free(p);
	return 1;
}

static int pass(struct wire *w, struct packet *p)
{
	int rc;

	w->hooks.seen(w->hooks.ctx, p, FATE_PASSED);
	rc = deliver(w, p);
	free(p);
	return rc;
}

static int decide(struct wire *w, struct packet *p)
{
	struct rule *r = rule_for(w, p);

	if (r && r->left > 0)
		r->left--;
	if (r && r->act == RULE_DROP)
		return drop(w, p);
	if (!r && !w->paced)
		return pass(w, p);
	keep(w, p, r ? r->id : PACE_RULE);
	return 1;
}

static int arrived(struct wire *w, struct packet *p)
{
	struct packet *original;

	if (is_copy(w, p, &original)) {
		if (original)
			original->copies++;
		w->hooks.again(w->hooks.ctx, p->from, &p->seg, original);
		free(p);
		return 1;
	}
	p->number = ++w->last_number;
	w->count[p->from][p->kind]++;
	w->count[p->from][KIND_ANY]++;
	return decide(w, p);
}

static struct packet *packet_of(struct wire *w, enum side from, const uint8_t *bytes, size_t n)
{
	struct packet *p = xcalloc(1, sizeof *p + n);

	memcpy(p->bytes, bytes, n);
	p->len = n;
	p->from = from;
	p->seen = clock_now();
	p->kind = KIND_ANY;
	if (packet_decode(bytes, n, &p->seg) && p->seg.protocol == IPPROTO_TCP) {
		p->kind = segment_kind(&p->seg);
		p->conn = conns_of(w->conns, from, &p->seg);
	}
	return p;
}

static int read_one(struct wire *w, enum side from)
{
	static uint8_t bytes[PACKET_MAX];
	ssize_t n = read(w->fd[from], bytes, sizeof bytes);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return arrived(w, packet_of(w, from, bytes, (size_t)n));
}

static int deliver_going(struct wire *w, struct packet *p)
{
	int rc;

	TAILQ_REMOVE(&w->going, p, link);
	w->hooks.released(w->hooks.ctx, p);
	rc = deliver(w, p);
	free(p);
	return rc;
}

int wire_step(struct wire *w)
{
	struct packet *p = TAILQ_FIRST(&w->going);
	int rc;

	if (p)
		return deliver_going(w, p);
	rc = read_one(w, CLIENT);
	return rc ? rc : read_one(w, SERVER);
}

/* --- the hands ----------------------------------------------------------------------------------------- */

void wire_add_rule(struct wire *w, enum rule_act act, enum side from, enum packet_kind kind, long limit)
{
	w->rules = grow(w->rules, w->n_rules, &w->cap_rules, sizeof *w->rules);
	w->rules[w->n_rules++] =
		(struct rule){ .id = ++w->last_rule, .act = act, .from = from, .kind = kind, .left = limit };
}

static unsigned pass_rule(struct wire *w, unsigned rule)
{
	struct packet *p = TAILQ_FIRST(&w->held), *next;
	unsigned n = 0;

	for (; p; p = next) {
		next = TAILQ_NEXT(p, link);
		if (p->rule != rule)
			continue;
		wire_pass(w, p);
		n++;
	}
	return n;
}

static void remove_rule(struct wire *w, size_t i)
{
	memmove(&w->rules[i], &w->rules[i + 1], (w->n_rules - i - 1) * sizeof *w->rules);
	w->n_rules--;
}

unsigned wire_release(struct wire *w, enum side from, enum packet_kind kind)
{
	unsigned lifted = 0;

	for (size_t i = 0; i < w->n_rules;) {
		const struct rule *r = &w->rules[i];
		bool meant = r->act == RULE_HOLD && (kind == KIND_ANY || r->kind == kind) &&
			     (from == NO_SIDE || r->from == from);
		unsigned id = r->id;

		if (!meant) {
			i++;
			continue;
		}
		remove_rule(w, i);
		pass_rule(w, id);
		lifted++;
	}
	return lifted;
}

unsigned wire_pass_kind(struct wire *w, enum packet_kind kind)
{
	struct packet *p = TAILQ_FIRST(&w->held), *next;
	unsigned n = 0;

	for (; p; p = next) {
		next = TAILQ_NEXT(p, link);
		if (kind != KIND_ANY && p->kind != kind)
			continue;
		wire_pass(w, p);
		n++;
	}
	return n;
}

struct packet *wire_held(struct wire *w, unsigned number)
{
	struct packet *p;

	TAILQ_FOREACH(p, &w->held, link)
		if (p->number == number)
			return p;
	return NULL;
}

/* Packets that are let go together leave in the order in which they came, whatever hold kept them. */
void wire_pass(struct wire *w, struct packet *p)
{
	struct packet *before;

	TAILQ_REMOVE(&w->held, p, link);
	TAILQ_FOREACH(before, &w->going, link) {
		if (before->number > p->number) {
			TAILQ_INSERT_BEFORE(before, p, link);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&w->going, p, link);
}

void wire_discard(struct wire *w, struct packet *p)
{
	TAILQ_REMOVE(&w->held, p, link);
	w->hooks.discarded(w->hooks.ctx, p);
	free(p);
}

struct packet *wire_paced(struct wire *w)
{
	struct packet *p;

	TAILQ_FOREACH(p, &w->held, link)
		if (p->rule == PACE_RULE)
			return p;
	return NULL;
}

void wire_describe_holds(const struct wire *w, struct buf *out)
{
	const char *joint = "";

	for (size_t i = 0; i < w->n_rules; i++) {
		if (w->rules[i].act != RULE_HOLD)
			continue;
		buf_addf(out, "%s%s %s", joint, side_name(w->rules[i].from), packet_kind_name(w->rules[i].kind));
		joint = ", ";
	}
	if (!*joint)
		buf_puts(out, "nothing");
}
