/* SPDX-License-Identifier: MIT
 * Threads of strangers, borrowed. */
#include "step/borrow.h"
#include "base/proc.h"

#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

/* --- a thread that traces -------------------------------------------------------------------------------- */

struct errand {
	void (*work)(void *ctx);
	void *ctx;
};

static void *run(void *errand)
{
	const struct errand *e = errand;

	e->work(e->ctx);
	return NULL;
}

bool borrow_within(void (*work)(void *ctx), void *ctx)
{
	struct errand e = { work, ctx };
	sigset_t children, before;
	pthread_t thread;
	bool made;

	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &children, &before);
	made = pthread_create(&thread, NULL, run, &e) == 0;
	if (made)
		pthread_join(thread, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return made;
}

/* --- one thread ------------------------------------------------------------------------------------------ */

int stop_signal(int status)
{
	int signal = WSTOPSIG(status);

	/* An event's number stands above the signal; 0x80 marks the stop at a system call. */
	return WIFSTOPPED(status) && !(status >> 16) && signal != (SIGTRAP | 0x80) ? signal : 0;
}

bool give_back(pid_t tid, int signal)
{
	return ptrace(PTRACE_DETACH, tid, NULL, (void *)(intptr_t)signal) == 0;
}

struct borrowing {
	pid_t pid, tid;
	void (*look)(void *ctx, pid_t tid);
	void *ctx;
	enum borrowed got;
};

#define LOOK_AGAIN ((struct timespec){ .tv_nsec = 200000 })

static enum borrowed wait_stopped(pid_t tid, int *status)
{
	struct instant end = instant_after(clock_now(), BORROW_PATIENCE);

	do {
		pid_t who = waitpid(tid, status, __WALL | __WNOTHREAD | WNOHANG);

		if (who)
			return who == tid && WIFSTOPPED(*status) ? BORROW_STOPPED : BORROW_GONE;
		nanosleep(&LOOK_AGAIN, NULL);
	} while (!instant_reached(end, clock_now()));
	return BORROW_BUSY;
}

/* Its number may be another thread's by now. */
static bool is_of(pid_t pid, pid_t tid)
{
	struct proc_status s;

	return proc_status_read(tid, &s) && s.process == pid;
}

/* Whom it leaves seized, for he is not the one or does not stop, is let go by the thread's end. */
static void borrow(void *borrowing)
{
	struct borrowing *b = borrowing;
	int status;

	if (ptrace(PTRACE_SEIZE, b->tid, NULL, NULL) < 0 || !is_of(b->pid, b->tid) ||
	    ptrace(PTRACE_INTERRUPT, b->tid, NULL, NULL) < 0)
		return;
	b->got = wait_stopped(b->tid, &status);
	if (b->got != BORROW_STOPPED)
		return;
	b->look(b->ctx, b->tid);
	give_back(b->tid, stop_signal(status));
}

enum borrowed borrow_thread(pid_t pid, pid_t tid, void (*look)(void *ctx, pid_t tid), void *ctx)
{
	struct borrowing b = { pid, tid, look, ctx, BORROW_GONE };

	borrow_within(borrow, &b);
	return b.got;
}
