/* SPDX-License-Identifier: MIT
 * Looks at the machine's own network. A small table is read as a whole each time. Of a large one the sockets that are
 * known are asked for one by one, and the rest is gone through in small parts, for what nobody could know of. */
#include "lab/lab_internal.h"
#include "lab/machine.h"
#include "lab/machine_internal.h"
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

static const struct diag_ask everything = { .memory = true };

/* --- small tables -------------------------------------------------------------------------------------- */

int machine_look_at_all(struct lab *l, struct evidence seen[SIDES], struct err *e)
{
	struct machine *m = machine_memory(l);
	struct instant began = clock_now();
	struct evidence all = { 0 };
	int rc = diag_dump(l->hosts[CLIENT].diag, &everything, &all, e);

	if (rc == 0)
		machine_split(l, &all, seen);
	for (int i = 0; i < SIDES; i++)
		seen[i].at = began;
	m->dumped = all.n;
	evidence_free(&all);
	return rc;
}

/* --- what need not, or cannot, be asked for ------------------------------------------------------------ */

/* Asked for singly it would not be found: until the table was gone through it counts as it was. */
static bool is_hidden(const struct sock *s)
{
	return s->on_device && s->remote.port;
}

/* What is in TIME_WAIT stays so until its time is over, or a packet comes. A server that closes has many of them. */
static bool is_carried(const struct sock *s)
{
	return is_hidden(s) || s->state == TCP_TIME_WAIT;
}

static void carry(struct machine *m, const struct evidence kept[SIDES], struct instant now)
{
	evidence_clear(&m->carried);
	m->carried.at = now;
	m->bound = false;
	for (int side = 0; side < SIDES; side++) {
		for (size_t i = 0; i < kept[side].n; i++) {
			const struct sock *s = &kept[side].socks[i];

			m->bound = m->bound || s->state == TCP_BOUND;
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

/* --- large tables: what is known ----------------------------------------------------------------------- */

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
		carry(m, seen, began);
		m->next_asked = instant_after(clock_now(), (struct span){ span_since(began).ns * SHARE });
	}
	for (int i = 0; i < SIDES; i++)
		seen[i].at = began;
	evidence_free(&all);
	return rc < 0 ? -1 : 1;
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

int machine_look(struct lab *l, struct evidence seen[SIDES], struct err *e)
{
	struct machine *m = machine_memory(l);
	struct diag_pair *pairs;
	size_t n;
	int rc = 0;

	if (!is_large(m))
		return machine_look_at_all(l, seen, e) < 0 ? -1 : 1;
	pairs = pairs_to_ask(m, &n);
	if (n <= ASKED_FREELY || instant_reached(m->next_asked, clock_now()))
		rc = look_at_known(l, pairs, n, seen, e);
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
