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
	s = stack_stop(NULL, x.pid, x.pid);
	ok(s && !s->partial && s->pc && s->sp && s->reg[processor.stack] == s->sp && s->n > 0,
	   "when it is stopped there is");
	stack_free(s);
	ok(nobody_traces(x.pid) && becomes(x.pid, 'R'), "and it runs on");
	ok(!stack_take(x.pid), "who is not stopped for us has none");
	ok(!stack_stop(NULL, getpid(), x.pid), "nor has a thread of another process");
	part(&x);
}

/* --- whose frames they are ----------------------------------------------------------------------------- */

static void owners(void)
{
	static const struct {
		const char *module, *function, *call;
		unsigned line;
		bool own;
	} rows[] = {
		{ "server", "main", "accept", 55, true },
		{ "server", "main", "accept", 0, true },
		{ "libc.so.6", "accept", "accept", 0, false },
		{ "libc.so.6", "main", "accept", 7, false },
		{ "server", "accept", "accept", 0, false },
		{ "server", "accept", "accept", 55, true },
		{ "server", "__libc_accept", "accept", 0, false },
		{ "server", "__libc_accept4", "accept4", 0, false },
		{ "server", "__libc_recv", "recvfrom", 0, false },
		{ "server", "read", "accept", 0, true },
		/* glibc 2.41, of a static program */
		{ "server", "__internal_syscall_cancel", "accept", 0, false },
		{ "server", "__syscall_cancel", "read", 0, false },
		{ "server", "__syscall_cancel_arch", "read", 0, false },
		/* further out nothing is a wrapper */
		{ "server", "__libc_accept", "", 0, true },
		{ "server", "__syscall_cancel", "", 0, true },
		{ "server", "", "accept", 0, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct frame f = { .line = rows[i].line };

		snprintf(f.module, sizeof f.module, "%s", rows[i].module);
		snprintf(f.function, sizeof f.function, "%s", rows[i].function);
		ok(frame_is_own(&f, rows[i].call) == rows[i].own, "%s in %s, line %u, of %s: %s", rows[i].function,
		   rows[i].module, rows[i].line, *rows[i].call ? rows[i].call : "no call",
		   rows[i].own ? "its own" : "the C library's");
	}
}

int main(void)
{
	struct stranger x = stranger(live_asleep);
	bool may = ptrace(PTRACE_SEIZE, x.pid, NULL, NULL) == 0;

	part(&x);
	owners();
	if (!may) {
		tap_skip("no right to trace a child here");
		return tap_done();
	}
	peeked();
	running();
	return tap_done();
}
