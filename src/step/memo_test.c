/* SPDX-License-Identifier: MIT
 * Places in the code that are kept: what they make of a stack is what the child that reads the files makes of it, for
 * frames of all shapes; and what may not be kept is asked for each time. */
#include "base/file.h"
#include "base/tap.h"
#include "step/memo.h"

#include <alloca.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- a process with stacks of all shapes --------------------------------------------------------------- */

#define FUNCTION __attribute__((noinline, noclone))

static volatile int n_bytes = 100;

FUNCTION static void stops(void)
{
	raise(SIGSTOP);
	__asm__ volatile("");
}

static inline __attribute__((always_inline)) void is_put_in(void)
{
	stops();
	__asm__ volatile("");
}

FUNCTION static void plain(void)
{
	is_put_in();
	__asm__ volatile("");
}

/* The frame pointer holds it, and what is below does not touch that register, or saves it. */
FUNCTION static void with_room(void)
{
	volatile char *room = alloca((size_t)n_bytes);

	room[0] = 1;
	plain();
	room[1] = 1;
}

FUNCTION static void recursion(int depth)
{
	if (depth)
		recursion(depth - 1);
	else
		with_room();
	__asm__ volatile("");
}

static void deep(void)
{
	recursion(5);
}

static void on_signal(int number)
{
	(void)number;
	plain();
	__asm__ volatile("");
}

FUNCTION static void signalled(void)
{
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	__asm__ volatile("");
}

/* More than a sample holds. */
FUNCTION static void beyond(void)
{
	volatile char *room = alloca(3 * STACK_KEPT);

	room[0] = 1;
	plain();
	room[1] = 1;
}

static pid_t process(void (*does)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		does();
		_exit(0);
	}
	do
		waitpid(pid, NULL, 0);
	while (does == signalled && ptrace(PTRACE_CONT, pid, 0, SIGUSR1) == 0 && (does = NULL, true));
	return pid;
}

/* --- asking and remembering ---------------------------------------------------------------------------- */

/* The same sample without its bytes, which only the child can read then. */
static struct stack *bare(const struct stack *s)
{
	struct stack *b = xcalloc(1, sizeof *b);

	*b = *s;
	b->n = 0;
	return b;
}

static bool is_same(const struct frame *a, const struct frame *b)
{
	return a->pc == b->pc && streq(a->function, b->function) && streq(a->file, b->file) && a->line == b->line &&
	       streq(a->module, b->module) && a->offset == b->offset && a->made == b->made;
}

static bool same_frames(const struct frame *a, size_t n, const struct frame *b, size_t n_b)
{
	bool same = n > 0 && n == n_b;

	for (size_t i = 0; i < n && same; i++)
		same = is_same(&a[i], &b[i]);
	return same;
}

static bool is_confined(pid_t pid)
{
	struct buf status = { 0 };
	char path[64];
	bool confined;

	snprintf(path, sizeof path, "/proc/%d/status", pid);
	confined = file_read(path, &status, 1 << 16) == 0 && strstr(buf_text(&status), "\nSeccomp:\t2\n");
	buf_free(&status);
	return confined;
}

/* Nobody answers any more: what is told then is remembered. */
static void silence(void)
{
	struct buf b = { 0 };
	char path[64];

	snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
	file_read(path, &b, 4096);
	for (char *at = b.text; at && *at; at += strspn(at, " ")) {
		pid_t pid = (pid_t)strtol(at, &at, 10);

		if (pid > 0 && is_confined(pid))
			kill(pid, SIGKILL);
	}
	buf_free(&b);
}

static void shape(const char *what, void (*does)(void), bool kept)
{
	static struct frame asked[STACK_DEPTH], told[STACK_DEPTH];
	pid_t pid = process(does);
	struct stack *s = stack_take(pid), *b = bare(s);
	struct modules *m = modules_open(pid);
	size_t n = stack_frames(m, b, asked, STACK_DEPTH), n_told, n_own;

	n_told = stack_frames(m, s, told, STACK_DEPTH);
	ok(same_frames(asked, n, told, n_told), "%s: %zu frames, with its bytes and without", what, n);
	n_own = frames_until_own(m, s, told, STACK_DEPTH);
	ok(same_frames(asked, n_own, told, n_own) && n_own < n, "  the first of them to the program's own line");
	silence();
	n_told = stack_frames(m, s, told, STACK_DEPTH);
	ok(kept ? same_frames(asked, n, told, n_told) : n_told == 0, "  when nobody can be asked %s",
	   kept ? "they are remembered" : "there are none");
	stack_free(s);
	free(b);
	modules_close(m);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void forgotten(void)
{
	static struct frame frames[STACK_DEPTH]; /* on the stack it would fill a sample */
	pid_t pid = process(plain);
	struct stack *s = stack_take(pid);
	struct modules *m = modules_open(pid);

	stack_frames(m, s, frames, STACK_DEPTH);
	silence();
	ok(stack_frames(m, s, frames, STACK_DEPTH) > 0, "what is remembered");
	modules_forget(m);
	modules_patience(m, span_ms(0));
	ok(stack_frames(m, s, frames, STACK_DEPTH) == 0, "is forgotten with the files that it was read from");
	stack_free(s);
	modules_close(m);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* --- a stranger's word --------------------------------------------------------------------------------- */

static struct frame frame_in(const char *module, bool made)
{
	struct frame f = { .made = made, .line = 7 };

	snprintf(f.module, sizeof f.module, "%s", module);
	return f;
}

/* A stack of two frames: at 100, which was called by 200. */
static struct stack *sample(uint64_t caller)
{
	struct stack *s = xcalloc(1, sizeof *s + 16);

	s->pc = 100;
	s->sp = 0x1000;
	s->n = 16;
	memcpy(s->bytes + 8, &caller, sizeof caller);
	return s;
}

/* The return address stands right below the end of the frame, `top_` bytes up. */
#define CALLED_FROM(top_)                                                                                              \
	{                                                                                                              \
		.top = top_, .pc_at = -8, .caller = CALLER_FOUND, .frame_pointer = POINTER_SAME, .n = 1                \
	}

static const struct {
	const char *what;
	struct caller_rule inner;
	const char *module;
	bool made;
	uint64_t caller;
	int frames; /* -1: asked for */
} sample_rows[] = {
	{ "two places", CALLED_FROM(16), "a", false, 200, 2 },
	{ "a caller of 0 is none", CALLED_FROM(16), "a", false, 0, 1 },
	{ "a caller that is not known", CALLED_FROM(16), "a", false, 201, -1 },
	{ "no caller", { .caller = CALLER_NONE, .n = 1 }, "a", false, 200, 1 },
	{ "no rule", { .caller = CALLER_UNSAID, .n = 1 }, "a", false, 200, -1 },
	{ "code that was made", { .caller = CALLER_NONE, .n = 1 }, "a", true, 200, -1 },
	{ "in no module", { .caller = CALLER_NONE, .n = 1 }, "", false, 200, -1 },
	{ "no frame", { .caller = CALLER_NONE, .n = 0 }, "a", false, 200, -1 },
	{ "more frames than there are", { .caller = CALLER_NONE, .n = 3 }, "a", false, 200, -1 },
	{ "a return address beyond the sample", CALLED_FROM(32), "a", false, 200, -1 },
	{ "one before it", CALLED_FROM(0), "a", false, 200, -1 },
	{ "half beyond it", CALLED_FROM(20), "a", false, 200, -1 },
	{ "the frame pointer is lost",
	  { .top = 16, .pc_at = -8, .caller = CALLER_FOUND, .frame_pointer = POINTER_LOST, .n = 1 },
	  "a",
	  false,
	  200,
	  -1 },
	{ "or saved beyond the sample",
	  { .top = 16,
	    .pc_at = -8,
	    .saved_at = INT64_MAX,
	    .caller = CALLER_FOUND,
	    .frame_pointer = POINTER_SAVED,
	    .n = 1 },
	  "a",
	  false,
	  200,
	  -1 },
};

static void words(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sample_rows); i++) {
		struct caller_rule rules[2] = { sample_rows[i].inner, { .pc = 200, .n = 1, .caller = CALLER_NONE } };
		struct frame frames[2] = { frame_in(sample_rows[i].module, sample_rows[i].made), frame_in("b", false) };
		struct stack *s = sample(sample_rows[i].caller);
		struct frame told[STACK_DEPTH];
		struct memo m = { 0 };

		rules[0].pc = 100;
		rules[0].innermost = 1;
		memo_keep(&m, rules, 2, frames, 2);
		ok(memo_frames(&m, s, told, STACK_DEPTH, UNTIL_END) == sample_rows[i].frames, "%s: %d",
		   sample_rows[i].what, sample_rows[i].frames);
		s->partial = true;
		ok(memo_frames(&m, s, told, STACK_DEPTH, UNTIL_END) == -1,
		   "  a sample without all registers is asked for");
		memo_clear(&m);
		free(s);
	}
}

/* The first of a place's frames has a line: no further, where no further is wanted. */
static void own_line(void)
{
	struct caller_rule rules[2] = {
		{ .pc = 100,
		  .innermost = 1,
		  .top = 16,
		  .pc_at = -8,
		  .caller = CALLER_FOUND,
		  .frame_pointer = 1,
		  .n = 1 },
		{ .pc = 200, .n = 1, .caller = CALLER_NONE },
	};
	struct frame frames[2] = { frame_in("a", false), frame_in("b", false) }, told[STACK_DEPTH];
	struct stack *s = sample(200);
	struct memo m = { 0 };

	memo_keep(&m, rules, 2, frames, 2);
	ok(memo_frames(&m, s, told, STACK_DEPTH, UNTIL_LINE) == 1, "to the first line");
	ok(memo_frames(&m, s, told, 1, UNTIL_END) == -1, "more than there is room for is asked for");
	s->pc = 200;
	ok(memo_frames(&m, s, told, STACK_DEPTH, UNTIL_LINE) == -1,
	   "where a call returns to and where a thread stands are two places");
	memo_clear(&m);
	free(s);
}

int main(void)
{
	alarm(120);
	if (!processor.frame) {
		tap_skip("places are not kept on this processor");
		return tap_done();
	}
	words();
	own_line();
	if (stack_why_not()) {
		tap_skip(stack_why_not());
		return tap_done();
	}
	shape("functions, one put into another", plain, true);
	shape("with a frame of any size", with_room, true);
	shape("recursion", deep, true);
	shape("in a signal's handler", signalled, false);
	shape("deeper than a sample", beyond, false);
	forgotten();
	return tap_done();
}
