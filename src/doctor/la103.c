/* SPDX-License-Identifier: MIT
 * LA103: the peer has closed before anybody has accepted. */
#include "doctor/rule.h"

/* Who was so in the first look; in one look, who is so for longer than a program may take to begin. */
static enum truth la103_lasted(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index), *was = observation_was(v->o, index);

	if (v->o->twice)
		return truth_of(was && was->state == TCP_CLOSE_WAIT);
	if (s->age_is != AGE_UNKNOWN && s->age.ns >= threshold_span(v->t, TH_LISTENER_NEW).ns)
		return TRUTH_YES;
	return TRUTH_UNKNOWN;
}

/* Has the listener's process had the time to begin? */
static enum truth la103_has_begun(const struct visit *v, const struct sock *listener)
{
	const struct process_facts *p = visit_owner(v, listener);

	return truth_at_least(p && p->state ? p->age.ns : UNKNOWN, threshold_span(v->t, TH_LISTENER_NEW).ns);
}

static enum truth la103_waits_in_vain(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index), *l = s->listener ? visit_sock(v, s->listener - 1) : NULL;
	enum truth waits = visit_is_nobodys(s);

	if (!l) /* whose inode is not told waits for none that is known */
		return waits == TRUTH_UNKNOWN ? TRUTH_UNKNOWN : TRUTH_NO;
	waits = truth_and(waits, truth_of(l->rq > 0));
	return truth_and(waits, truth_and(la103_lasted(v, index), la103_has_begun(v, l)));
}

static uint64_t la103_by_listener(const struct visit *v, size_t index)
{
	return visit_sock(v, index)->listener;
}

static void la103_tell(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	const struct sock *l = visit_sock(v, visit_sock(v, g->rows[from].index)->listener - 1);
	struct finding *f = find_new(v, SEVERITY_CRITICAL);
	struct buf *line;

	f->confidence = CONFIDENCE_PROVED;
	find_group(v, f, g, from, to);
	find_about(v, f, (size_t)(l - v->o->last.socks));
	buf_addf(&f->headline, "%zu closed by their peers and not accepted", f->count);
	line = finding_line(f);
	buf_addf(line, "CLOSE_WAIT without a process; their listener has %u waiting for accept(), backlog %u; ", l->rq,
	         l->wq);
	find_add_ages(v, f, line);
	find_figure(v, f, "sockets", (double)f->count, UNIT_SOCKETS, THRESHOLDS, "sock_diag");
	find_figure(v, f, "accept_queue", l->rq, UNIT_SOCKETS, THRESHOLDS, "sock_diag");
}

static const struct gathering gathering = { 1U << TCP_CLOSE_WAIT, la103_waits_in_vain, la103_by_listener, la103_tell };

static void la103_explain(struct visit *v, struct finding *f)
{
	find_tell_stacks(v, f);
}

static const enum threshold by[] = { TH_LISTENER_NEW };

const struct rule rule_LA103 = {
	.text = {
		.id = "LA103", .name = "close-wait-unaccepted",
		.sentence = "clients were connected by the kernel, waited for accept(), and gave up: the program does not call accept(), or much too late",
		.picture = "client: connect()     kernel: done     client: close()     us: accept() is missing\n"
			   "SYN ────────────▶ ESTABLISHED, no owner ── FIN ──▶ CLOSE_WAIT, no owner",
		.cause = "the accept loop: blocked (a TLS handshake or a read within it, a lock, no descriptors left), or ended",
		.fix = "accept() in a thread that does nothing else, or non-blocking in the event loop; no handshake and no read before the next accept()",
		.caveat = "a larger backlog lets more clients wait, and none is served sooner",
		.no_help = "net.core.somaxconn, tcp_max_syn_backlog, tcp_keepalive_*",
		.not_when = "the listener has only just been started; the process is stopped by a debugger",
		.verify = "ss -Hltn 'sport = :PORT' (Recv-Q must fall); ss -Htan state close-wait shows no process",
		.source = "net/ipv4/tcp_minisocks.c, inet_csk_complete_hashdance(): the connection exists before accept(); measured F1",
		.symptoms = "CLOSE_WAIT without process|netstat shows - for CLOSE_WAIT|CLOSE_WAIT inode 0",
		.scenario = "close-wait-unaccepted", .twin = "close-wait-unaccepted-not",
	},
	.severity = SEVERITY_CRITICAL, .needs = NEED_INODES | NEED_LISTENERS, .by = by, .thresholds = ARRAY_SIZE(by),
	.groups = &gathering, .explain = la103_explain,
};
