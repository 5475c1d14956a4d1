/* SPDX-License-Identifier: MIT
 * Looks at the machine's own network: the sockets that are known are asked for one by one. What nobody could know of is
 * found by reading the whole table, where that is small; a large one is gone through in small parts. */
#include "lab/lab_internal.h"
#include "lab/machine.h"
#include "lab/machine_internal.h"
#include "lab/programs.h"
#include "source/net.h"

#include <stdlib.h>

/* More sockets make a table large: to read it takes more than a millisecond. How many there are is asked so often. */
enum { LARGE = 1000 };
#define COUNTED span_ms(100)

/* So many are asked for at each look; more, no oftener than that it takes a SHARE of the time. */
enum { ASKED_FREELY = 500, SHARE = 20 };

/* A large table is gone through a second after the last time, in parts no longer than this. */
#define SWEEP_PAUSE span_s(1)
#define SWEEP_PART  span_ms(2)

/* What could not be read whole is read again at once, so often; then it is said. */
enum { SWEEPS_AT_ONCE = 3 };

/* More are not asked for one by one where reading the whole table costs no more. */
enum { FEW = 64 };

/* It is read now and then in any case; oftener where no packets tell who comes to a listener. */
#define WHOLE_AGAIN     span_s(1)
#define WHOLE_WHEN_DEAF span_ms(20)

static const struct diag_ask everything = { .memory = true };

/* --- the whole table ----------------------------------------------------------------------------------- */

/* Asked for singly it would not be found: until the table was gone through it counts as it was. */
static bool is_hidden(const struct sock *s)
{
	return s->on_device && s->remote.port;
}

/* What a look found decides what the next one asks for. A socket of a fixed port is found in the bind hash alone when
 * it is bound only, and when it was reset. */
static void remember(struct machine *m, const struct evidence kept[SIDES])
{
	m->bound = m->odd = false;
	for (int side = 0; side < SIDES; side++) {
		for (size_t i = 0; i < kept[side].n; i++) {
			const struct sock *s = &kept[side].socks[i];

			m->bound = m->bound || s->state == TCP_BOUND;
			m->odd = m->odd || s->state == TCP_CLOSED || is_hidden(s);
		}
	}
}

int machine_look_at_all(struct lab *l, struct evidence seen[SIDES], struct err *e)
{
	struct machine *m = machine_memory(l);
	struct instant began = clock_now();
	struct evidence all = { 0 };
	int rc = diag_dump(l->hosts[CLIENT].diag, &everything, &all, e);

	if (rc == 0) {
		machine_split(l, &all, seen);
		remember(m, seen);
		m->whole = began;
		m->lost_then = m->lost;
	}
	for (int i = 0; i < SIDES; i++)
		seen[i].at = began;
	m->dumped = all.n;
	evidence_free(&all);
	return rc;
}

/* --- what need not, or cannot, be asked for ------------------------------------------------------------ */

/* What is in TIME_WAIT stays so until its time is over, or a packet comes. A server that closes has many of them. */
static bool is_carried(const struct sock *s)
{
	return is_hidden(s) || s->state == TCP_TIME_WAIT;
}

static void carry(struct machine *m, const struct evidence kept[SIDES], struct instant now)
{
	evidence_clear(&m->carried);
	m->carried.at = now;
	for (int side = 0; side < SIDES; side++) {
		for (size_t i = 0; i < kept[side].n; i++) {
			const struct sock *s = &kept[side].socks[i];

			if (!is_carried(s))
				continue;
			evidence_add(&m->carried, s);
			ends_add(&m->known, &s->local, &s->remote, (enum side)side)->still = true;
		}
	}
}

/* As it is after so long: false if it is no more, or was to be asked for. */
static bool is_as_it_was(const struct machine *m, struct sock *s, struct span since)
{
	const struct end *end = ends_find(&m->known, &s->local, &s->remote);

	s->timer_left.ns -= since.ns;
	s->age.ns += s->age_is == AGE_UNKNOWN ? 0 : since.ns;
	return is_hidden(s) || (s->timer_left.ns > 0 && end && end->still);
}

static void add_carried(const struct machine *m, struct evidence *all)
{
	struct span since = span_since(m->carried.at);
	struct cookies fresh = { 0 };

	for (size_t i = 0; i < all->n; i++)
		cookies_add(&fresh, all->socks[i].key.cookie);
	for (size_t i = 0; i < m->carried.n; i++) {
		struct sock s = m->carried.socks[i];

		if (!cookies_have(&fresh, s.key.cookie) && is_as_it_was(m, &s, since))
			evidence_add(all, &s);
	}
	cookies_free(&fresh);
}

/* --- what is known ----------------------------------------------------------------------- */

/* The connections of which something may have changed, from either end. For free(). */
static struct diag_pair *pairs_to_ask(const struct machine *m, size_t *n)
{
	struct diag_pair *pairs = xcalloc(m->known.n * 2 + 1, sizeof *pairs);

	*n = 0;
	for (size_t i = 0; i < m->known.n; i++) {
		const struct end *e = &m->known.all[i];

		if (e->still)
			continue;
		pairs[(*n)++] = (struct diag_pair){ e->local, e->remote };
		if (!ends_find(&m->known, &e->remote, &e->local))
			pairs[(*n)++] = (struct diag_pair){ e->remote, e->local };
	}
	return pairs;
}

static int ask(struct lab *l, const struct diag_pair *pairs, size_t n, struct evidence *all, struct err *e)
{
	const struct machine *m = machine_memory(l);
	const struct diag_ask others = { .states = 1U << TCP_LISTEN | (m->bound ? 1U << TCP_BOUND : 0),
		                         .memory = true };
	struct diag *d = l->hosts[CLIENT].diag;

	if (diag_get(d, pairs, n, all, e) < 0 || diag_dump(d, &others, all, e) < 0)
		return -1;
	add_carried(m, all);
	return 0;
}

static int look_at_known(struct lab *l, const struct diag_pair *pairs, size_t n, struct evidence seen[SIDES],
                         struct err *e)
{
	struct machine *m = machine_memory(l);
	struct instant began = clock_now();
	struct evidence all = { 0 };
	int rc = ask(l, pairs, n, &all, e);

	if (rc == 0) {
		machine_split(l, &all, seen);
		remember(m, seen);
	}
	for (int i = 0; i < SIDES; i++)
		seen[i].at = began;
	evidence_free(&all);
	return rc < 0 ? -1 : 1;
}

/* --- small tables: is that everything? ----------------------------------------------------------------- */

static bool must_be_whole(const struct lab *l, size_t n)
{
	const struct machine *m = l->machine;
	struct span good_for = l->live ? WHOLE_AGAIN : WHOLE_WHEN_DEAF;

	return n > FEW || l->silent || m->odd || m->unfollowed || lab_missed(l) || m->lost != m->lost_then ||
	       !m->whole.ns || span_since(m->whole).ns >= good_for.ns;
}

static bool has_cookie(const struct evidence seen[SIDES], uint64_t cookie)
{
	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < seen[side].n; i++)
			if (seen[side].socks[i].key.cookie == cookie)
				return true;
	return false;
}

/* What a process held has mostly been closed; or it was reset, and is in the bind hash still. */
static bool lacks_held(const struct lab *l, const struct evidence seen[SIDES])
{
	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < l->seen[side].n; i++)
			if (l->seen[side].socks[i].inode && !has_cookie(seen, l->seen[side].socks[i].key.cookie))
				return true;
	return false;
}

/* A listener says how many wait for accept(). */
static bool lacks_waiting(const struct machine *m, const struct evidence seen[SIDES])
{
	int64_t waiting = 0;

	for (int side = 0; side < SIDES; side++) {
		for (size_t i = 0; i < seen[side].n; i++) {
			const struct sock *s = &seen[side].socks[i];

			if (s->state == TCP_LISTEN)
				waiting += s->rq;
			else if (machine_may_wait(s) && s->state != TCP_NEW_SYN_RECV && machine_listener(m, &s->local))
				waiting--;
		}
	}
	return waiting != 0;
}

static int look_at_small(struct lab *l, const struct diag_pair *pairs, size_t n, struct evidence seen[SIDES],
                         struct err *e)
{
	int rc = must_be_whole(l, n) ? 0 : look_at_known(l, pairs, n, seen, e);

	if (rc < 0 || (rc > 0 && !lacks_held(l, seen) && !lacks_waiting(l->machine, seen)))
		return rc;
	for (int i = 0; i < SIDES; i++)
		evidence_clear(&seen[i]);
	return machine_look_at_all(l, seen, e) < 0 ? -1 : 1;
}

/* --- large tables -------------------------------------------------------------------------------------- */

static int look_at_large(struct lab *l, const struct diag_pair *pairs, size_t n, struct evidence seen[SIDES],
                         struct err *e)
{
	struct machine *m = machine_memory(l);
	struct instant began = clock_now();
	int rc;

	if (n > ASKED_FREELY && !instant_reached(m->next_asked, began))
		return 0;
	rc = look_at_known(l, pairs, n, seen, e);
	if (rc > 0) {
		carry(m, seen, began);
		m->next_asked = instant_after(clock_now(), (struct span){ span_since(began).ns * SHARE });
	}
	return rc;
}

static bool is_large(struct machine *m)
{
	int64_t n;

	if (span_since(m->counted_at).ns < COUNTED.ns)
		return m->large;
	n = net_sockets();
	m->large = (n == UNKNOWN ? (int64_t)m->dumped : n) > LARGE;
	m->counted_at = clock_now();
	return m->large;
}

/* Who sleeps in connect() has an address since he entered it. */
static void meet_callers(struct lab *l)
{
	struct thread *t;

	TAILQ_FOREACH (t, &l->stepper.threads, link) {
		const struct actor *a;

		if (!t->process || !t->in_call || !t->inode || t->datagram || t->call.is->changes != CHANGES_ENDS)
			continue;
		a = lab_find_actor(l, t->process->program->name);
		if (a)
			machine_meets(l, a->side, t->inode, t->process->pidfd, call_fd(&t->call), true);
	}
}

int machine_look(struct lab *l, struct evidence seen[SIDES], struct err *e)
{
	struct diag_pair *pairs;
	size_t n;
	int rc;

	meet_callers(l);
	pairs = pairs_to_ask(machine_memory(l), &n);
	rc = (is_large(l->machine) ? look_at_large : look_at_small)(l, pairs, n, seen, e);
	free(pairs);
	return rc;
}

/* --- large tables: what nobody could know of ----------------------------------------------------------- */

static void discover(struct lab *l, const struct sock *s)
{
	struct machine *m = machine_memory(l);
	enum side side = machine_side(l, s);

	if (side == NO_SIDE)
		return;
	m->bound = m->bound || s->state == TCP_BOUND;
	if (is_hidden(s))
		evidence_add(&m->hidden, s);
	else if (s->remote.port)
		ends_add(&m->known, &s->local, &s->remote, side); /* the next look asks for it */
}

/* What could not be asked for is as it was seen now. */
static void renew_hidden(struct machine *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->carried.n; i++)
		if (!is_hidden(&m->carried.socks[i]))
			m->carried.socks[kept++] = m->carried.socks[i];
	m->carried.n = kept;
	for (size_t i = 0; i < m->hidden.n; i++)
		evidence_add(&m->carried, &m->hidden.socks[i]);
}

static bool begin_sweep(struct machine *m)
{
	struct err e;

	if (span_since(m->swept_at).ns < SWEEP_PAUSE.ns)
		return false;
	m->swept_at = clock_now();
	if (!m->sweeper)
		m->sweeper = diag_open(&e);
	evidence_clear(&m->hidden);
	return m->sweeper && diag_begin(m->sweeper, &everything, &e) == 0;
}

static void end_sweep(struct lab *l, bool whole)
{
	struct machine *m = machine_memory(l);

	m->swept_in_vain = whole ? 0 : m->swept_in_vain + 1;
	m->swept_at = whole || m->swept_in_vain >= SWEEPS_AT_ONCE ? clock_now() : (struct instant){ 0 };
	if (whole)
		renew_hidden(m);
	else if (m->swept_in_vain == SWEEPS_AT_ONCE)
		lab_say(l, EV_NOTICE,
		        "the machine's table of sockets could not be read whole: sockets of the programs may be "
		        "missing");
}

void machine_sweep(struct lab *l)
{
	struct machine *m = machine_memory(l);
	struct instant end = instant_after(clock_now(), SWEEP_PART);
	struct evidence part = { 0 };
	struct err e;
	int rc = 1;

	if (!m->sweeping && (!is_large(m) || !begin_sweep(m)))
		return;
	while (rc > 0 && !instant_reached(end, clock_now())) {
		evidence_clear(&part);
		rc = diag_more(m->sweeper, &part, &e);
		for (size_t i = 0; i < part.n; i++)
			discover(l, &part.socks[i]);
	}
	evidence_free(&part);
	m->sweeping = rc > 0;
	if (!m->sweeping)
		end_sweep(l, rc == 0);
}
