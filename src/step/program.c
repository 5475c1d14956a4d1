/* SPDX-License-Identifier: MIT
 * Programs, their processes and threads: the records, what they wait in, and letting them go on. */
#include "step/program_internal.h"
#include "base/file.h"
#include "base/proc.h"
#include "step/stack.h"
#include "base/syscall.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- telling ------------------------------------------------------------------------------------------- */

void tell_enters(struct stepper *s, struct thread *t)
{
	if (!t->process->program->untold)
		s->hooks.enters(s->hooks.ctx, t);
}

void tell_returned(struct stepper *s, struct thread *t)
{
	if (!t->process->program->untold)
		s->hooks.returned(s->hooks.ctx, t);
}

void tell_happened(struct stepper *s, struct thread *t, enum happening what, int number)
{
	if (!t->process->program->untold)
		s->hooks.happened(s->hooks.ctx, t, what, number);
}

void tell_output(struct stepper *s, struct program *p, const char *bytes, size_t n)
{
	if (!p->untold)
		s->hooks.output(s->hooks.ctx, p, bytes, n);
}

/* --- records ------------------------------------------------------------------------------------------- */

void stepper_open(struct stepper *s, struct step_hooks hooks)
{
	sigset_t set;

	*s = (struct stepper){ .hooks = hooks };
	TAILQ_INIT(&s->threads);
	TAILQ_INIT(&s->processes);
	TAILQ_INIT(&s->programs);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

struct program *program_new(struct stepper *s, const char *name, char *const argv[])
{
	struct program *p = xcalloc(1, sizeof *p);
	struct buf command = { 0 };

	for (size_t i = 0; argv[i]; i++)
		buf_addf(&command, "%s%s", i ? " " : "", argv[i]);
	p->command = xstrdup(buf_text(&command));
	p->terminal = -1;
	snprintf(p->name, sizeof p->name, "%s", name);
	TAILQ_INSERT_TAIL(&s->programs, p, link);
	buf_free(&command);
	return p;
}

void program_forget(struct stepper *s, struct program *p)
{
	TAILQ_REMOVE(&s->programs, p, link);
	fd_close(&p->terminal);
	buf_free(&p->line);
	free(p->command);
	cookies_free(&p->cookies);
	free(p);
}

struct process *process_of(struct stepper *s, pid_t pid)
{
	struct process *x;

	TAILQ_FOREACH (x, &s->processes, link)
		if (x->pid == pid)
			return x;
	return NULL;
}

struct process *process_new(struct stepper *s, pid_t pid, struct program *p)
{
	struct process *x = process_of(s, pid);

	if (x)
		return x;
	x = xcalloc(1, sizeof *x);
	*x = (struct process){ .pid = pid, .program = p, .modules = modules_open(pid) };
	x->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	TAILQ_INSERT_TAIL(&s->processes, x, link);
	return x;
}

static void process_forget(struct stepper *s, struct process *x)
{
	TAILQ_REMOVE(&s->processes, x, link);
	fd_close(&x->pidfd);
	modules_close(x->modules);
	free(x);
}

void process_drop(struct stepper *s, struct process *x)
{
	if (!x->n_threads)
		process_forget(s, x);
}

struct thread *thread_find(struct stepper *s, pid_t tid)
{
	struct thread *t;

	TAILQ_FOREACH (t, &s->threads, link)
		if (t->tid == tid)
			return t;
	return NULL;
}

static void name_thread(struct thread *t, struct process *process)
{
	t->process = process;
	if (t->tid == process->program->pid)
		t->number = ++process->program->last_number;
	process->n_threads++;
	t->stat = proc_stat_open(process->pid, t->tid);
}

struct thread *thread_new(struct stepper *s, pid_t tid, struct process *process)
{
	struct thread *t = thread_find(s, tid);

	if (!t) {
		t = xcalloc(1, sizeof *t);
		*t = (struct thread){ .tid = tid, .is = process ? THREAD_RUNS : THREAD_UNNAMED, .stat = -1 };
		TAILQ_INSERT_TAIL(&s->threads, t, link);
	}
	if (process && !t->process)
		name_thread(t, process);
	return t;
}

void thread_forget(struct stepper *s, struct thread *t)
{
	struct process *x = t->process;

	if (x && x->program->reached == t)
		x->program->reached = NULL;
	TAILQ_REMOVE(&s->threads, t, link);
	fd_close(&t->stat);
	free(t);
	if (x && --x->n_threads == 0)
		process_forget(s, x);
}

void program_had(struct program *p, const struct socket_file *f)
{
	if (f)
		cookies_add(&p->cookies, f->cookie);
}

void program_inherit(struct program *p, struct program *from)
{
	for (size_t i = 0; i < from->cookies.n; i++)
		cookies_add(&p->cookies, from->cookies.all[i]);
}

bool program_has_cookie(const struct program *p, uint64_t cookie)
{
	return cookies_have(&p->cookies, cookie);
}

/* --- going on ------------------------------------------------------------------------------------------ */

long trace_options(const struct program *p)
{
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	               PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXEC;

	return p->attached ? options : options | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
}

/* With the filter only the end of a call needs to be asked for; without it, everything. */
void thread_resume(struct thread *t)
{
	int signal = t->signal;
	bool all;

	assert(t->process && t->is != THREAD_LATE);
	all = t->process->program->attached || t->in_call;
	t->signal = 0;
	t->woke = false;
	t->is = THREAD_RUNS;
	ptrace(all ? PTRACE_SYSCALL : PTRACE_CONT, t->tid, NULL, (void *)(intptr_t)signal);
}

static bool wants_result(const struct stepper *s, const struct syscall_info *is)
{
	return !s->no_results || is->role == ROLE_SOCKET || is->role == ROLE_ACCEPT || is->role == ROLE_BIND;
}

void thread_go(struct stepper *s, struct thread *t)
{
	assert(thread_is_stopped(t));
	t->kept = false;
	if (t->is == THREAD_BEFORE) {
		assert(t->call.is && !t->in_call);
		t->in_call = wants_result(s, t->call.is);
		tell_enters(s, t);
		t->since = clock_now(); /* the hook reads stacks: its time is not the call's */
	}
	thread_resume(t);
}

bool thread_is_stopped(const struct thread *t)
{
	return t->is == THREAD_BEFORE || t->is == THREAD_AFTER;
}

void program_go(struct stepper *s, const struct program *p)
{
	struct thread *t;

	while ((t = program_next(s, p)))
		thread_go(s, t);
}

struct thread *program_next(struct stepper *s, const struct program *p)
{
	struct thread *t, *first = NULL;

	TAILQ_FOREACH (t, &s->threads, link)
		if (thread_is_stopped(t) && !t->kept && t->process && t->process->program == p &&
		    (!first || t->turn < first->turn))
			first = t;
	return first;
}

/* --- what happens -------------------------------------------------------------------------------------- */

/* So much at once: programs that are let go on at each stop may stop faster than that is taken. */
enum { COLLECTED_AT_ONCE = 256 };

unsigned stepper_collect(struct stepper *s)
{
	struct program *p;
	unsigned n = 0;
	int status;
	pid_t tid;

	for (; n < COLLECTED_AT_ONCE && (tid = waitpid(-1, &status, __WALL | WNOHANG)) > 0; n++)
		status_arrived(s, tid, status);
	TAILQ_FOREACH (p, &s->programs, link)
		terminal_drain(s, p);
	return n;
}

/* Nothing happened for so long: the programs sleep, or compute. */
#define IDLE span_ms(5)

bool stepper_sleep(struct stepper *s, struct span limit)
{
	struct timespec ts = { limit.ns / 1000000000, limit.ns % 1000000000 };
	struct pollfd p = { s->signals, POLLIN, 0 };
	struct signalfd_siginfo info;

	if (ppoll(&p, 1, &ts, NULL) <= 0)
		return true;
	while (read(s->signals, &info, sizeof info) > 0)
		;
	return false;
}

void stepper_run(struct stepper *s, struct span limit)
{
	struct instant end = instant_after(clock_now(), limit);
	bool idle = false;

	while (!idle && !instant_reached(end, clock_now()))
		idle = stepper_collect(s) == 0 && stepper_sleep(s, IDLE);
}

/* Asleep; in vfork() the sleep is a deeper one; and a first thread that ended before the others is a zombie until they
 * end. */
static bool is_asleep(const struct thread *t)
{
	struct proc_stat s;

	if (t->in_vfork)
		return true;
	return proc_stat_again(t->stat, &s) && (s.state == 'S' || (s.state == 'Z' && t->process->n_threads > 1));
}

static bool thread_settled(struct thread *t)
{
	if (t->is != THREAD_RUNS || is_asleep(t)) {
		t->busy_since.ns = 0;
		return true;
	}
	if (!t->busy_since.ns)
		t->busy_since = clock_now();
	return instant_reached(instant_after(t->busy_since, STEP_PATIENCE), clock_now());
}

bool stepper_settled(struct stepper *s)
{
	struct thread *t;

	TAILQ_FOREACH (t, &s->threads, link)
		if (!thread_settled(t))
			return false;
	return true;
}

/* --- what it waits in ---------------------------------------------------------------------------------- */

/* "ppoll" from /proc/TID/syscall; false: it runs. */
static bool waits_in(const struct thread *t, struct buf *out, struct waiting *w)
{
	unsigned long long a[CALL_ARGS];
	uint64_t arg[CALL_ARGS] = { 0 };
	struct buf line = { 0 };
	char path[64];
	long number;
	bool known;

	snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", t->process->pid, t->tid);
	known = file_read(path, &line, 256) == 0 && sscanf(buf_text(&line), "%ld %llx %llx %llx %llx %llx %llx",
	                                                   &number, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5]) == 7;
	buf_free(&line);
	if (!known)
		return false;
	for (int i = 0; i < CALL_ARGS; i++)
		arg[i] = a[i];
	syscall_name(out, number);
	w->timed = w->timed || syscall_is_timed(number, arg);
	w->in_call = w->in_call || t->in_call;
	w->network = w->network || t->in_call || syscall_polls(number);
	return true;
}

enum { WAITERS_SHOWN = 3 };

/* "server/2 in accept"; who it is only where that is not clear. */
static void add_waiter(struct buf *out, const struct thread *t, const char *in, bool named)
{
	const char *name = t->process->program->name;

	if (t->number > 1)
		buf_addf(out, "%s/%u in ", name, t->number);
	else if (t->number == 0)
		buf_addf(out, "%s tid %d in ", name, t->tid);
	else if (named)
		buf_addf(out, "%s in ", name);
	buf_puts(out, in);
}

/* What this thread sleeps in; false: it does not. */
static bool sleeps_in(const struct thread *t, struct buf *in, struct waiting *w)
{
	if (t->is == THREAD_FROZEN)
		buf_puts(in, "SIGSTOP's stop");
	else if (t->in_vfork)
		buf_puts(in, "vfork");
	else
		return t->is == THREAD_RUNS && is_asleep(t) && waits_in(t, in, w);
	return true;
}

struct span program_worked(const struct stepper *s, const struct program *p)
{
	const struct process *x;
	struct span sum = { 0 };

	TAILQ_FOREACH (x, &s->processes, link)
		if (x->program == p)
			sum.ns += process_worked(x->pid).ns;
	return sum;
}

bool program_waits(struct stepper *s, const struct program *p, struct buf *out, bool named, struct waiting *w)
{
	struct thread *t;
	unsigned n = 0;

	*w = (struct waiting){ false, false, false };
	TAILQ_FOREACH (t, &s->threads, link) {
		struct buf in = { 0 };
		bool asleep;

		if (!t->process || t->process->program != p)
			continue;
		asleep = sleeps_in(t, &in, w);
		if (asleep && n++ < WAITERS_SHOWN) {
			if (n > 1)
				buf_puts(out, ", ");
			add_waiter(out, t, buf_text(&in), named || n > 1);
		}
		buf_free(&in);
		if (!asleep)
			return false;
	}
	if (n > WAITERS_SHOWN)
		buf_addf(out, ", and %u more", n - WAITERS_SHOWN);
	return n > 0;
}

bool thread_waits(const struct thread *t, struct buf *out, bool *timed)
{
	struct waiting w = { false, false, false };
	bool asleep = sleeps_in(t, out, &w);

	*timed = w.timed;
	return asleep;
}
