/* SPDX-License-Identifier: MIT
 * Connects that wait for their listener. */
#include "lab/awaited.h"
#include "lab/lab_internal.h"
#include "lab/programs_internal.h"

#include <stdio.h>

/* Others sleep: so long in a call that may last, or in one that ends by itself, at so many looks in a row. Looks and
 * time: on a busy machine who sleeps at one look may be about to go on. */
enum { ASLEEP_LOOKS = 20 };
#define ASLEEP_LASTING span_ms(500)
#define ASLEEP_TIMED   STEER_LIMIT

/* Or they compute. */
#define COMING span_s(10)

/* --- who is held ------------------------------------------------------------------------------------------- */

static bool is_here(const struct lab *l, const struct addr *a)
{
	for (int i = 0; i < SIDES && !l->options.machine; i++)
		if (addr_equal(a, &l->hosts[i].v4) || addr_equal(a, &l->hosts[i].v6))
			return true;
	return addr_is_loopback(a) || addr_is_any(a);
}

/* At any address: a client that tries ::1 and then 127.0.0.1 comes too early for neither. Where it cannot be asked
 * nobody is held. */
static bool is_listened(struct lab *l, uint16_t port)
{
	const struct diag_ask listeners = { .states = 1U << TCP_LISTEN };
	struct evidence all = { 0 };
	bool found = false, asked = true;
	struct err e;

	for (int i = 0; i < SIDES && asked; i++)
		asked = diag_dump(l->hosts[i].diag, &listeners, &all, &e) == 0;
	for (size_t i = 0; i < all.n && !found; i++)
		found = all.socks[i].local.port == port;
	evidence_free(&all);
	return found || !asked;
}

bool awaited_keeps(const struct lab *l, const struct program *p)
{
	const struct thread *t;

	TAILQ_FOREACH (t, &l->stepper.threads, link)
		if (t->kept && t->process->program == p)
			return true;
	return false;
}

/* May one of the others still come to listen? */
static bool others_go(struct lab *l, const struct program *p)
{
	struct program *other;

	TAILQ_FOREACH (other, &l->stepper.programs, link)
		if (other != p && !program_is_gone(l, other) && !awaited_keeps(l, other))
			return true;
	return false;
}

static void note_kept(struct lab *l, const struct thread *t, const struct endpoint *to)
{
	struct buf text = { 0 };
	char at[ADDR_TEXT];

	endpoint_format(at, to);
	buf_addf(&text, "held before connect(): nobody listens on %s yet", at);
	if (!l->silent)
		note_text(l, EV_WAITS, t->process->program, t, &text);
	buf_free(&text);
}

static bool keeps(void *ctx, struct thread *t)
{
	struct lab *l = ctx;
	struct program *p = t->process->program;
	struct endpoint to;

	if (t->call.is->role != ROLE_CONNECT || t->datagram || p->no_wait || p->untold ||
	    p == TAILQ_FIRST(&l->stepper.programs) || !call_endpoint(t->process->pid, &t->call, &to) || !to.port ||
	    !is_here(l, &to.addr))
		return false;
	if (!others_go(l, p) || is_listened(l, to.port))
		return false;
	note_kept(l, t, &to);
	l->awaited = (struct awaited){ .since = clock_now() };
	return true;
}

void awaited_begin(struct lab *l)
{
	l->stepper.hooks.keeps = keeps;
}

/* --- who goes on ------------------------------------------------------------------------------------------- */

static bool is_slow(struct lab *l)
{
	struct span waited = span_since(l->awaited.since), worked = { 0 };
	const struct program *p;

	if (waited.ns < COMING.ns)
		return false;
	TAILQ_FOREACH (p, &l->stepper.programs, link)
		worked.ns += program_worked(&l->stepper, p).ns;
	return lab_gives_up(COMING, waited, worked);
}

/* Do all others sleep, and for long enough? `in`: in what. */
static bool others_sleep(struct lab *l, struct buf *in)
{
	struct awaited *a = &l->awaited;
	struct program *p;
	bool all = true, timed = false;

	TAILQ_FOREACH (p, &l->stepper.programs, link) {
		struct waiting w;

		if (program_is_gone(l, p) || awaited_keeps(l, p))
			continue;
		buf_puts(in, in->len ? ", " : "");
		all = program_waits(&l->stepper, p, in, true, &w) && all;
		timed = timed || w.timed;
	}
	if (!all)
		a->looks = 0;
	else if (a->looks++ == 0)
		a->asleep = clock_now();
	return all && a->looks > ASLEEP_LOOKS && span_since(a->asleep).ns >= (timed ? ASLEEP_TIMED : ASLEEP_LASTING).ns;
}

/* Nobody will listen: why it is let go all the same, in words; false: somebody may. */
static bool is_in_vain(struct lab *l, const struct thread *t, struct buf *why)
{
	struct buf in = { 0 };
	bool asleep = others_sleep(l, &in);

	if (!others_go(l, t->process->program))
		buf_puts(why, "no other program goes on");
	else if (asleep)
		buf_addf(why, "%s", buf_text(&in));
	else if (is_slow(l))
		buf_puts(why, "the others only compute");
	buf_free(&in);
	return why->len > 0;
}

static void let_go(struct lab *l, struct thread *t)
{
	t->kept = false;
	if (t->process->program->order == ORDER_GO)
		thread_go(&l->stepper, t);
}

static void look_at(struct lab *l, struct thread *t)
{
	struct buf why = { 0 }, text = { 0 };
	struct endpoint to = { .port = 0 };

	if (!call_endpoint(t->process->pid, &t->call, &to) || is_listened(l, to.port)) {
		let_go(l, t);
	} else if (is_in_vain(l, t, &why)) {
		t->process->program->no_wait = true;
		buf_addf(&text, "goes on, though nobody listens: %s", buf_text(&why));
		if (!l->silent)
			note_text(l, EV_WAITS, t->process->program, t, &text);
		let_go(l, t);
	}
	buf_free(&why);
	buf_free(&text);
}

static struct thread *any_kept(struct lab *l)
{
	struct thread *t;

	TAILQ_FOREACH (t, &l->stepper.threads, link)
		if (t->kept)
			return t;
	return NULL;
}

/* One at a time: who goes on may change what there is. */
void awaited_look(struct lab *l)
{
	struct thread *t = any_kept(l);

	if (t)
		look_at(l, t);
}
