/* SPDX-License-Identifier: MIT
 * What is a consequence of what: a leak takes the descriptors, accept() fails for want of one, the queue fills, clients
 * wait. */
#include "doctor/causes.h"

/* Which finding follows from which other one, about whom they must agree. The nearest root stands first. */
static const struct {
	const char *effect, *cause;
	enum { SAME_PROCESS, SAME_LISTENER, ASKS_FOR, OTHER_END } about;
} follows[] = {
	{ "LA103", "LA302", SAME_LISTENER }, { "LA103", "LA305", SAME_LISTENER }, { "LA301", "LA305", SAME_LISTENER },
	{ "LA301", "LA302", SAME_LISTENER }, { "LA302", "LA305", SAME_LISTENER }, { "LA303", "LA301", SAME_LISTENER },
	{ "LA305", "LA701", SAME_PROCESS },  { "LA701", "LA101", SAME_PROCESS },  { "LA701", "LA102", SAME_PROCESS },
	{ "LA701", "LA109", SAME_PROCESS },  { "LA310", "LA301", ASKS_FOR },      { "LA310", "LA302", ASKS_FOR },
	{ "LA403", "LA401", OTHER_END },     { "LA105", "LA101", OTHER_END },     { "LA105", "LA102", OTHER_END },
};

/* --- both ends ------------------------------------------------------------------------------------------- */

/* Groups may be large, and whoever has one end of some of them has it of all: they are of one service. */
enum { TRIED = 64 };

static bool causes_has_sock(const struct finding *f, uint32_t index)
{
	for (size_t i = 0; i < f->n_socks; i++)
		if (f->socks[i] == index)
			return true;
	return false;
}

static bool causes_has_other_ends(const struct visit *v, const struct finding *effect, const struct finding *cause)
{
	for (size_t i = 0; i < effect->n_socks && i < TRIED; i++) {
		ssize_t other = visit_other_end(v, effect->socks[i]);

		if (other >= 0 && causes_has_sock(cause, (uint32_t)other))
			return true;
	}
	return false;
}

/* Some socket there has that address: it is one of that namespace. */
static bool causes_is_address_of(const struct visit *v, uint64_t netns, const struct addr *a)
{
	for (size_t i = 0; i < v->o->last.n; i++) {
		const struct sock *s = visit_sock(v, i);

		if (s->key.netns == netns && s->state != TCP_SYN_SENT && addr_equal(&s->local.addr, a))
			return true;
	}
	return false;
}

/* Who is not answered has no other end yet; the listener that it asks for is known by its address. */
static bool causes_asks_for(const struct visit *v, const struct subject *effect, const struct subject *cause)
{
	if (!effect->has_peer || !cause->has_local || effect->peer.port != cause->local.port)
		return false;
	if (addr_is_loopback(&effect->peer.addr) && effect->netns != cause->netns)
		return false;
	return endpoint_same(&effect->peer, &cause->local) || causes_is_address_of(v, cause->netns, &effect->peer.addr);
}

static bool causes_agree(const struct visit *v, int about, const struct finding *effect, const struct finding *cause)
{
	const struct subject *e = &effect->subject, *c = &cause->subject;

	switch (about) {
	case SAME_PROCESS:
		return e->pid && e->pid == c->pid;
	case SAME_LISTENER:
		return e->netns == c->netns && e->has_local && c->has_local && e->local.port == c->local.port;
	case ASKS_FOR:
		return causes_asks_for(v, e, c);
	default:
		return causes_has_other_ends(v, effect, cause);
	}
}

/* --- roots ----------------------------------------------------------------------------------------------- */

/* Would `f` then be a root of itself? */
static bool causes_is_behind(const struct finding *root, const struct finding *f)
{
	for (; root; root = root->root)
		if (root == f)
			return true;
	return false;
}

static void causes_find_root(const struct visit *v, struct findings *fs, struct finding *f)
{
	for (size_t k = 0; k < ARRAY_SIZE(follows); k++)
		for (size_t i = 0; i < fs->n && streq(f->rule->id, follows[k].effect); i++) {
			struct finding *root = fs->all[i];

			if (!streq(root->rule->id, follows[k].cause) || root->severity < SEVERITY_WARNING ||
			    causes_is_behind(root, f) || !causes_agree(v, (int)follows[k].about, f, root))
				continue;
			f->root = root;
			f->other_end = follows[k].about >= ASKS_FOR;
			return;
		}
}

static void causes_raise_roots(const struct finding *f)
{
	for (struct finding *root = f->root; root && !f->suppressed; root = root->root)
		root->severity = f->severity > root->severity ? f->severity : root->severity;
}

void causes_join(const struct visit *v, struct findings *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		causes_find_root(v, fs, fs->all[i]);
}

void causes_weigh(struct findings *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		causes_raise_roots(fs->all[i]);
}
