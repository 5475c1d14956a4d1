/* SPDX-License-Identifier: MIT
 * Two looks and what is between them, at a place made by hand: what is asked, what is joined, what is forgotten. */
#include "base/tap.h"
#include "sight/looking.h"

#include <stdlib.h>
#include <unistd.h>

enum { NET = 4026531840, STRANGER = 4194303 };

/* What the place shows, look after look, and what it was asked. */
struct shown {
	unsigned n, nets;
	uint32_t rq[32]; /* of the listener on 80, in each look; NONE: it is not there */
	state_set states[32];
	unsigned want[32];
	bool fails;
	bool elsewhere; /* there is a process that holds nothing of what is shown */
};

enum { NONE = 9999 };

static struct sock sock(uint64_t cookie, enum tcp_state state, uint16_t port, uint32_t rq)
{
	struct sock s = { .key = { NET, cookie }, .state = state, .rq = rq, .held = true };

	addr_parse("10.0.0.1", &s.local.addr);
	addr_parse(state == TCP_LISTEN ? "0.0.0.0" : "10.0.0.2", &s.remote.addr);
	s.local.port = port;
	s.remote.port = state == TCP_LISTEN ? 0 : 40000;
	return s;
}

/* A listener of this process, a second one of a process that is none, a connection of both. */
static int show(struct looking *l, struct evidence *ev, struct err *e)
{
	struct shown *x = l->ctx;
	struct sock eighty = sock(1, TCP_LISTEN, 80, x->rq[x->n]), other = sock(2, TCP_LISTEN, 81, 7),
		    conn = sock(3, TCP_ESTABLISHED, 80, 5);
	uint32_t we, stranger;

	x->states[x->n] = l->ask.states;
	x->want[x->n] = l->ask.want;
	if (x->fails)
		return err_set(e, "nothing can be seen");
	stranger = evidence_add_holder(ev, &(struct holder){ STRANGER, STRANGER, "stranger" });
	we = evidence_add_holder(ev, &(struct holder){ getpid(), getpid(), "we" });
	if (x->elsewhere)
		evidence_add_holder(ev, &(struct holder){ STRANGER - 5, STRANGER - 5, "elsewhere" });
	if (x->rq[x->n] != NONE)
		evidence_add_owner(ev, evidence_add(ev, &eighty), we, 3);
	evidence_add_owner(ev, evidence_add(ev, &conn), we, 4);
	evidence_add_owner(ev, evidence_add(ev, &other), stranger, 5);
	evidence_finish(ev);
	l->report.hidden = 10 + x->n;
	x->n++;
	return 0;
}

static void each_net(struct looking *l, void (*each)(struct looking *l, uint64_t netns, bool own))
{
	struct shown *x = l->ctx;

	x->nets++;
	each(l, NET, true);
}

static const struct looking_place by_hand = { show, each_net };

/* --- one look -------------------------------------------------------------------------------------------- */

static void first_look(void)
{
	struct shown x = { .rq = { 3 } };
	struct looking l;
	struct observation o;
	struct err e = { 0 };

	looking_at(&l, &o, &by_hand, &x);
	ok(looking_first(&l, &e) == 0 && !o.twice && o.last.n == 3 && o.first.n == 0, "one look, and no window");
	ok(x.states[0] == 0 && x.want[0] & WANT_OWNERS && x.want[0] & WANT_INFO && x.want[0] & WANT_DROPS,
	   "all states are asked for, with all that rules need");
	ok(o.n_processes == 2 && o.processes[0].pid < o.processes[1].pid,
	   "each holder once, in the order of their ids");
	ok(observation_process(&o, getpid())->fds > 0, "how many descriptors this process has");
	ok(observation_process(&o, STRANGER)->fds == UNKNOWN, "and of one that is not there nothing is known");
	ok(o.sight.hidden == 10, "what could not be seen is passed on");
	ok(o.n_nets == 1 && observation_net(&o, NET)->own, "the namespace's counters and settings");
	ok(o.n_listeners == 2, "two listeners");
	looking_close(&l);
	observation_free(&o);
}

static void only_one(void)
{
	struct shown x = { .rq = { 3 } };
	struct looking l;
	struct observation o;
	struct err e = { 0 };

	looking_at(&l, &o, &by_hand, &x);
	o.only = getpid();
	looking_first(&l, &e);
	ok(o.n_processes == 1 && o.processes[0].pid == getpid(), "one process alone is read");
	ok(o.last.n == 3, "of the sockets all are kept: peers and listeners are among them");
	looking_again(&l);
	o.only = STRANGER - 1;
	looking_first(&l, &e);
	ok(o.n_processes == 1 && o.processes[0].pid == STRANGER - 1 && o.processes[0].fds == UNKNOWN,
	   "one that holds nothing and may not be looked at: nothing is known of it");
	looking_close(&l);
	observation_free(&o);
}

/* Of one namespace only who holds a socket of it: an engine tells of everybody who holds any. */
static void one_net(void)
{
	for (int one = 0; one < 2; one++) {
		struct shown x = { .rq = { 3 }, .elsewhere = true };
		struct looking l;
		struct observation o;
		struct err e = { 0 };

		looking_at(&l, &o, &by_hand, &x);
		o.sight.one_net = one;
		looking_first(&l, &e);
		ok(o.n_processes == (one ? 2 : 3), "%s", one ? "of one namespace its holders" : "of all, all holders");
		looking_close(&l);
		observation_free(&o);
	}
}

/* --- two looks ------------------------------------------------------------------------------------------- */

static void window(void)
{
	struct shown x = { .rq = { 1, 4, NONE, 6, 2 } };
	struct looking l;
	struct observation o;
	const struct queue_samples *q;
	struct err e = { 0 };
	size_t eighty = 0;

	looking_at(&l, &o, &by_hand, &x);
	looking_first(&l, &e);
	o.nets[0].before[0] = o.nets[0].after[0] = 4242424242;
	for (int i = 0; i < 3; i++)
		looking_queues(&l);
	ok(x.states[1] == state_set_of(TCP_LISTEN) && x.want[1] == WANT_DROPS,
	   "between, listeners alone are looked at");
	ok(looking_last(&l, &e) == 0 && o.twice && o.first.n == 3 && o.last.n == 3, "two looks");
	ok(x.states[4] == 0 && x.want[4] == x.want[0], "the last one asks for what the first did");
	ok(o.window.ns > 0 && o.window.ns == span_between(l.began, o.last.at).ns,
	   "the window is from before the first look to the last one");
	ok(x.nets == 2 && o.n_nets == 1, "counters are read at both ends, of one namespace");
	ok(o.nets[0].before[0] == 4242424242 && o.nets[0].after[0] != 4242424242, "what they were before is kept");
	while (eighty < o.last.n && o.last.socks[eighty].key.cookie != 1)
		eighty++;
	q = observation_queue(&o, eighty);
	ok(q && q->n == 2 && q->rq[0] == 4 && q->rq[1] == 6, "its queue whenever it was there, in that order");
	ok(observation_was(&o, eighty) && observation_was(&o, eighty)->rq == 1, "and what it was in the first look");
	ok(observation_process(&o, getpid())->fds_before == observation_process(&o, getpid())->fds,
	   "descriptors at both ends of the window");
	ok(o.sight.hidden == 14, "what the last look could not see counts");
	looking_again(&l);
	ok(o.last.n == 0 && o.n_processes == 0 && !o.twice && l.n_samples == 0, "another round begins with nothing");
	looking_close(&l);
	observation_free(&o);
}

static void many_samples(void)
{
	struct shown x = { .rq = { 0 } };
	struct looking l;
	struct observation o;
	struct err e = { 0 };

	looking_at(&l, &o, &by_hand, &x);
	looking_first(&l, &e);
	for (int i = 0; i < QUEUE_SAMPLES + 3; i++)
		looking_queues(&l);
	ok(l.n_samples == QUEUE_SAMPLES && x.n == 1 + QUEUE_SAMPLES, "no more samples than there is room for");
	looking_close(&l);
	observation_free(&o);
}

static void failing(void)
{
	struct shown x = { .rq = { 0 } };
	struct looking l;
	struct observation o;
	struct err e = { 0 };

	looking_at(&l, &o, &by_hand, &x);
	looking_first(&l, &e);
	x.fails = true;
	looking_queues(&l);
	ok(l.n_samples == 0, "a look between that fails is none");
	ok(looking_last(&l, &e) == -1 && !o.twice, "a last look that fails is told");
	same_text(err_text(&e), "nothing can be seen", "with its reason");
	looking_close(&l);
	observation_free(&o);
}

int main(void)
{
	first_look();
	only_one();
	one_net();
	window();
	many_samples();
	failing();
	return tap_done();
}
