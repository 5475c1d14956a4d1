/* SPDX-License-Identifier: MIT
 * What was gathered about a host at one moment. */
#include "model/belonging.h"

#include <assert.h>
#include <stdlib.h>

/* Every socket has its info, once one of them has. */
static void cover_infos(struct evidence *ev)
{
	ev->infos = reserve(ev->infos, ev->cap, &ev->cap_infos, sizeof *ev->infos);
	memset(&ev->infos[ev->n_infos], 0, (ev->n - ev->n_infos) * sizeof *ev->infos);
	ev->n_infos = ev->n;
}

struct sock *evidence_next(struct evidence *ev)
{
	ev->socks = grow(ev->socks, ev->n++, &ev->cap, sizeof *ev->socks);
	if (ev->infos)
		cover_infos(ev);
	return &ev->socks[ev->n - 1];
}

struct sock *evidence_add(struct evidence *ev, const struct sock *s)
{
	struct sock *added = evidence_next(ev);

	*added = *s;
	return added;
}

struct sock_info *evidence_add_info(struct evidence *ev)
{
	assert(ev->n);
	cover_infos(ev);
	return &ev->infos[ev->n - 1];
}

uint32_t evidence_add_holder(struct evidence *ev, const struct holder *h)
{
	ev->holders = grow(ev->holders, ev->n_holders, &ev->cap_holders, sizeof *ev->holders);
	ev->holders[ev->n_holders] = *h;
	return (uint32_t)ev->n_holders++;
}

void evidence_add_owner(struct evidence *ev, struct sock *s, uint32_t holder, int fd)
{
	ev->owners = grow(ev->owners, ev->n_owners, &ev->cap_owners, sizeof *ev->owners);
	ev->owners[ev->n_owners] = (struct owner){ holder, fd, s->owner };
	s->owner = (uint32_t)++ev->n_owners;
}

static int by_cookie(const void *a, const void *b)
{
	uint64_t x = (*(const struct sock *const *)a)->key.cookie, y = (*(const struct sock *const *)b)->key.cookie;

	return x < y ? -1 : x > y;
}

/* The sockets of a look by their cookies, for bsearch(); for free(). */
static const struct sock **index_of(const struct evidence *ev)
{
	const struct sock **index = xcalloc(ev->n + 1, sizeof(struct sock *));

	for (size_t i = 0; i < ev->n; i++)
		index[i] = &ev->socks[i];
	qsort(index, ev->n, sizeof(struct sock *), by_cookie);
	return index;
}

static bool is_husk(const struct sock *s)
{
	return s->key.cookie && (s->state == TCP_CLOSED || s->state == TCP_BOUND);
}

/* A descriptor that is still open when its connection has gone on to TIME_WAIT: the kernel has a closed socket and a
 * minisocket of the same cookie. The connection's end is the minisocket. */
static void drop_husks(struct evidence *ev)
{
	const struct sock **index = index_of(ev);
	size_t kept = 0;

	for (size_t i = 0; i + 1 < ev->n; i++) {
		struct sock *a = (struct sock *)index[i], *b = (struct sock *)index[i + 1];

		if (a->key.cookie == b->key.cookie && is_husk(a) != is_husk(b))
			(is_husk(a) ? a : b)->state = TCP_STATES;
	}
	free(index);
	for (size_t i = 0; i < ev->n; i++)
		if (ev->socks[i].state != TCP_STATES)
			ev->socks[kept++] = ev->socks[i];
	ev->n = kept;
}

void evidence_finish(struct evidence *ev)
{
	assert(!ev->infos); /* they would stay where they are */
	drop_husks(ev);
	if (ev->n)
		qsort(ev->socks, ev->n, sizeof *ev->socks, sock_order);
	evidence_half_open(ev);
}

void evidence_reserve(struct evidence *ev, size_t n)
{
	ev->socks = reserve(ev->socks, n, &ev->cap, sizeof *ev->socks);
	ev->owners = reserve(ev->owners, n, &ev->cap_owners, sizeof *ev->owners);
}

void evidence_clear(struct evidence *ev)
{
	ev->n = ev->n_infos = ev->n_holders = ev->n_owners = 0;
}

void evidence_free(struct evidence *ev)
{
	free(ev->socks);
	free(ev->infos);
	free(ev->holders);
	free(ev->owners);
	*ev = (struct evidence){ 0 };
}

static bool differs(const struct sock *a, const struct sock *b)
{
	return a->state != b->state || a->rq != b->rq || a->wq != b->wq || a->half_open != b->half_open ||
	       a->inode != b->inode;
}

static const struct sock *look_up(const struct sock **index, size_t n, const struct sock *like)
{
	const struct sock **found = bsearch(&like, index, n, sizeof(struct sock *), by_cookie);

	return found ? *found : NULL;
}

void evidence_diff(const struct evidence *was, const struct evidence *is,
                   void (*changed)(void *ctx, const struct sock *was, const struct sock *is), void *ctx)
{
	const struct sock **before = index_of(was), **after = index_of(is);

	for (size_t i = 0; i < was->n; i++)
		if (!look_up(after, is->n, &was->socks[i]))
			changed(ctx, &was->socks[i], NULL);
	/* From the end: connections before the listeners that a change of theirs shows in. */
	for (size_t i = is->n; i-- > 0;) {
		const struct sock *old = look_up(before, was->n, &is->socks[i]);

		if (!old || differs(old, &is->socks[i]))
			changed(ctx, old, &is->socks[i]);
	}
	free(before);
	free(after);
}
