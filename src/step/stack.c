/* SPDX-License-Identifier: MIT
 * Samples of stacks, and which of the frames tell something. */
#include "step/stack_internal.h"
#include "base/text.h"
#include "base/file.h"
#include "step/borrow.h"
#include "step/script.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

/* --- registers ----------------------------------------------------------------------------------------- */

static void take_registers(struct stack *s, const uint64_t words[REGISTER_WORDS])
{
	for (int i = 0; i < processor.n; i++)
		s->reg[i] = words[processor.word[i]];
	s->pc = words[processor.pc];
	s->sp = words[processor.sp];
}

/* Gives back what is not needed. */
static struct stack *take_bytes(struct stack *s, pid_t tid)
{
	struct iovec local, remote;
	ssize_t n;

	local = (struct iovec){ s->bytes, STACK_KEPT };
	remote = (struct iovec){ (void *)(uintptr_t)s->sp, STACK_KEPT };
	n = process_vm_readv(tid, &local, 1, &remote, 1, 0);
	s->n = n > 0 ? (size_t)n : 0;
	return xrealloc(s, 1, sizeof *s + s->n);
}

static struct stack *new_stack(void)
{
	return xcalloc(1, sizeof(struct stack) + STACK_KEPT);
}

struct stack *stack_take(pid_t tid)
{
	uint64_t words[REGISTER_WORDS] = { 0 };
	struct iovec io = { words, sizeof words };
	struct stack *s;

	if (!processor.n || ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &io) < 0)
		return NULL;
	s = new_stack();
	take_registers(s, words);
	return take_bytes(s, tid);
}

/* The kernel's registers are good if it has not moved on since: the same program counter and stack pointer. */
static void complete(struct stack *s, const __u64 *registers)
{
	uint64_t words[REGISTER_WORDS];
	struct stack whole;

	if (!registers)
		return;
	_Static_assert(sizeof words == sizeof(__u64[KEPT_REGISTERS]), "all that is kept");
	memcpy(words, registers, sizeof words);
	take_registers(&whole, words);
	if (whole.pc != s->pc || whole.sp != s->sp)
		return;
	memcpy(s->reg, whole.reg, sizeof s->reg);
	s->partial = false;
}

/* The last two words of /proc/…/syscall are the stack pointer and the program counter. */
struct stack *stack_peek(pid_t pid, pid_t tid, const struct registers *known)
{
	unsigned long long sp, pc;
	struct buf line = { 0 };
	struct stack *s = NULL;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", pid, tid);
	if (file_read(path, &line, 256) == 0 &&
	    sscanf(buf_text(&line), "%*s %*s %*s %*s %*s %*s %*s %llx %llx", &sp, &pc) == 2) {
		s = new_stack();
		s->partial = s->asleep = true;
		s->sp = sp;
		s->pc = pc;
		if (known)
			complete(s, registers_of(known, tid));
		s = take_bytes(s, tid);
	}
	buf_free(&line);
	return s;
}

struct taking {
	struct modules *modules;
	struct stack *stack;
};

static void take_it(void *ctx, pid_t tid)
{
	struct taking *t = ctx;

	t->stack = stack_take(tid);
	stack_add_script(t->stack, t->modules, tid);
}

struct stack *stack_stop(struct modules *m, pid_t pid, pid_t tid)
{
	struct taking t = { m, NULL };

	borrow_thread(pid, tid, take_it, &t);
	return t.stack;
}

void stack_free(struct stack *s)
{
	if (s)
		python_sample_free(s->script);
	free(s);
}

/* --- which frame is the program's own ------------------------------------------------------------------ */

bool in_c_library(const struct frame *f)
{
	static const char *const names[] = { "libc.so", "libc-2",    "ld-linux", "ld-musl", "libpthread",
		                             "libnss_", "libresolv", "libanl",   "[vdso" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(f->module, names[i], strlen(names[i])))
			return true;
	return false;
}

/* In a static program the C library's functions are the program's: `accept`, `__libc_accept`, `__recv`; and what
 * glibc 2.41 has below them. */
static bool is_wrapper(const struct frame *f, const char *call)
{
	static const char *const others[][2] = {
		{ "recvfrom", "recv" }, { "sendto", "send" }, { "accept4", "accept" }, { "exit_group", "exit" }
	};
	static const char *const below[] = { "internal_syscall_cancel", "syscall_cancel", "syscall_cancel_arch" };
	const char *name = f->function;

	if (!*name)
		return false;
	name += strspn(name, "_");
	if (!strncmp(name, "libc_", 5))
		name += 5;
	name += strspn(name, "_");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (streq(call, others[i][0]) && streq(name, others[i][1]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(below); i++)
		if (*call && streq(name, below[i]))
			return true;
	return streq(name, call);
}

bool frame_is_own(const struct frame *f, const char *call)
{
	return !f->inner && !in_c_library(f) && (f->line || !is_wrapper(f, call));
}

bool frames_end(const struct frame *place, size_t n, enum until until)
{
	bool executes = false;

	if (until != UNTIL_SCRIPT)
		return until == UNTIL_LINE && (place->line || place->made);
	for (size_t i = 0; i < n; i++)
		executes = executes || script_is_executed(&place[i]);
	return executes;
}

static int stack_own(const struct frame *frames, size_t n, const char *call)
{
	for (size_t i = 0; i < n; i++)
		if (frames[i].line && !frames[i].inner && !in_c_library(&frames[i]))
			return (int)i;
	for (size_t i = 0; i < n; i++)
		if (frame_is_own(&frames[i], call))
			return (int)i;
	return -1;
}

bool stack_line(struct modules *m, const struct stack *s, const char *call, struct frame *own)
{
	struct frame frames[STACK_DEPTH];
	size_t n = frames_until_own(m, s, frames, STACK_DEPTH);
	int i = stack_own(frames, n, call);

	if (i >= 0)
		*own = frames[i];
	return i >= 0;
}

void frame_text(struct buf *out, const struct frame *f)
{
	size_t begins = out->len;

	if (f->line)
		buf_addf(out, "%s:%d %s", f->file, f->line, f->function);
	else if (f->function[0])
		buf_addf(out, "%s+%#llx", f->function, (unsigned long long)f->offset);
	else
		buf_addf(out, "%s+%#llx", f->module[0] ? f->module : "?", (unsigned long long)f->offset);
	text_escape_from(out, begins);
}
