/* SPDX-License-Identifier: MIT
 * Gathering an observation. */
#include "sight/looking.h"
#include "model/changes.h"
#include "source/net.h"
#include "source/netns.h"
#include "source/process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { WANTS = WANT_OWNERS | WANT_TIMER | WANT_INODE | WANT_AGE | WANT_DROPS | WANT_INFO };

/* --- the machine ----------------------------------------------------------------------------------------- */

static int look_by_engine(struct looking *l, struct evidence *ev, struct err *e)
{
	int rc = engine_look(&l->engine, &l->ask, ev, &l->report, e);

	l->o->sight.engine = l->engine.engine->letter;
	return rc;
}

static void each_net(struct looking *l, void (*each)(struct looking *l, uint64_t netns, bool own))
{
	struct err e;
	int home = netns_home(&e);
	uint64_t own = netns_own();
	struct netns_list all;

	netns_list_read(&all);
	for (size_t i = 0; i < all.n; i++) {
		const struct netns *ns = &all.all[i];

		if (l->ask.netns && l->ask.netns != ns->inode)
			continue;
		if (ns->inode != own && (home < 0 || netns_enter(ns) < 0))
			continue;
		each(l, ns->inode, ns->inode == own);
		if (ns->inode != own)
			netns_back(home);
	}
	netns_list_free(&all);
	if (home >= 0)
		close(home);
}

static const struct looking_place the_machine = { look_by_engine, each_net };

/* --- opening --------------------------------------------------------------------------------------------- */

void looking_at(struct looking *l, struct observation *o, const struct looking_place *place, void *ctx)
{
	*l = (struct looking){ .place = place, .ctx = ctx, .o = o, .ask = { .want = WANTS } };
	*o = (struct observation){ .host = { UNKNOWN, UNKNOWN, false } };
}

int looking_open(struct looking *l, struct observation *o, const char *engine, uint64_t netns, pid_t only,
                 struct err *e)
{
	looking_at(l, o, &the_machine, NULL);
	l->ask.netns = netns;
	o->sight.one_net = netns != 0;
	o->only = only;
	if (engine_choose(&l->engine, engine, ENGINE_A_FEW_TIMES, l->ask.want, e) < 0)
		return -1;
	o->sight.engine = l->engine.engine->letter;
	evidence_reserve(&o->last, l->engine.expected + l->engine.expected / 16);
	return 0;
}

static void forget_samples(struct looking *l)
{
	for (size_t i = 0; i < l->n_samples; i++)
		evidence_free(&l->samples[i]);
	l->n_samples = 0;
}

void looking_again(struct looking *l)
{
	struct observation fresh = { .only = l->o->only,
		                     .port = l->o->port,
		                     .host = { UNKNOWN, UNKNOWN, false },
		                     .sight = { .engine = l->o->sight.engine, .one_net = l->o->sight.one_net } };

	forget_samples(l);
	observation_free(l->o);
	*l->o = fresh;
}

void looking_close(struct looking *l)
{
	forget_samples(l);
	engine_release(&l->engine);
}

static int look(struct looking *l, struct evidence *ev, struct err *e)
{
	int rc;

	ev->at = clock_now();
	l->report = (struct engine_report){ 0 };
	rc = l->place->look(l, ev, e);
	l->seen = clock_now();
	return rc;
}

/* --- processes ----------------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static size_t take_once(pid_t *pids, size_t n)
{
	size_t kept = 0;

	qsort(pids, n, sizeof *pids, by_number);
	for (size_t i = 0; i < n; i++)
		if (!kept || pids[kept - 1] != pids[i])
			pids[kept++] = pids[i];
	return kept;
}

/* Who is looked at, every process once, in order; for free(). The one that was asked for, which may hold no socket at
 * all; else who holds sockets: of one namespace only those that hold one of it, for an engine tells of everybody who
 * holds any. */
static pid_t *processes_of(const struct observation *o, size_t *n)
{
	const struct evidence *ev = &o->last;
	pid_t *pids = xcalloc(ev->n_holders + ev->n_owners + 1, sizeof *pids);

	*n = 0;
	if (o->only) {
		pids[(*n)++] = o->only;
		return pids;
	}
	for (size_t i = 0; i < ev->n_owners; i++)
		pids[(*n)++] = ev->holders[ev->owners[i].holder].pid;
	for (size_t i = 0; i < ev->n_holders && !o->sight.one_net; i++)
		pids[(*n)++] = ev->holders[i].pid;
	*n = take_once(pids, *n);
	return pids;
}

/* Those of the last look, with what the first one found of them. */
static void read_processes(struct looking *l)
{
	struct observation *o = l->o;
	struct observation before = { .processes = o->processes, .n_processes = o->n_processes };
	size_t n;
	pid_t *pids = processes_of(o, &n);

	o->processes = NULL;
	o->n_processes = o->cap_processes = 0;
	for (size_t i = 0; i < n; i++) {
		struct process_facts *p = observation_add_process(o, pids[i]);

		process_read_seen(p, l->seen);
		process_since(p, observation_process(&before, pids[i]));
	}
	free(before.processes);
	free(pids);
}

/* --- namespaces ---------------------------------------------------------------------------------------- */

/* Of a process that was asked for, its own namespace and those of its sockets are noted before they are read; no other
 * is then. False: it is not known which is its own, so all are. */
static bool note_nets(struct observation *o)
{
	uint64_t its = o->only ? netns_of_pid(o->only) : 0;

	if (!its)
		return false;
	observation_net_of(o, its);
	for (size_t i = 0; i < o->last.n; i++)
		if (evidence_is_held_by(&o->last, &o->last.socks[i], o->only))
			observation_net_of(o, o->last.socks[i].key.netns);
	return true;
}

static void read_net(struct looking *l, uint64_t netns, bool own)
{
	struct net_facts *n;

	if (l->nets_noted && !observation_net(l->o, netns))
		return;
	n = observation_net_of(l->o, netns);
	n->own = own;
	net_read_counters(n->after);
	if (l->o->twice)
		return;
	memcpy(n->before, n->after, sizeof n->before);
	net_read_settings(n);
}

static void read_nets(struct looking *l)
{
	l->nets_noted = note_nets(l->o);
	l->place->each_net(l, read_net);
}

/* The machine's; a lab is not to hear of it. */
static void read_log(struct looking *l)
{
	memset(l->o->said, 0, sizeof l->o->said);
	l->o->sight.unlogged = l->place == &the_machine && !kernel_log_read(l->o->said);
}

static void take_report(struct looking *l)
{
	struct sight *s = &l->o->sight;

	s->hidden = l->report.hidden;
	s->closed = l->report.closed;
	s->orphans = l->report.orphans;
	s->unsure = l->report.unsure;
	s->lacks = l->report.no_bound ? LACKS_BOUND : 0;
	s->unlisted = !process_is_listed(1);
	s->privileged = process_may_trace();
}

/* --- the looks ----------------------------------------------------------------------------------------- */

int looking_first(struct looking *l, struct err *e)
{
	l->began = clock_now();
	if (look(l, &l->o->last, e) < 0)
		return -1;
	host_read(&l->o->host);
	read_log(l);
	read_nets(l);
	read_processes(l);
	take_report(l);
	observation_join(l->o);
	return 0;
}

void looking_queues(struct looking *l)
{
	struct engine_ask all = l->ask;
	struct err e;

	if (l->n_samples == QUEUE_SAMPLES)
		return;
	l->ask.states = state_set_of(TCP_LISTEN);
	l->ask.want = WANT_DROPS;
	if (look(l, &l->samples[l->n_samples], &e) == 0)
		l->n_samples++;
	l->ask = all;
}

struct sampling {
	struct observation *o;
	const struct evidence *sample;
	uint32_t *at; /* 1 + the index in o->listeners of each socket */
};

static void take_sample(void *sampling, size_t was, size_t is)
{
	const struct sampling *s = sampling;
	struct queue_samples *q;

	if (was == NO_ROW || is == NO_ROW || !s->at[is])
		return;
	q = &s->o->queues[s->at[is] - 1];
	if (q->n < QUEUE_SAMPLES)
		q->rq[q->n++] = s->sample->socks[was].rq;
}

static void join_samples(struct looking *l)
{
	struct observation *o = l->o;
	struct sampling s = { .o = o, .at = xcalloc(o->last.n + 1, sizeof *s.at) };
	struct sort_key *room[2] = { NULL, xcalloc(o->last.n + 1, sizeof *room[1]) };

	o->queues = xcalloc(o->n_listeners + 1, sizeof *o->queues);
	for (size_t i = 0; i < o->n_listeners; i++)
		s.at[o->listeners[i]] = (uint32_t)i + 1;
	for (size_t i = 0; i < l->n_samples; i++) {
		struct rows was, is;

		s.sample = &l->samples[i];
		room[0] = xrealloc(room[0], s.sample->n + 1, sizeof *room[0]);
		was = rows_of(s.sample, room[0]);
		is = rows_of(&o->last, room[1]);
		changes_pair(&was, &is, take_sample, &s);
	}
	free(room[0]);
	free(room[1]);
	free(s.at);
}

int looking_last(struct looking *l, struct err *e)
{
	struct observation *o = l->o;

	observation_unjoin(o);
	o->first = o->last;
	o->last = (struct evidence){ 0 };
	evidence_reserve(&o->last, o->first.n + o->first.n / 16);
	if (look(l, &o->last, e) < 0)
		return -1;
	o->twice = true;
	o->window = span_between(l->began, o->last.at);
	read_nets(l);
	read_processes(l);
	host_read(&o->host);
	read_log(l);
	take_report(l);
	observation_join(o);
	join_samples(l);
	return 0;
}
