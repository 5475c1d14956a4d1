/* SPDX-License-Identifier: MIT
 * One socket held against a filter: one small test for each word. */
#include "model/filter_internal.h"

#include <fnmatch.h>
#include <netinet/in.h>

struct look {
	const struct evidence *ev;
	const struct sock *s;
	const struct sock_info *info; /* NULL: none, or it tells nothing of this socket */
};

typedef bool test(const struct filter_node *n, const struct look *l);

static bool has_state(const struct filter_node *n, const struct look *l)
{
	return state_set_has(n->states, l->s->state);
}

/* --- ends -------------------------------------------------------------------------------------------------- */

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	return memcmp(a, b, bytes) == 0 && (!rest || (a[bytes] ^ b[bytes]) >> (8 - rest) == 0);
}

/* The four bytes of an IPv4 address within an IPv6 one; NULL: it is none. */
static const uint8_t *mapped(const struct addr *a)
{
	static const uint8_t before[12] = { [10] = 0xff, [11] = 0xff };

	return a->family == AF_INET6 && memcmp(a->bytes, before, sizeof before) == 0 ? a->bytes + sizeof before : NULL;
}

static bool in_network(const struct filter_end *want, const struct addr *is)
{
	const uint8_t *bytes = want->addr.family == is->family ? is->bytes
	                       : want->addr.family == AF_INET  ? mapped(is)
	                                                       : NULL;

	return !want->addr.family || (bytes && same_bits(bytes, want->addr.bytes, want->bits));
}

static bool in_range(const struct port_range *want, uint16_t port)
{
	return port >= want->from && port <= want->to;
}

static bool is_end(const struct filter_node *n, const struct endpoint *is)
{
	return in_range(&n->end.ports, is->port) && in_network(&n->end, &is->addr);
}

static bool local_end(const struct filter_node *n, const struct look *l)
{
	return is_end(n, &l->s->local);
}

static bool remote_end(const struct filter_node *n, const struct look *l)
{
	return is_end(n, &l->s->remote);
}

static bool either_end(const struct filter_node *n, const struct look *l)
{
	return local_end(n, l) || remote_end(n, l);
}

static bool has_family(const struct filter_node *n, const struct look *l)
{
	return l->s->local.addr.family == n->number;
}

static bool is_v4(const struct filter_node *n, const struct look *l)
{
	(void)n;
	return l->s->local.addr.family == AF_INET;
}

static bool is_v6(const struct filter_node *n, const struct look *l)
{
	(void)n;
	return l->s->local.addr.family == AF_INET6;
}

/* --- owners ------------------------------------------------------------------------------------------------ */

static bool has_pid(const struct filter_node *n, const struct look *l)
{
	FOR_EACH_OWNER(o, l->ev, l->s)
	{
		const struct holder *h = holder_of(l->ev, o);

		if ((uint64_t)h->pid == n->number || (uint64_t)h->tid == n->number)
			return true;
	}
	return false;
}

static bool has_fd(const struct filter_node *n, const struct look *l)
{
	FOR_EACH_OWNER(o, l->ev, l->s)
	if ((uint64_t)o->fd == n->number)
		return true;
	return false;
}

static bool has_comm(const struct filter_node *n, const struct look *l)
{
	FOR_EACH_OWNER(o, l->ev, l->s)
	{
		const char *comm = holder_of(l->ev, o)->comm;

		if (n->plain ? streq(comm, n->name) : fnmatch(n->name, comm, 0) == 0)
			return true;
	}
	return false;
}

static bool has_no_owner(const struct filter_node *n, const struct look *l)
{
	return !l->s->owner && (n->number == NO_OWNER_REASONS || n->number == l->s->no_owner);
}

/* In the queues of a listener, as far as the socket itself tells: half open, or complete and without a struct
 * socket. */
static bool may_be_queued(const struct sock *s)
{
	static const state_set half_open = 1U << TCP_NEW_SYN_RECV | 1U << TCP_SYN_RECV,
			       complete = 1U << TCP_ESTABLISHED | 1U << TCP_CLOSE_WAIT;

	if (state_set_has(half_open, s->state))
		return true;
	return state_set_has(complete, s->state) && !s->owner && !s->held &&
	       (s->no_owner == NO_OWNER_UNKNOWN || s->no_owner == NO_OWNER_NOT_ACCEPTED);
}

static bool of_listener(const struct filter_node *n, const struct look *l)
{
	const struct sock *s = l->s;

	if (s->listener)
		return in_range(&n->end.ports, l->ev->socks[s->listener - 1].local.port);
	return in_range(&n->end.ports, s->local.port) && (s->state == TCP_LISTEN || may_be_queued(s));
}

/* --- numbers ----------------------------------------------------------------------------------------------- */

static bool compares(const struct filter_node *n, uint64_t is)
{
	enum { LESS = 1, SAME = 2, MORE = 4 };
	static const uint8_t good[] = { [OP_EQ] = SAME,        [OP_NE] = LESS | MORE, [OP_LT] = LESS,
		                        [OP_LE] = LESS | SAME, [OP_GT] = MORE,        [OP_GE] = SAME | MORE };

	return good[n->op] & (is < n->number ? LESS : is > n->number ? MORE : SAME);
}

/* What is not told of a socket is neither more nor less than anything. */
static bool uid(const struct filter_node *n, const struct look *l)
{
	return sock_tells(l->s, TOLD_UID) && compares(n, l->s->uid);
}

static bool inode(const struct filter_node *n, const struct look *l)
{
	return sock_tells(l->s, TOLD_INODE) && compares(n, l->s->inode);
}

static bool recvq(const struct filter_node *n, const struct look *l)
{
	return compares(n, l->s->rq);
}

static bool sendq(const struct filter_node *n, const struct look *l)
{
	return compares(n, l->s->wq);
}

static bool halfopen(const struct filter_node *n, const struct look *l)
{
	return l->s->state == TCP_LISTEN && compares(n, l->s->half_open);
}

static bool drops(const struct filter_node *n, const struct look *l)
{
	return sock_tells(l->s, TOLD_DROPS) && compares(n, l->s->drops);
}

static bool retrans(const struct filter_node *n, const struct look *l)
{
	return l->s->timer != TIMER_UNKNOWN && compares(n, l->s->retrans);
}

static bool compares_number(const struct filter_node *n, const struct sock_info *info, enum sock_number which,
                            uint64_t unit)
{
	int64_t is = sock_number(info, which);

	return is != UNKNOWN && compares(n, (uint64_t)is * unit);
}

static bool total_retrans(const struct filter_node *n, const struct look *l)
{
	return compares_number(n, l->info, INFO_total_retrans, 1);
}

static bool rtt(const struct filter_node *n, const struct look *l)
{
	return compares_number(n, l->info, INFO_rtt_us, 1000);
}

static bool cwnd(const struct filter_node *n, const struct look *l)
{
	return compares_number(n, l->info, INFO_cwnd, 1);
}

static bool mss(const struct filter_node *n, const struct look *l)
{
	return compares_number(n, l->info, INFO_mss, 1);
}

/* --- the rest ---------------------------------------------------------------------------------------------- */

static bool older(const struct filter_node *n, const struct look *l)
{
	return l->s->age_is != AGE_UNKNOWN && l->s->age.ns >= (int64_t)n->number;
}

static bool younger(const struct filter_node *n, const struct look *l)
{
	return l->s->age_is == AGE_EXACT && l->s->age.ns < (int64_t)n->number;
}

static bool has_timer(const struct filter_node *n, const struct look *l)
{
	return l->s->timer == n->number;
}

static bool is_mini(const struct filter_node *n, const struct look *l)
{
	(void)n;
	return l->s->is_mini;
}

static bool has_netns(const struct filter_node *n, const struct look *l)
{
	return l->s->key.netns == n->number;
}

static bool has_cgroup(const struct filter_node *n, const struct look *l)
{
	return l->s->cgroup && l->s->cgroup == n->number;
}

static test *const tests[] = {
#define FILTER_WORD(id, word, aliases, kind, test, wants, arg, help, example) test,
#include "model/filter.def"
#undef FILTER_WORD
};

static bool holds(const struct filter *f, unsigned index, const struct look *l);

/* Stops at the first child that decides. */
static bool joined(const struct filter *f, const struct filter_node *n, const struct look *l)
{
	bool deciding = n->is == NODE_ANY;

	for (unsigned child = n->child; child; child = f->nodes[child].next)
		if (holds(f, child, l) == deciding)
			return deciding;
	return !deciding;
}

static bool holds(const struct filter *f, unsigned index, const struct look *l)
{
	const struct filter_node *n = &f->nodes[index];
	bool is = n->is == NODE_TERM ? tests[n->word](n, l) : joined(f, n, l);

	return is != n->inverted;
}

/* tcp_info's numbers are of connections: of a listener most of them are 0, the rest defaults. */
bool filter_match(const struct filter *f, const struct evidence *ev, size_t index)
{
	struct look l = { ev, &ev->socks[index], NULL };

	if (ev->infos && ev->infos[index].known && l.s->state != TCP_LISTEN)
		l.info = &ev->infos[index];
	return holds(f, f->root, &l);
}
