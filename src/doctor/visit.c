/* SPDX-License-Identifier: MIT
 * What rules have in common. */
#include "doctor/visit.h"
#include "doctor/rule.h"

#include <stdarg.h>
#include <stdio.h>
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
		v->by_ports[i] =
			(struct sort_key){ ports_key(ev->socks[i].local.port, ev->socks[i].remote.port), (uint32_t)i };
	sort_by_key(v->by_ports, ev->n);
}

void visit_begin(struct visit *v, const struct observation *o, const struct thresholds *t, const struct probes *p,
                 struct findings *out)
{
	*v = (struct visit){ .o = o, .t = t, .probes = p, .out = out };
	sort_by_state(v);
	sort_by_ports(v);
	FOR_EACH_IN_STATE(v, TCP_LISTEN, i, s)
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

static const struct sock_info *info_of(const struct evidence *ev, size_t index)
{
	return ev->infos ? &ev->infos[index] : NULL;
}

int64_t visit_number(const struct visit *v, size_t index, enum sock_number n)
{
	return sock_number(info_of(&v->o->last, index), n);
}

enum truth visit_since(const struct visit *v, size_t index, enum sock_number ms, struct span limit)
{
	int64_t passed = visit_number(v, index, ms);

	return truth_at_least(passed == UNKNOWN ? UNKNOWN : span_ms(passed).ns, limit.ns);
}

enum truth visit_timer_is(const struct sock *s, enum sock_timer t)
{
	return s->timer == TIMER_UNKNOWN ? TRUTH_UNKNOWN : truth_of(s->timer == t);
}

enum truth visit_retransmits(const struct sock *s, double least)
{
	return s->timer == TIMER_UNKNOWN ? TRUTH_UNKNOWN : truth_of((double)s->retrans >= least);
}

enum truth visit_is_nobodys(const struct sock *s)
{
	if (s->owner)
		return TRUTH_NO;
	return sock_tells(s, TOLD_INODE) ? truth_of(!s->held) : TRUTH_UNKNOWN;
}

/* Does connect() take such ports there? */
static enum truth is_ephemeral(const struct visit *v, uint64_t netns, uint16_t port)
{
	int64_t from = visit_setting_of(v, netns, SYS_PORTS_FROM), to = visit_setting_of(v, netns, SYS_PORTS_TO);

	if (from == UNKNOWN || to == UNKNOWN)
		return TRUTH_UNKNOWN;
	return truth_of(port >= from && port <= to);
}

enum truth visit_serves(const struct visit *v, const struct sock *s)
{
	enum truth came_to_it = v->o->sight.lacks & LACKS_LISTENERS
	                                ? TRUTH_UNKNOWN
	                                : truth_of(visit_listens(v, s->key.netns, s->local.port));

	return truth_or(came_to_it, truth_and(truth_not(is_ephemeral(v, s->key.netns, s->local.port)),
	                                      is_ephemeral(v, s->key.netns, s->remote.port)));
}

pid_t visit_pid(const struct visit *v, const struct sock *s)
{
	return first_owner_pid(&v->o->last, s);
}

const struct process_facts *visit_owner(const struct visit *v, const struct sock *s)
{
	return observation_process(v->o, visit_pid(v, s));
}

enum truth visit_reads(const struct visit *v, size_t index)
{
	const struct sock *was = observation_was(v->o, index), *is = visit_sock(v, index);
	int64_t before =
			was ? sock_number(info_of(&v->o->first, (size_t)(was - v->o->first.socks)), INFO_bytes_received)
			    : UNKNOWN,
		now = visit_number(v, index, INFO_bytes_received);

	if (before == UNKNOWN || now == UNKNOWN || now < before)
		return TRUTH_UNKNOWN;
	return truth_of(now - before != (int64_t)is->rq - (int64_t)was->rq);
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

bool visit_shares_port(const struct visit *v, const struct sock *s)
{
	uint64_t key = ports_key(s->local.port, 0);
	size_t n = 0;

	for (size_t i = first_with_ports(v, key); i < v->o->last.n && n < 2; i++) {
		if (v->by_ports[i].key >> 16 != s->local.port)
			break;
		n += visit_sock(v, v->by_ports[i].index)->key.netns == s->key.netns;
	}
	return n > 1;
}

/* Loopback addresses are each namespace's own; others may be used in several, which do not hear of each other: what is
 * nearest is meant. */
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

enum truth visit_never_sent(const struct visit *v, size_t index)
{
	const struct sock_info *info = info_of(&v->o->last, index);

	if (!info || !info->known || info->sent == SENT_UNKNOWN)
		return TRUTH_UNKNOWN;
	return truth_of(info->sent == SENT_NEVER);
}

/* Who has never sent is settled as one that sent so long ago. */
enum truth visit_settled(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index);
	struct span limit = threshold_span(v->t, TH_SETTLED);

	return truth_and(truth_at_least(s->age_is == AGE_UNKNOWN ? UNKNOWN : s->age.ns, limit.ns),
	                 truth_or(visit_never_sent(v, index), visit_since(v, index, INFO_last_snd_ms, limit)));
}

/* --- the machine --------------------------------------------------------------------------------------- */

int64_t visit_setting(const struct visit *v, enum sysctl_id s)
{
	for (size_t i = 0; i < v->o->n_nets; i++)
		if (v->o->nets[i].sysctl[s] != UNKNOWN)
			return v->o->nets[i].sysctl[s];
	return UNKNOWN;
}

int64_t visit_setting_of(const struct visit *v, uint64_t netns, enum sysctl_id s)
{
	const struct net_facts *n = observation_net(v->o, netns);

	return n ? n->sysctl[s] : UNKNOWN;
}

/* Of a process that was asked for, other namespaces than its own are not looked at (sight/looking.c). */
static bool is_left_out(const struct visit *v, uint64_t netns)
{
	return visit_sees_only(v) && !observation_net(v->o, netns);
}

int64_t visit_setting_or_tell(struct visit *v, uint64_t netns, enum sysctl_id s)
{
	int64_t value = visit_setting_of(v, netns, s);
	struct buf name = { 0 };

	if (value != UNKNOWN || is_left_out(v, netns))
		return value;
	sysctl_add_name(&name, s);
	visit_tell_unknown(v, "%s of a network namespace is not known", buf_text(&name));
	buf_free(&name);
	return UNKNOWN;
}

bool visit_add_rise(struct visit *v, const struct net_facts *n, enum counter_id c, int64_t *sum)
{
	int64_t rise = net_rise(n, c);

	if (rise == UNKNOWN)
		visit_tell_unknown(v, "the kernel's counters could not be read%s, %s among them",
		                   v->o->twice ? " at both ends of the window" : "", counter_info(c)->word);
	else
		*sum += rise;
	return rise != UNKNOWN;
}

int64_t visit_rise(struct visit *v, enum counter_id c)
{
	int64_t sum = 0;

	for (size_t i = 0; i < v->o->n_nets; i++) {
		if (v->o->twice || v->o->nets[i].after[c] == UNKNOWN)
			visit_add_rise(v, &v->o->nets[i], c, &sum);
		else if (v->o->nets[i].after[c])
			visit_tell_unknown(v, "whether %s rises takes two looks", counter_info(c)->word);
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

bool visit_said(struct visit *v, enum said_id s)
{
	const struct said *said = &v->o->said[s];

	if (v->o->sight.unlogged)
		visit_tell_unknown(v, "the kernel's log could not be read");
	return said->times && said->timed && said->ago.ns <= threshold_span(v->t, TH_LOG_AGE).ns;
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

bool visit_sees_only(const struct visit *v)
{
	const struct process_facts *p = observation_process(v->o, v->o->only);

	if (!v->o->only || v->o->sight.lacks & LACKS_OWNERS)
		return false;
	return v->o->sight.saved || (p && p->fds != UNKNOWN);
}

/* Who waits for accept() is of who listens; what nobody holds may have been its own. */
static bool is_others(const struct visit *v, const struct sock *s)
{
	const struct sock *held = s->listener ? visit_sock(v, s->listener - 1) : s;

	return visit_sees_only(v) && !evidence_is_held_by(&v->o->last, held, v->o->only) &&
	       (held->owner || held->no_owner == NO_OWNER_HIDDEN);
}

const struct sock *visit_about(struct visit *v, const struct sock *s)
{
	v->others = s && is_others(v, s);
	return s;
}

void visit_tell_unseen(struct visit *v, state_set states)
{
	size_t n = visit_sees_only(v) ? 0 : visit_unseen(v, states);

	if (n)
		visit_tell_unknown(v, "who holds %zu of the sockets that it is about is not seen from here", n);
}

void visit_tell_unknown(struct visit *v, const char *fmt, ...)
{
	char why[sizeof v->out->unjudged->why];
	va_list ap;

	if (v->others)
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	findings_unjudged(v->out, &v->rule->text, "%s", why);
}
