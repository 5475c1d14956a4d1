/* SPDX-License-Identifier: MIT
 * What the wire can be told. */
#include "base/near.h"
#include "base/text.h"
#include "lab/rehearsal.h"
#include "lab/verbs.h"
#include "packet/build.h"

#include <netinet/in.h>
#include <stdio.h>
#include <strings.h>

enum { PACKETS_MAX = 1000000000, PORT_MAX = 65535, WINDOW_DEFAULT = 64240, STRANGER_PORT = 55555, STRANGER_ISN = 1000 };

static int who_sends(struct saying *s, const char *word)
{
	struct near near = { .word = word };

	for (int i = 0; i < SIDES; i++)
		near_try(&near, side_name((enum side)i));
	near_try(&near, "both");
	if (near.best)
		return err_set(s->e, "who sends? client, server or both, not '%.40s'; did you mean %s?", word,
		               near.best);
	return err_set(s->e, "who sends? client, server or both, not '%.40s'", word);
}

int take_from(struct saying *s, unsigned *sides)
{
	const struct word *w;

	if (take_keyword(s, "client"))
		*sides = 1U << CLIENT;
	else if (take_keyword(s, "server"))
		*sides = 1U << SERVER;
	else if (take_keyword(s, "both"))
		*sides = 1U << CLIENT | 1U << SERVER;
	else if ((w = say_peek(s)))
		return who_sends(s, w->text);
	else
		return err_set(s->e, "who sends is missing: client, server or both");
	return 0;
}

static int take_kind(struct saying *s, enum packet_kind *k)
{
	const struct word *w = say_peek(s);
	struct near near = { .word = w ? w->text : "" };

	if (!w)
		return err_set(s->e, "the kind of packet is missing: RST SYNACK SYN FIN DATA ACK or any");
	if (!w->quoted && packet_kind_parse(w->text, k)) {
		s->at++;
		return 0;
	}
	for (int i = 0; i < KINDS; i++)
		near_try(&near, packet_kind_name((enum packet_kind)i));
	return err_set(s->e, "'%.40s' is no kind of packet%s%s%s; there are RST SYNACK SYN FIN DATA ACK any", w->text,
	               near.best ? " (did you mean " : "", near.best ? near.best : "", near.best ? "?)" : "");
}

/* [of ACTOR] [port N] */
static int take_narrowing(struct saying *s, struct pick *pick)
{
	const char *actor;
	long port;

	for (;;) {
		if (take_keyword(s, "of")) {
			actor = take_actor(s, "the actor's name");
			if (!actor)
				return -1;
			snprintf(pick->of, sizeof pick->of, "%s", actor);
		} else if (take_keyword(s, "port")) {
			if (take_number(s, "the port", 1, PORT_MAX, &port) < 0)
				return -1;
			pick->port = (uint16_t)port;
		} else {
			return 0;
		}
	}
}

int take_pick(struct saying *s, unsigned *sides, struct pick *pick)
{
	*pick = (struct pick){ .from = NO_SIDE };
	if (take_from(s, sides) < 0 || take_kind(s, &pick->kind) < 0)
		return -1;
	return take_narrowing(s, pick);
}

static int quiet(struct saying *s)
{
	return lab_quiet(s->ctx, s->e);
}

static void add_rules(struct lab *l, enum rule_act act, unsigned sides, struct pick pick, long limit, struct span delay)
{
	for (int i = 0; i < SIDES; i++) {
		pick.from = (enum side)i;
		if (sides & 1U << i)
			wire_add_rule(&l->wire, act, &pick, limit, delay);
	}
}

static int run_hold(struct saying *s)
{
	struct pick pick;
	unsigned sides;

	if (take_pick(s, &sides, &pick) < 0 || take_nothing(s) < 0)
		return -1;
	add_rules(s->ctx, RULE_HOLD, sides, pick, -1, span_s(0));
	return quiet(s);
}

/* --- packets that are held ----------------------------------------------------------------------------- */

/* The held packet whose number is next; NULL, with `e` filled, if it is not held. */
static struct packet *take_held(struct saying *s)
{
	static struct packet any_packet; /* of a rehearsal */
	struct lab *l = s->ctx;
	struct packet *p;
	long n;

	if (take_number(s, "the packet's number", 1, PACKETS_MAX, &n) < 0)
		return NULL;
	p = wire_held(&l->wire, (unsigned)n);
	if (is_rehearsed(s))
		return &any_packet;
	if (!p)
		err_set(s->e, "packet #%ld is not held; 'held' lists what is", n);
	return p;
}

static bool number_is_next(const struct saying *s)
{
	const struct word *w = say_peek(s);
	long n;

	return w && !w->quoted && number_parse(w->text, &n);
}

/* KIND or all, narrowed or not, of either side or of one. */
static int take_lifted(struct saying *s, struct pick *pick)
{
	*pick = (struct pick){ .from = NO_SIDE, .kind = KIND_ANY };
	if (!take_keyword(s, "all") && take_kind(s, &pick->kind) < 0)
		return -1;
	return take_narrowing(s, pick) < 0 ? -1 : take_nothing(s);
}

static int pass_one(struct saying *s)
{
	struct lab *l = s->ctx;
	struct packet *p = take_held(s);

	if (!p || take_nothing(s) < 0)
		return -1;
	if (is_rehearsed(s))
		return 0;
	wire_pass(&l->wire, p);
	return quiet(s);
}

static int run_pass(struct saying *s)
{
	struct lab *l = s->ctx;
	struct pick pick;

	if (number_is_next(s))
		return pass_one(s);
	if (take_lifted(s, &pick) < 0 || quiet(s) < 0)
		return -1;
	if (wire_pass_some(&l->wire, &pick) == 0 && !l->rehearsal)
		return err_set(s->e, "no %s is held; 'held' lists what is",
		               pick.kind == KIND_ANY ? "such packet" : packet_kind_name(pick.kind));
	return quiet(s);
}

static int run_release(struct saying *s)
{
	struct lab *l = s->ctx;
	struct buf holds = { 0 };
	enum side from = NO_SIDE;
	struct pick pick;

	if (take_keyword(s, "client"))
		from = CLIENT;
	else if (take_keyword(s, "server"))
		from = SERVER;
	else
		take_keyword(s, "both");
	if (take_lifted(s, &pick) < 0 || quiet(s) < 0)
		return -1;
	pick.from = from;
	if (wire_release(&l->wire, &pick) > 0 || (l->rehearsal && l->rehearsal->unsure))
		return quiet(s);
	wire_describe_holds(&l->wire, &holds);
	err_set(s->e, "there is no hold of %s%s%s to release; held are: %s", from == NO_SIDE ? "" : side_name(from),
	        from == NO_SIDE ? "" : " ", packet_kind_name(pick.kind), buf_text(&holds));
	buf_free(&holds);
	return -1;
}

static int run_swap(struct saying *s)
{
	char text[96];
	struct packet *a = take_held(s), *b = a ? take_held(s) : NULL;

	if (!b || take_nothing(s) < 0)
		return -1;
	if (is_rehearsed(s))
		return 0;
	if (a == b)
		return err_set(s->e, "two different packets are wanted");
	wire_swap(a, b);
	snprintf(text, sizeof text, "#%u and #%u are swapped: they will leave in each other's place", a->number,
	         b->number);
	lab_say(s->ctx, EV_NOTICE, text);
	return quiet(s);
}

/* --- what happens to the next ones --------------------------------------------------------------------- */

/* FROM KIND [TIME] [N] of a rule. */
static int add_act(struct saying *s, enum rule_act act)
{
	struct span delay = { 0 };
	struct pick pick;
	unsigned sides;
	long limit = -1;

	if (take_pick(s, &sides, &pick) < 0)
		return -1;
	if (act == RULE_DELAY && take_span(s, "the delay", &delay) < 0)
		return -1;
	if (say_more(s) && take_number(s, "how many", 1, PACKETS_MAX, &limit) < 0)
		return -1;
	if (take_narrowing(s, &pick) < 0 || take_nothing(s) < 0)
		return -1;
	add_rules(s->ctx, act, sides, pick, limit, delay);
	return quiet(s);
}

static int run_drop(struct saying *s)
{
	struct lab *l = s->ctx;
	struct packet *p;

	if (!number_is_next(s))
		return add_act(s, RULE_DROP);
	p = take_held(s);
	if (!p || take_nothing(s) < 0)
		return -1;
	if (is_rehearsed(s))
		return 0;
	wire_discard(&l->wire, p);
	return quiet(s);
}

static int run_dup(struct saying *s)
{
	struct lab *l = s->ctx;
	struct packet *p;

	if (!number_is_next(s))
		return add_act(s, RULE_DUP);
	p = take_held(s);
	if (!p || take_nothing(s) < 0)
		return -1;
	if (is_rehearsed(s))
		return 0;
	wire_double(&l->wire, p);
	return quiet(s);
}

static int run_delay(struct saying *s)
{
	return add_act(s, RULE_DELAY);
}
static int run_corrupt(struct saying *s)
{
	return add_act(s, RULE_CORRUPT);
}
static int run_reorder(struct saying *s)
{
	return add_act(s, RULE_REORDER);
}

static int run_cut(struct saying *s)
{
	unsigned sides = 1U << CLIENT | 1U << SERVER;

	if ((say_more(s) && take_from(s, &sides) < 0) || take_nothing(s) < 0)
		return -1;
	add_rules(s->ctx, RULE_DROP, sides, (struct pick){ .kind = KIND_ANY }, -1, span_s(0));
	return quiet(s);
}

static int run_heal(struct saying *s)
{
	struct lab *l = s->ctx;

	if (take_nothing(s) < 0)
		return -1;
	wire_heal(&l->wire);
	return quiet(s);
}

/* --- inject -------------------------------------------------------------------------------------------- */

struct injection {
	uint8_t flags;
	long seq, ack, len, win, port;
};

static int take_flags(struct saying *s, uint8_t *flags)
{
	static const struct {
		const char *name;
		uint8_t flag;
	} known[] = { { "SYN", SYN }, { "FIN", FIN }, { "RST", RST }, { "PSH", PSH }, { "ACK", ACK },
		      { "URG", URG }, { "ECE", ECE }, { "CWR", CWR }, { "none", 0 } };
	const char *text = take_word(s, "the flags, as SYN+ACK, or none,");

	while (text) {
		size_t n = strcspn(text, "+"), i;

		for (i = 0; i < ARRAY_SIZE(known); i++)
			if (strlen(known[i].name) == n && !strncasecmp(text, known[i].name, n))
				break;
		if (i == ARRAY_SIZE(known))
			return err_set(
				s->e,
				"'%.40s' are no flags; write SYN FIN RST PSH ACK URG ECE CWR joined by '+', or none",
				text);
		*flags |= known[i].flag;
		if (!text[n])
			return 0;
		text += n + 1;
	}
	return -1;
}

/* "+5", "-1", "0". */
static int take_offset(struct saying *s, const char *what, long *n)
{
	const struct word *w = say_peek(s);

	if (!w || w->quoted || !number_parse(w->text + (w->text[0] == '+'), n))
		return err_set(s->e, "%s is a number relative to what the receiver expects, as +1 or -1, not '%.40s'",
		               what, w ? w->text : "");
	s->at++;
	return 0;
}

static int take_injection(struct saying *s, struct injection *in)
{
	int rc = take_flags(s, &in->flags);

	while (rc == 0 && say_more(s)) {
		if (take_keyword(s, "seq"))
			rc = take_offset(s, "seq", &in->seq);
		else if (take_keyword(s, "ack"))
			rc = take_offset(s, "ack", &in->ack);
		else if (take_keyword(s, "len"))
			rc = take_number(s, "len", 0, 1400, &in->len);
		else if (take_keyword(s, "win"))
			rc = take_number(s, "win", 0, PORT_MAX, &in->win);
		else if (take_keyword(s, "port"))
			rc = take_number(s, "the port", 1, PORT_MAX, &in->port);
		else
			rc = take_nothing(s);
	}
	return rc;
}

/* The youngest connection, or the youngest with this port at one of its ends. */
static const struct conn *conn_for(const struct lab *l, long port)
{
	const struct conns *cs = &l->timeline.conns;

	for (size_t i = cs->n; i-- > 0;) {
		const struct conn *c = cs->all[i];

		if (!port || c->end[CLIENT].at.port == port || c->end[SERVER].at.port == port)
			return c;
	}
	return NULL;
}

/* Without a connection it is a stranger's packet to this port. */
static void address(const struct lab *l, const struct conn *c, enum side from, long port, struct segment *seg)
{
	if (c) {
		seg->src = c->end[from].at;
		seg->dst = c->end[side_other(from)].at;
		return;
	}
	seg->src = (struct endpoint){ l->hosts[from].v4, STRANGER_PORT };
	seg->dst = (struct endpoint){ l->hosts[side_other(from)].v4, (uint16_t)port };
}

static int run_inject(struct saying *s)
{
	struct injection in = { .win = WINDOW_DEFAULT };
	struct segment seg = { .protocol = IPPROTO_TCP };
	uint8_t bytes[PACKET_BUILD_MAX];
	struct lab *l = s->ctx;
	const struct conn *c;
	unsigned sides;
	enum side from;
	int rc;

	if (take_from(s, &sides) < 0 || take_injection(s, &in) < 0 || quiet(s) < 0)
		return -1;
	if (sides == (1U << CLIENT | 1U << SERVER))
		return err_set(s->e, "one packet has one sender: client or server");
	if (is_rehearsed(s))
		return 0;
	from = sides == 1U << CLIENT ? CLIENT : SERVER;
	c = conn_for(l, in.port);
	if (!c && !in.port)
		return err_set(s->e, "there is no connection to inject into; say 'port N' for a packet of a stranger");
	address(l, c, from, in.port, &seg);
	seg.seq = STRANGER_ISN;
	if (c)
		wire_expected(&l->wire, c, from, &seg.seq, &seg.ack);
	seg.seq += (uint32_t)in.seq;
	seg.ack += (uint32_t)in.ack;
	seg.flags = in.flags;
	seg.window = (uint16_t)in.win;
	seg.len = (uint32_t)in.len;
	rc = wire_inject(&l->wire, from, bytes, packet_build(&seg, bytes));
	return rc < 0 ? err_sys(s->e, -rc, "the packet cannot be injected") : quiet(s);
}

static const struct verb rows[] = {
	{ "hold", VERB_PLAIN, "FROM KIND [of ACTOR] [port N]", "keep such packets on the wire from now on",
	  "A packet is held until it is let go, however long. Copies that the sender sends again are counted (again "
	  "×3) "
	  "and not queued; while anything of a connection is held, copies of what was already delivered are swallowed "
	  "too.",
	  run_hold, 0, false },
	{ "pass", VERB_PLAIN, "KIND [of ACTOR] | N | all",
	  "let go what is held, or the packet numbered N; the hold stays", NULL, run_pass, 0, false },
	{ "release", VERB_PLAIN, "[FROM] KIND [of ACTOR] | all",
	  "lift the hold and let its packets go; other holds stay",
	  "Packets that are let go together are delivered in the order in which they came, before any answer.",
	  run_release, 0, false },
	{ "drop", VERB_PLAIN, "N | FROM KIND [N]",
	  "lose the held packet N, or the next N such packets (all, until heal)", NULL, run_drop, 0, false },
	{ "dup", VERB_PLAIN, "N | FROM KIND [N]",
	  "hold a second copy of the held packet N, or deliver the next N twice", NULL, run_dup, 0, false },
	{ "swap", VERB_PLAIN, "N M", "exchange the places of two held packets, so that they leave in the other order",
	  NULL, run_swap, 0, false },
	{ "delay", VERB_PLAIN, "FROM KIND TIME [N]", "deliver the next N such packets so much later (all, until heal)",
	  "What is delayed on purpose is not waited for: the lab is quiet meanwhile.", run_delay, 0, false },
	{ "corrupt", VERB_PLAIN, "FROM KIND [N]",
	  "flip a bit in the next N such packets, so that their checksum is wrong", NULL, run_corrupt, 0, false },
	{ "reorder", VERB_PLAIN, "FROM KIND [N]", "let each such packet be overtaken by the next one of its sender",
	  "One that nobody overtakes goes on after 100 ms. Small writes wait for the acknowledgment of the one before "
	  "(Nagle): set nodelay 1.",
	  run_reorder, 0, false },
	{ "inject", VERB_PLAIN, "FROM FLAGS [seq ±N] [ack ±N] [len N] [win N] [port N]",
	  "deliver a packet that nobody sent, as if from FROM; FLAGS as SYN+ACK",
	  "Numbers are relative to what the receiver expects next. The youngest connection is meant, or, with port, "
	  "the "
	  "youngest that has this port at one end; if there is none, it is a stranger's packet to this port.",
	  run_inject, 0, false },
	{ "cut", VERB_PLAIN, "[FROM]", "nothing passes any more", NULL, run_cut, 0, false },
	{ "heal", VERB_PLAIN, "",
	  "end drop, dup, delay, corrupt, reorder and cut, and let what is delayed go; holds stay", NULL, run_heal, 0,
	  false },
};
const struct verb_group verbs_wire = { "Verbs of the wire", rows, ARRAY_SIZE(rows) };
