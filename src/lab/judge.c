/* SPDX-License-Identifier: MIT
 * Judging expectations: what the kernel, the calls and the wire say at this moment, against what a sentence wants. */
#include "lab/judge.h"
#include "base/system.h"
#include "base/text.h"
#include "lab/leaks.h"

#include <errno.h>
#include <stdio.h>

enum { RECEIVED_SHOWN = 200 };

/* --- numbers ------------------------------------------------------------------------------------------- */

static bool number_holds(const struct number *n, long value)
{
	switch (n->op) {
	case AT_LEAST:
		return value >= n->n;
	case BELOW:
		return value < n->n;
	default:
		return value == n->n;
	}
}

/* --- sockets ------------------------------------------------------------------------------------------- */

static bool holds_rq(const struct sock *s, const struct clause *c)
{
	return number_holds(&c->number, s->rq);
}
static bool holds_sq(const struct sock *s, const struct clause *c)
{
	return number_holds(&c->number, s->wq);
}
static bool holds_syn(const struct sock *s, const struct clause *c)
{
	return number_holds(&c->number, s->half_open);
}
static bool holds_drops(const struct sock *s, const struct clause *c)
{
	return sock_tells(s, TOLD_DROPS) && number_holds(&c->number, s->drops);
}
static bool holds_retrans(const struct sock *s, const struct clause *c)
{
	return number_holds(&c->number, s->retrans);
}
static bool holds_timer(const struct sock *s, const struct clause *c)
{
	return s->timer == c->timer;
}

static bool holds_port(const struct sock *s, const struct clause *c)
{
	return number_holds(&c->number, s->local.port) || number_holds(&c->number, s->remote.port);
}

static bool holds_owned(const struct sock *s, const struct clause *c)
{
	(void)c;
	return s->inode != 0;
}

static bool holds_no_owner(const struct sock *s, const struct clause *c)
{
	(void)c;
	return s->inode == 0;
}

const struct clause_kind clause_kinds[] = {
	{ "rq", ARG_NUMBER, false, holds_rq },      { "sq", ARG_NUMBER, false, holds_sq },
	{ "owned", ARG_NONE, false, holds_owned },  { "no-owner", ARG_NONE, false, holds_no_owner },
	{ "timer", ARG_TIMER, false, holds_timer }, { "retrans", ARG_NUMBER, false, holds_retrans },
	{ "port", ARG_NUMBER, false, holds_port },  { "queue", ARG_NUMBER, true, holds_rq },
	{ "backlog", ARG_NUMBER, true, holds_sq },  { "syn", ARG_NUMBER, true, holds_syn },
	{ "drops", ARG_NUMBER, true, holds_drops },
};
const size_t clause_kinds_n = ARRAY_SIZE(clause_kinds);

bool expected_state(const struct sock *s, const struct expectation *x)
{
	if (x->any_state)
		return s->state != TCP_LISTEN && s->state != TCP_BOUND;
	if (x->state == TCP_SYN_RECV)
		return s->state == TCP_SYN_RECV || s->state == TCP_NEW_SYN_RECV;
	return s->state == x->state;
}

bool expected_owner(struct lab *l, const struct sock *s, const struct expectation *x)
{
	const struct actor *a;

	if (!x->by)
		return true;
	a = lab_find_actor(l, x->by);
	return a && actor_has_cookie(a, s->key.cookie);
}

bool expected_socket(struct lab *l, const struct sock *s, const struct expectation *x)
{
	if (!expected_state(s, x) || !expected_owner(l, s, x))
		return false;
	for (size_t i = 0; i < x->n_clauses; i++)
		if (!x->clauses[i].kind->holds(s, &x->clauses[i]))
			return false;
	return true;
}

static long count_sockets(struct lab *l, const struct expectation *x)
{
	long n = 0;

	for (int h = 0; h < SIDES; h++)
		for (size_t i = 0; (x->sides & 1U << h) && i < l->seen[h].n; i++)
			n += expected_socket(l, &l->seen[h].socks[i], x);
	return n;
}

static bool socket_holds(struct lab *l, const struct expectation *x)
{
	return count_sockets(l, x) > 0;
}
static bool none_holds(struct lab *l, const struct expectation *x)
{
	return count_sockets(l, x) == 0;
}

static bool count_holds(struct lab *l, const struct expectation *x)
{
	return number_holds(&x->number, count_sockets(l, x));
}

void judge_describe(struct lab *l, const struct sock *s, struct buf *out)
{
	const char *name = lab_name_of_cookie(l, s->key.cookie);

	buf_addf(out, "%s rq %u sq %u %s", tcp_state_name(s->state), s->rq, s->wq, s->inode ? "owned" : "no-owner");
	if (s->state == TCP_LISTEN)
		buf_addf(out, " syn %u drops %u", s->half_open, s->drops);
	if (sock_timer_runs(s)) {
		buf_puts(out, " timer ");
		sock_timer_text(out, s);
	}
	buf_addf(out, " port %u%s%s", s->local.port, *name ? " by " : "", name);
}

static void socket_seen(struct lab *l, const struct expectation *x, struct buf *out)
{
	const char *joint = "";

	for (int h = 0; h < SIDES; h++) {
		for (size_t i = 0; (x->sides & 1U << h) && i < l->seen[h].n; i++) {
			buf_addf(out, "%s%s ", joint, side_name((enum side)h));
			judge_describe(l, &l->seen[h].socks[i], out);
			joint = "; ";
		}
	}
	if (!*joint)
		buf_puts(out, "no socket at all");
}

const struct form socket_form = { .holds = socket_holds, .seen = socket_seen };
const struct form none_form = { .holds = none_holds, .seen = socket_seen };
const struct form count_form = { .holds = count_holds, .seen = socket_seen };

/* --- results of calls ---------------------------------------------------------------------------------- */

/* In a program any of its threads may be in it. */
static bool pending_in(struct lab *l, const struct actor *a, const char *call)
{
	const struct thread *t;

	if (!a->program)
		return a->now.id && actor_call_is(a->now.call, call);
	TAILQ_FOREACH (t, &l->stepper.threads, link)
		if (t->process && t->process->program == a->program && t->in_call && call_is(t->call.is, call))
			return true;
	return false;
}

static bool result_holds(const struct expectation *x, const struct result *r)
{
	const struct actor_reply *y = &r->reply;

	switch (x->result) {
	case RESULT_OK:
		return y->ret >= 0;
	case RESULT_ERRNO:
		return y->ret < 0 && y->err == x->err;
	case RESULT_TEXT:
		return y->ret >= 0 && y->text_len == x->text->len && !memcmp(r->text, x->text->text, y->text_len);
	default:
		return y->ret >= 0 && number_holds(&x->number, (long)y->ret);
	}
}

/* An actor makes one call at a time, so one that is pending has no result yet; a program's may be the next one of its
 * kind. */
static bool call_holds(struct lab *l, const struct expectation *x)
{
	const struct actor *a = lab_find_actor(l, x->by);
	const struct result *r = a ? actor_result(a, x->name) : NULL;

	if (!a)
		return false;
	if (x->result == RESULT_PENDING)
		return pending_in(l, a, x->name);
	if (!a->program && pending_in(l, a, x->name))
		return false;
	return r && result_holds(x, r);
}

static void result_seen(struct buf *out, const struct result *r)
{
	size_t n = r->reply.text_len < RECEIVED_SHOWN ? r->reply.text_len : RECEIVED_SHOWN;

	buf_addf(out, "%s returned ", r->call);
	if (r->reply.ret < 0)
		buf_addf(out, "%s", errno_name(r->reply.err));
	else
		buf_addf(out, "%lld", (long long)r->reply.ret);
	if (!n)
		return;
	buf_puts(out, " \"");
	text_escape(out, r->text, n);
	buf_puts(out, "\"");
}

static void call_seen(struct lab *l, const struct expectation *x, struct buf *out)
{
	const struct actor *a = lab_find_actor(l, x->by);

	const struct result *r = a ? actor_result(a, x->name) : NULL;

	if (a && !r && a->last.id)
		r = &a->last;
	if (!a || (!a->now.id && !r)) {
		buf_addf(out, "%s made no call yet", x->by);
		return;
	}
	if (a->now.id)
		buf_addf(out, "%s is pending%s", a->now.call, r && a->program ? "; before, " : "");
	if (r && (a->program || !a->now.id))
		result_seen(out, r);
}

const struct form call_form = { .holds = call_holds, .seen = call_seen };

/* --- the end of a program ------------------------------------------------------------------------------ */

static const struct program *program_named(struct lab *l, const char *actor)
{
	const struct actor *a = lab_find_actor(l, actor);

	return a ? a->program : NULL;
}

/* Of a program that a signal killed: 128 and the signal's number, as in a shell. */
static bool exits_holds(struct lab *l, const struct expectation *x)
{
	const struct program *p = program_named(l, x->by);

	if (!p || !p->ended)
		return false;
	return x->any_state || number_holds(&x->number, program_code(p));
}

static void exits_seen(struct lab *l, const struct expectation *x, struct buf *out)
{
	const struct program *p = program_named(l, x->by);
	struct waiting w;

	if (!p) {
		buf_addf(out, "%s runs no program", x->by);
	} else if (p->ended) {
		program_end_text(out, p);
	} else if (program_next(&l->stepper, p)) {
		buf_addf(out, "%s is stopped, and does nothing until it is told (%s go)", x->by, x->by);
	} else {
		buf_addf(out, "%s goes on ", x->by);
		program_waits(&l->stepper, p, out, false, &w);
	}
}

const struct form exits_form = { .holds = exits_holds, .seen = exits_seen };

static int leaks_asked(struct lab *l, const struct expectation *x, struct err *e)
{
	const struct program *p = program_named(l, x->by);
	int n;

	if (!p)
		return err_set(e, "%s runs no program, so nothing is known of its leaks", x->by);
	n = leaks_count(l, p, x->text ? x->text->text : NULL, e);
	return n < 0 ? -1 : number_holds(&x->number, n);
}

static void leaks_seen(struct lab *l, const struct expectation *x, struct buf *out)
{
	struct err e;
	int n = leaks_count(l, program_named(l, x->by), x->text ? x->text->text : NULL, &e);

	if (n < 0)
		buf_puts(out, err_text(&e));
	else
		buf_addf(out, "%d such leaks", n);
}

const struct form leaks_form = { .asked = leaks_asked, .seen = leaks_seen };

/* --- counters, wire, held ------------------------------------------------------------------------------ */

/* By how much it rose on one host since the mark. */
static int counter_rise(struct lab *l, int host, const char *name, long *rise, struct err *e)
{
	struct counters now = { 0 };
	const struct counter *c, *before;
	bool twice, known;
	int rc = counters_read(l->hosts[host].counter_fds, &now);

	if (rc < 0)
		return err_sys(e, -rc, "the %s's counters cannot be read", side_name((enum side)host));
	c = counter_find(&now, name, &twice);
	before = counter_find(&l->marked[host], name, &twice);
	known = c && before;
	if (known)
		*rise = (long)(c->value - before->value);
	counters_free(&now);
	if (!known)
		return err_set(e, "what %.60s was on the %s at the mark is not known", name,
		               side_name((enum side)host));
	return 0;
}

static int counter_delta(struct lab *l, const struct expectation *x, long *sum, struct err *e)
{
	*sum = 0;
	for (int h = 0; h < SIDES; h++) {
		long rise = 0;

		if (x->sides & 1U << h && counter_rise(l, h, x->name, &rise, e) < 0)
			return -1;
		*sum += rise;
	}
	return 0;
}

static int counter_asked(struct lab *l, const struct expectation *x, struct err *e)
{
	long n;

	return counter_delta(l, x, &n, e) < 0 ? -1 : number_holds(&x->number, n);
}

static void counter_seen(struct lab *l, const struct expectation *x, struct buf *out)
{
	struct err e;
	long n;

	if (counter_delta(l, x, &n, &e) < 0)
		buf_puts(out, err_text(&e));
	else
		buf_addf(out, "%s is %ld", x->name, n);
}

const struct form counter_form = { .asked = counter_asked, .seen = counter_seen };

static bool side_meant(const struct expectation *x, enum side side)
{
	return x->sides & 1U << side;
}

/* The timeline keeps every packet that came from a host; what was injected nobody sent. */
static bool event_fits(struct lab *l, const struct event *e, const struct expectation *x)
{
	struct packet like = { .from = e->side, .kind = segment_kind(&e->packet.seg), .seg = e->packet.seg };

	if (e->kind != EV_PACKET || e->packet.fate == FATE_INJECTED || e->packet.fate == FATE_DOUBLED ||
	    !side_meant(x, e->side))
		return false;
	like.conn = conns_numbered(&l->timeline.conns, e->packet.conn);
	return pick_fits(&x->pick, &like);
}

static long packets_on_wire(struct lab *l, const struct expectation *x)
{
	long n = 0;

	for (size_t i = 0; i < l->timeline.n; i++)
		n += event_fits(l, l->timeline.events[i], x);
	return n;
}

static bool wire_holds(struct lab *l, const struct expectation *x)
{
	return number_holds(&x->number, packets_on_wire(l, x));
}

static void wire_seen(struct lab *l, const struct expectation *x, struct buf *out)
{
	buf_addf(out, "%ld such packets", packets_on_wire(l, x));
}

const struct form wire_form = { .holds = wire_holds, .seen = wire_seen };

static long packets_held(const struct lab *l, const struct expectation *x)
{
	const struct packet *p;
	long n = 0;

	TAILQ_FOREACH (p, &l->wire.held, link)
		n += side_meant(x, p->from) && pick_fits(&x->pick, p);
	return n;
}

static bool held_holds(struct lab *l, const struct expectation *x)
{
	return number_holds(&x->number, packets_held(l, x));
}

static void held_seen(struct lab *l, const struct expectation *x, struct buf *out)
{
	buf_addf(out, "%ld such packets are held", packets_held(l, x));
}

const struct form held_form = { .holds = held_holds, .seen = held_seen };
