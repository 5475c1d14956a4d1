/* SPDX-License-Identifier: MIT
 * What tests of what all rules share have in common: an observation made call by call, where a text (by_hand.h) would
 * not say it shorter, and a judgement of it. */
#ifndef DOCTOR_DOCTOR_TEST_H
#define DOCTOR_DOCTOR_TEST_H

#include "doctor/by_hand.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

enum { NETNS = 4026531840U, PID = 80 };

/* --- an observation ---------------------------------------------------------------------------------------- */

static inline struct endpoint at(uint8_t host, uint16_t port)
{
	return (struct endpoint){ { AF_INET, { 10, 0, 0, host } }, port };
}

static inline struct sock *add_sock(struct observation *o, enum tcp_state state, uint16_t local, uint16_t remote,
                                    pid_t pid)
{
	struct evidence *ev = &o->last;
	struct sock *s = evidence_next(ev);
	struct holder h = { pid, pid, "made-by-hand" };

	*s = (struct sock){ .key = { NETNS, ev->n },
		            .state = state,
		            .local = at(1, local),
		            .remote = at(2, remote),
		            .inode = (uint32_t)ev->n,
		            .held = pid };
	*evidence_add_info(ev) = (struct sock_info){ .known = state != TCP_LISTEN };
	if (pid)
		evidence_add_owner(ev, s, evidence_add_holder(ev, &h), (int)ev->n);
	return s;
}

static inline struct process_facts *add_process(struct observation *o, pid_t pid, int64_t fds, int64_t limit)
{
	struct process_facts *p = observation_add_process(o, pid);

	snprintf(p->comm, sizeof p->comm, "made-by-hand");
	p->fds = p->fds_before = fds;
	p->fd_limit = p->fd_hard = limit;
	p->state = 'S';
	p->exe_id = 1;
	return p;
}

static inline struct net_facts *add_net(struct observation *o)
{
	struct net_facts *n = observation_add_net(o, NETNS);

	n->own = true;
	for (int c = 0; c < COUNTERS; c++)
		n->before[c] = n->after[c] = 0;
	n->sysctl[SYS_PORTS_FROM] = 32768;
	n->sysctl[SYS_PORTS_TO] = 60999;
	n->sysctl[SYS_SOMAXCONN] = 4096;
	return n;
}

/* A leak that has taken all descriptors: accept() fails, the queue is full. */
static inline void incident(struct observation *o)
{
	struct sock *listener;

	add_net(o);
	add_process(o, PID, 1024, 1024);
	for (uint16_t i = 0; i < 30; i++) {
		struct sock *s = add_sock(o, TCP_CLOSE_WAIT, 8080, 40000 + i, PID);

		s->age = span_s(600);
		s->age_is = AGE_EXACT;
		o->last.infos[o->last.n - 1].last_snd_ms = 700000;
	}
	listener = add_sock(o, TCP_LISTEN, 8080, 0, PID);
	listener->rq = 6;
	listener->wq = 5;
}

/* --- judging ----------------------------------------------------------------------------------------------- */

/* What the test's probe finds. */
static size_t strayed;

static inline ssize_t strays(void *ctx, pid_t pid, const struct evidence *ev, struct stray **out)
{
	(void)ctx;
	(void)pid;
	(void)ev;
	*out = xcalloc(strayed + 1, sizeof **out);
	return (ssize_t)strayed;
}

static inline struct findings judge(struct observation *o, const struct doctor_settings *given)
{
	struct doctor_settings s = { .n_ignored = 0 };
	const struct probes probes = { .strays = strays };
	struct findings fs = { 0 };

	thresholds_default(&s.thresholds);
	o->window = span_s(5);
	observation_unjoin(o); /* some are judged twice */
	observation_join(o);
	doctor_examine(o, given ? given : &s, &probes, &fs);
	return fs;
}

static inline const struct finding *found(const struct findings *fs, const char *id)
{
	for (size_t i = 0; i < fs->n; i++)
		if (strncmp(fs->all[i]->rule->id, id, strlen("LA000")) == 0)
			return fs->all[i];
	return NULL;
}

#endif
