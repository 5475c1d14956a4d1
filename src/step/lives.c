/* SPDX-License-Identifier: MIT
 * Lives of connections. */
#include "step/lives.h"
#include "base/proc.h"
#include "step/args.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Lives are not followed to their last close(), for a copy of the descriptor may be anywhere: when so many are kept,
 * those that nobody holds any more are forgotten. */
enum { SWEEP_AT_FIRST = 128 };

static struct life *find(const struct lives *ls, uint32_t inode)
{
	for (size_t i = ls->n; i-- > 0;)
		if (ls->all[i].inode == inode)
			return &ls->all[i];
	return NULL;
}

const struct life *life_of(const struct lives *ls, uint32_t inode)
{
	return find(ls, inode);
}

static void site_free(struct site *x)
{
	stack_free(x->stack);
	free(x->text);
	*x = (struct site){ 0 };
}

static void life_free(struct life *l)
{
	site_free(&l->made);
	site_free(&l->eof);
	site_free(&l->last);
	site_free(&l->copied);
}

void lives_free(struct lives *ls)
{
	for (size_t i = 0; i < ls->n; i++)
		life_free(&ls->all[i]);
	free(ls->all);
	*ls = (struct lives){ 0 };
}

/* --- who holds what ------------------------------------------------------------------------------------ */

static int by_inode(const void *a, const void *b)
{
	uint32_t x = ((const struct holding *)a)->inode, y = ((const struct holding *)b)->inode;

	return x < y ? -1 : x > y;
}

static void add_holdings(struct process *x, struct holding **all, size_t *n, size_t *cap)
{
	struct numbers fds;
	char link[LINK_ROOM];

	numbers_open(&fds, "/proc/%d/fd", x->pid);
	while (numbers_next(&fds)) {
		uint32_t inode = numbers_link(&fds, link) ? socket_of_link(link) : 0;

		if (!inode)
			continue;
		*all = grow(*all, *n, cap, sizeof **all);
		(*all)[(*n)++] = (struct holding){ inode, x, fds.number };
	}
	numbers_close(&fds);
}

struct holding *holdings_of(struct stepper *s, const struct program *p, size_t *n)
{
	struct holding *all = NULL;
	struct process *x;
	size_t cap = 0;

	*n = 0;
	TAILQ_FOREACH (x, &s->processes, link)
		if (!p || x->program == p)
			add_holdings(x, &all, n, &cap);
	if (*n)
		qsort(all, *n, sizeof *all, by_inode);
	return all;
}

static void sweep(struct lives *ls, struct stepper *s)
{
	size_t n, kept = 0;
	struct holding *held = holdings_of(s, NULL, &n);

	for (size_t i = 0; i < ls->n; i++) {
		const struct holding like = { .inode = ls->all[i].inode };

		if (n && bsearch(&like, held, n, sizeof *held, by_inode))
			ls->all[kept++] = ls->all[i];
		else
			life_free(&ls->all[i]);
	}
	free(held);
	ls->n = kept;
	ls->sweep_at = kept * 2 > SWEEP_AT_FIRST ? kept * 2 : SWEEP_AT_FIRST;
}

/* --- what a call means --------------------------------------------------------------------------------- */

static struct life *begin(struct lives *ls, struct stepper *s, const struct thread *t, uint32_t inode)
{
	struct life *l = find(ls, inode);

	if (l)
		return l;
	if (ls->n >= (ls->sweep_at ? ls->sweep_at : SWEEP_AT_FIRST))
		sweep(ls, s);
	ls->all = grow(ls->all, ls->n, &ls->cap, sizeof *ls->all);
	ls->all[ls->n] = (struct life){ .inode = inode, .pid = t->process->pid };
	return &ls->all[ls->n++];
}

static void mark(struct site *x, const struct thread *t)
{
	struct buf text = { 0 };

	site_free(x);
	call_text(&text, t->process->pid, &t->call);
	buf_puts(&text, " = ");
	call_result(&text, &t->call);
	x->stack = stack_take(t->tid);
	stack_add_script(x->stack, t->process->modules, t->tid);
	x->call = t->call.is->name;
	x->text = text.text;
	x->number = t->number;
}

static bool made_connection(const struct call *c)
{
	return c->is->role == ROLE_ACCEPT ? c->ret >= 0
	                                  : c->is->role == ROLE_CONNECT && (c->ret == 0 || c->ret == -EINPROGRESS);
}

/* 0 bytes, though there was room for some, is the peer's FIN, unless the program has shut this direction itself; or
 * the connection was reset. */
static bool saw_end(const struct life *l, const struct call *c)
{
	bool moves = c->is->role == ROLE_RECV || c->is->role == ROLE_SEND;
	bool sized = c->is->args[1] == ARG_DATA_BACK, wanted = !sized || c->arg[2] != 0;

	if (moves && (c->ret == -ECONNRESET || c->ret == -EPIPE || c->ret == -ETIMEDOUT))
		return true;
	return c->is->role == ROLE_RECV && c->ret == 0 && wanted && !l->deaf;
}

static bool makes_deaf(const struct call *c)
{
	return c->is->role == ROLE_SHUTDOWN && c->ret == 0 && (c->arg[1] == SHUT_RD || c->arg[1] == SHUT_RDWR);
}

void lives_returned(struct lives *ls, struct stepper *s, const struct thread *t)
{
	const struct call *c = &t->call;
	struct life *l;

	if (!ls->wanted || t->datagram || call_will_restart(c)) /* a datagram of 0 bytes is one */
		return;
	if (made_connection(c)) {
		l = begin(ls, s, t, c->is->role == ROLE_ACCEPT ? t->made : t->inode);
		mark(&l->made, t);
		l->touched = clock_now();
		return;
	}
	l = t->inode ? find(ls, t->inode) : NULL;
	if (!l)
		return;
	if (saw_end(l, c) && !l->eof.stack)
		mark(&l->eof, t);
	l->deaf |= makes_deaf(c);
	if (c->is->role == ROLE_DUP && c->ret >= 0)
		mark(&l->copied, t);
	mark(&l->last, t);
	l->touched = clock_now();
}
