/* SPDX-License-Identifier: MIT
 * Where in its source a stopped thread is: its stack, as functions and lines.
 *
 * A sample is taken cheaply (registers and the top of the stack, 2 µs) and made into frames only when somebody wants to
 * read it, perhaps much later, when the thread is elsewhere: so each call of a socket can be remembered with where it
 * was made. */
#ifndef STEP_STACK_H
#define STEP_STACK_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "source/registers.h"

#include <stdint.h>
#include <sys/types.h>

struct stack;
struct modules;

struct frame {
	uint64_t pc;
	char function[96]; /* "" if unknown */
	char file[96];     /* the source file's name without its folder; "" where there is no debug information */
	int line;
	char module[64]; /* the program's or library's file name */
	uint64_t offset; /* in the function, or, without one, in the module */
	bool made;       /* by an interpreter while it runs, which tells where it is (step/jit.h, step/python.h) */
	bool inner;      /* an interpreter's own, and not the script's: it tells nothing of the program */
};

/* Registers and the top of the stack of a thread that is stopped by ptrace. NULL if they cannot be read. For
 * stack_free(). */
struct stack *stack_take(pid_t tid);
/* The same of a thread that sleeps in a call: it is left asleep, for waking it could make the call return EINTR. With
 * `known`, what source/registers.h has of its process, all registers are there; else (NULL, or this thread is not among
 * them) the program counter and the stack pointer alone, and the frames may end early. NULL if it runs. */
struct stack *stack_peek(pid_t pid, pid_t tid, const struct registers *known);
/* The same of any thread of a process, which is borrowed for it (step/borrow.h) and runs on at once: a call in which it
 * sleeps may return EINTR. With stack_add_script(). NULL if another tracer has it, it may not be traced, or it does not
 * stop in time. */
struct stack *stack_stop(struct modules *m, pid_t pid, pid_t tid);
void stack_free(struct stack *s);

/* What a process has mapped, read now and again after modules_forget() (exec). Files are the ones that it has mapped,
 * or are looked for below /proc/PID/root, so a container's are found. They are read by a child without any privilege:
 * whatever is in them, at worst there are no frames. modules_close() takes NULL. */
struct modules *modules_open(pid_t pid);
void modules_forget(struct modules *m);
void modules_close(struct modules *m);

/* Adds to a sample where the thread is in its script, if the process is an interpreter whose frames are known
 * (step/python.h): now, for when the thread goes on they are gone. NULL has none. */
void stack_add_script(struct stack *s, struct modules *m, pid_t tid);

/* The frames of a stack, innermost first; how many, 0 when nothing can be said (libdw is not installed:
 * stack_why_not()). */
size_t stack_frames(struct modules *m, const struct stack *s, struct frame *frames, size_t max);

/* Why there are no frames: one sentence, or NULL if libdw is there. */
const char *stack_why_not(void);

/* What of this process could not be read since modules_open() or modules_forget(): one sentence, or NULL. That the
 * frames of its script are not known is one, if they were asked for. NULL has none. */
const char *modules_trouble(struct modules *m);

/* The program's own line of a call, which is cheaper than all frames: the first with a source line that is in no C
 * library, else the first function outside the C library and its wrapper of this call. Of a script it is a line of the
 * script. False if there is none. */
enum { STACK_DEPTH = 64 };
bool stack_line(struct modules *m, const struct stack *s, const char *call, struct frame *own);

/* Is it the program's own, and neither the C library's nor what the C library's wrapper of `call` is in a static
 * program, nor an interpreter's? */
bool frame_is_own(const struct frame *f, const char *call);

/* "echo_server.c:55 main", "main+0x1f", "nginx+0x4f3a0". */
void frame_text(struct buf *out, const struct frame *f);

#endif
