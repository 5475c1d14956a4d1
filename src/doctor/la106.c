/* SPDX-License-Identifier: MIT
 * LA106: a proxy whose both sides wait for each other. */
#include "doctor/rule.h"

#include <stdlib.h>

/* A process that is connected to itself has both states, and is no proxy. */
static enum truth la106_is_to_itself(const struct visit *v, size_t index, pid_t pid)
{
	ssize_t other = visit_other_end(v, index);
	const struct sock *s = other >= 0 ? visit_sock(v, (size_t)other) : NULL;

	if (s && !s->owner && s->no_owner == NO_OWNER_HIDDEN)
		return TRUTH_UNKNOWN;
	return truth_of(s && visit_pid(v, s) == pid);
}

static enum truth la106_is_stuck(const struct visit *v, size_t index, pid_t pid)
{
	const struct sock *s = visit_sock(v, index);

	if (visit_pid(v, s) != pid)
		return TRUTH_NO;
	return truth_and(truth_not(la106_is_to_itself(v, index, pid)),
	                 truth_and(visit_timer_is(s, TIMER_OFF), visit_settled(v, index)));
}

/* Ages of a process's sockets in a state, in order; for free(). */
static int64_t *la106_ages_of(struct visit *v, enum tcp_state state, pid_t pid, size_t *n)
{
	int64_t *ages = xcalloc(v->by_state[state].n + 1, sizeof *ages);

	*n = 0;
	FOR_EACH_IN_STATE(v, state, i, s)
	{
		enum truth stuck = la106_is_stuck(v, i, pid);

		if (stuck == TRUTH_UNKNOWN)
			visit_tell_unknown(v, "whether some of the sockets that it is about are stuck is not known");
		if (stuck == TRUTH_YES)
			ages[(*n)++] = s->age.ns;
	}
	sort_numbers(ages, *n);
	return ages;
}

/* How many of both can be paired, each with one whose FIN came or went at nearly the same time. */
static size_t la106_pairs(struct visit *v, pid_t pid)
{
	int64_t apart = threshold_span(v->t, TH_PROXY_APART).ns;
	size_t n, m, i = 0, k = 0, found = 0;
	int64_t *waiting = la106_ages_of(v, TCP_CLOSE_WAIT, pid, &n),
		*closing = la106_ages_of(v, TCP_FIN_WAIT2, pid, &m);

	while (i < n && k < m) {
		int64_t d = waiting[i] - closing[k];

		if (llabs(d) <= apart) {
			found++;
			i++;
			k++;
		} else if (d < 0) {
			i++;
		} else {
			k++;
		}
	}
	free(waiting);
	free(closing);
	return found;
}

static void la106_tell(struct visit *v, size_t index, size_t n)
{
	struct finding *f = find_new(v, SEVERITY_WARNING);
	const struct sock *s = visit_sock(v, index);
	char at[ADDR_TEXT];
	struct buf *line;

	find_about(v, f, index);
	f->subject.has_local = f->subject.has_peer = false;
	f->count = n;
	endpoint_format(at, &s->remote);
	buf_addf(&f->headline, "%zu pairs wait for each other", n);
	line = finding_line(f);
	buf_addf(line, "%zu CLOSE_WAIT beside %zu FIN_WAIT2, whose FINs were within ", n, n);
	threshold_add(line, v->t, TH_PROXY_APART);
	buf_puts(line, " of each other");
	buf_addf(&f->cause, "the peers of the FIN_WAIT2 side, %s among them, have not closed", at);
	find_figure(v, f, "pairs", (double)n, UNIT_SOCKETS, TH_PROXY_PAIRS, "sock_diag");
}

static enum truth la106_is_half(const struct visit *v, size_t index)
{
	return truth_of(visit_sock(v, index)->owner && visit_sock(v, index)->state == TCP_FIN_WAIT2);
}

static void la106_judge(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	size_t index = g->rows[from].index, n = la106_pairs(v, visit_pid(v, visit_sock(v, index)));

	(void)to;
	if ((double)n >= gather_enough(v, TH_PROXY_PAIRS))
		la106_tell(v, index, n);
}

static const struct gathering gathering = { 1U << TCP_FIN_WAIT2 | 1U << TCP_CLOSE_WAIT, la106_is_half, gather_by_pid,
	                                    la106_judge };

static const enum threshold by[] = { TH_SETTLED, TH_PROXY_PAIRS, TH_PROXY_APART };

const struct rule rule_LA106 = {
	.text = {
		.id = "LA106", .name = "proxy-pair-stuck",
		.sentence = "a proxy has handed on the end of one side, and the other side does not answer it: both wait for ever",
		.picture = "client ── FIN ──▶ CLOSE_WAIT [proxy] FIN_WAIT2 ── FIN ──▶ CLOSE_WAIT backend: close() is missing",
		.cause = "the other host leaks: its connections are in CLOSE_WAIT there (LA101); the proxy sets no limit of time",
		.fix = "close in the backend; give the proxy a limit after the FIN (haproxy: timeout client-fin, timeout server-fin)",
		.caveat = "the proxy is where it shows, and mostly not where it comes from",
		.no_help = "tcp_fin_timeout, tcp_keepalive_*",
		.verify = "ss -tnp 'state close-wait or state fin-wait-2'",
		.source = "kubernetes/kubernetes#18354, moby/libnetwork#2465",
		.symptoms = "proxy CLOSE_WAIT FIN_WAIT2|docker-proxy CLOSE_WAIT",
		.scenario = "proxy-pair-stuck", .twin = "proxy-pair-stuck-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_OWNERS | NEED_TIMERS | NEED_INFO, .by = by, .thresholds = ARRAY_SIZE(by),
	.groups = &gathering,
};
