/* SPDX-License-Identifier: MIT
 * What the wire can be told. */
#include "base/near.h"
#include "lab/verbs.h"

#include <stdio.h>

enum { PACKETS_MAX = 1000000000 };

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
		return err_set(s->e, "who sends? client, server or both, not '%.40s'", w->text);
	else
		return err_set(s->e, "who sends is missing: client, server or both");
	return 0;
}

int take_kind(struct saying *s, enum packet_kind *k)
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

static int quiet(struct saying *s)
{
	return lab_quiet(s->ctx, s->e);
}

static void add_rules(struct lab *l, enum rule_act act, unsigned sides, enum packet_kind kind, long limit)
{
	for (int i = 0; i < SIDES; i++)
		if (sides & 1U << i)
			wire_add_rule(&l->wire, act, (enum side)i, kind, limit);
}

static int run_hold(struct saying *s)
{
	enum packet_kind kind;
	unsigned sides;

	if (take_from(s, &sides) < 0 || take_kind(s, &kind) < 0 || take_nothing(s) < 0)
		return -1;
	add_rules(s->ctx, RULE_HOLD, sides, kind, -1);
	return quiet(s);
}

/* The held packet whose number is next; NULL, with `e` filled, if it is not held. */
static struct packet *take_held(struct saying *s)
{
	struct lab *l = s->ctx;
	struct packet *p;
	long n;

	if (take_number(s, "the packet's number", 1, PACKETS_MAX, &n) < 0)
		return NULL;
	p = wire_held(&l->wire, (unsigned)n);
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

static int pass_one(struct saying *s)
{
	struct lab *l = s->ctx;
	struct packet *p = take_held(s);

	if (!p || take_nothing(s) < 0)
		return -1;
	wire_pass(&l->wire, p);
	return quiet(s);
}

static int run_pass(struct saying *s)
{
	struct lab *l = s->ctx;
	enum packet_kind kind = KIND_ANY;

	if (number_is_next(s))
		return pass_one(s);
	if (!take_keyword(s, "all") && take_kind(s, &kind) < 0)
		return -1;
	if (take_nothing(s) < 0 || quiet(s) < 0)
		return -1;
	if (wire_pass_kind(&l->wire, kind) == 0)
		return err_set(s->e, "no %s is held; 'held' lists what is", kind == KIND_ANY ? "packet" : packet_kind_name(kind));
	return quiet(s);
}

static int run_release(struct saying *s)
{
	struct lab *l = s->ctx;
	enum packet_kind kind = KIND_ANY;
	struct buf holds = { 0 };
	enum side from = NO_SIDE;

	if (take_keyword(s, "client"))
		from = CLIENT;
	else if (take_keyword(s, "server"))
		from = SERVER;
	else
		take_keyword(s, "both");
	if (!take_keyword(s, "all") && take_kind(s, &kind) < 0)
		return -1;
	if (take_nothing(s) < 0 || quiet(s) < 0)
		return -1;
	if (wire_release(&l->wire, from, kind) > 0)
		return quiet(s);
	wire_describe_holds(&l->wire, &holds);
	err_set(s->e, "there is no hold of %s%s%s to release; held are: %s", from == NO_SIDE ? "" : side_name(from),
		from == NO_SIDE ? "" : " ", packet_kind_name(kind), buf_text(&holds));
	buf_free(&holds);
	return -1;
}

static int drop_one(struct saying *s)
{
	struct lab *l = s->ctx;
	struct packet *p = take_held(s);

	if (!p || take_nothing(s) < 0)
		return -1;
	wire_discard(&l->wire, p);
	return quiet(s);
}

static int run_drop(struct saying *s)
{
	enum packet_kind kind;
	unsigned sides;
	long limit = -1;

	if (number_is_next(s))
		return drop_one(s);
	if (take_from(s, &sides) < 0 || take_kind(s, &kind) < 0)
		return -1;
	if (say_more(s) && take_number(s, "how many", 1, PACKETS_MAX, &limit) < 0)
		return -1;
	if (take_nothing(s) < 0)
		return -1;
	add_rules(s->ctx, RULE_DROP, sides, kind, limit);
	return quiet(s);
}

static const struct verb rows[] = {
	{ "hold", VERB_PLAIN, "FROM KIND", "keep such packets on the wire from now on",
	  "A packet is held until it is let go, however long. Copies that the sender sends again are counted (again ×3) "
	  "and not queued; while anything of a connection is held, copies of what was already delivered are swallowed too.",
	  run_hold },
	{ "pass", VERB_PLAIN, "KIND | N | all", "let go what is held, or the packet numbered N; the hold stays", NULL, run_pass },
	{ "release", VERB_PLAIN, "[FROM] KIND | all", "lift the hold and let its packets go; other holds stay",
	  "Packets that are let go together are delivered in the order in which they came, before any answer.", run_release },
	{ "drop", VERB_PLAIN, "N | FROM KIND [N]", "lose the held packet N, or the next N such packets (all, unless said)", NULL,
	  run_drop },
};
const struct verb_group verbs_wire = { "Verbs of the wire", rows, ARRAY_SIZE(rows) };
