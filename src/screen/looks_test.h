/* SPDX-License-Identifier: MIT
 * What the tests of the screen's parts share: a machine written down look by look, and a top that looks at it. The
 * looks are ten seconds apart: the first is of 12:00:10. */
#ifndef SCREEN_LOOKS_TEST_H
#define SCREEN_LOOKS_TEST_H

#include "screen/top_internal.h"
#include "base/tap.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

/* --- the machine --------------------------------------------------------------------------------------------- */

#define HOME 4026531840U
#define AWAY 4026532000U

/* A socket in one look, or the same in all from `look` to `until`. */
struct row {
	unsigned look, until; /* until 0: that look only */
	enum tcp_state state;
	uint16_t local, remote; /* ports of 10.0.0.1 and, if not 0, of 10.0.0.2 */
	uint32_t rq, wq;
	pid_t pid, and_pid; /* 0: nobody; beyond what the kernel gives: no such process is there to be asked */
	struct sock rest;   /* key.netns 0: HOME */
	const struct sock_info *info;
	bool waits; /* for the look's first socket to accept it */
};

enum { NOBODY, SERVER = 5000010, LEAKY = 5000020, STEP_S = 10 };

static struct {
	const struct row *rows;
	size_t n;
	unsigned look;      /* 1 is the first */
	size_t many;        /* so many more sockets, of no importance */
	unsigned forgotten; /* how often names were to be forgotten */
	unsigned wanted;    /* by the last look */
	bool fails;
	struct top_unseen unseen;
	pid_t pid; /* whose threads were asked for, and when it began */
	uint64_t began;
} machine;

static inline void add_owner(struct evidence *ev, struct sock *s, pid_t pid, int fd)
{
	struct holder h = { pid, pid, "" };

	if (!pid)
		return;
	snprintf(h.comm, sizeof h.comm, "%s", pid == LEAKY ? "leaky" : "server");
	evidence_add_owner(ev, s, evidence_add_holder(ev, &h), fd);
}

static inline void add_row(struct evidence *ev, const struct row *r, unsigned want)
{
	struct sock s = r->rest, *is;

	s.key.netns = s.key.netns ? s.key.netns : HOME;
	s.state = r->state;
	s.local = (struct endpoint){ { AF_INET, { 10, 0, 0, 1 } }, r->local };
	if (r->remote)
		s.remote = (struct endpoint){ { AF_INET, { 10, 0, 0, 2 } }, r->remote };
	s.rq = r->rq;
	s.wq = r->wq;
	s.listener = r->waits;
	is = evidence_add(ev, &s);
	if (want & WANT_INFO)
		*evidence_add_info(ev) = r->info ? *r->info : (struct sock_info){ 0 };
	add_owner(ev, is, r->and_pid, 9);
	add_owner(ev, is, r->pid, 8);
}

static inline int look_at_machine(void *ctx, unsigned want, struct evidence *ev, struct top_unseen *unseen,
                                  struct err *e)
{
	static const struct row another = { .state = TCP_ESTABLISHED, .local = 1 };

	(void)ctx;
	machine.wanted = want;
	if (machine.fails)
		return err_set(e, "the machine is not there");
	ev->at = (struct instant){ span_s(STEP_S).ns * machine.look };
	for (size_t i = 0; i < machine.n; i++) {
		const struct row *r = &machine.rows[i];

		if (machine.look == r->look || (machine.look > r->look && machine.look <= r->until))
			add_row(ev, r, want);
	}
	for (size_t i = 0; i < machine.many; i++)
		add_row(ev, &another, want);
	unseen->processes += machine.unseen.processes;
	unseen->namespaces += machine.unseen.namespaces;
	unseen->chains += machine.unseen.chains;
	return 0;
}

static inline void forget(void *ctx)
{
	(void)ctx;
	machine.forgotten++;
}

static inline void threads_of(void *ctx, pid_t pid, uint64_t began, struct buf *out)
{
	(void)ctx;
	machine.pid = pid;
	machine.began = began;
	buf_puts(out, "thread 7 sleeps in accept()\n  accept+0x1\n");
}

/* --- top ----------------------------------------------------------------------------------------------------- */

static const struct top_eyes eyes = {
	.engine = "X", .look = look_at_machine, .forget_names = forget, .threads = threads_of
};
static const struct top_job job = { .once = false };

/* For top_free(). Nothing has been looked at. */
static inline struct top *top_at(const struct row *rows, size_t n)
{
	struct top *t = xcalloc(1, sizeof *t);
	struct err e = { 0 };

	setenv("TZ", "UTC0", 1);
	memset(&machine, 0, sizeof machine);
	machine.rows = rows;
	machine.n = n;
	t->job = &job;
	t->eyes = &eyes;
	t->named = clock_now();
	t->style = (struct cell_style){ .names = &eyes.names, .utf8 = true };
	t->grouping = GROUP_OWNER;
	t->delay = span_s(STEP_S);
	top_set_filter(t, "", &e);
	return t;
}

/* The next look; 12:00:00 is ten seconds before the first. */
static inline int top_looks(struct top *t)
{
	struct err e = { 0 };
	int rc;

	machine.look++;
	rc = top_sample(t, &e);
	t->wall_ns = span_s((int64_t)12 * 3600).ns;
	return rc;
}

static inline void top_looks_until(struct top *t, unsigned look)
{
	while (machine.look < look)
		top_looks(t);
}

static inline void top_free(struct top *t)
{
	top_finish(t);
	free(t);
}

/* A long text: where it differs is shown, line by line. */
static inline void same_lines(const char *is, const char *should, const char *what)
{
	if (ok(streq(is, should), "%s", what))
		return;
	for (; *is || *should; is += strcspn(is, "\n") + (is[strcspn(is, "\n")] != 0),
	                       should += strcspn(should, "\n") + (should[strcspn(should, "\n")] != 0)) {
		int a = (int)strcspn(is, "\n"), b = (int)strcspn(should, "\n");

		printf(a == b && !strncmp(is, should, (size_t)a) ? "#   %.*s\n" : "# is     |%.*s|\n", a, is);
		if (a != b || strncmp(is, should, (size_t)a) != 0)
			printf("# should |%.*s|\n", b, should);
	}
}

#endif
