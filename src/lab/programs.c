/* SPDX-License-Identifier: MIT
 * Real programs as actors. */
#include "lab/programs_internal.h"
#include "lab/machine.h"
#include "lab/place.h"
#include "lab/rehearsal.h"
#include "step/stack.h"

#include <stdio.h>
#include <stdlib.h>

/* --- starting ------------------------------------------------------------------------------------------ */

static struct actor *program_actor(struct lab *l, const char *name, struct err *e)
{
	struct actor *a = lab_find_actor(l, name);
	enum side side;

	if (a && !a->program && !a->doubtful) {
		err_set(e, "%s makes calls that the scenario tells; let another actor run the program (%s2)", name,
		        name);
		return NULL;
	}
	if (a && a->program && !a->program->ended) {
		err_set(e, "%s runs a program already, and it has not ended; let another actor run this one (%s2)",
		        name, name);
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
	struct place place = {
		.unprivileged = l->unprivileged, .uid = l->uid, .gid = l->gid, .loopback = l->options.loopback
	};
	struct placing where = { place_enter, &place };
	struct buf text = { 0 };
	struct program *p;

	if (a && l->rehearsal) {
		a->program = &l->rehearsal->program;
		return 0;
	}
	if (!a || sockets_open_to_us(e) < 0)
		return -1;
	place.host = &l->hosts[a->side];
	p = program_start(&l->stepper, name, argv, l->options.machine ? NULL : &where, e);
	if (!p)
		return -1;
	if (a->program) /* a second life: the sockets of the first are its actor's still */
		program_inherit(p, a->program);
	a->program = p;
	free(a->of_role); /* what its program before had for results */
	a->of_role = NULL;
	l->turn = NULL;
	l->turn_of = NULL;
	buf_addf(&text, "run %s, pid %d", p->command, p->pid);
	note_text(l, EV_PROCESS, p, NULL, &text);
	buf_free(&text);
	return lab_quiet(l, e);
}

/* What it holds already is its own, though no call on it was seen. */
static void take_stock(struct lab *l, struct program *p, enum side side)
{
	size_t n;
	struct holding *held = holdings_of(&l->stepper, p, &n);

	for (size_t i = 0; i < n; i++) {
		const struct process *x = held[i].process;

		program_had(p, socket_of(&l->stepper.sockets, x->pidfd, x->pid, held[i].fd, true));
		machine_meets(l, side, held[i].inode, x->pidfd, held[i].fd, false);
	}
	free(held);
}

void lab_tell_missed(struct lab *l)
{
	struct program *p;

	TAILQ_FOREACH (p, &l->stepper.programs, link) {
		struct buf text = { 0 };

		if (!p->missed)
			continue;
		buf_addf(&text, "not followed: %u of the threads and children of %s, pid %d; %s", p->missed, p->command,
		         p->pid, err_text(&p->missed_why));
		lab_say(l, EV_NOTICE, buf_text(&text));
		buf_free(&text);
	}
}

size_t lab_missed(const struct lab *l)
{
	const struct program *p;
	size_t n = 0;

	TAILQ_FOREACH (p, &l->stepper.programs, link)
		n += p->missed;
	return n;
}

int lab_attach(struct lab *l, const char *name, pid_t pid, struct err *e)
{
	struct actor *a = program_actor(l, name, e);
	struct buf text = { 0 };
	struct program *p;
	int rc;

	if (!a || sockets_open_to_us(e) < 0 || (!l->started && lab_start(l, e) < 0) || machine_open(l, pid, e) < 0)
		return -1;
	p = program_attach(&l->stepper, name, pid, e);
	if (!p)
		return -1;
	a->program = p;
	take_stock(l, p, a->side);
	buf_addf(&text, "attached to %s, pid %d; a call in which it sleeps may return EINTR to it", p->command, pid);
	note_text(l, EV_PROCESS, p, NULL, &text);
	buf_free(&text);
	lab_tell_missed(l);
	l->attaching = true;
	rc = lab_quiet(l, e);
	l->attaching = false;
	return rc;
}

bool lab_has_attached(struct lab *l)
{
	const struct program *p;

	TAILQ_FOREACH (p, &l->stepper.programs, link)
		if (p->attached)
			return true;
	return false;
}

struct program *program_of(struct lab *l, const char *actor, struct err *e)
{
	char name[ACTOR_NAME];
	struct actor *a;

	snprintf(name, sizeof name, "%.*s", (int)strcspn(actor, "/"), actor);
	a = lab_find_actor(l, name);
	if (a && a->program)
		return a->program;
	if (a && a->doubtful)
		return &l->rehearsal->program;
	err_set(e, "%s runs no program; '%s run PROGRAM' first", actor, actor);
	return NULL;
}

/* --- stacks -------------------------------------------------------------------------------------------- */

/* Of a script's stack the interpreter's own frames tell nothing. */
static void stack_lines(struct buf *out, const struct thread *t, bool whole)
{
	struct stack *s = thread_is_stopped(t) ? stack_take(t->tid) : stack_peek(t->process->pid, t->tid, NULL);
	struct frame frames[STACK_DEPTH];
	size_t n;

	stack_add_script(s, t->process->modules, t->tid);
	n = stack_frames(t->process->modules, s, frames, STACK_DEPTH);
	stack_free(s);
	for (size_t i = 0, shown = 0; i < n; i++) {
		if (frames[i].inner && !whole)
			continue;
		buf_addf(out, "  #%zu ", shown++);
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
	stack_lines(&text, t, l->stepper.whole_stacks);
	note_text(l, EV_STACK, t->process->program, t, &text);
	buf_free(&text);
}

int lab_stacks(struct lab *l, struct program *p, struct err *e)
{
	const struct thread *t;

	if (l->rehearsal)
		return 0;
	if (p ? program_is_gone(l, p) : !lab_programs(l))
		return err_set(e, "%s has ended", p ? p->name : "every program");
	TAILQ_FOREACH (t, &l->stepper.threads, link)
		if (t->process && (!p || t->process->program == p))
			note_stack(l, t);
	l->hooks.show(l->hooks.ctx);
	return 0;
}
