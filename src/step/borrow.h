/* SPDX-License-Identifier: MIT
 * Threads of strangers: stopped for a moment, and given back as they were, with the signal that was on its way to them.
 *
 * Who is seized and interrupted stops at its next chance and not before. One that sleeps beyond interruption (a parent
 * in vfork(), a read from a server that is gone) does so minutes later; until then it cannot be detached
 * (PTRACE_DETACH: ESRCH), and when it stops at last somebody must be there to let it go. What lets go in any case, and
 * of who has not stopped as well, is the end of the thread that traces (exit_ptrace(), kernel/ptrace.c: it takes the
 * request to stop back, and a signal that is on its way stays so). So strangers are traced from a thread that ends
 * soon. */
#ifndef STEP_BORROW_H
#define STEP_BORROW_H

#include "base/clock.h"

#include <sys/types.h>

/* Runs `work` in a thread of its own and waits for it: whomever it traces still is let go by its end, a moment after
 * this returns. SIGCHLD, which tells of stops, is blocked meanwhile in the calling thread, which would take it away.
 * false: no thread can be made, and nothing was done. */
bool borrow_within(void (*work)(void *ctx), void *ctx);

enum borrowed {
	BORROW_STOPPED, /* it was stopped, and `look` was called */
	BORROW_BUSY,    /* it did not stop within BORROW_PATIENCE: it was let go without having stopped */
	BORROW_GONE /* it is no thread of this process (any more), or somebody else traces it, or it may not be traced
	             */
};
#define BORROW_PATIENCE span_ms(200)

/* Stops a thread of a process, calls `look`, and gives it back: it runs on, or stays stopped by SIGSTOP if it was. A
 * call in which it sleeps may return EINTR to it. `look` may read registers (ptrace(2)) of this thread only. */
enum borrowed borrow_thread(pid_t pid, pid_t tid, void (*look)(void *ctx, pid_t tid), void *ctx);

/* For who traces for longer (step/program.h). The signal that a stop holds back, of a status as waitpid() gives it: 0
 * for every stop but the one before a signal's delivery (ptrace(2), "Signal-delivery-stop"). */
int stop_signal(int status);

/* Lets a stopped thread go, for good, with this signal (0: none). The only place that detaches. false: it was not
 * stopped, so it is traced still; or it was killed meanwhile. */
bool give_back(pid_t tid, int signal);

#endif
