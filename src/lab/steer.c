/* SPDX-License-Identifier: MIT
 * How far programs go, and whose turn it is. */
#include "lab/programs_internal.h"
#include "lab/awaited.h"
#include "lab/lab_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define STEER_PAUSE   span_ms(5)
#define MACHINE_SLEEP span_ms(300)

/* Who sleeps at so many looks in a row, STEER_PAUSE apart, does not go on in a moment. Looks, not time: on a busy
 * machine both take longer. */
enum { SETTLE_LOOKS = 10 };

/* A program may take long to start, on a busy machine above all, and its clients should not come before. */
#define START_PATIENCE span_s(10)

/* --- steering ------------------------------------------------------------------------------------------ */

static bool meant(const struct steering *to, const struct program *p)
{
	return !to->program || to->program == p;
}

static void give_orders(struct lab *l, const struct steering *to, enum order order)
{
	struct program *p;

	TAILQ_FOREACH (p, &l->stepper.programs, link) {
		if (!meant(to, p))
			continue;
		p->order = order;
		p->only = order == ORDER_STAY ? 0 : to->thread;
		snprintf(p->word, sizeof p->word, "%s", to->word ? to->word : "");
	}
}

static struct thread *who_got_there(struct lab *l, const struct steering *to)
{
	struct program *p;

	TAILQ_FOREACH (p, &l->stepper.programs, link)
		if (meant(to, p) && p->reached)
			return p->reached;
	return NULL;
}

static void let_one_go(struct lab *l, const struct program *p, unsigned number)
{
	struct thread *t;

	TAILQ_FOREACH (t, &l->stepper.threads, link) {
		if (!t->process || t->process->program != p || t->number != number || !thread_is_stopped(t))
			continue;
		thread_go(&l->stepper, t);
		return;
	}
}

static void let_go(struct lab *l, const struct steering *to)
{
	struct program *p;

	TAILQ_FOREACH (p, &l->stepper.programs, link) {
		if (!meant(to, p))
			continue;
		p->reached = NULL;
		if (to->thread)
			let_one_go(l, p, to->thread);
		else
			program_go(&l->stepper, p);
	}
}

bool program_is_gone(struct lab *l, const struct program *p)
{
	const struct process *x;

	TAILQ_FOREACH (x, &l->stepper.processes, link)
		if (x->program == p)
			return false;
	return true;
}

unsigned lab_programs(struct lab *l)
{
	struct program *p;
	unsigned n = 0;

	TAILQ_FOREACH (p, &l->stepper.programs, link)
		n += !program_is_gone(l, p);
	return n;
}

/* Everybody who is meant has ended. */
static bool all_ended(struct lab *l, const struct steering *to)
{
	struct program *p;

	TAILQ_FOREACH (p, &l->stepper.programs, link)
		if (meant(to, p) && !program_is_gone(l, p))
			return false;
	return true;
}

/* True if all who are meant, and are still there, sleep. */
static bool all_wait(struct lab *l, const struct steering *to, struct buf *out, bool *timed)
{
	struct waiting one;
	struct program *p;
	bool all = true;

	*timed = false;
	TAILQ_FOREACH (p, &l->stepper.programs, link) {
		if (!meant(to, p) || program_is_gone(l, p))
			continue;
		if (out->len)
			buf_puts(out, ", ");
		all = program_waits(&l->stepper, p, out, !to->program, &one) && all;
		*timed = *timed || one.timed;
	}
	return all && !all_ended(l, to);
}

bool lab_all_wait(struct lab *l, struct buf *out, bool *timed)
{
	const struct steering all = { .program = NULL };

	return all_wait(l, &all, out, timed);
}

static void note_waits(struct lab *l, const struct steering *to, const char *in, bool late)
{
	struct program *p = to->program ? to->program : TAILQ_FIRST(&l->stepper.programs);
	struct buf text = { 0 };

	buf_addf(&text, "waits: %s%s", to->program ? "in " : "", in);
	if (late)
		buf_puts(&text, ", which ends by itself");
	note_text(l, EV_WAITS, p, NULL, &text);
	buf_free(&text);
}

/* "stops before close(4) at server.c:12 main" */
static void add_stop(struct buf *out, const struct thread *t)
{
	char *where = where_is(t);

	buf_puts(out, "stops before ");
	call_text(out, t->process->pid, &t->call);
	if (where)
		buf_addf(out, " at %s", where);
	free(where);
}

static void note_stop(struct lab *l, const struct thread *t)
{
	struct buf text = { 0 };

	if (t->is != THREAD_BEFORE)
		return;
	add_stop(&text, t);
	note_text(l, EV_WAITS, t->process->program, t, &text);
	buf_free(&text);
}

/* They went as far as they could; only a call that will never come is wrong. */
static int ended_first(const struct steering *to, struct err *e)
{
	struct buf text = { 0 };

	if (to->order == ORDER_GO)
		return 0;
	if (to->program)
		program_end_text(&text, to->program);
	err_set(e, "%s %s before %s %s %s", to->program ? to->program->name : "every program",
	        to->program ? buf_text(&text) : "has ended", to->program ? "it" : "one",
	        to->order == ORDER_PAST ? "returned from" : "came to", to->word);
	buf_free(&text);
	return -1;
}

bool lab_wire_waits(struct lab *l)
{
	struct instant due;

	return l->started && wire_next_due(&l->wire, &due);
}

/* The one thread that goes sleeps, whatever the others do, which stay where they are. */
static bool one_waits(struct lab *l, const struct steering *to, struct buf *out, bool *timed)
{
	const struct thread *t;

	TAILQ_FOREACH (t, &l->stepper.threads, link)
		if (t->process && t->process->program == to->program && t->number == to->thread)
			return thread_waits(t, out, timed);
	buf_puts(out, "nothing: it has ended");
	*timed = false;
	return true;
}

/* In the machine's own network an answer may come at any time: who has slept for a moment waits. */
static bool has_slept(struct lab *l, bool asleep, struct instant *since)
{
	if (!asleep)
		since->ns = 0;
	else if (!since->ns)
		*since = clock_now();
	return asleep && (!l->options.machine || span_since(*since).ns >= MACHINE_SLEEP.ns);
}

/* One look: 1 it is there, or there is nothing to wait for; 0 wait on. */
static int arrived(struct lab *l, const struct steering *to, bool late, struct instant *since, struct err *e)
{
	struct thread *t = who_got_there(l, to);
	struct buf in = { 0 };
	bool timed, asleep, wait;

	if (t) {
		l->turn = t;
		l->turn_of = t->process->program;
		note_stop(l, t);
		return 1;
	}
	if (all_ended(l, to))
		return ended_first(to, e) < 0 ? -1 : 1;
	asleep = to->thread ? one_waits(l, to, &in, &timed) : all_wait(l, to, &in, &timed);
	wait = has_slept(l, asleep && !timed && !lab_wire_waits(l), since) || (asleep && late);
	if (wait)
		note_waits(l, to, buf_text(&in), timed);
	buf_free(&in);
	return wait || late;
}

/* It slept in the call that is meant, and has returned from it meanwhile. */
static bool is_past_already(struct lab *l, const struct steering *to)
{
	struct thread *t;

	TAILQ_FOREACH (t, &l->stepper.threads, link) {
		if (!t->process || !meant(to, t->process->program) || !t->woke || t->datagram ||
		    (to->thread && t->number != to->thread) || !call_is(t->call.is, to->word))
			continue;
		t->woke = false;
		l->turn = t;
		l->turn_of = t->process->program;
		return true;
	}
	return false;
}

static bool took_too_long(struct lab *l, const struct steering *to, struct span waited)
{
	const struct program *p;
	struct span worked = { 0 };

	if (to->by_clock || waited.ns < to->within.ns)
		return waited.ns >= to->within.ns;
	TAILQ_FOREACH (p, &l->stepper.programs, link)
		if (meant(to, p))
			worked.ns += program_worked(&l->stepper, p).ns;
	return lab_gives_up(to->within, waited, worked);
}

int lab_steer(struct lab *l, const struct steering *to, struct err *e)
{
	struct instant began = clock_now(), since = { 0 };
	int rc;

	if (l->rehearsal)
		return 0;
	if (all_ended(l, to) && to->order == ORDER_GO)
		return 0;
	if (all_ended(l, to))
		return err_set(e, "%s has ended", to->program ? to->program->name : "every program");
	if (to->order == ORDER_PAST && is_past_already(l, to))
		return lab_quiet(l, e);
	give_orders(l, to, to->order);
	let_go(l, to);
	do {
		rc = lab_quiet(l, e);
		if (rc == 0)
			rc = arrived(l, to, took_too_long(l, to, span_since(began)), &since, e);
		if (rc == 0 && lab_pause(l, STEER_PAUSE, -1, e) < 0)
			rc = -1;
	} while (rc == 0);
	give_orders(l, to, ORDER_STAY);
	l->hooks.show(l->hooks.ctx);
	return rc < 0 ? -1 : 0;
}

int lab_go(struct lab *l, const struct steering *to, struct err *e)
{
	int rc;

	if (l->rehearsal || all_ended(l, to)) /* it went as far as it could */
		return 0;
	give_orders(l, to, ORDER_GO);
	let_go(l, to);
	rc = to->within.ns ? lab_run_for(l, to->within, e) : lab_quiet(l, e);
	if (to->within.ns)
		give_orders(l, to, ORDER_STAY);
	return rc;
}

/* --- stop by stop -------------------------------------------------------------------------------------- */

/* The thread that went on last, if it is still there: its record may be gone. */
static struct thread *went_last(struct lab *l)
{
	struct thread *x;

	TAILQ_FOREACH (x, &l->stepper.threads, link)
		if (x == l->turn)
			return x;
	return NULL;
}

struct thread *lab_turn(struct lab *l)
{
	struct program *p;
	struct thread *t = went_last(l);

	if (t && (!thread_is_stopped(t) || t->kept))
		t = program_next(&l->stepper, t->process->program);
	if (t)
		return t;
	TAILQ_FOREACH (p, &l->stepper.programs, link)
		if ((t = program_next(&l->stepper, p)))
			return t;
	return NULL;
}

/* Is the program about to go on by itself, because it computes, or sleeps in something that is no network's? Not who is
 * held until somebody listens. `asleep`: in what may last, for nothing there wakes it by itself. */
static bool is_under_way(struct lab *l, const struct program *p, bool *asleep)
{
	struct waiting w = { false, false, false };
	struct buf in = { 0 };
	bool all_sleep = program_waits(&l->stepper, p, &in, false, &w);

	buf_free(&in);
	*asleep = all_sleep && !w.timed;
	return !program_next(&l->stepper, p) && !awaited_keeps(l, p) && !program_is_gone(l, p) &&
	       (!all_sleep || !w.network);
}

/* Has it been waited for long enough? */
static bool is_slow(struct lab *l, const struct program *p, struct instant began)
{
	if (p->spoke)
		return lab_is_late(l, instant_after(began, STEP_PATIENCE));
	return lab_is_late(l, instant_after(began, LAB_WAIT_MOST)) ||
	       lab_gives_up(START_PATIENCE, span_since(began), program_worked(&l->stepper, p));
}

/* A program that reads its files or waits for its children goes on in a moment: nobody else's turn should come
 * before. */
static int let_settle(struct lab *l, const struct program *p, struct err *e)
{
	struct instant began = clock_now();
	bool asleep;

	for (int slept = 0; p && slept < SETTLE_LOOKS && is_under_way(l, p, &asleep) && !is_slow(l, p, began);) {
		slept = asleep ? slept + 1 : 0;
		if (lab_pause(l, STEER_PAUSE, -1, e) < 0 || lab_quiet(l, e) < 0)
			return -1;
	}
	return 0;
}

/* Nobody is stopped: perhaps somebody is still on his way to his first stop. */
static int let_all_settle(struct lab *l, struct err *e)
{
	const struct program *p;

	TAILQ_FOREACH (p, &l->stepper.programs, link)
		if (let_settle(l, p, e) < 0)
			return -1;
	return 0;
}

/* Somebody else's turn: a call that sleeps says so itself, a poll does not. */
static void tell_sleep(struct lab *l, struct program *p)
{
	struct waiting w = { false, false, false };
	struct buf text = { 0 };

	buf_puts(&text, "waits: in ");
	if (program_waits(&l->stepper, p, &text, false, &w) && !w.in_call)
		note_text(l, EV_WAITS, p, NULL, &text);
	buf_free(&text);
}

/* A thread that has returned goes on to its next call, so that one stop is one call. */
int lab_next_stop(struct lab *l, struct err *e)
{
	struct thread *t;
	bool returned_before;

	if (l->rehearsal)
		return 1;
	if (let_settle(l, l->turn_of ? l->turn_of : TAILQ_FIRST(&l->stepper.programs), e) < 0)
		return -1;
	t = lab_turn(l);
	if (!t && let_all_settle(l, e) < 0)
		return -1;
	if (!t && !(t = lab_turn(l)))
		return 0;
	if (l->turn_of && l->turn_of != t->process->program)
		tell_sleep(l, l->turn_of);
	returned_before = t->is == THREAD_AFTER;
	l->turn = t;
	l->turn_of = t->process->program;
	thread_go(&l->stepper, t);
	if (lab_quiet(l, e) < 0)
		return -1;
	if (!returned_before && went_last(l) == t && t->is == THREAD_AFTER) {
		thread_go(&l->stepper, t);
		if (lab_quiet(l, e) < 0)
			return -1;
	}
	return 1;
}

void lab_next_text(struct lab *l, struct buf *out)
{
	const struct thread *t = lab_turn(l);
	char name[ACTOR_NAME];

	if (!t)
		return;
	thread_name(t, name);
	buf_addf(out, "%s ", name);
	if (t->is == THREAD_AFTER)
		buf_addf(out, "has returned from %s", t->call.is ? t->call.is->name : "a call");
	else
		add_stop(out, t);
}
