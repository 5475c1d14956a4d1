/* SPDX-License-Identifier: MIT
 * What programs do, as it is noted, and whose turn it is: two programs made by hand, of which the kernel knows
 * nothing. */
#include "lab/bare_test.h"
#include "lab/programs.h"

#include <errno.h>
#include <signal.h>

static struct bare b;

/* The server has two threads, the client one. */
static struct program server, client;
static struct process server_process, client_process;
static struct thread first, second, other;

static void add_program(struct program *p, struct process *x, const char *name, enum side side)
{
	struct actor *a = lab_add_actor(&b.l, actor_without_process(name, side));

	*p = (struct program){ .terminal = -1 };
	snprintf(p->name, sizeof p->name, "%s", name);
	*x = (struct process){ .pid = getpid(), .program = p, .pidfd = -1 };
	a->program = p;
	TAILQ_INSERT_TAIL(&b.l.stepper.programs, p, link);
	TAILQ_INSERT_TAIL(&b.l.stepper.processes, x, link);
}

static void add_thread(struct thread *t, struct process *x, unsigned number)
{
	*t = (struct thread){ .tid = x->pid, .process = x, .number = number, .is = THREAD_RUNS, .stat = -1 };
	x->program->last_number = number;
	TAILQ_INSERT_TAIL(&b.l.stepper.threads, t, link);
}

static void set_up(void)
{
	bare_open(&b);
	add_program(&server, &server_process, "server", SERVER);
	add_program(&client, &client_process, "client", CLIENT);
	add_thread(&first, &server_process, 1);
	add_thread(&second, &server_process, 2);
	add_thread(&other, &client_process, 1);
}

static void clean_up(void)
{
	struct actor *a;

	TAILQ_FOREACH (a, &b.l.actors, link)
		a->program = NULL;
	buf_free(&server.line);
	buf_free(&client.line);
	TAILQ_INIT(&b.l.stepper.programs);
	TAILQ_INIT(&b.l.stepper.processes);
	TAILQ_INIT(&b.l.stepper.threads);
	bare_close(&b);
}

static const struct syscall_info *named(const char *name)
{
	for (size_t i = 0; i < syscalls_n; i++)
		if (streq(syscalls[i].name, name))
			return &syscalls[i];
	exit(1);
}

static const struct event *last_event(void)
{
	return b.l.timeline.n ? b.l.timeline.events[b.l.timeline.n - 1] : NULL;
}

/* "server/2 PROCESS: new thread, tid 4194303"; "" if nothing was noted since `before`. */
static void noted_is(size_t before, const char *should, const char *what)
{
	struct buf is = { 0 };

	for (size_t i = before; i < b.l.timeline.n; i++) {
		const struct event *ev = b.l.timeline.events[i];

		buf_addf(&is, "%s%s %s: ", i > before ? ", " : "", ev->who, event_kind_info(ev->kind)->word);
		buf_puts(&is, ev->kind == EV_CALL || ev->kind == EV_RESULT ? ev->call.text : ev->text);
	}
	same_text(buf_text(&is), should, what);
	buf_free(&is);
}

static void happens(struct thread *t, enum happening what, int number, const char *should)
{
	size_t before = b.l.timeline.n;

	b.l.dirty[SERVER] = false;
	b.l.stepper.hooks.happened(&b.l, t, what, number);
	ok(b.l.dirty[SERVER] || what == HAPPENED_END, "the host is looked at again, at an end at once");
	noted_is(before, should, "what happened");
}

static void of_happenings(void)
{
	second.tid = 4194303; /* nobody has it: the highest there may be */
	first.id = 1;
	happens(&second, HAPPENED_THREAD, 0, "server/2 process: new thread, tid 4194303");
	happens(&second, HAPPENED_CHILD, 0, "server/2 process: new process, pid 4194303");
	happens(&first, HAPPENED_SIGNAL, SIGUSR1, "server process: signal SIGUSR1");
	happens(&first, HAPPENED_SIGNAL, SIGCHLD, "");
	happens(&first, HAPPENED_FROZEN, SIGTSTP, "server process: frozen by SIGTSTP, until SIGCONT");
	happens(&first, HAPPENED_EXEC, 0, "server process: exec: now program_note_te");
	first.id = 0;
	happens(&first, HAPPENED_EXEC, 0, "");
	happens(&first, HAPPENED_END, 3 << 8, "server process: exits 3");
	happens(&first, HAPPENED_END, SIGKILL, "server process: killed by SIGKILL");
	happens(&first, HAPPENED_END, SIGSEGV | 0x80, "server process: killed by SIGSEGV (core dumped)");
	happens(&second, HAPPENED_END, 0, "");
	second.number = 0;
	happens(&second, HAPPENED_SIGNAL, SIGUSR1, "");
	happens(&second, HAPPENED_OTHER_CALLS, 0,
	        "server tid 4194303 process: 32-bit system calls (a 32-bit program, int 0x80, x32): they are not "
	        "shown, nor "
	        "what they open and close; only its packets and sockets are");
	b.l.silent = true;
	happens(&first, HAPPENED_SIGNAL, SIGUSR1, "");
}

/* A call is noted when it begins and when it has returned, and its result is kept for `expect`. */
static void of_calls(void)
{
	static const char text[] = "hello";
	struct actor *a = lab_find_actor(&b.l, "server");

	first.call = (struct call){ .is = named("sendto"), .arg = { 4, (uintptr_t)text, 5 } };
	b.l.stepper.hooks.enters(&b.l, &first);
	noted_is(0, "server call: sendto(4, \"hello\", 5, 0, NULL, 0)", "a call that begins");
	ok(a->now.id == first.id && first.id == 1, "it is pending");
	first.in_call = true;
	bare_says_is(&b, "expect server send pending within 0s", "");
	bare_says_is(&b, "expect server recv pending within 0s", "the expectation failed");
	first.call.returned = true;
	first.call.ret = 5;
	b.l.stepper.hooks.returned(&b.l, &first);
	ok(last_event()->kind == EV_RESULT && last_event()->call.id == 1 && !last_event()->call.failed,
	   "a result, of that call");
	same_text(last_event()->call.text, "5", "what it was");
	ok(a->now.id == 0, "it is pending no longer");
	first.in_call = false;
	bare_says_is(&b, "expect server send 5 within 0s", "");
	bare_says_is(&b, "expect server sendto 5 within 0s", "");
	bare_says_is(&b, "expect server send 4 within 0s", "the expectation failed");
	second.call = (struct call){ .is = named("connect"), .arg = { 4 }, .returned = true, .ret = -ECONNREFUSED };
	second.id = 2;
	b.l.stepper.hooks.returned(&b.l, &second);
	same_text(last_event()->call.text, "-1 ECONNREFUSED (Connection refused)", "a result that is a failure");
	ok(last_event()->call.failed, "is marked as one");
	same_text(last_event()->who, "server/2", "by the name of its thread");
	bare_says_is(&b, "expect server connect ECONNREFUSED within 0s", "");
	bare_says_is(&b, "expect server send 5 within 0s", "");
	second.call.ret = -512; /* -ERESTARTSYS: nothing was returned to the program */
	b.l.stepper.hooks.returned(&b.l, &second);
	bare_says_is(&b, "expect server connect ECONNREFUSED within 0s", "");
}

static void of_output(void)
{
	size_t before = b.l.timeline.n;
	struct step_hooks *h = &b.l.stepper.hooks;

	h->output(&b.l, &server, "one\ntwo", 7);
	noted_is(before, "server output: one\\n", "a whole line at once");
	before = b.l.timeline.n;
	h->output(&b.l, &server, " more\n\x1b", 7);
	noted_is(before, "server output: two more\\n", "the rest with its end");
	before = b.l.timeline.n;
	programs_flush(&b.l);
	noted_is(before, "server output: \\x1b", "and when all is quiet what is no line");
	before = b.l.timeline.n;
	h->output(&b.l, &server, "? ", 2);
	happens(&first, HAPPENED_SIGNAL, SIGINT, "server output: ? , server process: signal SIGINT");
}

static void turn_is(const char *should, const char *what)
{
	struct buf is = { 0 };

	lab_next_text(&b.l, &is);
	same_text(buf_text(&is), should, what);
	buf_free(&is);
}

/* Who went on last goes on; else who of its program stopped first; else the next program that is stopped. */
static void of_turns(void)
{
	turn_is("", "nobody is stopped");
	first.is = second.is = other.is = THREAD_AFTER;
	first.call.is = second.call.is = named("read");
	other.call.is = named("connect");
	first.turn = 3;
	second.turn = 2;
	other.turn = 1;
	turn_is("server/2 has returned from read", "the first program's thread that stopped first");
	b.l.turn = &first;
	b.l.turn_of = &server;
	turn_is("server has returned from read", "who went on last");
	first.is = THREAD_RUNS;
	turn_is("server/2 has returned from read", "another thread of its program");
	second.is = THREAD_FROZEN;
	turn_is("client has returned from connect", "another program");
	other.call.is = NULL;
	turn_is("client has returned from a call", "whose call is not known");
	other.call = (struct call){ .is = named("exit_group"), .arg = { 3 } };
	other.is = THREAD_BEFORE;
	turn_is("client stops before exit_group(3)", "before a call");
}

/* What cannot have changed is not looked at again; in the machine's own network it may have without us, where no
 * packet tells of it. */
static void needs_a_look(void)
{
	static const struct {
		const char *call;
		bool machine, should;
	} rows[] = { { "getsockopt", false, false }, { "recvfrom", false, true }, { "getsockopt", true, true } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		second.call = (struct call){ .is = named(rows[i].call), .arg = { 4 }, .returned = true };
		b.l.dirty[SERVER] = false;
		b.l.options.machine = rows[i].machine;
		b.l.stepper.hooks.enters(&b.l, &second);
		ok(b.l.dirty[SERVER] == rows[i].should, "%s on %s: %s", rows[i].call,
		   rows[i].machine ? "the machine" : "a host", rows[i].should ? "a look" : "no look");
	}
	b.l.options.machine = false;
}

/* It slept in the call that is meant, and has returned meanwhile: `past` is there already. */
static void of_past(void)
{
	first.call.is = named("connect");
	first.woke = true;
	first.is = THREAD_AFTER;
	second.call.is = named("recvfrom");
	second.woke = true;
	second.is = THREAD_AFTER;
	bare_says_is(&b, "server past recv", "");
	ok(first.woke && !second.woke && b.l.turn == &second && b.l.turn_of == &server,
	   "who slept in it and woke is past it");
	second.woke = true;
	bare_says_is(&b, "server/2 past recvfrom", "");
	ok(!second.woke, "also by thread and by the call's own name");
	bare_says_is(&b, "server/3 past recv",
	             "server has 2 threads and processes that made a socket call (ACTOR past CALL [within TIME])");
	bare_says_is(&b, "server2 past recv",
	             "server2 runs no program; 'server2 run PROGRAM' first (ACTOR past CALL [within TIME])");
	bare_says_is(&b, "server past raed", "'raed' is no call that programs are stopped at; did you mean read?");
	bare_says_is(&b, "server past", "the call is missing (ACTOR past CALL [within TIME])");
	bare_says_is(&b, "server until", "until what? 'until blocked': until it sleeps in a call");
	bare_says_is(&b, "server send 5 bytes",
	             "server runs a program, which makes its own calls; it is told past, to, go, until, type and "
	             "signal (ACTOR send \"TEXT\" | N bytes)");
	bare_says_is(&b, "server signal NOTHING", "'NOTHING' is no signal: INT, TERM, USR1 ...");
	bare_says_is(&b, "server signal 65", "'65' is no signal: INT, TERM, USR1 ...");
	server.ended = true;
	bare_says_is(&b, "server signal sigint", "server has ended: there is nobody to signal");
	bare_says_is(&b, "server signal 2", "server has ended: there is nobody to signal");
}

static void of_ends(void)
{
	ok(lab_programs(&b.l) == 2, "two programs are there");
	TAILQ_REMOVE(&b.l.stepper.processes, &server_process, link);
	server.ended = true;
	server.status = 1 << 8;
	ok(lab_programs(&b.l) == 1, "one is");
	bare_says_is(&b, "server to send", "server has ended");
	bare_says_is(&b, "server past send", "server has ended");
	bare_says_is(&b, "server go", "");
	bare_says_is(&b, "server stack", "server has ended");
	bare_says_is(&b, "expect server exits 1", "");
	TAILQ_REMOVE(&b.l.stepper.processes, &client_process, link);
	bare_says_is(&b, "to send", "every program has ended");
	bare_says_is(&b, "stack", "every program has ended");
	bare_says_is(&b, "next", "every program has ended");
	bare_says_is(&b, "until blocked", "");
	ok(lab_programs(&b.l) == 0 && !lab_has_attached(&b.l), "none is");
	client.attached = true;
	ok(lab_has_attached(&b.l), "one was there before");
}

int main(void)
{
	void (*const parts[])(void) = { of_happenings, of_calls, needs_a_look, of_output, of_turns, of_past, of_ends };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		set_up();
		parts[i]();
		clean_up();
	}
	return tap_done();
}
