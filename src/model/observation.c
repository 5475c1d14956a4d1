/* SPDX-License-Identifier: MIT
 * What was gathered about a machine in a window of time. */
#include "model/observation.h"
#include "base/sort.h"
#include "model/changes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* --- tables ---------------------------------------------------------------------------------------------- */

const struct counter_info *counter_info(enum counter_id c)
{
	static const struct counter_info infos[] = {
#define COUNTER(name, group, word) { group, word },
#include "model/counter.def"
#undef COUNTER
	};

	return &infos[c];
}

enum scope { NETNS, HOST };

const struct sysctl_info *sysctl_info(enum sysctl_id s)
{
	static const struct sysctl_info infos[] = {
#define SYSCTL(name, path, scope, field, before) { path, (scope) == HOST, field, before },
#include "model/sysctl.def"
#undef SYSCTL
	};

	return &infos[s];
}

void sysctl_add_name(struct buf *out, enum sysctl_id s)
{
	for (const char *c = sysctl_info(s)->path; *c; c++)
		buf_add(out, *c == '/' ? "." : c, 1);
}

const struct said_info *said_info(enum said_id s)
{
	static const struct said_info infos[] = {
#define SAID(name, phrase, sentence) { phrase, sentence },
#include "model/said.def"
#undef SAID
	};

	return &infos[s];
}

void said_take(struct said all[SAIDS], const char *line, const struct span *ago)
{
	for (int i = 0; i < SAIDS; i++) {
		if (!strstr(line, said_info((enum said_id)i)->phrase))
			continue;
		all[i].times++;
		all[i].timed = ago != NULL;
		all[i].ago = ago ? *ago : (struct span){ 0 };
		snprintf(all[i].text, sizeof all[i].text, "%.*s", (int)strcspn(line, "\n"), line);
	}
}

const struct runtime_info *runtime_info(enum runtime r)
{
	static const struct runtime_info infos[] = {
#define RUNTIME(name, word, executables, backlog, stacks) { word, executables, backlog, stacks },
#include "model/runtime.def"
#undef RUNTIME
	};

	return &infos[r];
}

/* "python3.11" is python3: what follows a name is its version. */
static bool is_named(const char *executable, const char *name, size_t n)
{
	const char *rest = executable + n;

	return strncmp(executable, name, n) == 0 && rest[strspn(rest, "0123456789.-")] == 0;
}

enum runtime runtime_of(const char *executable)
{
	for (int r = 0; r < RUNTIMES; r++) {
		const char *name = runtime_info((enum runtime)r)->executables;

		while (*name) {
			size_t n = strcspn(name, " ");

			if (is_named(executable, name, n))
				return (enum runtime)r;
			name += n + (name[n] == ' ');
		}
	}
	return RUNTIME_NATIVE;
}

/* --- namespaces ------------------------------------------------------------------------------------------ */

struct net_facts *observation_add_net(struct observation *o, uint64_t netns)
{
	struct net_facts *n;

	o->nets = grow(o->nets, o->n_nets, &o->cap_nets, sizeof *o->nets);
	n = &o->nets[o->n_nets++];
	*n = (struct net_facts){ .netns = netns };
	for (int c = 0; c < COUNTERS; c++)
		n->before[c] = n->after[c] = UNKNOWN;
	for (int s = 0; s < SYSCTLS; s++)
		n->sysctl[s] = UNKNOWN;
	return n;
}

struct net_facts *observation_net_of(struct observation *o, uint64_t netns)
{
	struct net_facts *known = (struct net_facts *)observation_net(o, netns);

	return known ? known : observation_add_net(o, netns);
}

const struct net_facts *observation_net(const struct observation *o, uint64_t netns)
{
	for (size_t i = 0; i < o->n_nets; i++)
		if (o->nets[i].netns == netns)
			return &o->nets[i];
	return NULL;
}

int64_t net_rise(const struct net_facts *n, enum counter_id c)
{
	if (n->after[c] == 0) /* they begin with it, and only grow */
		return 0;
	if (n->before[c] == UNKNOWN || n->after[c] == UNKNOWN || n->after[c] < n->before[c])
		return UNKNOWN;
	return n->after[c] - n->before[c];
}

bool net_has_counters(const struct net_facts *n)
{
	return n->after[CNT_LISTEN_DROPS] != UNKNOWN && n->after[CNT_OUT_SEGS] != UNKNOWN;
}

bool net_has_settings(const struct net_facts *n)
{
	for (int s = 0; s < SYSCTLS; s++)
		if (n->sysctl[s] != UNKNOWN)
			return true;
	return n->reserved_told;
}

void net_settle_settings(struct net_facts *n)
{
	for (int s = 0; s < SYSCTLS; s++)
		if (n->sysctl[s] == UNKNOWN && n->sysctl[SYS_TIMESTAMPS] != UNKNOWN) /* which all have, there */
			n->sysctl[s] = sysctl_info((enum sysctl_id)s)->before;
}

bool net_port_reserved(const struct net_facts *n, uint16_t port)
{
	for (size_t i = 0; i < n->n_reserved; i++)
		if (port >= n->reserved[i].from && port <= n->reserved[i].to)
			return true;
	return false;
}

/* --- processes ------------------------------------------------------------------------------------------- */

struct process_facts process_unknown(pid_t pid)
{
	return (struct process_facts){
		.pid = pid, .fds_before = UNKNOWN, .fds = UNKNOWN, .fd_limit = UNKNOWN, .fd_hard = UNKNOWN
	};
}

void process_since(struct process_facts *p, const struct process_facts *was)
{
	bool same = was && was->pid == p->pid && was->started && was->started == p->started;

	p->fds_before = same ? was->fds : UNKNOWN;
}

struct process_facts *observation_add_process(struct observation *o, pid_t pid)
{
	assert(!o->n_processes || o->processes[o->n_processes - 1].pid < pid); /* for bsearch() */
	o->processes = grow(o->processes, o->n_processes, &o->cap_processes, sizeof *o->processes);
	o->processes[o->n_processes] = process_unknown(pid);
	return &o->processes[o->n_processes++];
}

static int by_pid(const void *key, const void *process)
{
	pid_t a = *(const pid_t *)key, b = ((const struct process_facts *)process)->pid;

	return a < b ? -1 : a > b;
}

const struct process_facts *observation_process(const struct observation *o, pid_t pid)
{
	return o->n_processes ? bsearch(&pid, o->processes, o->n_processes, sizeof *o->processes, by_pid) : NULL;
}

bool process_is_stopped(const struct process_facts *p)
{
	return p->state == 't' || p->state == 'T';
}

/* --- both looks ------------------------------------------------------------------------------------------ */

static void list_listeners(struct observation *o)
{
	size_t cap = 0;

	for (size_t i = 0; i < o->last.n; i++) {
		if (o->last.socks[i].state != TCP_LISTEN)
			continue;
		o->listeners = grow(o->listeners, o->n_listeners, &cap, sizeof *o->listeners);
		o->listeners[o->n_listeners++] = (uint32_t)i;
	}
}

static void note(void *observation, size_t was, size_t is)
{
	struct observation *o = observation;

	if (is == NO_ROW || was == NO_ROW)
		return;
	o->was[is] = (uint32_t)was + 1;
	o->is[was] = (uint32_t)is + 1;
}

void observation_join(struct observation *o)
{
	struct sort_key *room[2] = { xcalloc(o->first.n + 1, sizeof *room[0]),
		                     xcalloc(o->last.n + 1, sizeof *room[1]) };
	struct rows was = rows_of(&o->first, room[0]), is = rows_of(&o->last, room[1]);

	o->was = xcalloc(o->last.n + 1, sizeof *o->was);
	o->is = xcalloc(o->first.n + 1, sizeof *o->is);
	changes_pair(&was, &is, note, o);
	list_listeners(o);
	free(room[0]);
	free(room[1]);
}

const struct sock *observation_was(const struct observation *o, size_t index)
{
	return o->was && o->was[index] ? &o->first.socks[o->was[index] - 1] : NULL;
}

const struct sock *observation_is(const struct observation *o, size_t index_in_first)
{
	return o->is && o->is[index_in_first] ? &o->last.socks[o->is[index_in_first] - 1] : NULL;
}

const struct queue_samples *observation_queue(const struct observation *o, size_t index)
{
	for (size_t i = 0; i < o->n_listeners && o->queues; i++)
		if (o->listeners[i] == index)
			return &o->queues[i];
	return NULL;
}

/* One of each file: they may be missing on their own, and a rule says which counter it lacks. */
bool observation_has_rates(const struct observation *o)
{
	for (size_t i = 0; i < o->n_nets; i++)
		if (net_rise(&o->nets[i], CNT_LISTEN_DROPS) != UNKNOWN ||
		    net_rise(&o->nets[i], CNT_OUT_SEGS) != UNKNOWN)
			return true;
	return false;
}

double observation_per_second(const struct observation *o, int64_t rise)
{
	return o->window.ns > 0 ? (double)rise * 1e9 / (double)o->window.ns : 0;
}

void observation_unjoin(struct observation *o)
{
	free(o->was);
	free(o->is);
	free(o->queues);
	free(o->listeners);
	o->was = o->is = o->listeners = NULL;
	o->queues = NULL;
	o->n_listeners = 0;
}

void observation_free(struct observation *o)
{
	observation_unjoin(o);
	for (size_t i = 0; i < o->n_nets; i++)
		free(o->nets[i].reserved);
	evidence_free(&o->first);
	evidence_free(&o->last);
	free(o->nets);
	free(o->processes);
	*o = (struct observation){ 0 };
}
