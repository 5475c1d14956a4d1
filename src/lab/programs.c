/* SPDX-License-Identifier: MIT
 * Real programs as actors. */
#include "lab/programs.h"
#include "base/file.h"
#include "base/text.h"
#include "lab/machine.h"
#include "lab/place.h"
#include "step/stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#define STEER_PAUSE span_ms(5)
#define SETTLE_LIMIT span_ms(50)

/* --- what a program does, on the timeline -------------------------------------------------------------- */

void thread_name(const struct thread *t, char name[static ACTOR_NAME])
{
	const char *program = t->process->program->name;

	if (t->number == 1)
		snprintf(name, ACTOR_NAME, "%s", program);
	else
		snprintf(name, ACTOR_NAME, "%.15s/%u", program, t->number);
}

static struct actor *actor_of(struct lab *l, const struct program *p)
{
	return lab_find_actor(l, p->name);
}

/* Takes over `text`. */
static struct event *note(struct lab *l, enum event_kind kind, const struct program *p, const struct thread *t)
{
	struct event ev = { .kind = kind, .side = actor_of(l, p)->side };

	if (t)
		thread_name(t, ev.who);
	else
		snprintf(ev.who, sizeof ev.who, "%s", p->name);
	return timeline_append(&l->timeline, ev);
}

static void note_text(struct lab *l, enum event_kind kind, const struct program *p, const struct thread *t, const struct buf *text)
{
	note(l, kind, p, t)->text = xstrdup(buf_text(text));
}

/* The line of the program's source that makes its call; NULL if nothing is known. For free(). */
static char *where_is(const struct thread *t)
{
	struct stack *s = stack_take(t->tid);
	struct buf b = { 0 };
	struct frame own;

	if (t->call.is->role != ROLE_EXIT && stack_line(t->process->modules, s, t->call.is->name, &own))
		frame_text(&b, &own);
	stack_free(s);
	return b.text;
}

static void enters(void *ctx, struct thread *t)
{
	struct lab *l = ctx;
	struct actor *a = actor_of(l, t->process->program);
	struct buf text = { 0 };
	struct event *ev;

	t->id = ++l->last_call;
	a->now.id = t->id;
	snprintf(a->now.call, sizeof a->now.call, "%s", t->call.is->name);
	l->dirty[a->side] = true;
	if (l->silent)
		return;
	call_text(&text, t->process->pid, &t->call);
	ev = note(l, EV_CALL, t->process->program, t);
	ev->call = (struct event_call){ .id = t->id, .text = xstrdup(buf_text(&text)), .where = where_is(t) };
	buf_free(&text);
}

/* So that `expect A CALL RESULT` works on programs as on built-in actors. */
static void keep_result(struct actor *a, const struct thread *t)
{
	const struct call *c = &t->call;

	a->last = (struct result){ .id = t->id, .fd = -1 };
	a->last.reply.ret = c->ret < 0 ? -1 : c->ret;
	a->last.reply.err = c->ret < 0 ? (int32_t)-c->ret : 0;
	a->last.reply.text_len = (uint32_t)call_received(t->process->pid, c, a->last.text, ACTOR_KEPT);
	snprintf(a->last.call, sizeof a->last.call, "%s", c->is->name);
	if (a->now.id == t->id)
		a->now.id = 0;
}

static void returned(void *ctx, struct thread *t)
{
	struct lab *l = ctx;
	struct actor *a = actor_of(l, t->process->program);
	struct buf text = { 0 }, whole = { 0 };
	struct event *ev;

	l->dirty[a->side] = true;
	if (!l->silent) {
		call_result(&text, &t->call);
		call_text(&whole, t->process->pid, &t->call);
		ev = note(l, EV_RESULT, t->process->program, t);
		ev->call = (struct event_call){ .id = t->id, .text = xstrdup(buf_text(&text)), .whole = xstrdup(buf_text(&whole)),
						.failed = t->call.ret < 0 };
		buf_free(&text);
		buf_free(&whole);
	}
	lives_returned(&l->lives, &l->stepper, t);
	keep_result(a, t);
}

static void end_text(struct buf *b, int status)
{
	const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;

	if (WIFEXITED(status))
		buf_addf(b, "exits %d", WEXITSTATUS(status));
	else
		buf_addf(b, "killed by SIG%s%s", name ? name : "?", WCOREDUMP(status) ? " (core dumped)" : "");
}

static void read_comm(pid_t pid, struct buf *out)
{
	struct buf comm = { 0 };
	char path[48];

	snprintf(path, sizeof path, "/proc/%d/comm", pid);
	if (file_read(path, &comm, 64) == 0 && comm.len)
		text_escape(out, comm.text, comm.len - 1);
	buf_free(&comm);
}

static void happening_text(struct buf *b, const struct thread *t, enum happening what, int number)
{
	switch (what) {
	case HAPPENED_THREAD:
		buf_addf(b, "new thread, tid %d", t->tid);
		break;
	case HAPPENED_CHILD:
		buf_addf(b, "new process, pid %d", t->tid);
		break;
	case HAPPENED_EXEC:
		buf_puts(b, "exec: now ");
		read_comm(t->tid, b);
		break;
	case HAPPENED_SIGNAL:
		buf_addf(b, "signal SIG%s", sigabbrev_np(number) ? sigabbrev_np(number) : "?");
		break;
	case HAPPENED_FROZEN:
		buf_addf(b, "frozen by SIG%s, until SIGCONT", sigabbrev_np(number));
		break;
	case HAPPENED_URING:
		buf_puts(b, "io_uring: what it does by that is no system call and is not seen, only its packets and sockets; --no-io-uring makes the "
			    "set-up fail, and most programs then do without");
		break;
	case HAPPENED_END:
		end_text(b, number);
		break;
	}
}

/* The end of a thread that is not its process's first is no news but to its program. */
static bool is_news(const struct thread *t, enum happening what)
{
	return !(what == HAPPENED_END && t->tid != t->process->pid) && !(what == HAPPENED_EXEC && t->number == 1 && !t->id);
}

static void happened(void *ctx, struct thread *t, enum happening what, int number)
{
	struct lab *l = ctx;
	struct program *p = t->process->program;
	struct actor *a = actor_of(l, p);
	struct buf text = { 0 };

	l->dirty[a->side] = true;
	if (what == HAPPENED_END && a->now.id == t->id)
		a->now.id = 0;
	if (!is_news(t, what) || l->silent)
		return;
	happening_text(&text, t, what, number);
	note_text(l, EV_PROCESS, p, t, &text);
	buf_free(&text);
}

/* A line is shown as a line; what is no line yet, when it comes. */
static void output(void *ctx, struct program *p, const char *bytes, size_t n)
{
	struct lab *l = ctx;

	while (n && !l->silent) {
		const char *newline = memchr(bytes, '\n', n);
		size_t len = newline ? (size_t)(newline - bytes) + 1 : n;
		struct buf text = { 0 };

		text_escape(&text, bytes, len);
		note_text(l, EV_OUTPUT, p, NULL, &text);
		buf_free(&text);
		bytes += len;
		n -= len;
	}
}

/* A built-in actor's process is gone: nobody else may be killed in its place. */
static void foreign(void *ctx, pid_t pid)
{
	struct lab *l = ctx;
	struct actor *a;

	TAILQ_FOREACH(a, &l->actors, link)
		if (a->pid == pid)
			a->pid = 0;
}

void programs_open(struct lab *l)
{
	stepper_open(&l->stepper, (struct step_hooks){ l, enters, returned, happened, output, foreign });
	l->stepper.want_cookies = l->lives.wanted = true;
}

/* --- starting ------------------------------------------------------------------------------------------ */

static struct actor *program_actor(struct lab *l, const char *name, struct err *e)
{
	struct actor *a = lab_find_actor(l, name);
	enum side side;

	if (a && !a->program) {
		err_set(e, "%s makes calls that the scenario tells; let another actor run the program (%s2)", name, name);
		return NULL;
	}
	if (a && !a->program->ended) {
		err_set(e, "%s runs a program already, and it has not ended; let another actor run this one (%s2)", name, name);
		return NULL;
	}
	if (a)
		return a;
	if (l->options.machine && streq(name, LONE_PROGRAM))
		side = CLIENT;
	else if (!actor_name_ok(name, &side)) {
		err_set(e, "'%.40s' names no actor: client or server, alone or followed by digits, -x or .x", name);
		return NULL;
	}
	return lab_add_actor(l, actor_without_process(name, side));
}

int lab_run(struct lab *l, const char *name, char *const argv[], struct err *e)
{
	struct actor *a = program_actor(l, name, e);
	struct place place = { .unprivileged = l->unprivileged, .uid = l->uid, .gid = l->gid, .loopback = l->options.loopback };
	struct placing where = { place_enter, &place };
	struct buf text = { 0 };
	struct program *p;

	if (!a)
		return -1;
	place.host = &l->hosts[a->side];
	p = program_start(&l->stepper, name, argv, l->options.machine ? NULL : &where, e);
	if (!p)
		return -1;
	if (a->program) /* a second life: the sockets of the first are its actor's still */
		program_inherit(p, a->program);
	a->program = p;
	l->turn = NULL;
	l->turn_of = NULL;
	buf_addf(&text, "run %s, pid %d", p->command, p->pid);
	note_text(l, EV_PROCESS, p, NULL, &text);
	buf_free(&text);
	return lab_quiet(l, e);
}

/* What it holds already is its own, though no call on it was seen. */
static void take_stock(struct lab *l, struct program *p)
{
	size_t n;
	struct holding *held = holdings_of(&l->stepper, p, &n);

	for (size_t i = 0; i < n; i++)
		program_had(p, socket_of(&l->stepper.sockets, held[i].process->pidfd, held[i].process->pid, held[i].fd, true));
	free(held);
}

int lab_attach(struct lab *l, const char *name, pid_t pid, struct err *e)
{
	struct actor *a = program_actor(l, name, e);
	struct buf text = { 0 };
	struct program *p;

	if (!a || (!l->started && lab_start(l, e) < 0) || machine_open(l, pid, e) < 0)
		return -1;
	p = program_attach(&l->stepper, name, pid, e);
	if (!p)
		return -1;
	a->program = p;
	take_stock(l, p);
	buf_addf(&text, "attached to %s, pid %d; a call in which it sleeps may return EINTR to it", p->command, pid);
	note_text(l, EV_PROCESS, p, NULL, &text);
	buf_free(&text);
	return lab_quiet(l, e);
}

struct program *program_of(struct lab *l, const char *actor, struct err *e)
{
	struct actor *a = lab_find_actor(l, actor);

	if (a && a->program)
		return a->program;
	err_set(e, "%s runs no program; '%s run PROGRAM' first", actor, actor);
	return NULL;
}

void program_end_text(struct buf *out, const struct program *p)
{
	end_text(out, p->status);
}

int program_code(const struct program *p)
{
	return WIFEXITED(p->status) ? WEXITSTATUS(p->status) : 128 + WTERMSIG(p->status);
}

/* --- steering ------------------------------------------------------------------------------------------ */

static bool meant(const struct steering *to, const struct program *p)
{
	return !to->program || to->program == p;
}

static void give_orders(struct lab *l, const struct steering *to, enum order order)
{
	struct program *p;

	TAILQ_FOREACH(p, &l->stepper.programs, link) {
		if (!meant(to, p))
			continue;
		p->order = order;
		snprintf(p->word, sizeof p->word, "%s", to->word ? to->word : "");
	}
}

static struct thread *who_got_there(struct lab *l, const struct steering *to)
{
	struct program *p;

	TAILQ_FOREACH(p, &l->stepper.programs, link)
		if (meant(to, p) && p->reached)
			return p->reached;
	return NULL;
}

static void let_go(struct lab *l, const struct steering *to)
{
	struct program *p;

	TAILQ_FOREACH(p, &l->stepper.programs, link)
		if (meant(to, p)) {
			p->reached = NULL;
			program_go(&l->stepper, p);
		}
}

/* Its first process may have ended and left others behind. */
static bool is_gone(struct lab *l, const struct program *p)
{
	const struct process *x;

	TAILQ_FOREACH(x, &l->stepper.processes, link)
		if (x->program == p)
			return false;
	return true;
}

unsigned lab_programs(struct lab *l)
{
	struct program *p;
	unsigned n = 0;

	TAILQ_FOREACH(p, &l->stepper.programs, link)
		n += !is_gone(l, p);
	return n;
}

/* Everybody who is meant has ended. */
static bool all_ended(struct lab *l, const struct steering *to)
{
	struct program *p;

	TAILQ_FOREACH(p, &l->stepper.programs, link)
		if (meant(to, p) && !is_gone(l, p))
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
	TAILQ_FOREACH(p, &l->stepper.programs, link) {
		if (!meant(to, p) || is_gone(l, p))
			continue;
		if (!to->program)
			buf_addf(out, "%s%s in ", out->len ? ", " : "", p->name);
		all = program_waits(&l->stepper, p, out, &one) && all;
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

static void note_stop(struct lab *l, const struct thread *t)
{
	struct buf text = { 0 };
	char *where;

	if (t->is != THREAD_BEFORE)
		return;
	where = where_is(t);
	buf_puts(&text, "stops before ");
	call_text(&text, t->process->pid, &t->call);
	if (where)
		buf_addf(&text, " at %s", where);
	free(where);
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
		end_text(&text, to->program->status);
	err_set(e, "%s %s before %s %s %s", to->program ? to->program->name : "every program", to->program ? buf_text(&text) : "has ended",
		to->program ? "it" : "one", to->order == ORDER_PAST ? "returned from" : "came to", to->word);
	buf_free(&text);
	return -1;
}

/* Nothing that is on its way on the wire may still wake it. */
static bool wire_waits(struct lab *l)
{
	struct instant due;

	return l->started && wire_next_due(&l->wire, &due);
}

/* One look: 1 it is there, or there is nothing to wait for; 0 wait on. */
static int arrived(struct lab *l, const struct steering *to, bool late, struct err *e)
{
	struct thread *t = who_got_there(l, to);
	struct buf in = { 0 };
	bool timed, wait;

	if (t) {
		l->turn = t;
		l->turn_of = t->process->program;
		note_stop(l, t);
		return 1;
	}
	if (all_ended(l, to))
		return ended_first(to, e) < 0 ? -1 : 1;
	wait = all_wait(l, to, &in, &timed) && (late || (!timed && !wire_waits(l) && !l->options.machine));
	if (wait)
		note_waits(l, to, buf_text(&in), timed);
	buf_free(&in);
	return wait || late;
}

int lab_steer(struct lab *l, const struct steering *to, struct err *e)
{
	struct instant limit = instant_after(clock_now(), to->within);
	int rc;

	if (all_ended(l, to) && to->order == ORDER_GO)
		return 0;
	if (all_ended(l, to))
		return err_set(e, "%s has ended", to->program ? to->program->name : "every program");
	give_orders(l, to, to->order);
	let_go(l, to);
	do {
		rc = lab_quiet(l, e);
		if (rc == 0)
			rc = arrived(l, to, instant_reached(limit, clock_now()), e);
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

	if (all_ended(l, to)) /* it went as far as it could */
		return 0;
	give_orders(l, to, ORDER_GO);
	let_go(l, to);
	rc = to->within.ns ? lab_run_for(l, to->within, e) : lab_quiet(l, e);
	if (to->within.ns)
		give_orders(l, to, ORDER_STAY);
	return rc;
}

/* --- stacks -------------------------------------------------------------------------------------------- */

static void stack_lines(struct buf *out, const struct thread *t)
{
	bool stopped = t->is == THREAD_BEFORE || t->is == THREAD_AFTER;
	struct stack *s = stopped ? stack_take(t->tid) : stack_peek(t->process->pid, t->tid);
	struct frame frames[STACK_DEPTH];
	size_t n = stack_frames(t->process->modules, s, frames, STACK_DEPTH);

	stack_free(s);
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, "  #%zu ", i);
		frame_text(out, &frames[i]);
		buf_puts(out, "\n");
	}
	if (n == 0)
		buf_addf(out, "  %s\n", stack_why_not() ? stack_why_not() : "it runs");
}

static void note_stack(struct lab *l, const struct thread *t)
{
	struct buf text = { 0 };

	buf_addf(&text, "tid %d", t->tid);
	if (t->is == THREAD_BEFORE)
		buf_addf(&text, ", stopped before %s", t->call.is->name);
	else if (t->is == THREAD_AFTER)
		buf_addf(&text, ", stopped after %s", t->call.is ? t->call.is->name : "a call");
	else if (t->in_call)
		buf_addf(&text, ", in %s", t->call.is->name);
	buf_puts(&text, ":\n");
	stack_lines(&text, t);
	note_text(l, EV_STACK, t->process->program, t, &text);
	buf_free(&text);
}

int lab_stacks(struct lab *l, struct program *p, struct err *e)
{
	const struct steering whom = { .program = p };
	const struct thread *t;

	if (all_ended(l, &whom))
		return err_set(e, "%s has ended", p ? p->name : "every program");
	TAILQ_FOREACH(t, &l->stepper.threads, link)
		if (t->process && meant(&whom, t->process->program))
			note_stack(l, t);
	l->hooks.show(l->hooks.ctx);
	return 0;
}

/* --- stop by stop -------------------------------------------------------------------------------------- */

static bool can_go(const struct thread *t)
{
	return t && (t->is == THREAD_BEFORE || t->is == THREAD_AFTER);
}

/* The thread that went on last, if it is still there: its record may be gone. */
static struct thread *went_last(struct lab *l)
{
	struct thread *x;

	TAILQ_FOREACH(x, &l->stepper.threads, link)
		if (x == l->turn)
			return x;
	return NULL;
}

struct thread *lab_turn(struct lab *l)
{
	struct program *p;
	struct thread *t = went_last(l);

	if (can_go(t) || (t && (t = program_next(&l->stepper, t->process->program))))
		return t;
	TAILQ_FOREACH(p, &l->stepper.programs, link)
		if ((t = program_next(&l->stepper, p)))
			return t;
	return NULL;
}

/* Is the program about to go on by itself, because it computes, or sleeps in something that is no network's? */
static bool is_under_way(struct lab *l, const struct program *p, bool *asleep)
{
	struct waiting w = { false, false };
	struct buf in = { 0 };

	*asleep = program_waits(&l->stepper, p, &in, &w);
	buf_free(&in);
	return !program_next(&l->stepper, p) && !is_gone(l, p) && (!*asleep || !w.network);
}

/* A program that reads its files or waits for its children goes on in a moment: nobody else's turn should come before. */
static int let_settle(struct lab *l, struct err *e)
{
	struct instant limit = instant_after(clock_now(), SETTLE_LIMIT);
	const struct program *p = l->turn_of ? l->turn_of : TAILQ_FIRST(&l->stepper.programs);
	bool asleep;

	while (p && is_under_way(l, p, &asleep) && !instant_reached(limit, clock_now())) {
		if (!asleep)
			limit = instant_after(clock_now(), SETTLE_LIMIT);
		if (lab_pause(l, STEER_PAUSE, -1, e) < 0 || lab_quiet(l, e) < 0)
			return -1;
	}
	return 0;
}

/* A thread that has returned goes on to its next call, so that one stop is one call. */
int lab_next_stop(struct lab *l, struct err *e)
{
	struct thread *t;
	bool returned_before;

	if (let_settle(l, e) < 0)
		return -1;
	t = lab_turn(l);
	if (!t)
		return 0;
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
	char name[ACTOR_NAME], *where;

	if (!t)
		return;
	thread_name(t, name);
	if (t->is == THREAD_AFTER) {
		buf_addf(out, "%s has returned from %s", name, t->call.is ? t->call.is->name : "a call");
		return;
	}
	where = where_is(t);
	buf_addf(out, "%s stops before ", name);
	call_text(out, t->process->pid, &t->call);
	if (where)
		buf_addf(out, " at %s", where);
	free(where);
}
