/* SPDX-License-Identifier: MIT
 * What programs do, on the timeline. */
#include "lab/programs_internal.h"
#include "base/file.h"
#include "base/system.h"
#include "base/text.h"
#include "lab/lab_internal.h"
#include "lab/machine.h"
#include "lab/why.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A line that is longer is shown in pieces. */
enum { LINE_KEPT = 4096 };

/* --- what a program does, on the timeline -------------------------------------------------------------- */

void numbered_name(const struct program *p, unsigned number, char name[static ACTOR_NAME])
{
	if (number == 1)
		snprintf(name, ACTOR_NAME, "%s", p->name);
	else
		snprintf(name, ACTOR_NAME, "%.12s/%u", p->name, number);
}

void thread_name(const struct thread *t, char name[static ACTOR_NAME])
{
	if (t->number == 0)
		snprintf(name, ACTOR_NAME, "%.12s tid %d", t->process->program->name, t->tid);
	else
		numbered_name(t->process->program, t->number, name);
}

static struct actor *actor_of(struct lab *l, const struct program *p)
{
	return lab_find_actor(l, p->name);
}

static void flush(struct lab *l, struct program *p)
{
	struct event ev = { .kind = EV_OUTPUT, .side = actor_of(l, p)->side };
	struct buf text = { 0 };

	if (!p->line.len)
		return;
	text_quote(&text, p->line.text, p->line.len);
	buf_clear(&p->line);
	snprintf(ev.who, sizeof ev.who, "%s", p->name);
	ev.text = xstrdup(buf_text(&text));
	timeline_append(&l->timeline, ev);
	buf_free(&text);
}

/* What it wrote before stands before, and so do the packets that came. */
static struct event *note(struct lab *l, enum event_kind kind, struct program *p, const struct thread *t)
{
	struct event ev = { .kind = kind, .side = actor_of(l, p)->side };

	flush(l, p);
	if (l->options.machine)
		machine_take_packets(l);
	if (t)
		thread_name(t, ev.who);
	else
		snprintf(ev.who, sizeof ev.who, "%s", p->name);
	return timeline_append(&l->timeline, ev);
}

void note_text(struct lab *l, enum event_kind kind, struct program *p, const struct thread *t, const struct buf *text)
{
	note(l, kind, p, t)->text = xstrdup(buf_text(text));
}

char *where_is(const struct thread *t)
{
	struct stack *s = stack_take(t->tid);
	struct buf b = { 0 };
	struct frame own;

	stack_add_script(s, t->process->modules, t->tid);
	if (t->call.is->role != ROLE_EXIT && stack_line(t->process->modules, s, t->call.is->name, &own))
		frame_text(&b, &own);
	stack_free(s);
	return b.text;
}

/* Something may have changed on its side. */
static void touch(struct lab *l, const struct actor *a)
{
	l->dirty[a->side] = true;
	if (l->options.machine)
		machine_changed(l);
}

/* A call that changes no socket needs no look, but where nobody would tell what came meanwhile. */
static bool may_change(const struct lab *l, const struct thread *t)
{
	return call_changes(&t->call) != CHANGES_NOTHING || (l->options.machine && !l->live);
}

/* In the machine's own network sockets are known by their addresses, which some calls change. */
static void meet(struct lab *l, const struct actor *a, const struct thread *t)
{
	const struct call *c = &t->call;
	bool accepted = c->returned && c->is->role == ROLE_ACCEPT && c->ret >= 0;
	int fd = accepted ? (int)c->ret : call_fd(c);
	uint32_t inode = accepted ? t->made : t->inode;

	if (l->options.machine && inode && fd >= 0)
		machine_meets(l, a->side, inode, t->process->pidfd, fd, c->returned && c->is->changes == CHANGES_ENDS);
}

/* Its packets may come before it returns. */
static void expect_packets(struct lab *l, const struct actor *a, const struct thread *t)
{
	struct endpoint at;

	if (!l->options.machine || t->datagram || !call_endpoint(t->process->pid, &t->call, &at))
		return;
	if (t->call.is->role == ROLE_CONNECT || t->call.is->role == ROLE_SEND)
		machine_connects(l, a->side, &at);
	else if (t->call.is->role == ROLE_BIND)
		machine_binds(l, at.port);
}

void programs_tell_trouble(struct lab *l, const struct thread *t)
{
	const char *trouble = modules_trouble(t->process->modules);
	struct buf text = { 0 };

	if (!trouble || t->process->told_trouble)
		return;
	t->process->told_trouble = true;
	buf_puts(&text, trouble);
	note_text(l, EV_PROCESS, t->process->program, t, &text);
	buf_free(&text);
}

static void enters(void *ctx, struct thread *t)
{
	struct lab *l = ctx;
	struct actor *a = actor_of(l, t->process->program);
	struct buf text = { 0 };
	struct event *ev;

	t->id = ++l->last_call;
	a->now.id = t->id;
	snprintf(a->now.call, sizeof a->now.call, "%s", t->call.is->name);
	if (may_change(l, t))
		touch(l, a);
	if (t->call.is->role == ROLE_BIND)
		bound_may_come(l, a->side);
	if (l->silent)
		return;
	meet(l, a, t);
	expect_packets(l, a, t);
	call_text(&text, t->process->pid, &t->call);
	ev = note(l, EV_CALL, t->process->program, t);
	ev->call = (struct event_call){ .id = t->id, .text = xstrdup(buf_text(&text)), .where = where_is(t) };
	buf_free(&text);
	programs_tell_trouble(l, t);
}

/* So that `expect A CALL RESULT` works on programs as on built-in actors. */
static void keep_result(struct actor *a, const struct thread *t)
{
	const struct call *c = &t->call;

	a->last = (struct result){ .id = t->id, .fd = -1 };
	a->last.reply.ret = c->ret < 0 ? -1 : c->ret;
	a->last.reply.err = c->ret < 0 ? (int32_t)-c->ret : 0;
	a->last.reply.text_len = (uint32_t)call_received(t->process->pid, c, a->last.text, ACTOR_KEPT);
	snprintf(a->last.call, sizeof a->last.call, "%s", c->is->name);
	if (a->now.id == t->id)
		a->now.id = 0;
	if (!a->of_role)
		a->of_role = xcalloc(ROLES, sizeof *a->of_role);
	a->of_role[c->is->role] = a->last;
}

/* So that a change of state stands beside the call that made it, or that it woke, though the program goes on at
 * once. */
static void look_now(struct lab *l, enum side side)
{
	struct err e;

	if (!l->silent && !l->options.machine)
		note_look(l, side, &e);
}

static char *why_program_failed(struct lab *l, const struct actor *a, const struct thread *t)
{
	const struct process *x = t->process;
	const struct socket_file *socket = socket_of(&l->stepper.sockets, x->pidfd, x->pid, call_fd(&t->call), true);
	char who[ACTOR_NAME];
	struct failure f = { .call = t->call.is->name,
		             .err = (int)-t->call.ret,
		             .side = a->side,
		             .who = who,
		             .fd = call_fd(&t->call),
		             .cookie = socket ? socket->cookie : 0,
		             .reuse = socket ? socket_reuses(x->pidfd, call_fd(&t->call)) : -1 };

	thread_name(t, who);
	call_endpoint(x->pid, &t->call, &f.at);
	return why_failed(l, &f);
}

static void returned(void *ctx, struct thread *t)
{
	struct lab *l = ctx;
	struct actor *a = actor_of(l, t->process->program);
	struct buf text = { 0 }, whole = { 0 };
	struct event *ev = NULL;

	if (may_change(l, t))
		touch(l, a);
	if (!l->silent) {
		meet(l, a, t);
		call_result(&text, &t->call);
		call_text(&whole, t->process->pid, &t->call);
		ev = note(l, EV_RESULT, t->process->program, t);
		ev->call = (struct event_call){ .id = t->id,
			                        .text = xstrdup(buf_text(&text)),
			                        .whole = xstrdup(buf_text(&whole)),
			                        .failed = t->call.ret < 0 };
		if (t->since.ns)
			ev->call.took = span_since(t->since);
		buf_free(&text);
		buf_free(&whole);
	}
	lives_returned(&l->lives, &l->stepper, t);
	if (!call_will_restart(&t->call))
		keep_result(a, t);
	if (may_change(l, t))
		look_now(l, a->side);
	if (ev && t->call.ret < 0 && !t->datagram && !call_will_restart(&t->call))
		ev->call.why = why_program_failed(l, a, t);
}

static void end_text(struct buf *b, int status)
{
	const char *name = WIFSIGNALED(status) ? signal_name(WTERMSIG(status)) : NULL;

	if (WIFEXITED(status))
		buf_addf(b, "exits %d", WEXITSTATUS(status));
	else
		buf_addf(b, "killed by SIG%s%s", name ? name : "?", WCOREDUMP(status) ? " (core dumped)" : "");
}

static bool is_setuid(pid_t pid)
{
	char path[48];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	return geteuid() != 0 && stat(path, &st) == 0 && st.st_mode & (S_ISUID | S_ISGID);
}

static void happening_text(struct buf *b, const struct thread *t, enum happening what, int number)
{
	char comm[COMM_SIZE];

	switch (what) {
	case HAPPENED_THREAD:
		buf_addf(b, "new thread, tid %d", t->tid);
		break;
	case HAPPENED_CHILD:
		buf_addf(b, "new process, pid %d", t->tid);
		break;
	case HAPPENED_EXEC:
		comm_read(t->tid, comm);
		buf_addf(b, "exec: now %s", comm);
		if (is_setuid(t->tid))
			buf_puts(b, ", a setuid program, which under a tracer runs without its rights");
		break;
	case HAPPENED_SIGNAL:
		buf_addf(b, "signal SIG%s", signal_name(number) ? signal_name(number) : "?");
		break;
	case HAPPENED_FROZEN:
		buf_addf(b, "frozen by SIG%s, until SIGCONT", signal_name(number));
		break;
	case HAPPENED_URING:
		buf_puts(b, "io_uring: what it does by that is no system call and is not seen, only its packets and "
		            "sockets; --no-io-uring makes the "
		            "set-up fail, and most programs then do without");
		break;
	case HAPPENED_OTHER_CALLS:
		buf_puts(b, "32-bit system calls (a 32-bit program, int 0x80, x32): they are not shown, nor what they "
		            "open and "
		            "close; only its packets and sockets are");
		break;
	case HAPPENED_END:
		end_text(b, number);
		break;
	}
}

/* The end of a thread that is not its process's first is no news but to its program; nor is what happens to who never
 * touched a socket, or a first exec. */
static bool is_news(const struct thread *t, enum happening what)
{
	if (what == HAPPENED_OTHER_CALLS || (what == HAPPENED_EXEC && is_setuid(t->tid)))
		return true;
	if (t->number == 0)
		return false;
	return !(what == HAPPENED_END && t->tid != t->process->pid) &&
	       !(what == HAPPENED_EXEC && t->number == 1 && !t->id);
}

/* A child's end is told by itself. */
static bool is_childs_end(enum happening what, int number)
{
	return what == HAPPENED_SIGNAL && number == SIGCHLD;
}

static void happened(void *ctx, struct thread *t, enum happening what, int number)
{
	struct lab *l = ctx;
	struct program *p = t->process->program;
	struct actor *a = actor_of(l, p);
	struct buf text = { 0 };

	touch(l, a);
	if (what == HAPPENED_URING || what == HAPPENED_OTHER_CALLS)
		bound_goes_unseen(l, a->side);
	if (l->options.machine && (what == HAPPENED_URING || what == HAPPENED_OTHER_CALLS))
		machine_unfollowed(l);
	if (what == HAPPENED_END && a->now.id == t->id)
		a->now.id = 0;
	if (!is_news(t, what) || is_childs_end(what, number) || l->silent)
		return;
	happening_text(&text, t, what, number);
	note_text(l, EV_PROCESS, p, t, &text);
	buf_free(&text);
	if (what == HAPPENED_END)
		look_now(l, a->side);
}

/* A line is shown as a line. What is no line yet waits for its end, as long as nothing else happens. */
static void output(void *ctx, struct program *p, const char *bytes, size_t n)
{
	struct lab *l = ctx;

	while (n && !l->silent) {
		const char *newline = memchr(bytes, '\n', n);
		size_t len = newline ? (size_t)(newline - bytes) + 1 : n;

		buf_add(&p->line, bytes, len);
		if (newline || p->line.len >= LINE_KEPT)
			flush(l, p);
		bytes += len;
		n -= len;
	}
}

void programs_flush(struct lab *l)
{
	struct program *p;

	TAILQ_FOREACH (p, &l->stepper.programs, link)
		flush(l, p);
}

/* A built-in actor's process is gone: nobody else may be killed in its place. */
static void foreign(void *ctx, pid_t pid)
{
	struct lab *l = ctx;
	struct actor *a;

	TAILQ_FOREACH (a, &l->actors, link)
		if (a->pid == pid)
			a->pid = 0;
}

void programs_open(struct lab *l)
{
	stepper_open(&l->stepper, (struct step_hooks){ l, enters, returned, happened, output, foreign, NULL });
	l->stepper.want_cookies = l->lives.wanted = true;
}

void program_end_text(struct buf *out, const struct program *p)
{
	end_text(out, p->status);
}

int program_code(const struct program *p)
{
	return WIFEXITED(p->status) ? WEXITSTATUS(p->status) : 128 + WTERMSIG(p->status);
}
