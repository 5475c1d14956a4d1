/* SPDX-License-Identifier: MIT
 * Beside a failed expectation: the past, the nearest, and who waits for what. */
#include "lab/was.h"
#include "lab/programs_internal.h"

#include <stdio.h>

/* More lines of a kind would bury the first. */
enum { LINES_OF_A_KIND = 3, LAST_PACKETS = 5 };

static bool is_meant(const struct expectation *x, enum side side)
{
	return !x->sides || x->sides & 1U << side;
}

/* --- what was ------------------------------------------------------------------------------------------ */

/* How an event left a socket that one may be looking for: as wanted; in the state, and not as wanted; otherwise. */
enum fit { FITS_NOT, FITS_STATE, FITS_ALL };

static enum fit fit_of(struct lab *l, const struct event *e, const struct expectation *x)
{
	if (e->socket.gone || !expected_state(&e->socket.is, x) || !expected_owner(l, &e->socket.is, x))
		return FITS_NOT;
	return expected_socket(l, &e->socket.is, x) ? FITS_ALL : FITS_STATE;
}

static uint64_t cookie_of(const struct event *e)
{
	return e->socket.gone ? e->socket.was.key.cookie : e->socket.is.key.cookie;
}

/* The next event after the i-th that is about the same socket; NULL: there is none, it is so still. */
static const struct event *next_of(struct lab *l, size_t i, enum fit fit, const struct expectation *x)
{
	const struct timeline *tl = &l->timeline;

	for (size_t k = i + 1; k < tl->n; k++) {
		const struct event *e = tl->events[k];

		if (e->kind == EV_SOCKET && e->side == tl->events[i]->side &&
		    cookie_of(e) == cookie_of(tl->events[i]) && fit_of(l, e, x) < fit)
			return e;
	}
	return NULL;
}

static void span_of_time(struct buf *out, const struct event *from, const struct event *to)
{
	char began[SPAN_TEXT], ended[SPAN_TEXT];

	span_format(began, from->at);
	if (!to) {
		buf_addf(out, "since %s", began);
		return;
	}
	span_format(ended, to->at);
	buf_addf(out, "from %s to %s", began, ended);
}

/* Did the socket come to fit by this event? */
static bool begins_to_fit(struct lab *l, size_t i, enum fit fit, const struct expectation *x)
{
	const struct timeline *tl = &l->timeline;
	const struct event *e = tl->events[i];

	if (e->kind != EV_SOCKET || !is_meant(x, e->side) || fit_of(l, e, x) < fit)
		return false;
	for (size_t k = i; k-- > 0;) {
		const struct event *before = tl->events[k];

		if (before->kind == EV_SOCKET && before->side == e->side && cookie_of(before) == cookie_of(e))
			return fit_of(l, before, x) < fit;
	}
	return true;
}

/* "LAST_ACK was there from 874 ms to 1.09 s": how often it was told. */
static unsigned tell_past(struct lab *l, const struct expectation *x, enum fit fit, struct buf *out)
{
	unsigned n = 0;

	for (size_t i = 0; i < l->timeline.n; i++) {
		const struct event *e = l->timeline.events[i], *end;
		const char *name;

		if (!begins_to_fit(l, i, fit, x) || ++n > LINES_OF_A_KIND)
			continue;
		end = next_of(l, i, fit, x);
		name = lab_name_of_cookie(l, cookie_of(e));
		buf_addf(out, "\nwas:      %s %s was %s ", *name ? name : side_name(e->side),
		         tcp_state_name(e->socket.is.state), fit == FITS_ALL ? "so" : "there");
		span_of_time(out, e, end);
	}
	if (n > LINES_OF_A_KIND)
		buf_addf(out, "\n          and %u times more", n - LINES_OF_A_KIND);
	return n;
}

/* --- what comes nearest -------------------------------------------------------------------------------- */

static size_t clauses_wrong(const struct sock *s, const struct expectation *x)
{
	size_t n = 0;

	for (size_t i = 0; i < x->n_clauses; i++)
		n += !x->clauses[i].kind->holds(s, &x->clauses[i]);
	return n;
}

static const struct sock *nearest(struct lab *l, const struct expectation *x, enum side *side)
{
	const struct sock *best = NULL;

	for (int h = 0; h < SIDES; h++) {
		for (size_t i = 0; is_meant(x, (enum side)h) && i < l->seen[h].n; i++) {
			const struct sock *s = &l->seen[h].socks[i];

			if (!expected_state(s, x) || !expected_owner(l, s, x) ||
			    (best && clauses_wrong(s, x) >= clauses_wrong(best, x)))
				continue;
			best = s;
			*side = (enum side)h;
		}
	}
	return best;
}

static void add_clause(struct buf *out, const struct clause *c)
{
	static const char *const ops[] = { [EXACTLY] = "", [AT_LEAST] = ">=", [BELOW] = "<" };

	buf_puts(out, c->kind->word);
	if (c->kind->arg == ARG_NUMBER)
		buf_addf(out, " %s%ld", ops[c->number.op], c->number.n);
	else if (c->kind->arg == ARG_TIMER)
		buf_addf(out, " %s", sock_timer_name(c->timer));
}

/* One in the state that is wanted, and what of it is not. */
static bool tell_nearest(struct lab *l, const struct expectation *x, struct buf *out)
{
	enum side side = CLIENT;
	const struct sock *s = nearest(l, x, &side);
	const char *joint = "; not so: ";

	if (!s || !clauses_wrong(s, x))
		return s != NULL;
	buf_addf(out, "\nnearest:  %s ", side_name(side));
	judge_describe(l, s, out);
	for (size_t i = 0; i < x->n_clauses; i++) {
		if (x->clauses[i].kind->holds(s, &x->clauses[i]))
			continue;
		buf_puts(out, joint);
		add_clause(out, &x->clauses[i]);
		joint = ", ";
	}
	return true;
}

/* --- who waits ----------------------------------------------------------------------------------------- */

static void tell_stopped(const struct thread *t, struct buf *out)
{
	const char *call = t->call.is ? t->call.is->name : "a call";
	char name[ACTOR_NAME];

	thread_name(t, name);
	buf_addf(out, "\nwaits:    %s is stopped %s %s; '%s go' lets it run", name,
	         t->is == THREAD_AFTER ? "behind" : "before", call, t->process->program->name);
}

static void tell_programs(struct lab *l, struct buf *out)
{
	const struct thread *t;
	unsigned n = 0;

	TAILQ_FOREACH (t, &l->stepper.threads, link) {
		if (t->process && thread_is_stopped(t) && n++ < LINES_OF_A_KIND)
			tell_stopped(t, out);
	}
}

static void tell_held(struct lab *l, struct buf *out)
{
	const struct packet *p;
	unsigned n = 0;

	if (!l->started)
		return;
	TAILQ_FOREACH (p, &l->wire.held, link)
		if (n++ < LINES_OF_A_KIND)
			buf_addf(out, "\nwaits:    #%u %s from %s is held on the wire; 'pass %u' lets it go", p->number,
			         packet_kind_name(p->kind), side_name(p->from), p->number);
	if (n > LINES_OF_A_KIND)
		buf_addf(out, "\n          and %u packets more", n - LINES_OF_A_KIND);
}

/* --- the last packets ---------------------------------------------------------------------------------- */

static void add_packet(struct buf *out, const struct event *e, const char *joint)
{
	const struct event_packet *p = &e->packet;

	buf_addf(out, "%s#%u ", joint, p->number);
	segment_flags(out, p->seg.flags);
	if (p->seg.len)
		buf_addf(out, " len %u", p->seg.len);
	buf_addf(out, " from %s%s", side_name(e->side),
	         p->fate == FATE_HELD      ? " (held)"
	         : p->fate == FATE_DROPPED ? " (dropped)"
	                                   : "");
}

static void tell_packets(const struct lab *l, struct buf *out)
{
	const struct timeline *tl = &l->timeline;
	size_t from = tl->n, n = 0;
	const char *joint = "";

	while (from > 0 && n < LAST_PACKETS)
		n += tl->events[--from]->kind == EV_PACKET;
	if (n)
		buf_puts(out, "\npackets:  the last are ");
	for (size_t i = from; i < tl->n; i++) {
		if (tl->events[i]->kind != EV_PACKET)
			continue;
		add_packet(out, tl->events[i], joint);
		joint = ", ";
	}
}

void was_add(struct lab *l, const struct expectation *x, struct buf *out)
{
	if (x->form == &socket_form) {
		bool near = tell_nearest(l, x, out);

		if (!tell_past(l, x, FITS_ALL, out) && !near)
			tell_past(l, x, FITS_STATE, out);
	}
	tell_programs(l, out);
	tell_held(l, out);
	if (!l->no_packets)
		tell_packets(l, out);
}
