/* SPDX-License-Identifier: MIT
 * What belongs to what. */
#include "model/belonging.h"

#include <stdlib.h>

/* --- listeners ----------------------------------------------------------------------------------------- */

struct listeners {
	struct evidence *ev;
	uint32_t *at; /* indexes in ev->socks, by namespace and port */
	size_t n, cap;
};

static int compare(const struct sock *a, const struct sock *b)
{
	if (a->key.netns != b->key.netns)
		return a->key.netns < b->key.netns ? -1 : 1;
	return a->local.port - b->local.port;
}

static int by_place(const void *a, const void *b, void *ctx)
{
	const struct evidence *ev = ctx;
	const uint32_t *x = a, *y = b;
	int c = compare(&ev->socks[*x], &ev->socks[*y]);

	return c ? c : (*x > *y) - (*x < *y);
}

static struct listeners listeners_of(struct evidence *ev)
{
	struct listeners ls = { .ev = ev };

	for (size_t i = 0; i < ev->n; i++) {
		if (ev->socks[i].state != TCP_LISTEN)
			continue;
		ls.at = grow(ls.at, ls.n, &ls.cap, sizeof *ls.at);
		ls.at[ls.n++] = (uint32_t)i;
	}
	if (ls.n)
		qsort_r(ls.at, ls.n, sizeof *ls.at, by_place, ev);
	return ls;
}

/* The first that is not before `s`. */
static size_t lower_bound(const struct listeners *ls, const struct sock *s)
{
	size_t low = 0, high = ls->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&ls->ev->socks[ls->at[middle]], s) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* How well a listener fits: 0 not at all; its own address better than any, its own family better than the other's. */
static int fit(const struct sock *listener, const struct sock *s)
{
	bool same_family = listener->local.addr.family == s->local.addr.family;

	if (addr_equal(&listener->local.addr, &s->local.addr))
		return 3;
	if (!addr_is_any(&listener->local.addr) || (!same_family && listener->v6only))
		return 0;
	return same_family ? 2 : 1;
}

static void find_listener(const struct listeners *ls, struct sock *s)
{
	int best_fit = 0;

	for (size_t i = lower_bound(ls, s); i < ls->n && compare(&ls->ev->socks[ls->at[i]], s) == 0; i++) {
		int f = fit(&ls->ev->socks[ls->at[i]], s);

		if (f == 0 || f < best_fit)
			continue;
		s->listener_one_of = f == best_fit;
		if (f > best_fit)
			s->listener = ls->at[i] + 1;
		best_fit = f;
	}
}

/* --- reasons ------------------------------------------------------------------------------------------- */

/* Of a socket that has no struct socket. An ESTABLISHED or CLOSE_WAIT one that was closed would be in another state. */
static enum no_owner reason_of(const struct sock *s)
{
	static const uint8_t full[TCP_STATES] = {
		[TCP_SYN_RECV] = NO_OWNER_NOT_ACCEPTED,   [TCP_ESTABLISHED] = NO_OWNER_NOT_ACCEPTED,
		[TCP_CLOSE_WAIT] = NO_OWNER_NOT_ACCEPTED, [TCP_FIN_WAIT1] = NO_OWNER_ORPHAN,
		[TCP_FIN_WAIT2] = NO_OWNER_ORPHAN,        [TCP_CLOSING] = NO_OWNER_ORPHAN,
		[TCP_LAST_ACK] = NO_OWNER_ORPHAN,         [TCP_SYN_SENT] = NO_OWNER_ORPHAN,
	};

	if (!s->is_mini)
		return full[s->state];
	if (s->state == TCP_NEW_SYN_RECV)
		return NO_OWNER_SYN_QUEUE;
	return s->state == TCP_TIME_WAIT ? NO_OWNER_TIME_WAIT : NO_OWNER_ORPHAN;
}

static void wait_for_listener(const struct listeners *ls, struct sock *s)
{
	find_listener(ls, s);
	if (s->listener && s->state == TCP_NEW_SYN_RECV)
		ls->ev->socks[s->listener - 1].half_open++;
}

static void find_reason(const struct listeners *ls, struct sock *s)
{
	if (!s->held)
		s->no_owner = (uint8_t)reason_of(s);
	if (s->no_owner == NO_OWNER_NOT_ACCEPTED || s->no_owner == NO_OWNER_SYN_QUEUE)
		wait_for_listener(ls, s);
}

void evidence_belonging(struct evidence *ev)
{
	struct listeners ls = listeners_of(ev);

	for (size_t i = 0; i < ev->n; i++)
		if (!ev->socks[i].owner)
			find_reason(&ls, &ev->socks[i]);
	free(ls.at);
}

void evidence_half_open(struct evidence *ev)
{
	struct listeners ls = listeners_of(ev);

	for (size_t i = 0; i < ev->n; i++)
		if (ev->socks[i].state == TCP_NEW_SYN_RECV)
			wait_for_listener(&ls, &ev->socks[i]);
	free(ls.at);
}
