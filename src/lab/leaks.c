/* SPDX-License-Identifier: MIT
 * Leaks: what /proc/PID/fd says is held, what sock_diag says of it, and the calls of its life. */
#include "lab/leaks.h"
#include "base/file.h"
#include "lab/programs_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Groups name so many descriptors and peers. */
enum { NAMED = 6, FRAMES_SHOWN = 6 };

#define LEAK_PATIENCE span_ms(250)

/* One connection that is leaked. */
struct leaked {
	const struct life *life; /* NULL: no call on it was seen */
	const struct sock *sock; /* NULL: closed by both, the kernel's table has only its TIME_WAIT, if anything */
	const struct holding *held;
	size_t copies; /* descriptors of it, from `held` on */
};

static const struct sock *sock_of(const struct lab *l, uint32_t inode)
{
	for (int i = 0; i < SIDES; i++)
		for (size_t k = 0; k < l->seen[i].n; k++)
			if (l->seen[i].socks[k].inode == inode)
				return &l->seen[i].socks[k];
	return NULL;
}

/* Has the peer sent its FIN, or reset it? The kernel says so, or the program has read it. What was touched a moment ago
 * may be about to be closed, where programs run on while we look. */
static bool is_leak(const struct lab *l, const struct leaked *x)
{
	if (l->options.machine && x->life && span_since(x->life->touched).ns < LEAK_PATIENCE.ns)
		return false;
	if (x->sock &&
	    (x->sock->state == TCP_CLOSE_WAIT || x->sock->state == TCP_LAST_ACK || x->sock->state == TCP_CLOSING))
		return true;
	return x->life && x->life->eof.stack;
}

/* --- words --------------------------------------------------------------------------------------------- */

/* The program's own frames, innermost first: what is the C library's, and what is below main, tells nothing. */
static char *frames_text(const struct leaked *x, struct stepper *s, const struct site *site)
{
	struct process *maker = process_of(s, x->life->pid);
	struct frame frames[STACK_DEPTH];
	size_t n = stack_frames((maker ? maker : x->held->process)->modules, site->stack, frames, STACK_DEPTH);
	struct buf b = { 0 };
	unsigned shown = 0;

	for (size_t i = 0; i < n; i++) {
		if (!frame_is_own(&frames[i], shown ? "" : site->call) && !(s->whole_stacks && frames[i].inner))
			continue;
		if (shown++ == FRAMES_SHOWN && !s->whole_stacks) {
			buf_puts(&b, " < …");
			break;
		}
		if (b.len)
			buf_puts(&b, " < ");
		frame_text(&b, &frames[i]);
		if (streq(frames[i].function, "main"))
			break;
	}
	return b.text;
}

static struct leak_site words_of(const struct leaked *x, struct stepper *s, const struct site *site)
{
	char who[ACTOR_NAME] = "";

	if (!site->stack)
		return (struct leak_site){ 0 };
	if (site->number > 1)
		numbered_name(x->held->process->program, site->number, who);
	return (struct leak_site){ xstrdup(site->text), frames_text(x, s, site), *who ? xstrdup(who) : NULL };
}

/* " of pid 12 (worker)" */
static void add_holder(struct buf *out, pid_t pid)
{
	char comm[COMM_SIZE];

	comm_read(pid, comm);
	buf_addf(out, " of pid %d", pid);
	if (*comm)
		buf_addf(out, " (%s)", comm);
}

static void add_fds(struct buf *out, const struct leaked *x)
{
	for (size_t i = 0; i < x->copies; i++) {
		const struct holding *h = &x->held[i];

		buf_addf(out, "%s%d", out->len ? ", " : "", h->fd);
		if (h->process->pid != h->process->program->pid)
			add_holder(out, h->process->pid);
	}
}

static void add_peer(struct buf *out, const struct leaked *x)
{
	char at[ADDR_TEXT] = "gone";

	if (x->sock)
		endpoint_format(at, &x->sock->remote);
	buf_addf(out, "%s%s", out->len ? ", " : "", at);
}

/* --- groups -------------------------------------------------------------------------------------------- */

struct group {
	struct event_leak leak;
	struct program *program;
	struct buf fds, peers;
};

struct groups {
	struct group *all;
	size_t n, cap;
};

static bool same_text(const char *a, const char *b)
{
	return a && b ? streq(a, b) : a == b;
}

/* The call's name is the same place's; its numbers and bytes are each connection's own. */
static bool same_site(const struct leak_site *a, const struct leak_site *b)
{
	if (!a->call || !b->call)
		return a->call == b->call;
	return same_text(a->where, b->where) && strcspn(a->call, "(") == strcspn(b->call, "(") &&
	       !strncmp(a->call, b->call, strcspn(a->call, "("));
}

static bool same_leak(const struct event_leak *a, const struct event_leak *b)
{
	return a->state == b->state && same_site(&a->made, &b->made) && same_site(&a->eof, &b->eof) &&
	       same_site(&a->last, &b->last) && same_site(&a->copied, &b->copied);
}

/* `leak` is taken over. */
static struct group *group_for(struct groups *gs, struct program *p, struct event_leak *leak)
{
	for (size_t i = 0; i < gs->n; i++) {
		if (gs->all[i].program != p || !same_leak(&gs->all[i].leak, leak))
			continue;
		leak_site_free(&leak->made);
		leak_site_free(&leak->eof);
		leak_site_free(&leak->last);
		leak_site_free(&leak->copied);
		return &gs->all[i];
	}
	gs->all = grow(gs->all, gs->n, &gs->cap, sizeof *gs->all);
	gs->all[gs->n] = (struct group){ .leak = *leak, .program = p };
	return &gs->all[gs->n++];
}

static void add_leak(struct groups *gs, struct stepper *s, const struct leaked *x)
{
	struct event_leak leak = { .state = x->sock ? x->sock->state : TCP_CLOSED };
	struct group *g;

	if (x->life) {
		leak.made = words_of(x, s, &x->life->made);
		leak.eof = words_of(x, s, &x->life->eof);
		leak.last = words_of(x, s, &x->life->last);
		leak.copied = words_of(x, s, &x->life->copied);
	}
	g = group_for(gs, x->held->process->program, &leak);
	if (g->leak.n++ < NAMED) {
		add_fds(&g->fds, x);
		add_peer(&g->peers, x);
	} else if (g->leak.n == NAMED + 1) {
		buf_puts(&g->fds, " …");
		buf_puts(&g->peers, " …");
	}
}

/* Calls `each` for every leaked connection of the program; how many. */
static int for_each(struct lab *l, const struct program *p, bool (*each)(void *ctx, const struct leaked *x), void *ctx)
{
	size_t n;
	struct holding *held = holdings_of(&l->stepper, p, &n);
	int found = 0;

	for (size_t i = 0, next; i < n; i = next) {
		struct leaked x = { life_of(&l->lives, held[i].inode), sock_of(l, held[i].inode), &held[i], 0 };

		for (next = i; next < n && held[next].inode == held[i].inode; next++)
			x.copies++;
		found += is_leak(l, &x) && each(ctx, &x);
	}
	free(held);
	return found;
}

struct counting {
	struct stepper *stepper;
	const char *at;
};

static bool ends_at(void *ctx, const struct leaked *x)
{
	const struct counting *c = ctx;
	bool there = !c->at;

	if (c->at && x->life && x->life->eof.stack) {
		char *text = frames_text(x, c->stepper, &x->life->eof);

		there = text && strstr(text, c->at);
		free(text);
	}
	return there;
}

int leaks_count(struct lab *l, const struct program *p, const char *at, struct err *e)
{
	struct counting c = { &l->stepper, at };

	return lab_quiet(l, e) < 0 ? -1 : for_each(l, p, ends_at, &c);
}

struct gathering {
	struct groups groups;
	struct stepper *stepper;
};

static bool gather(void *ctx, const struct leaked *x)
{
	struct gathering *g = ctx;

	add_leak(&g->groups, g->stepper, x);
	return true;
}

static void note_group(struct lab *l, struct group *g)
{
	const struct actor *a = lab_find_actor(l, g->program->name);
	struct event ev = { .kind = EV_LEAK, .side = a ? a->side : NO_SIDE };

	snprintf(ev.who, sizeof ev.who, "%s", g->program->name);
	ev.leak = g->leak;
	ev.leak.fds = xstrdup(buf_text(&g->fds));
	ev.leak.peers = xstrdup(buf_text(&g->peers));
	timeline_append(&l->timeline, ev);
	buf_free(&g->fds);
	buf_free(&g->peers);
}

/* Why lines are missing. */
static void tell_troubles(struct lab *l)
{
	const struct thread *t;

	TAILQ_FOREACH (t, &l->stepper.threads, link)
		if (t->process)
			programs_tell_trouble(l, t);
}

int lab_leaks(struct lab *l, struct err *e)
{
	struct gathering g = { .stepper = &l->stepper };
	int n;

	if (lab_quiet(l, e) < 0)
		return -1;
	n = for_each(l, NULL, gather, &g);
	for (size_t i = 0; i < g.groups.n; i++)
		note_group(l, &g.groups.all[i]);
	free(g.groups.all);
	tell_troubles(l);
	l->hooks.show(l->hooks.ctx);
	return n;
}
