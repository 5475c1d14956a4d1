/* SPDX-License-Identifier: MIT
 * What is a consequence of what: a leak takes the descriptors, accept() fails for want of one, the queue fills, clients wait. */
#include "doctor/causes.h"

/* Which finding follows from which other one, about whom they must agree. The nearest root stands first. */
static const struct {
	const char *effect, *cause;
	enum { SAME_PROCESS, SAME_LISTENER, OTHER_END } about;
} follows[] = {
	{ "LA103", "LA302", SAME_LISTENER }, { "LA103", "LA305", SAME_LISTENER }, { "LA301", "LA305", SAME_LISTENER },
	{ "LA301", "LA302", SAME_LISTENER }, { "LA302", "LA305", SAME_LISTENER }, { "LA303", "LA301", SAME_LISTENER },
	{ "LA305", "LA701", SAME_PROCESS },  { "LA701", "LA101", SAME_PROCESS },  { "LA701", "LA102", SAME_PROCESS },
	{ "LA701", "LA109", SAME_PROCESS },  { "LA310", "LA301", OTHER_END },	  { "LA310", "LA302", OTHER_END },
	{ "LA403", "LA401", OTHER_END },     { "LA105", "LA101", OTHER_END },	  { "LA105", "LA102", OTHER_END },
};

static bool same_service(const struct subject *here, const struct subject *there)
{
	return here->has_peer && there->has_local && here->peer.port == there->local.port;
}

static bool agree(int about, const struct subject *effect, const struct subject *cause)
{
	switch (about) {
	case SAME_PROCESS:
		return effect->pid && effect->pid == cause->pid;
	case SAME_LISTENER:
		return effect->netns == cause->netns && effect->has_local && cause->has_local && effect->local.port == cause->local.port;
	default:
		return same_service(effect, cause) || same_service(cause, effect);
	}
}

/* Would `f` then be a root of itself? */
static bool is_behind(const struct finding *root, const struct finding *f)
{
	for (; root; root = root->root)
		if (root == f)
			return true;
	return false;
}

static void find_root(struct findings *fs, struct finding *f)
{
	for (size_t k = 0; k < ARRAY_SIZE(follows); k++)
		for (size_t i = 0; i < fs->n && streq(f->rule->id, follows[k].effect); i++) {
			const struct finding *root = fs->all[i];

			if (!streq(root->rule->id, follows[k].cause) || root->severity < SEVERITY_WARNING || is_behind(root, f) ||
			    !agree((int)follows[k].about, &f->subject, &root->subject))
				continue;
			f->root = root;
			return;
		}
}

void causes_join(struct findings *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		find_root(fs, fs->all[i]);
}
