/* SPDX-License-Identifier: MIT
 * What a wait status means: ptrace(2), "Stopped states". */
#include "step/program_internal.h"
#include "base/proc.h"
#include "step/args.h"
#include "step/stack.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* --- which calls are a socket's ------------------------------------------------------------------------ */

static bool family_counts(const struct stepper *s, int domain)
{
	return s->all_families || domain == AF_INET || domain == AF_INET6;
}

static bool is_stream(int type)
{
	return (type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) == SOCK_STREAM;
}

/* What it writes to its own terminal will come out there. */
static void note_writing(const struct thread *t, const struct link *l)
{
	struct program *p = t->process->program;

	if (t->call.is->args[1] == ARG_DATA && p->terminal >= 0 && streq(l->text, p->terminal_name))
		p->written += t->call.arg[2];
}

static uint8_t *closed_bit(struct process *x, int fd, uint8_t *bit)
{
	*bit = (uint8_t)(1U << ((unsigned)fd % 8));
	return fd >= 0 && fd < CLOSED_KEPT ? &x->was_socket[fd / 8] : NULL;
}

/* A descriptor that is nothing now, and was a socket that was closed: used once too often. */
static bool was_closed(struct process *x, int fd, const struct link *l)
{
	uint8_t bit, *bits = closed_bit(x, fd, &bit);

	return !l->text[0] && bits && *bits & bit;
}

static void note_closed(struct process *x, int fd, bool closed)
{
	uint8_t bit, *bits = closed_bit(x, fd, &bit);

	if (bits)
		*bits = closed ? *bits | bit : *bits & (uint8_t)~bit;
}

static bool concerns(struct stepper *s, struct thread *t)
{
	const struct syscall_info *is = t->call.is;
	struct process *x = t->process;
	const struct socket_file *f;
	struct link l;

	t->inode = t->made = 0;
	t->datagram = is->role == ROLE_SOCKET && !is_stream((int)t->call.arg[1]);
	if (is->role == ROLE_SOCKET)
		return family_counts(s, (int)t->call.arg[0]);
	if (is->fd == NO_FD)
		return is->role != ROLE_EXIT || t->number != 0;
	link_read(x->pid, call_fd(&t->call), &l);
	f = socket_by_link(&s->sockets, x->pidfd, call_fd(&t->call), &l, s->want_cookies);
	t->inode = l.inode;
	if (f) {
		t->datagram = !is_stream(f->type);
		program_had(x->program, f);
		return family_counts(s, f->domain);
	}
	if (is->plain)
		note_writing(t, &l);
	if (is->plain && !was_closed(x, call_fd(&t->call), &l))
		return false;
	if (is->role == ROLE_CLOSE) /* once is enough: some programs close all numbers there are */
		note_closed(x, call_fd(&t->call), false);
	return true;
}

/* --- before and after a call --------------------------------------------------------------------------- */

static void remember(const struct stepper *s, struct call *c, pid_t pid, const struct syscall_info *is,
                     const uint64_t *args)
{
	*c = (struct call){ .is = is };
	for (int i = 0; i < CALL_ARGS; i++)
		c->arg[i] = args[i];
	for (int i = 0; i < is->n_args && !s->no_results; i++) {
		if (!c->arg[i])
			continue; /* recvfrom(…, NULL, NULL) */
		if (is->args[i] == ARG_LENGTH_BACK)
			memory_read(pid, c->arg[i], &c->room, sizeof c->room);
		else if (is->args[i] == ARG_MESSAGE_BACK)
			memory_read(pid, c->arg[i] + offsetof(struct msghdr, msg_namelen), &c->room, sizeof c->room);
	}
}

/* Does the order hold it here? */
static bool stays(struct thread *t)
{
	struct program *p = t->process->program;
	bool before = t->is == THREAD_BEFORE;

	if (p->only && t->number != p->only)
		return true;
	if (p->order == ORDER_GO)
		return false;
	if (p->order == ORDER_STAY)
		return true;
	if ((p->order == ORDER_TO) != before || t->datagram || !call_is(t->call.is, p->word))
		return false;
	p->order = ORDER_STAY;
	p->reached = t;
	return true;
}

static void stop_here(struct stepper *s, struct thread *t, enum thread_is is)
{
	t->is = is;
	t->turn = ++s->last_turn;
	t->woke = is == THREAD_AFTER && t->process->program->order == ORDER_STAY;
	t->kept = is == THREAD_BEFORE && s->hooks.keeps && s->hooks.keeps(s->hooks.ctx, t);
	if (!stays(t) && !t->kept)
		thread_go(s, t);
}

/* Threads and processes that never touch a socket are no part of the story: they are told of when they make their first
 * call. */
static void count_in(struct stepper *s, struct thread *t)
{
	bool is_thread = t->tid != t->process->pid;

	t->process->program->spoke = true;
	if (t->number)
		return;
	t->number = ++t->process->program->last_number;
	tell_happened(s, t, is_thread ? HAPPENED_THREAD : HAPPENED_CHILD, (int)t->number);
}

/* The call that was interrupted, made again: the kernel changes none of its registers. Another one of the same kind is
 * what the signal's handler calls. */
static bool is_again(const struct thread *t, const struct syscall_info *is, const uint64_t *args)
{
	return t->restarts && t->call.is == is && memcmp(t->call.arg, args, sizeof t->call.arg) == 0;
}

static void before_call(struct stepper *s, struct thread *t, uint64_t number, const uint64_t *args)
{
	const struct syscall_info *is = syscall_find((long)number);
	bool again = is_again(t, is, args);

	if (!is) {
		thread_resume(t);
		return;
	}
	remember(s, &t->call, t->process->pid, is, args);
	if (is->role == ROLE_URING)
		tell_happened(s, t, HAPPENED_URING, -1);
	if (concerns(s, t)) {
		count_in(s, t);
		if (!s->no_results)
			terminal_drain(s, t->process->program); /* what it printed before comes before */
		t->restarts = false;
		if (again) { /* it is in the same call still */
			t->is = THREAD_BEFORE;
			thread_go(s, t);
			return;
		}
		stop_here(s, t, THREAD_BEFORE);
	} else {
		thread_resume(t);
	}
}

/* A socket that a call brought is one of the program's from now on. */
static void note_socket(struct stepper *s, struct thread *t)
{
	struct process *x = t->process;
	const struct socket_file *f;

	if (t->call.is->role == ROLE_CLOSE && t->call.ret == 0)
		note_closed(x, call_fd(&t->call), true);
	if (t->call.ret < 0 || (t->call.is->role != ROLE_SOCKET && t->call.is->role != ROLE_ACCEPT))
		return;
	f = socket_of(&s->sockets, x->pidfd, x->pid, (int)t->call.ret, s->want_cookies);
	t->made = f ? f->inode : 0;
	program_had(x->program, f);
}

static void after_call(struct stepper *s, struct thread *t, int64_t ret)
{
	if (!t->in_call) {
		thread_resume(t);
		return;
	}
	t->in_call = false;
	t->call.ret = ret;
	t->call.returned = true;
	note_socket(s, t);
	t->is = THREAD_AFTER;
	tell_returned(s, t);
	t->restarts = call_will_restart(&t->call);
	if (t->restarts)
		thread_go(s, t); /* not past: nothing was returned to the program */
	else
		stop_here(s, t, THREAD_AFTER);
}

/* Its number means another call than ours, so nothing is said of it, least of all that it closes something. */
static void other_call(struct stepper *s, struct thread *t)
{
	if (!t->process->told_other_calls)
		tell_happened(s, t, HAPPENED_OTHER_CALLS, -1);
	t->process->told_other_calls = true;
	t->restarts = false;
	thread_resume(t);
}

static void entry(struct stepper *s, struct thread *t, uint32_t arch, uint64_t number, const uint64_t *args)
{
	if (call_is_ours(arch, number))
		before_call(s, t, number, args);
	else
		other_call(s, t);
}

void syscall_stopped(struct stepper *s, struct thread *t, const struct __ptrace_syscall_info *i)
{
	if (i->op == PTRACE_SYSCALL_INFO_SECCOMP)
		entry(s, t, i->arch, i->seccomp.nr, (const uint64_t *)i->seccomp.args);
	else if (i->op == PTRACE_SYSCALL_INFO_ENTRY)
		entry(s, t, i->arch, i->entry.nr, (const uint64_t *)i->entry.args);
	else if (i->op == PTRACE_SYSCALL_INFO_EXIT)
		after_call(s, t, i->exit.rval);
	else
		thread_resume(t);
}

static void at_syscall(struct stepper *s, struct thread *t)
{
	struct __ptrace_syscall_info i = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof i, &i) > 0) /* else it was killed: its end will be told */
		syscall_stopped(s, t, &i);
}

/* --- births -------------------------------------------------------------------------------------------- */

pid_t event_message(const struct thread *t)
{
	unsigned long value = 0;

	ptrace(PTRACE_GETEVENTMSG, t->tid, NULL, &value);
	return (pid_t)value;
}

bool status_is_birth(int status)
{
	int event = status >> 16;

	return WIFSTOPPED(status) &&
	       (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK);
}

struct thread *thread_newborn(struct stepper *s, const struct thread *parent)
{
	pid_t tid = event_message(parent);
	struct proc_status status;
	bool is_thread = proc_status_read(tid, &status) && status.process == parent->process->pid;

	return thread_new(s, tid, is_thread ? parent->process : process_new(s, tid, parent->process->program));
}

static void born(struct stepper *s, const struct thread *parent)
{
	struct thread *t = thread_newborn(s, parent);

	if (t->is == THREAD_UNNAMED)
		thread_resume(t);
}

/* exec() ends the other threads without a word for the one that called it, which takes over the first one's id. */
static void exec_happened(struct stepper *s, struct thread *t)
{
	pid_t before = event_message(t);
	struct thread *gone = before == t->tid ? NULL : thread_find(s, before);

	if (gone)
		thread_forget(s, gone);
	t->in_call = t->in_vfork = false;
	t->call.is = NULL;
	modules_forget(t->process->modules);
	tell_happened(s, t, HAPPENED_EXEC, -1);
}

static void at_event(struct stepper *s, struct thread *t, int event, int signal)
{
	switch (event) {
	case PTRACE_EVENT_VFORK:
		t->in_vfork = true;
		born(s, t);
		break;
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
		born(s, t);
		break;
	case PTRACE_EVENT_VFORK_DONE:
		t->in_vfork = false;
		break;
	case PTRACE_EVENT_EXEC:
		exec_happened(s, t);
		break;
	case PTRACE_EVENT_STOP:
		if (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) {
			t->is = THREAD_FROZEN;
			tell_happened(s, t, HAPPENED_FROZEN, signal);
			ptrace(PTRACE_LISTEN, t->tid, NULL, NULL);
			return;
		}
		break;
	default:
		break;
	}
	thread_resume(t);
}

/* --- ends ---------------------------------------------------------------------------------------------- */

static void ended(struct stepper *s, struct thread *t, int status)
{
	struct program *p = t->process->program;

	if (t->tid == p->pid) {
		terminal_drain(s, p);
		p->ended = true;
		p->status = status;
	}
	t->in_call = false;
	t->is = THREAD_RUNS;
	tell_happened(s, t, HAPPENED_END, status);
	thread_forget(s, t);
}

static void signal_comes(struct stepper *s, struct thread *t, int signal)
{
	tell_happened(s, t, HAPPENED_SIGNAL, signal);
	t->signal = signal;
	thread_resume(t);
}

/* A child of ours that nobody traces has no tracer. */
static struct thread *known_or_new(struct stepper *s, pid_t tid)
{
	struct thread *t = thread_find(s, tid);
	struct proc_status status;

	if (t || !proc_status_read(tid, &status) || !status.tracer)
		return t;
	return thread_new(s, tid, NULL);
}

void status_arrived(struct stepper *s, pid_t tid, int status)
{
	struct thread *t = WIFSTOPPED(status) ? known_or_new(s, tid) : thread_find(s, tid);
	int signal = WIFSTOPPED(status) ? WSTOPSIG(status) : 0, event = status >> 16;

	if (!t) {
		if (s->hooks.foreign && !WIFSTOPPED(status))
			s->hooks.foreign(s->hooks.ctx, tid);
	} else if (!t->process) {
		if (!WIFSTOPPED(status)) /* died before it was named, or before it was let go */
			thread_forget(s, t);
		else if (t->is == THREAD_LATE)
			late_stopped(s, t, status);
	} else if (!WIFSTOPPED(status)) {
		ended(s, t, status);
	} else if (signal == (SIGTRAP | 0x80) || event == PTRACE_EVENT_SECCOMP) {
		at_syscall(s, t);
	} else if (event) {
		at_event(s, t, event, signal);
	} else {
		signal_comes(s, t, signal);
	}
}
