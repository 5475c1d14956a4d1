/* SPDX-License-Identifier: MIT
 * What a stop at a system call means, by what the kernel says of it written down by hand: which calls concern us, where
 * an order holds a thread, what is a call and what is another. The process is this one, whose descriptors are real; its
 * threads are only records, which nobody traces. */
#include "base/tap.h"
#include "step/program_internal.h"
#include "step/processor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- a stepper without programs --------------------------------------------------------------------------- */

static char told[256]; /* what the hooks were called with, in words */

static void tell(const char *what, const char *of)
{
	size_t n = strlen(told);

	snprintf(told + n, sizeof told - n, "%s%s%s%s", n ? ", " : "", what, of ? " " : "", of ? of : "");
}

static void enters(void *ctx, struct thread *t)
{
	(void)ctx;
	tell("enters", t->call.is->name);
}

static void returned(void *ctx, struct thread *t)
{
	(void)ctx;
	tell("returned", t->call.is->name);
}

static void happened(void *ctx, struct thread *t, enum happening what, int number)
{
	static const char *const words[] = { [HAPPENED_THREAD] = "thread",  [HAPPENED_CHILD] = "child",
		                             [HAPPENED_EXEC] = "exec",      [HAPPENED_SIGNAL] = "signal",
		                             [HAPPENED_FROZEN] = "frozen",  [HAPPENED_END] = "end",
		                             [HAPPENED_URING] = "io_uring", [HAPPENED_OTHER_CALLS] = "other calls" };

	(void)ctx;
	(void)t;
	(void)number;
	tell(words[what], NULL);
}

struct world {
	struct stepper s;
	struct program *p;
	struct thread *t, *second; /* of one process; `second` is not its first thread */
};

static void open_world(struct world *w)
{
	char name[] = "x", *argv[] = { name, NULL };
	struct process *x;

	stepper_open(&w->s, (struct step_hooks){ .enters = enters, .returned = returned, .happened = happened });
	w->p = program_new(&w->s, "program", argv);
	w->p->attached = true;
	x = process_new(&w->s, getpid(), w->p);
	w->p->pid = getpid();
	w->t = thread_new(&w->s, getpid(), x);
	w->second = thread_new(&w->s, 1 << 30, x);
	told[0] = 0;
}

static void close_world(struct world *w)
{
	thread_forget(&w->s, w->t);
	thread_forget(&w->s, w->second);
	program_forget(&w->s, w->p);
	stepper_close(&w->s);
}

static void says(const char *should, const char *what)
{
	same_text(told, should, what);
	told[0] = 0;
}

static void entry_of(struct world *w, struct thread *t, uint32_t arch, long number, uint64_t a, uint64_t b, uint64_t c)
{
	struct __ptrace_syscall_info i = { .op = PTRACE_SYSCALL_INFO_ENTRY,
		                           .arch = arch,
		                           .entry = { .nr = (uint64_t)number, .args = { a, b, c } } };

	syscall_stopped(&w->s, t, &i);
}

static void enter(struct world *w, struct thread *t, long number, uint64_t a, uint64_t b, uint64_t c)
{
	entry_of(w, t, processor.arch, number, a, b, c);
}

static void leave(struct world *w, struct thread *t, int64_t result)
{
	struct __ptrace_syscall_info i = { .op = PTRACE_SYSCALL_INFO_EXIT,
		                           .arch = processor.arch,
		                           .exit = { .rval = result } };

	syscall_stopped(&w->s, t, &i);
}

/* --- which calls concern us ------------------------------------------------------------------------------- */

static void which_calls(void)
{
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), file = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct world w;

	open_world(&w);
	enter(&w, w.t, SYS_getppid, 0, 0, 0);
	ok(w.t->is == THREAD_RUNS, "a call of no socket goes on");
	enter(&w, w.t, SYS_read, (uint64_t)file, 0, 10);
	enter(&w, w.t, SYS_close, (uint64_t)local, 0, 0);
	enter(&w, w.t, SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	ok(w.t->is == THREAD_RUNS, "so do those of a file, and of another family's socket");
	says("", "and nothing is said");
	enter(&w, w.t, SYS_read, (uint64_t)tcp, 0, 10);
	ok(w.t->is == THREAD_BEFORE && !w.t->datagram && w.t->inode, "a read of a TCP socket stops");
	w.t->is = THREAD_RUNS;
	enter(&w, w.t, SYS_sendto, (uint64_t)udp, 0, 10);
	ok(w.t->is == THREAD_BEFORE && w.t->datagram, "so does one of UDP, which past and to do not mean");
	w.t->is = THREAD_RUNS;
	enter(&w, w.t, SYS_socket, AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ok(w.t->is == THREAD_BEFORE && w.t->datagram, "and one that makes a socket");
	w.t->is = THREAD_RUNS;
	enter(&w, w.t, SYS_bind, 9999, 0, 0);
	ok(w.t->is == THREAD_BEFORE, "a socket's call on what is no descriptor is shown: it fails");
	w.t->is = THREAD_RUNS;
	w.s.all_families = true;
	enter(&w, w.t, SYS_close, (uint64_t)local, 0, 0);
	ok(w.t->is == THREAD_BEFORE, "all families, if they are asked for");
	says("", "nobody was let into a call");
	close_world(&w);
	close(tcp);
	close(udp);
	close(local);
	close(file);
}

/* --- used once too often ---------------------------------------------------------------------------------- */

static void closed_twice(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct world w;

	open_world(&w);
	w.p->order = ORDER_GO;
	enter(&w, w.t, SYS_close, (uint64_t)fd, 0, 0);
	leave(&w, w.t, -EINTR);
	enter(&w, w.t, SYS_close, (uint64_t)fd, 0, 0);
	close(fd);
	leave(&w, w.t, 0);
	says("enters close, returned close, enters close, returned close", "a socket is closed");
	enter(&w, w.t, SYS_write, (uint64_t)fd, 0, 1);
	leave(&w, w.t, -EBADF);
	says("enters write, returned write", "what is done with its number then is a mistake, and shown");
	enter(&w, w.t, SYS_close, (uint64_t)fd, 0, 0);
	leave(&w, w.t, -EBADF);
	says("enters close, returned close", "so is a second close()");
	enter(&w, w.t, SYS_close, (uint64_t)fd, 0, 0);
	says("", "once: some programs close all numbers there are");
	enter(&w, w.t, SYS_read, (uint64_t)fd + 1, 0, 1);
	says("", "a number that was never a socket's is none of ours");
	close_world(&w);
}

/* --- calls of another kind -------------------------------------------------------------------------------- */

static void other_calls(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct world w;

	open_world(&w);
	w.p->order = ORDER_GO;
	entry_of(&w, w.t, AUDIT_ARCH_I386, SYS_close, (uint64_t)fd, 0, 0);
	says("other calls", "a 32-bit call is told of");
	ok(w.t->is == THREAD_RUNS && !w.t->in_call, "and goes on, as no call of ours");
	leave(&w, w.t, 0);
	says("", "nor is its end one");
	entry_of(&w, w.second, AUDIT_ARCH_I386, SYS_socket, AF_INET, SOCK_STREAM, 0);
	entry_of(&w, w.t, processor.arch, SYS_close | 0x40000000, (uint64_t)fd, 0, 0);
	says("", "once in a process; x32's are such calls, too");
	ok(w.t->is == THREAD_RUNS && w.second->is == THREAD_RUNS, "and go on");
	close(fd);
	enter(&w, w.t, SYS_close, (uint64_t)fd, 0, 0);
	says("", "nothing was noted as closed by it");
	close_world(&w);
}

/* --- orders ----------------------------------------------------------------------------------------------- */

/* One after the other in one world: `fd` is a socket of TCP, `udp` is none. */

static void no_order(struct world *w, uint64_t fd)
{
	enter(w, w->t, SYS_listen, fd, 1, 0);
	ok(w->t->is == THREAD_BEFORE && w->t->number == 1, "without an order it stays before a call");
	thread_go(&w->s, w->t);
	leave(w, w->t, 0);
	ok(w->t->is == THREAD_AFTER && w->t->woke && !w->p->reached, "and after it");
}

static void past_a_call(struct world *w, uint64_t fd, uint64_t udp)
{
	w->p->order = ORDER_PAST;
	snprintf(w->p->word, sizeof w->p->word, "recv");
	thread_go(&w->s, w->t);
	enter(w, w->t, SYS_write, fd, 0, 1);
	leave(w, w->t, 1);
	enter(w, w->t, SYS_recvfrom, udp, 0, 1);
	leave(w, w->t, 1);
	enter(w, w->t, SYS_read, fd, 0, 1);
	ok(w->t->is == THREAD_RUNS && w->t->in_call && w->p->order == ORDER_PAST,
	   "past recv: over others, and into it");
}

static void interrupted(struct world *w, uint64_t fd, uint64_t udp)
{
	leave(w, w->t, -512);
	ok(w->t->is == THREAD_RUNS && w->t->restarts, "interrupted, and made again: it has not returned");
	told[0] = 0;
	enter(w, w->t, SYS_read, fd, 0, 1);
	ok(w->t->is == THREAD_RUNS && !w->t->restarts, "it is in the same call still");
	leave(w, w->t, -512);
	told[0] = 0;
	w->p->order = ORDER_STAY;
	enter(w, w->t, SYS_read, udp, 0, 1);
	ok(w->t->is == THREAD_BEFORE && !w->t->restarts,
	   "a read of another socket, by the signal's handler, is another call");
}

static void got_there(struct world *w, uint64_t fd)
{
	w->p->order = ORDER_PAST;
	thread_go(&w->s, w->t);
	leave(w, w->t, 1);
	enter(w, w->t, SYS_read, fd, 0, 1);
	leave(w, w->t, 1);
	ok(w->t->is == THREAD_AFTER && w->p->reached == w->t && w->p->order == ORDER_STAY && !w->t->woke,
	   "stays after it, and says who got there");
}

static void to_a_call(struct world *w, uint64_t fd)
{
	w->p->reached = NULL;
	w->p->order = ORDER_TO;
	thread_go(&w->s, w->t);
	enter(w, w->t, SYS_read, fd, 0, 1);
	ok(w->t->is == THREAD_BEFORE && w->p->reached == w->t && w->p->order == ORDER_STAY, "to recv: stays before it");
}

static void of_one_thread(struct world *w, uint64_t fd)
{
	w->p->order = ORDER_GO;
	w->p->only = 1;
	enter(w, w->second, SYS_close, fd, 0, 0);
	ok(w->second->is == THREAD_BEFORE && w->second->number == 2, "an order for one thread: the other one stays");
	ok(program_next(&w->s, w->p) == w->t, "whoever stopped first goes on first");
	thread_go(&w->s, w->t);
	ok(program_next(&w->s, w->p) == w->second, "then the other");
	w->p->only = 0;
	program_go(&w->s, w->p);
	ok(!program_next(&w->s, w->p) && w->t->is == THREAD_RUNS && w->second->is == THREAD_RUNS, "all go on");
}

static void orders(void)
{
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), other = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t fd = (uint64_t)tcp, udp = (uint64_t)other;
	struct world w;

	open_world(&w);
	no_order(&w, fd);
	past_a_call(&w, fd, udp);
	interrupted(&w, fd, udp);
	got_there(&w, fd);
	to_a_call(&w, fd);
	of_one_thread(&w, fd);
	close_world(&w);
	close(tcp);
	close(other);
}

static bool keep_it;

static bool keeps(void *ctx, struct thread *t)
{
	(void)ctx;
	return keep_it && t->call.is->role == ROLE_CONNECT;
}

/* Who is kept in front of a call stays there whatever its program is told, and it is nobody's turn. */
static void kept(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct world w;

	open_world(&w);
	w.s.hooks.keeps = keeps;
	w.p->order = ORDER_GO;
	keep_it = true;
	enter(&w, w.t, SYS_listen, (uint64_t)fd, 1, 0);
	ok(w.t->is == THREAD_RUNS && !w.t->kept, "another call goes on");
	leave(&w, w.t, 0);
	enter(&w, w.t, SYS_connect, (uint64_t)fd, 0, 0);
	ok(w.t->is == THREAD_BEFORE && w.t->kept && !w.t->in_call, "kept before its call, though told to go");
	ok(!program_next(&w.s, w.p), "it is nobody's turn");
	thread_go(&w.s, w.t);
	ok(w.t->is == THREAD_RUNS && !w.t->kept && w.t->in_call, "until it is let go");
	leave(&w, w.t, 0);
	w.p->order = ORDER_STAY;
	keep_it = false;
	enter(&w, w.t, SYS_connect, (uint64_t)fd, 0, 0);
	ok(w.t->is == THREAD_BEFORE && !w.t->kept && program_next(&w.s, w.p) == w.t, "who is not kept has its turn");
	close_world(&w);
	close(fd);
}

int main(void)
{
	which_calls();
	closed_twice();
	other_calls();
	orders();
	kept();
	return tap_done();
}
