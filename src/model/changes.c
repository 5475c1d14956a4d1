/* SPDX-License-Identifier: MIT
 * Changes: both looks sorted by a number made of namespace and addresses, then gone through side by side. */
#include "model/changes.h"

static void set_keys(struct rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		r->all[i].key = sock_hash(&r->ev->socks[r->all[i].index]);
	sort_by_key(r->all, r->n);
}

bool sock_is_same(const struct sock *a, const struct sock *b)
{
	if (a->key.cookie && b->key.cookie && a->key.cookie != b->key.cookie)
		return false;
	return a->key.netns == b->key.netns && endpoint_equal(&a->local, &b->local) &&
	       endpoint_equal(&a->remote, &b->remote);
}

static bool has_changed(const struct evidence *was, const struct sock *a, const struct evidence *is,
                        const struct sock *b)
{
	return a->state != b->state || !a->rq != !b->rq || !a->wq != !b->wq || a->half_open != b->half_open ||
	       first_owner_pid(was, a) != first_owner_pid(is, b);
}

static const struct sock *sock_at(const struct rows *r, size_t i)
{
	return &r->ev->socks[r->all[i].index];
}

static bool is_pair(const struct rows *was, size_t i, const struct rows *is, size_t k)
{
	return i < was->n && k < is->n && was->all[i].key == is->all[k].key &&
	       sock_is_same(sock_at(was, i), sock_at(is, k));
}

static bool comes_first(const struct rows *was, size_t i, const struct rows *is, size_t k)
{
	return i < was->n && (k >= is->n || was->all[i].key <= is->all[k].key);
}

struct rows rows_of(const struct evidence *ev, struct sort_key *room)
{
	for (size_t i = 0; i < ev->n; i++)
		room[i] = (struct sort_key){ ev->socks[i].key.cookie, (uint32_t)i };
	sort_by_key(room, ev->n);
	return (struct rows){ ev, room, ev->n };
}

void changes_pair(struct rows *was, struct rows *is, void (*tell)(void *ctx, size_t was, size_t is), void *ctx)
{
	size_t i = 0, k = 0;

	set_keys(was);
	set_keys(is);
	while (i < was->n || k < is->n) {
		if (is_pair(was, i, is, k)) {
			tell(ctx, was->all[i++].index, is->all[k++].index);
		} else if (comes_first(was, i, is, k)) {
			tell(ctx, was->all[i++].index, NO_ROW);
		} else {
			tell(ctx, NO_ROW, is->all[k++].index);
		}
	}
}

struct changing {
	const struct evidence *was, *is;
	void (*tell)(void *ctx, size_t was, size_t is);
	void *ctx;
};

static void tell_if_changed(void *changing, size_t was, size_t is)
{
	const struct changing *c = changing;
	bool both = was != NO_ROW && is != NO_ROW;

	if (!both || has_changed(c->was, &c->was->socks[was], c->is, &c->is->socks[is]))
		c->tell(c->ctx, was, is);
}

void changes_tell(struct rows *was, struct rows *is, void (*tell)(void *ctx, size_t was, size_t is), void *ctx)
{
	struct changing c = { was->ev, is->ev, tell, ctx };

	changes_pair(was, is, tell_if_changed, &c);
}
