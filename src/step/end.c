/* SPDX-License-Identifier: MIT
 * The end of stepping: programs that were started are killed, those that were running before are given back. */
#include "step/program_internal.h"
#include "base/file.h"
#include "step/borrow.h"
#include "base/syscall.h"

#include <assert.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* 2 s in all. */
enum { END_ROUNDS = 2000, END_PAUSE_US = 1000 };

static bool is_of(const struct thread *t, const struct program *p)
{
	return t->process && t->process->program == p;
}

/* --- giving back ----------------------------------------------------------------------------------------- */

/* True when it was let go, or has ended. */
static bool let_go(struct stepper *s, struct thread *t)
{
	bool is_stopped = thread_is_stopped(t) || t->is == THREAD_UNNAMED;
	int status;
	pid_t who;

	if (is_stopped && give_back(t->tid, t->signal))
		return true;
	who = waitpid(t->tid, &status, __WALL | WNOHANG);
	if (who <= 0 || !WIFSTOPPED(status))
		return who != 0;
	if (status_is_birth(status)) /* whom it made is traced as well, and is waited for, too */
		thread_newborn(s, t);
	give_back(t->tid, stop_signal(status));
	return true;
}

/* Who runs is asked to stop; so is who is frozen, for from PTRACE_LISTEN nobody is detached. */
static void interrupt_all(struct stepper *s, const struct program *p)
{
	struct thread *t;

	TAILQ_FOREACH (t, &s->threads, link)
		if (is_of(t, p) && (t->is == THREAD_RUNS || t->is == THREAD_FROZEN))
			ptrace(PTRACE_INTERRUPT, t->tid, NULL, NULL);
}

/* How many have not stopped yet. */
static unsigned give_back_stopped(struct stepper *s, const struct program *p)
{
	struct thread *t, *next;
	unsigned left = 0;

	for (t = TAILQ_FIRST(&s->threads); t; t = next) {
		bool gone = is_of(t, p) && let_go(s, t);

		left += is_of(t, p) && !gone;
		next = TAILQ_NEXT(t, link); /* a newborn may have come behind it */
		if (gone)
			thread_forget(s, t);
	}
	return left;
}

/* Who has not stopped by now sleeps beyond interruption. */
static void leave(struct stepper *s, const struct program *p)
{
	struct thread *t, *next;

	for (t = TAILQ_FIRST(&s->threads); t; t = next) {
		pid_t tid = t->tid;

		next = TAILQ_NEXT(t, link);
		if (!is_of(t, p))
			continue;
		thread_forget(s, t);
		thread_new(s, tid, NULL)->is = THREAD_LATE;
	}
}

static void give_back_program(struct stepper *s, const struct program *p)
{
	interrupt_all(s, p);
	for (int rounds = END_ROUNDS; rounds && give_back_stopped(s, p); rounds--)
		usleep(END_PAUSE_US);
}

static void leave_newborn(struct stepper *s, pid_t tid)
{
	struct thread *known = thread_find(s, tid);

	if (known) { /* it has stopped already */
		give_back(tid, 0);
		thread_forget(s, known);
	} else {
		thread_new(s, tid, NULL)->is = THREAD_LATE;
	}
}

void late_stopped(struct stepper *s, struct thread *t, int status)
{
	assert(t->is == THREAD_LATE && WIFSTOPPED(status));
	if (status_is_birth(status))
		leave_newborn(s, event_message(t));
	give_back(t->tid, stop_signal(status));
	thread_forget(s, t);
}

/* --- killing --------------------------------------------------------------------------------------------- */

/* By its descriptor; where none could be had (too many are open), by its number, which is its own until we have taken
 * its end. */
static void kill_process(const struct process *x)
{
	if (x->pidfd < 0 || syscall(SYS_pidfd_send_signal, x->pidfd, SIGKILL, NULL, 0) < 0)
		kill(x->pid, SIGKILL);
}

static bool has_threads(struct stepper *s, const struct program *p)
{
	struct thread *t;

	TAILQ_FOREACH (t, &s->threads, link)
		if (is_of(t, p))
			return true;
	return false;
}

/* All of its processes are killed first, so that none makes another; then their ends are taken. */
static void kill_program(struct stepper *s, const struct program *p)
{
	struct process *x;

	for (int rounds = END_ROUNDS; rounds && has_threads(s, p); rounds--) {
		TAILQ_FOREACH (x, &s->processes, link)
			if (x->program == p)
				kill_process(x);
		if (stepper_collect(s) == 0)
			usleep(END_PAUSE_US);
	}
	stepper_collect(s); /* orphans, which ended once for us as their tracer, end again for us as their parent */
}

void program_end(struct stepper *s, struct program *p)
{
	p->untold = true; /* what happens while it is ended is no part of its story */
	if (p->attached)
		give_back_program(s, p);
	else
		kill_program(s, p);
	leave(s, p);
	program_forget(s, p);
}

void stepper_close(struct stepper *s)
{
	struct program *p;
	struct thread *t;

	while ((p = TAILQ_FIRST(&s->programs)))
		program_end(s, p);
	while ((t = TAILQ_FIRST(&s->threads))) /* late ones, whom the end of this thread lets go */
		thread_forget(s, t);
	sockets_free(&s->sockets);
	fd_close(&s->signals);
}
