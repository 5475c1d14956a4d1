/* SPDX-License-Identifier: MIT
 * Engine C: the tables of descriptors, then the hashes of sockets; joined by the kernel's address of each socket.
 *
 * Between the two walks a socket may be closed and another be made at the same address, so a descriptor counts only if
 * hash and ports are the same too. What was opened between them has no descriptor yet: those tables are walked once
 * more. */
#include "base/table.h"
#include "model/age.h"
#include "model/belonging.h"
#include "source/engine.h"
#include "source/walk.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

/* --- descriptors, by the socket's address -------------------------------------------------------------- */

struct held {
	uint64_t sk, socket;
	uint32_t hash, ports;
	uint32_t holder; /* index in evidence.holders */
	int32_t fd;
};

struct descriptors {
	struct held *all;
	size_t n, cap;
	struct table by_sk; /* made when all are known */
};

/* From the last one: what is found first is added first, and an owner is added in front of the others. */
static void index_descriptors(struct descriptors *d)
{
	table_clear(&d->by_sk);
	table_reserve(&d->by_sk, d->n);
	for (size_t i = d->n; i-- > 0;)
		table_add(&d->by_sk, d->all[i].sk, (uint32_t)i);
}

/* --- one look ------------------------------------------------------------------------------------------ */

/* A socket that is in no hash, by its first descriptor. */
struct bound {
	struct walk_sock *all;
	size_t n, cap;
	struct table by_sk; /* the kernel tells one for each descriptor, and a machine may have a million */
};

/* A socket that has a struct socket, and so may have owners. */
struct candidate {
	uint32_t index; /* in the evidence */
	uint64_t sk, socket;
	uint32_t hash, ports;
};

struct look {
	struct walker *w;
	const struct engine_ask *ask;
	struct evidence *ev;
	struct descriptors fds;
	struct candidate *held; /* sockets that somebody may have */
	size_t n_held, cap_held;
	struct bound bound;
	unsigned walk_want; /* WALK_… */
	struct err fds_error;
};

static void add_holders(struct look *l, const struct walk_fds *piece)
{
	for (uint32_t i = 0; i < piece->n_tasks; i++) {
		struct holder h = { piece->tasks[i].pid, piece->tasks[i].tid, "" };

		memcpy(h.comm, piece->tasks[i].comm, sizeof h.comm - 1);
		evidence_add_holder(l->ev, &h);
	}
}

static void add_descriptors(struct look *l, const struct walk_fds *piece)
{
	uint32_t first_holder = (uint32_t)l->ev->n_holders;
	struct descriptors *d = &l->fds;

	add_holders(l, piece);
	if (d->n + piece->n > d->cap)
		d->all = reserve(d->all, (d->n + piece->n) * 2, &d->cap, sizeof *d->all);
	for (uint32_t i = 0; i < piece->n; i++) {
		const struct walk_fd *f = &piece->all[i];

		d->all[d->n++] = (struct held){ f->sk, f->socket, f->hash, f->ports, first_holder + f->task, f->fd };
	}
}

static enum sock_timer timer_of(uint8_t number)
{
	return number < TIMERS ? (enum sock_timer)number : TIMER_UNKNOWN;
}

static struct addr address_of(uint8_t family, const uint32_t words[4])
{
	struct addr a = { .family = family };

	memcpy(a.bytes, words, family == AF_INET6 ? 16 : 4);
	return a;
}

static enum tcp_state state_of(const struct walk_sock *w)
{
	return tcp_state_of_number(w->state);
}

static struct span timer_left(const struct look *l, const struct walk_sock *w)
{
	if (timer_of(w->timer) == TIMER_OFF || timer_of(w->timer) == TIMER_UNKNOWN)
		return (struct span){ 0 };
	if (w->timer_left == WALK_LEFT_UNKNOWN)
		return (struct span){ UNKNOWN };
	return walker_ticks(l->w, w->timer_left > 0 ? w->timer_left : 0);
}

static void fill_sock(struct sock *s, const struct look *l, const struct walk_sock *w)
{
	*s = (struct sock){
		.key = { w->netns, w->cookie },
		.state = state_of(w),
		.local = { address_of(w->family, w->local), w->local_port },
		.remote = { address_of(w->family, w->remote), w->remote_port },
		.rq = w->rq,
		.wq = w->wq,
		.timer = timer_of(w->timer),
		.timer_left = timer_left(l, w),
		.retrans = w->retrans,
		.inode = w->inode,
		.uid = w->uid,
		.drops = w->drops,
		.cgroup = w->cgroup,
		.v6only = w->flags & WALK_V6ONLY,
		.held = w->flags & WALK_HAS_SOCKET,
		.is_mini = w->flags & WALK_MINI,
		.untold = (uint8_t)((w->flags & WALK_MINI ? TOLD_BIT(TOLD_DROPS) : 0) |
		                    uid_untold(w->flags & WALK_HAS_SOCKET, w->uid)),
	};
}

static uint32_t in_ms(const struct look *l, uint32_t ticks)
{
	return (uint32_t)span_to_ms(walker_ticks(l->w, ticks));
}

static struct sock_info times_of(const struct look *l, const struct walk_sock *w)
{
	return (struct sock_info){ .known = !(w->flags & WALK_MINI) && state_of(w) != TCP_BOUND &&
		                            state_of(w) != TCP_LISTEN,
		                   .untold = INFO_EVERY & ~(INFO_BIT(INFO_last_snd_ms) | INFO_BIT(INFO_last_ack_ms)),
		                   .last_snd_ms = in_ms(l, w->since_snd),
		                   .last_ack_ms = in_ms(l, w->since_ack),
		                   .sent = w->flags & WALK_NEVER_SENT ? SENT_NEVER : SENT_SOME };
}

static void add_info(struct look *l, struct sock_info times, const struct walk_info *i)
{
	struct sock_info *info = evidence_add_info(l->ev);

	*info = times;
	if (!times.known)
		return;
	sock_number_set(info, INFO_last_rcv_ms, in_ms(l, i->since_rcv));
	sock_number_set(info, INFO_rto_us, (uint64_t)walker_ticks(l->w, i->rto).ns / 1000);
	sock_number_set(info, INFO_rtt_us, i->rtt_us);
	sock_number_set(info, INFO_rttvar_us, i->rttvar_us);
	sock_number_set(info, INFO_cwnd, i->cwnd);
	sock_number_set(info, INFO_mss, i->mss);
	sock_number_set(info, INFO_unacked, i->unacked);
	sock_number_set(info, INFO_lost, i->lost);
	sock_number_set(info, INFO_retrans_out, i->retrans_out);
	sock_number_set(info, INFO_total_retrans, i->total_retrans);
	sock_number_set(info, INFO_rcv_wnd, i->rcv_wnd);
	sock_number_set(info, INFO_snd_wnd, i->snd_wnd);
	sock_number_set(info, INFO_bytes_received, i->bytes_received);
	info->options = i->options;
	info->snd_wscale = i->snd_wscale;
	info->rcv_wscale = i->rcv_wscale;
}

static bool is_same(const struct held *h, const struct candidate *u)
{
	return h->sk == u->sk && h->hash == u->hash && h->ports == u->ports;
}

static void own(struct look *l, const struct candidate *u)
{
	struct sock *s = &l->ev->socks[u->index];
	struct table_walk w = table_find(&l->fds.by_sk, u->sk);

	for (uint32_t i; table_next(&l->fds.by_sk, &w, &i);)
		if (is_same(&l->fds.all[i], u))
			evidence_add_owner(l->ev, s, l->fds.all[i].holder, l->fds.all[i].fd);
}

static void add_sock(struct look *l, const struct walk_sock *w, const struct walk_info *info)
{
	struct sock_info times;
	struct sock *s;

	if ((l->ask->netns && l->ask->netns != w->netns) || state_of(w) >= TCP_STATES)
		return;
	s = evidence_next(l->ev);
	fill_sock(s, l, w);
	sock_settle_queues(s);
	if (l->ask->want & (WANT_AGE | WANT_INFO)) {
		times = times_of(l, w);
		sock_set_age(s, &times);
		if (l->ask->want & WANT_INFO)
			add_info(l, times, info);
	}
	if (!(l->ask->want & WANT_OWNERS) || !(w->flags & WALK_HAS_SOCKET))
		return;
	l->held = grow(l->held, l->n_held, &l->cap_held, sizeof *l->held);
	l->held[l->n_held++] = (struct candidate){ (uint32_t)l->ev->n - 1, w->sk, w->socket, w->hash, w->ports };
}

static void add_piece(struct look *l, const struct walk_socks *piece, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_sock(l, &piece->all[i], &piece->info[i]);
}

/* Copies of a descriptor lead to the same socket. */
static void add_bound(struct bound *b, const struct walk_sock *w)
{
	struct table_walk walk = table_find(&b->by_sk, w->sk);

	for (uint32_t i; table_next(&b->by_sk, &walk, &i);)
		if (b->all[i].sk == w->sk)
			return;
	table_add(&b->by_sk, w->sk, (uint32_t)b->n);
	b->all = grow(b->all, b->n, &b->cap, sizeof *b->all);
	b->all[b->n++] = *w;
}

static int look_at_descriptors(struct look *l)
{
	const struct walk_fds *piece;

	l->fds.n = 0;
	for (bool again = true; (piece = walker_fds(l->w, again, l->walk_want, &l->fds_error)); again = false) {
		add_descriptors(l, piece);
		for (uint32_t i = 0; i < piece->n_bound; i++)
			add_bound(&l->bound, &piece->bound[i]);
	}
	if (l->ask->want & WANT_OWNERS)
		index_descriptors(&l->fds);
	return err_is_set(&l->fds_error) ? -1 : 0;
}

static void *look_at_descriptors_beside(void *look)
{
	look_at_descriptors(look);
	return NULL;
}

static struct port_range ports_of(const struct port_range *asked)
{
	return asked->to ? *asked : (struct port_range){ 0, UINT16_MAX };
}

static struct walk_asked asked_of(const struct engine_ask *ask)
{
	static const struct {
		unsigned want, walk;
	} of[] = { { WANT_INODE, WALK_INODE },
		   { WANT_TIMER, WALK_TIMER },
		   { WANT_UID, WALK_UID },
		   { WANT_AGE, WALK_AGE },
		   { WANT_DROPS, WALK_DROPS },
		   { WANT_CGROUP, WALK_CGROUP },
		   { WANT_INFO, WALK_INFO | WALK_AGE } };
	struct walk_asked a = { .local = ports_of(&ask->local), .remote = ports_of(&ask->remote) };

	for (size_t i = 0; i < ARRAY_SIZE(of); i++)
		if (ask->want & of[i].want)
			a.want |= of[i].walk;
	for (int s = 0; s < TCP_STATES; s++)
		if (!ask->states || state_set_has(ask->states, (enum tcp_state)s))
			a.states |= 1U << tcp_state_info((enum tcp_state)s)->number;
	return a;
}

/* Listeners are in a hash of their own: the large one is walked for the others only. */
static bool may_hold(const struct walker *w, int hash, const struct walk_asked *asked)
{
	uint32_t listen = 1U << tcp_state_info(TCP_LISTEN)->number, bound = 1U << tcp_state_info(TCP_BOUND)->number;

	return walker_is_listeners(w, hash) ? asked->states & listen : asked->states & ~(listen | bound);
}

/* Calls `each` for every piece of every hash. */
static int look_at_hashes(struct look *l, const struct walk_asked *asked,
                          void (*each)(struct look *l, const struct walk_socks *piece, size_t n), struct err *e)
{
	int hashes = walker_hashes(l->w, e);

	for (int i = 0; i < hashes; i++) {
		size_t n = may_hold(l->w, i, asked);

		for (bool again = true; n; again = false) {
			const struct walk_socks *piece = walker_socks(l->w, i, again, asked, &n, e);

			if (!piece)
				return -1;
			each(l, piece, n);
		}
	}
	return hashes < 0 ? -1 : 0;
}

/* --- who has nobody ------------------------------------------------------------------------------------ */

/* So few that nobody has are worth a second look each. */
enum { TOLD_APART = 64 };

/* The index and the descriptors are read at random places: those to come are asked for while one is looked at. */
#define AHEAD ((size_t)8)

/* Gives owners to all who have none; those who still have none are kept. */
static void own_all(struct look *l)
{
	size_t left = 0;

	for (size_t i = 0; i < l->n_held; i++) {
		if (i + 2 * AHEAD < l->n_held) {
			__builtin_prefetch(table_ahead(&l->fds.by_sk, l->held[i + 2 * AHEAD].sk));
			__builtin_prefetch(&l->fds.all[table_ahead(&l->fds.by_sk, l->held[i + AHEAD].sk)->at]);
		}
		if (!l->ev->socks[l->held[i].index].owner)
			own(l, &l->held[i]);
		if (!l->ev->socks[l->held[i].index].owner)
			l->held[left++] = l->held[i];
	}
	l->n_held = left;
}

/* An MPTCP connection's descriptor leads to a sock of its own; its subflows, which are TCP's, share the struct socket
 * with it. For those few whom nobody has. */
static void own_subflows(struct look *l)
{
	for (size_t i = 0; i < l->n_held && l->n_held <= TOLD_APART; i++)
		for (size_t k = l->fds.n; k-- > 0;)
			if (l->fds.all[k].socket == l->held[i].socket && l->fds.all[k].sk != l->held[i].sk)
				evidence_add_owner(l->ev, &l->ev->socks[l->held[i].index], l->fds.all[k].holder,
				                   l->fds.all[k].fd);
	own_all(l);
}

/* One that has a file is somebody's who is not seen; one without is the kernel's, unless it has been closed
 * meanwhile. */
static void tell_kernels(struct look *l, const struct walk_socks *piece, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0;
		     k < l->n_held && (piece->all[i].flags & (WALK_HAS_SOCKET | WALK_HAS_FILE)) == WALK_HAS_SOCKET; k++)
			if (piece->all[i].sk == l->held[k].sk && piece->all[i].hash == l->held[k].hash)
				l->ev->socks[l->held[k].index].no_owner = NO_OWNER_KERNEL;
}

static int give_reasons(struct look *l, const struct walk_asked *asked, struct err *e)
{
	struct walk_asked again = *asked;
	bool all_seen = walker_sees_all_processes(l->w);

	for (size_t i = 0; i < l->n_held; i++)
		l->ev->socks[l->held[i].index].no_owner = all_seen ? NO_OWNER_IN_FLIGHT : NO_OWNER_HIDDEN;
	if (!l->n_held || !all_seen)
		return 0;
	again.want = WALK_FILE;
	if (l->n_held <= TOLD_APART)
		return look_at_hashes(l, &again, tell_kernels, e);
	for (size_t i = 0; i < l->n_held; i++)
		l->ev->socks[l->held[i].index].no_owner = NO_OWNER_ONE_OF;
	return 0;
}

/* What was opened between the walks has its descriptor by now. */
static int look_for_unowned(struct look *l, const struct walk_asked *asked, struct err *e)
{
	if (l->n_held && walker_sees_all_processes(l->w)) {
		if (look_at_descriptors(l) < 0) {
			*e = l->fds_error;
			return -1;
		}
		own_all(l);
	}
	own_subflows(l);
	return give_reasons(l, asked, e);
}

/* Descriptors and hashes are walked side by side, where the machine has a second processor to spare. */
static int walk_both(struct look *l, const struct walk_asked *asked, struct err *e)
{
	pthread_t beside;
	bool threaded = pthread_create(&beside, NULL, look_at_descriptors_beside, l) == 0;
	int rc;

	if (!threaded)
		look_at_descriptors(l);
	rc = look_at_hashes(l, asked, add_piece, e);
	if (threaded)
		pthread_join(beside, NULL);
	if (rc == 0 && err_is_set(&l->fds_error)) {
		*e = l->fds_error;
		rc = -1;
	}
	return rc;
}

static int look_at_all(struct look *l, struct err *e)
{
	struct walk_asked asked = asked_of(l->ask);
	bool wants_bound = !l->ask->states || state_set_has(l->ask->states, TCP_BOUND),
	     owners = l->ask->want & WANT_OWNERS;
	int rc;

	if (!walker_knows_cgroups(l->w))
		asked.want &= ~(unsigned)WALK_CGROUP;
	l->walk_want = asked.want;
	rc = owners || wants_bound ? walk_both(l, &asked, e) : look_at_hashes(l, &asked, add_piece, e);
	for (size_t i = 0; i < l->bound.n && wants_bound && rc == 0; i++)
		add_sock(l, &l->bound.all[i], &(struct walk_info){ 0 });
	if (rc == 0 && owners)
		own_all(l);
	return rc == 0 && owners ? look_for_unowned(l, &asked, e) : rc;
}

/* What is not used of it costs nothing. */
static void expect(struct look *l, size_t n)
{
	if (!(l->ask->want & WANT_OWNERS))
		return;
	l->held = reserve(l->held, n, &l->cap_held, sizeof *l->held);
	l->fds.all = reserve(l->fds.all, n, &l->fds.cap, sizeof *l->fds.all);
}

static int look(void *state, const struct engine_ask *ask, struct evidence *ev, struct engine_report *report,
                struct err *e)
{
	struct look l = { .w = state, .ask = ask, .ev = ev };
	int rc;

	expect(&l, ev->cap);
	rc = look_at_all(&l, e);
	walker_troubles(l.w, &report->again, &report->unsure);
	if (ask->want & WANT_OWNERS)
		evidence_belonging(ev);
	free(l.fds.all);
	table_free(&l.fds.by_sk);
	free(l.held);
	free(l.bound.all);
	table_free(&l.bound.by_sk);
	return rc;
}

static void *engine_open(unsigned want, struct err *e)
{
	return walker_open(want & WANT_CGROUP, e);
}

static void engine_close(void *state)
{
	walker_close(state);
}

const struct engine engine_walk = { "C",          "BPF walks of the kernel's hashes and tables",
	                            BPF_NEEDS,    engine_open,
	                            engine_close, look };
