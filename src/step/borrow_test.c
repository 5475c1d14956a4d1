/* SPDX-License-Identifier: MIT
 * Strangers' threads are given back: who did not stop in time runs on though nobody looks after him, signals on their
 * way arrive, who was frozen stays so, who sleeps sleeps on. The strangers are children of this test, which say
 * themselves how they fare. */
#include "step/borrow.h"
#include "base/tap.h"
#include "step/stranger.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* Counts looks, and whether the one who is looked at was stopped then. */
struct looks {
	unsigned n, stopped;
};

static void look(void *looks, pid_t tid)
{
	struct looks *l = looks;
	struct proc_stat s;

	l->n++;
	l->stopped += proc_stat_read(tid, &s) && s.state == 't';
}

/* --- who does not stop in time --------------------------------------------------------------------------- */

/* Sleeps beyond interruption until its child has ended, which ends when it hears us. */
static void live_in_vfork(int hear, int tell)
{
	char byte;

	say(tell, 'r');
	if (vfork() == 0) /* NOLINT(clang-analyzer-security.insecureAPI.vfork): what it sleeps in is the point */
		_exit(read(hear, &byte, 1) == 1 ? 0 : 1);
	say(tell, 'b');
	pause();
}

static void late_stopper(void)
{
	struct stranger s = stranger(live_in_vfork);
	struct looks l = { 0 };
	struct instant began;

	ok(says(&s) == 'r' && becomes(s.pid, 'D'), "a parent sleeps in vfork()");
	began = clock_now();
	ok(borrow_thread(s.pid, s.pid, look, &l) == BORROW_BUSY && l.n == 0, "it does not stop, and is not looked at");
	ok(span_since(began).ns >= BORROW_PATIENCE.ns, "it was waited for");
	ok(nobody_traces(s.pid), "nobody traces it any more");
	say(s.tell, 'g');
	ok(says(&s) == 'b', "it runs on when its child has ended, though nobody waits for its stop");
	ok(becomes(s.pid, 'S'), "and sleeps where it likes");
	ok(borrow_thread(s.pid, s.pid, look, &l) == BORROW_STOPPED && l.n == 1 && l.stopped == 1,
	   "now it stops, and is looked at while it is stopped");
	part(&s);
}

/* --- signals on their way -------------------------------------------------------------------------------- */

static volatile sig_atomic_t counted, sum;

static void count(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	counted++;
	sum += info->si_value.sival_int;
}

enum { SIGNALS = 100000, KINDS = 7 };

/* Until it is told that all are sent. */
static void live_in_signals(int hear, int tell)
{
	struct sigaction action = { .sa_sigaction = count, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct pollfd told = { hear, POLLIN, 0 };
	char result[64];
	int n;

	sigaction(SIGRTMIN, &action, NULL);
	say(tell, 'r');
	while (poll(&told, 1, 0) <= 0)
		;
	n = snprintf(result, sizeof result, "%d %d", (int)counted, (int)sum);
	_exit(write(tell, result, (size_t)n) == n ? 0 : 1);
}

/* From a process of its own, as fast as its queue takes them. */
static pid_t send_signals(pid_t to)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < SIGNALS; i++)
		while (sigqueue(to, SIGRTMIN, (union sigval){ .sival_int = i % KINDS }) < 0)
			sched_yield();
	_exit(0);
}

static void signals_arrive(void)
{
	struct stranger s = stranger(live_in_signals);
	char heard[64] = "", should[64];
	struct looks l = { 0 };
	int values = 0;
	pid_t sender;

	ok(says(&s) == 'r', "a stranger counts signals");
	sender = send_signals(s.pid);
	while (waitpid(sender, NULL, WNOHANG) == 0)
		borrow_thread(s.pid, s.pid, look, &l);
	printf("# it was borrowed %u times meanwhile\n", l.n);
	ok(l.n && l.n == l.stopped, "it was stopped at each look");
	for (int i = 0; i < SIGNALS; i++)
		values += i % KINDS;
	snprintf(should, sizeof should, "%d %d", SIGNALS, values);
	say(s.tell, 'e');
	(void)!read(s.hear, heard, sizeof heard - 1);
	same_text(heard, should, "no signal is lost, and none of their values");
	part(&s);
}

/* A status by hand, beside what ptrace(2) says of each kind of stop. */
static void signals_of_stops(void)
{
	static const struct {
		int status, signal;
		const char *what;
	} rows[] = {
		{ SIGTERM << 8 | 0x7f, SIGTERM, "before the delivery of SIGTERM" },
		{ SIGTRAP << 8 | 0x7f, SIGTRAP, "before that of SIGTRAP" },
		{ SIGSTOP << 8 | 0x7f, SIGSTOP, "before that of SIGSTOP" },
		{ (SIGTRAP | 0x80) << 8 | 0x7f, 0, "at a system call" },
		{ PTRACE_EVENT_STOP << 16 | SIGTRAP << 8 | 0x7f, 0, "by PTRACE_INTERRUPT" },
		{ PTRACE_EVENT_STOP << 16 | SIGSTOP << 8 | 0x7f, 0, "frozen" },
		{ PTRACE_EVENT_CLONE << 16 | SIGTRAP << 8 | 0x7f, 0, "after clone()" },
		{ PTRACE_EVENT_SECCOMP << 16 | SIGTRAP << 8 | 0x7f, 0, "by the filter" },
		{ 3 << 8, 0, "it has exited" },
		{ SIGKILL, 0, "it was killed" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ok(stop_signal(rows[i].status) == rows[i].signal, "the signal of a stop: %s", rows[i].what);
}

/* --- as they were ---------------------------------------------------------------------------------------- */

static void live_in_read(int hear, int tell)
{
	char byte;

	say(tell, 'r');
	say(tell, read(hear, &byte, 1) == 1 ? byte : '!');
	pause();
}

static void sleeper(void)
{
	struct stranger s = stranger(live_in_read);
	struct looks l = { 0 };

	ok(says(&s) == 'r' && becomes(s.pid, 'S'), "a stranger sleeps in read()");
	ok(borrow_thread(s.pid, s.pid, look, &l) == BORROW_STOPPED && l.stopped == 1, "it is borrowed");
	ok(nobody_traces(s.pid) && becomes(s.pid, 'S'), "it sleeps on");
	say(s.tell, 'x');
	ok(says(&s) == 'x', "and gets what it waited for");
	part(&s);
}

static void frozen(void)
{
	struct stranger s = stranger(live_in_read);
	struct looks l = { 0 };

	says(&s);
	kill(s.pid, SIGSTOP);
	ok(becomes(s.pid, 'T'), "a stranger is frozen by SIGSTOP");
	ok(borrow_thread(s.pid, s.pid, look, &l) == BORROW_STOPPED && l.n == 1, "it is borrowed");
	ok(nobody_traces(s.pid) && becomes(s.pid, 'T'), "it is frozen still");
	say(s.tell, 'y');
	kill(s.pid, SIGCONT);
	ok(says(&s) == 'y', "until SIGCONT");
	part(&s);
}

static void not_to_be_had(void)
{
	struct stranger s = stranger(live_in_read), other = stranger(live_in_read);
	struct looks l = { 0 };

	says(&s);
	says(&other);
	ok(borrow_thread(other.pid, s.pid, look, &l) == BORROW_GONE && l.n == 0,
	   "another process's thread is not looked at");
	ok(nobody_traces(s.pid) && becomes(s.pid, 'S'), "and let go");
	ok(ptrace(PTRACE_SEIZE, s.pid, NULL, NULL) == 0, "we trace it ourselves");
	ok(borrow_thread(s.pid, s.pid, look, &l) == BORROW_GONE && l.n == 0, "so it cannot be borrowed");
	part(&s);
	ok(borrow_thread(s.pid, s.pid, look, &l) == BORROW_GONE && l.n == 0, "nor when it has ended");
	ok(!give_back(other.pid, 0), "who is not ours is not given back");
	part(&other);
}

/* --- a thread that traces -------------------------------------------------------------------------------- */

static void seize_only(void *pid)
{
	ptrace(PTRACE_SEIZE, *(pid_t *)pid, NULL, NULL);
}

static void is_blocked(void *blocked)
{
	sigset_t set;

	pthread_sigmask(SIG_BLOCK, NULL, &set);
	*(bool *)blocked = sigismember(&set, SIGCHLD);
}

static void within(void)
{
	struct stranger s = stranger(live_in_read);
	bool inside = false, after = true;

	says(&s);
	ok(borrow_within(seize_only, &s.pid) && nobody_traces(s.pid), "what is traced within is let go by its end");
	borrow_within(is_blocked, &inside);
	is_blocked(&after);
	ok(inside && !after, "SIGCHLD is blocked within, and as before after it");
	part(&s);
}

static bool may_trace(void)
{
	struct stranger s = stranger(live_in_read);
	bool may = ptrace(PTRACE_SEIZE, s.pid, NULL, NULL) == 0;

	part(&s);
	return may;
}

int main(void)
{
	if (!may_trace())
		return tap_skip_all("no right to trace a child here");
	late_stopper();
	signals_of_stops();
	signals_arrive();
	sleeper();
	frozen();
	not_to_be_had();
	within();
	return tap_done();
}
