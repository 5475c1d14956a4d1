/* SPDX-License-Identifier: MIT
 * Forgetting sockets that are gone: a server that is watched for days has millions. */
#include "step/forget.h"
#include "step/lives.h"

#include <stdlib.h>

enum { FORGET_AT_FIRST = 1024 };

bool forget_is_due(const struct stepper *s)
{
	return s->sockets.n >= (s->forget_at ? s->forget_at : FORGET_AT_FIRST);
}

/* By inode, as holdings_of() has them. */
struct held {
	struct holding *all;
	size_t n;
};

static int by_inode(const void *key, const void *holding)
{
	uint32_t a = *(const uint32_t *)key, b = ((const struct holding *)holding)->inode;

	return (a > b) - (a < b);
}

static bool is_held(void *held, const struct socket_file *f)
{
	const struct held *h = held;

	return h->n && bsearch(&f->inode, h->all, h->n, sizeof *h->all, by_inode);
}

/* Which cookies are somebody's still. */
struct wanted {
	struct cookies held;
	bool (*is_there)(void *ctx, uint64_t cookie);
	void *ctx;
};

static bool is_wanted(void *wanted, uint64_t cookie)
{
	const struct wanted *w = wanted;

	return cookies_have(&w->held, cookie) || w->is_there(w->ctx, cookie);
}

void forget_sockets(struct stepper *s, bool (*is_there)(void *ctx, uint64_t cookie), void *ctx)
{
	struct wanted w = { .is_there = is_there, .ctx = ctx };
	struct program *p;
	struct held held;

	held.all = holdings_of(s, NULL, &held.n);
	sockets_keep(&s->sockets, is_held, &held);
	for (size_t i = 0; i < s->sockets.n; i++)
		cookies_add(&w.held, s->sockets.all[i].cookie);
	TAILQ_FOREACH (p, &s->programs, link)
		cookies_keep(&p->cookies, is_wanted, &w);
	s->forget_at = s->sockets.n * 2 > FORGET_AT_FIRST ? s->sockets.n * 2 : FORGET_AT_FIRST;
	cookies_free(&w.held);
	free(held.all);
}
