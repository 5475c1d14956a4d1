/* SPDX-License-Identifier: MIT
 * Samples of stacks: whole where the kernel's registers fit the moment, partial where the thread has moved on since
 * they were read; of threads that sleep, run, and are stopped. */
#include "base/file.h"
#include "base/tap.h"
#include "step/stack_internal.h"
#include "step/stranger.h"

#include <sys/ptrace.h>
#include <sys/user.h>

static void live_asleep(int hear, int tell)
{
	char byte;

	say(tell, 'r');
	(void)!read(hear, &byte, 1);
}

static volatile unsigned long spun;

static void live_running(int hear, int tell)
{
	(void)hear;
	say(tell, 'r');
	for (;;)
		spun++;
}

/* What /proc says, read here once more. */
static bool where(pid_t pid, unsigned long long *sp, unsigned long long *pc)
{
	struct buf b = { 0 };
	char path[48];
	const char *at;

	snprintf(path, sizeof path, "/proc/%d/syscall", pid);
	file_read(path, &b, 256);
	at = strrchr(buf_text(&b), ' ');
	*pc = at ? strtoull(at, NULL, 16) : 0;
	while (at && at > b.text && at[-1] != ' ')
		at--;
	*sp = at ? strtoull(at, NULL, 16) : 0;
	buf_free(&b);
	return *pc && *sp;
}

/* In the order of struct user_regs_struct. */
static struct thread_record record(pid_t tid, unsigned long long sp, unsigned long long pc, unsigned long long rest)
{
	struct user_regs_struct regs;
	struct thread_record r = { .tid = tid };

	memset(&regs, 0, sizeof regs);
#if defined(__x86_64__)
	regs.rsp = sp;
	regs.rip = pc;
	regs.rbp = regs.rbx = rest;
#else
	regs.sp = sp;
	regs.pc = pc;
	regs.regs[29] = regs.regs[19] = rest;
#endif
	memcpy(r.reg, &regs, sizeof regs < sizeof r.reg ? sizeof regs : sizeof r.reg);
	return r;
}

/* By DWARF's numbers: rbp is 6 on x86-64, the frame pointer 29 on arm64. */
#if defined(__x86_64__)
enum { FRAME_POINTER = 6 };
#else
enum { FRAME_POINTER = 29 };
#endif

static void peeked(void)
{
	struct stranger x = stranger(live_asleep);
	unsigned long long sp = 0, pc = 0;
	bool there;

	says(&x);
	there = becomes(x.pid, 'S') && where(x.pid, &sp, &pc);
	ok(there, "a thread sleeps in a call");
	for (int i = 0; i < 5; i++) {
		static const char *const what[] = { "registers of this moment: the sample is whole",
			                            "the program counter has moved on: it is not",
			                            "the stack pointer has: it is not",
			                            "they are another thread's: it is not",
			                            "none are known: it is not" };
		struct thread_record r = record(x.pid + (i == 3), sp + (i == 2) * 8, pc + (i == 1) * 2, 0x1234);
		struct registers known = { &r, i != 4, 1 };
		struct stack *s = stack_peek(x.pid, x.pid, i == 4 ? NULL : &known);

		ok(s && s->sp == sp && s->pc == pc && s->partial == (i != 0) &&
		           s->reg[FRAME_POINTER] == (i == 0 ? 0x1234 : 0),
		   "%s", what[i]);
		ok(s && s->n > 0, "  and the top of its stack is there");
		stack_free(s);
	}
	part(&x);
	ok(!stack_peek(x.pid, x.pid, NULL), "of who is gone there is none");
}

static void running(void)
{
	struct stranger x = stranger(live_running);
	struct stack *s;

	says(&x);
	ok(!stack_peek(x.pid, x.pid, NULL), "of a thread that runs there is none without stopping it");
	s = stack_stop(x.pid, x.pid);
	ok(s && !s->partial && s->pc && s->sp && s->reg[processor.stack] == s->sp && s->n > 0,
	   "when it is stopped there is");
	stack_free(s);
	ok(nobody_traces(x.pid) && becomes(x.pid, 'R'), "and it runs on");
	ok(!stack_take(x.pid), "who is not stopped for us has none");
	ok(!stack_stop(getpid(), x.pid), "nor has a thread of another process");
	part(&x);
}

int main(void)
{
	struct stranger x = stranger(live_asleep);
	bool may = ptrace(PTRACE_SEIZE, x.pid, NULL, NULL) == 0;

	part(&x);
	if (!may)
		return tap_skip_all("no right to trace a child here");
	peeked();
	running();
	return tap_done();
}
