/* SPDX-License-Identifier: MIT
 * What rules have in common. */
#include "doctor/visit.h"
#include "base/hash.h"
#include "base/text.h"
#include "doctor/rule.h"

#include <stdlib.h>

/* --- which ports are listened on ----------------------------------------------------------------------- */

struct listening {
	uint64_t netns;
	uint8_t ports[65536 / 8];
};

static struct listening *listening_of(const struct visit *v, uint64_t netns)
{
	for (size_t i = 0; i < v->n_listening; i++)
		if (v->listening[i].netns == netns)
			return &v->listening[i];
	return NULL;
}

static void note_listener(struct visit *v, const struct sock *s)
{
	struct listening *l = listening_of(v, s->key.netns);

	if (!l) {
		v->listening = grow(v->listening, v->n_listening, &v->cap_listening, sizeof *v->listening);
		l = &v->listening[v->n_listening++];
		*l = (struct listening){ .netns = s->key.netns };
	}
	l->ports[s->local.port / 8] |= (uint8_t)(1U << s->local.port % 8);
}

bool visit_listens(const struct visit *v, uint64_t netns, uint16_t port)
{
	const struct listening *l = listening_of(v, netns);

	return l && l->ports[port / 8] >> port % 8 & 1;
}

/* --- beginning and end --------------------------------------------------------------------------------- */

static void sort_by_state(struct visit *v)
{
	const struct evidence *ev = &v->o->last;
	size_t counts[TCP_STATES] = { 0 };

	for (size_t i = 0; i < ev->n; i++)
		counts[ev->socks[i].state]++;
	for (int s = 0; s < TCP_STATES; s++)
		v->by_state[s].all = xcalloc(counts[s] + 1, sizeof(uint32_t));
	for (size_t i = 0; i < ev->n; i++) {
		const struct sock *s = &ev->socks[i];
		struct indexes *in = &v->by_state[s->state];

		in->all[in->n++] = (uint32_t)i;
		v->unseen[s->state] += !s->owner && s->no_owner == NO_OWNER_HIDDEN;
	}
}

static uint64_t ports_key(uint16_t local, uint16_t remote)
{
	return (uint64_t)local << 16 | remote;
}

static void sort_by_ports(struct visit *v)
{
	const struct evidence *ev = &v->o->last;

	v->by_ports = xcalloc(ev->n + 1, sizeof *v->by_ports);
	for (size_t i = 0; i < ev->n; i++)
		v->by_ports[i] = (struct sort_key){ ports_key(ev->socks[i].local.port, ev->socks[i].remote.port), (uint32_t)i };
	sort_by_key(v->by_ports, ev->n);
}

void visit_begin(struct visit *v, const struct observation *o, const struct thresholds *t, const struct probes *p, struct findings *out)
{
	*v = (struct visit){ .o = o, .t = t, .probes = p, .out = out };
	sort_by_state(v);
	sort_by_ports(v);
	FOR_EACH_IN_STATE (v, TCP_LISTEN, i, s)
		note_listener(v, s);
}

void visit_end(struct visit *v)
{
	for (int s = 0; s < TCP_STATES; s++)
		free(v->by_state[s].all);
	free(v->by_ports);
	free(v->listening);
}

/* --- sockets ------------------------------------------------------------------------------------------- */

const struct sock_info *visit_info(const struct visit *v, size_t index)
{
	const struct sock_info *info = v->o->last.infos ? &v->o->last.infos[index] : NULL;

	return info && info->known ? info : NULL;
}

static bool is_ephemeral(const struct visit *v, uint64_t netns, uint16_t port)
{
	const struct net_facts *n = observation_net(v->o, netns);

	if (!n || n->sysctl[SYS_PORTS_FROM] == UNKNOWN)
		return port >= 32768; /* the kernel's default begins there */
	return port >= n->sysctl[SYS_PORTS_FROM] && port <= n->sysctl[SYS_PORTS_TO];
}

bool visit_serves(const struct visit *v, const struct sock *s)
{
	if (visit_listens(v, s->key.netns, s->local.port))
		return true;
	return !is_ephemeral(v, s->key.netns, s->local.port) && is_ephemeral(v, s->key.netns, s->remote.port);
}

static pid_t holder_pid(const struct evidence *ev, const struct sock *s)
{
	const struct owner *o = owner_at(ev, s->owner);

	return o ? holder_of(ev, o)->pid : 0;
}

pid_t visit_pid(const struct visit *v, const struct sock *s)
{
	return holder_pid(&v->o->last, s);
}

const struct process_facts *visit_owner(const struct visit *v, const struct sock *s)
{
	return observation_process(v->o, visit_pid(v, s));
}

int64_t visit_bytes_read(const struct visit *v, size_t index)
{
	const struct sock *was = observation_was(v->o, index), *is = visit_sock(v, index);
	const struct sock_info *info = visit_info(v, index);
	const struct sock_info *before = was && v->o->first.infos ? &v->o->first.infos[was - v->o->first.socks] : NULL;

	if (!info || !before || !before->known || info->bytes_received < before->bytes_received)
		return UNKNOWN;
	return (int64_t)(info->bytes_received - before->bytes_received) - ((int64_t)is->rq - (int64_t)was->rq);
}

/* The first of those with these ports, or what comes behind it. */
static size_t first_with_ports(const struct visit *v, uint64_t key)
{
	size_t low = 0, high = v->o->last.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->by_ports[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Loopback addresses are each namespace's own; others may be used in several, which do not hear of each other: what is nearest is meant. */
ssize_t visit_other_end(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index);
	uint64_t key = ports_key(s->remote.port, s->local.port);
	ssize_t elsewhere = -1;

	for (size_t i = first_with_ports(v, key); i < v->o->last.n && v->by_ports[i].key == key; i++) {
		const struct sock *other = visit_sock(v, v->by_ports[i].index);

		if (!endpoint_same(&other->local, &s->remote) || !endpoint_same(&other->remote, &s->local))
			continue;
		if (other->key.netns == s->key.netns)
			return (ssize_t)v->by_ports[i].index;
		if (!addr_is_loopback(&s->local.addr))
			elsewhere = (ssize_t)v->by_ports[i].index;
	}
	return elsewhere;
}

bool visit_settled(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index);
	const struct sock_info *info = visit_info(v, index);
	int64_t limit = threshold_span(v->t, TH_SETTLED).ns;

	if (s->age_is == AGE_UNKNOWN || s->age.ns < limit)
		return false;
	return !info || info->never_sent || span_ms(info->last_snd_ms).ns >= limit;
}

/* --- the machine --------------------------------------------------------------------------------------- */

int64_t visit_setting(const struct visit *v, enum sysctl_id s)
{
	for (size_t i = 0; i < v->o->n_nets; i++)
		if (v->o->nets[i].sysctl[s] != UNKNOWN)
			return v->o->nets[i].sysctl[s];
	return UNKNOWN;
}

int64_t visit_rise(const struct visit *v, enum counter_id c)
{
	int64_t sum = 0;

	for (size_t i = 0; i < v->o->n_nets; i++) {
		int64_t rise = net_rise(&v->o->nets[i], c);

		sum += rise == UNKNOWN ? 0 : rise;
	}
	return sum;
}

int64_t visit_total(const struct visit *v, enum counter_id c)
{
	int64_t sum = 0;

	for (size_t i = 0; i < v->o->n_nets; i++)
		sum += v->o->nets[i].after[c] == UNKNOWN ? 0 : v->o->nets[i].after[c];
	return sum;
}

bool visit_said(const struct visit *v, enum said_id s)
{
	const struct said *said = &v->o->said[s];

	return said->times && said->timed && said->ago.ns <= threshold_span(v->t, TH_LOG_AGE).ns;
}

void find_said(const struct visit *v, struct finding *f, enum said_id s)
{
	const struct said *said = &v->o->said[s];
	struct buf *line;

	if (!said->times)
		return;
	line = finding_line(f);
	buf_addf(line, "the kernel's log has it %zu time%s", said->times, said->times == 1 ? "" : "s");
	if (said->timed) {
		buf_puts(line, ", the last ");
		span_add(line, said->ago);
		buf_puts(line, " ago");
	}
	buf_puts(line, ": ");
	text_escape(line, said->text, strlen(said->text));
}

/* --- what is not seen ---------------------------------------------------------------------------------- */

size_t visit_unseen(const struct visit *v, state_set states)
{
	size_t n = 0;

	for (int state = 0; state < TCP_STATES; state++)
		if (!states || state_set_has(states, (enum tcp_state)state))
			n += v->unseen[state];
	return n;
}

void visit_tell_unseen(struct visit *v, state_set states)
{
	size_t n = v->o->only ? 0 : visit_unseen(v, states);

	if (n)
		findings_unjudged(v->out, &v->rule->text, "who holds %zu of the sockets that it is about is not seen from here", n);
}

void visit_tell_uncounted(struct visit *v)
{
	if (v->o->twice && !observation_has_rates(v->o))
		findings_unjudged(v->out, &v->rule->text, "the kernel's counters could not be read; its other figures were judged");
}

/* --- groups -------------------------------------------------------------------------------------------- */

uint64_t visit_service_key(const struct visit *v, const struct evidence *ev, const struct sock *s)
{
	bool serves = visit_serves(v, s);
	uint64_t h = hash_mix(s->key.netns, (uint64_t)holder_pid(ev, s) << 1 | serves);

	if (serves)
		return hash_mix(h, s->local.port);
	return hash_mix(addr_hash(h, &s->remote.addr), s->remote.port);
}

void gather_add(struct gather *g, uint64_t key, size_t index)
{
	g->rows = grow(g->rows, g->n, &g->cap, sizeof *g->rows);
	g->rows[g->n++] = (struct sort_key){ key, (uint32_t)index };
}

static void gather_state(const struct visit *v, const struct gathering *how, enum tcp_state state, struct gather *g)
{
	FOR_EACH_IN_STATE (v, state, i, s)
		if (!how->pick || how->pick(v, i))
			gather_add(g, how->key(v, i), i);
}

void visit_groups(struct visit *v, const struct gathering *how)
{
	struct gather g = { 0 };
	size_t from = 0, to = 0;

	for (int state = 0; state < TCP_STATES; state++)
		if (!how->states || state_set_has(how->states, (enum tcp_state)state))
			gather_state(v, how, (enum tcp_state)state, &g);
	while (gather_next(&g, &from, &to))
		how->judge(v, &g, from, to);
	gather_free(&g);
	if (v->rule->needs & NEED_OWNERS)
		visit_tell_unseen(v, how->states);
}

uint64_t key_by_service(const struct visit *v, size_t index)
{
	return visit_service_key(v, &v->o->last, visit_sock(v, index));
}

uint64_t key_by_netns(const struct visit *v, size_t index) { return visit_sock(v, index)->key.netns; }
uint64_t key_by_pid(const struct visit *v, size_t index) { return (uint64_t)visit_pid(v, visit_sock(v, index)); }

double visit_enough(const struct visit *v, enum threshold t)
{
	return v->o->only ? 1 : visit_limit(v, t);
}

bool gather_next(struct gather *g, size_t *from, size_t *to)
{
	if (!*to)
		sort_by_key(g->rows, g->n);
	*from = *to;
	while (*to < g->n && g->rows[*to].key == g->rows[*from].key)
		++*to;
	return *from < *to;
}

void gather_free(struct gather *g)
{
	free(g->rows);
	*g = (struct gather){ 0 };
}

/* Of what came, the last fifth of the window may be on its way. */
enum { ON_ITS_WAY = 5 };

static size_t count_gone(const struct visit *v, enum tcp_state state, uint64_t key)
{
	const struct evidence *ev = &v->o->first;
	size_t n = 0;

	for (size_t i = 0; i < ev->n; i++) {
		const struct sock *is = observation_is(v->o, i);

		if (ev->socks[i].state == state && (!is || is->state != state))
			n += visit_service_key(v, ev, &ev->socks[i]) == key;
	}
	return n;
}

struct growth gather_growth(const struct visit *v, const struct gather *g, size_t from, size_t to)
{
	struct growth growth = { 0 };

	if (!v->o->twice)
		return growth;
	for (size_t i = from; i < to; i++) {
		const struct sock *s = visit_sock(v, g->rows[i].index), *was = observation_was(v->o, g->rows[i].index);

		bool stayed = was && was->state == s->state;

		growth.stayed += stayed;
		growth.came += !stayed;
		growth.ripe += !stayed && s->age_is != AGE_UNKNOWN && s->age.ns >= v->o->window.ns / ON_ITS_WAY;
	}
	growth.went = count_gone(v, visit_sock(v, g->rows[from].index)->state, g->rows[from].key);
	return growth;
}

double growth_rate(const struct visit *v, struct growth g)
{
	return g.came > g.went ? observation_per_second(v->o, (int64_t)(g.came - g.went)) : 0;
}

/* --- findings ------------------------------------------------------------------------------------------ */

struct finding *visit_find(struct visit *v, enum severity severity)
{
	return findings_add(v->out, &v->rule->text, severity);
}

void find_process(const struct visit *v, struct finding *f, pid_t pid)
{
	f->subject.pid = pid;
	f->subject.process = observation_process(v->o, pid);
	if (f->subject.process)
		memcpy(f->subject.comm, f->subject.process->comm, sizeof f->subject.comm);
}

void find_about(const struct visit *v, struct finding *f, size_t index)
{
	const struct sock *s = visit_sock(v, index);
	const struct owner *o = owner_at(&v->o->last, s->owner);
	bool serves = s->state == TCP_LISTEN || visit_serves(v, s);

	f->subject.netns = s->key.netns;
	find_process(v, f, visit_pid(v, s));
	if (o)
		memcpy(f->subject.comm, holder_of(&v->o->last, o)->comm, sizeof f->subject.comm);
	f->subject.has_local = serves;
	f->subject.has_peer = !serves;
	if (serves)
		f->subject.local = s->local;
	else
		f->subject.peer = s->remote;
}

void find_group(const struct visit *v, struct finding *f, const struct gather *g, size_t from, size_t to)
{
	find_about(v, f, g->rows[from].index);
	for (size_t i = from; i < to; i++)
		finding_sock(f, g->rows[i].index);
	f->count = to - from;
	if (f->subject.has_local && f->count > 1)
		f->subject.local.addr = (struct addr){ 0 }; /* perhaps several */
}

void find_figure(const struct visit *v, struct finding *f, const char *metric, double value, enum unit unit, enum threshold by, const char *source)
{
	struct figure figure = { .metric = metric, .value = value, .unit = unit, .source = source, .has_threshold = by != THRESHOLDS };

	if (figure.has_threshold)
		figure.threshold = visit_limit(v, by) * (threshold_info(by)->kind == THRESHOLD_SECONDS && unit == UNIT_NS ? 1e9 : 1);
	finding_figure(f, &figure);
}

void find_add_ages(const struct visit *v, const struct finding *f, struct buf *out)
{
	int64_t *ages = xcalloc(f->n_socks + 1, sizeof *ages);
	size_t n = 0;

	for (size_t i = 0; i < f->n_socks; i++)
		if (visit_sock(v, f->socks[i])->age_is != AGE_UNKNOWN)
			ages[n++] = visit_sock(v, f->socks[i])->age.ns;
	sort_numbers(ages, n);
	if (n) {
		buf_puts(out, "oldest ");
		span_add(out, (struct span){ ages[n - 1] });
	}
	if (n > 2) {
		buf_puts(out, ", half of them older than ");
		span_add(out, (struct span){ ages[(n - 1) / 2] });
	}
	free(ages);
}

void process_add(struct buf *out, pid_t pid, const char *comm)
{
	if (!pid) {
		buf_puts(out, "nobody");
		return;
	}
	text_escape(out, comm, strlen(comm));
	buf_addf(out, "[%d]", pid);
}

bool find_stopped(struct finding *f)
{
	const struct process_facts *p = f->subject.process;

	if (!p || !process_is_stopped(p))
		return false;
	f->severity = SEVERITY_INFO;
	buf_puts(&f->cause, "the process is stopped");
	if (p->tracer) {
		buf_puts(&f->cause, " by ");
		process_add(&f->cause, p->tracer, p->tracer_comm);
	}
	buf_puts(&f->cause, ": that it does nothing is expected");
	return true;
}

/* Of an interpreter only its own stack is seen here: what shows the program's. */
static void tell_language(struct finding *f)
{
	const struct runtime_info *r = f->subject.process ? runtime_info(f->subject.process->runtime) : NULL;
	const char *pid;
	struct buf *line;

	if (!r || !r->stacks)
		return;
	line = finding_line(f);
	pid = strstr(r->stacks, "PID");
	buf_addf(line, "%s's own lines: %.*s%d%s", r->word, (int)(pid - r->stacks), r->stacks, f->subject.pid, pid + 3);
}

/* Threads that a finding names at most. */
enum { THREADS_SHOWN = 3 };

void visit_tell_stacks(struct visit *v, struct finding *f)
{
	struct buf stacks = { 0 };
	const char *line;
	int shown = 0;

	if (!f->subject.pid || !v->probes || !v->probes->stacks || v->probes->stacks(v->probes->ctx, f->subject.pid, &stacks) <= 0) {
		buf_free(&stacks);
		return;
	}
	tell_language(f);
	for (line = buf_text(&stacks); *line && shown < THREADS_SHOWN; shown++) {
		size_t n = strcspn(line, "\n");
		struct buf *out = finding_line(f);

		buf_puts(out, out->len ? "; " : "");
		buf_add(out, line, n);
		line += n + (line[n] != 0);
	}
	buf_free(&stacks);
}
