/* SPDX-License-Identifier: MIT
 * LA110: a socket that came with fork() to a program that does not use it. */
#include "doctor/rule.h"

/* Is it another executable than who started it, who holds the socket as well? PID 1 hands sockets on by design. */
static enum truth la110_is_heir(const struct visit *v, const struct sock *s, const struct process_facts *p,
                                const struct process_facts **maker)
{
	*maker = NULL;
	if (!p || !p->state)
		return TRUTH_UNKNOWN;
	if (p->parent == 1 || !evidence_is_held_by(&v->o->last, s, p->parent))
		return TRUTH_NO;
	*maker = observation_process(v->o, p->parent);
	if (!*maker || !p->exe_id || !(*maker)->exe_id)
		return TRUTH_UNKNOWN;
	return truth_of(p->exe_id != (*maker)->exe_id);
}

/* Held by two processes at least: only then one of them may have it of the other. */
static bool la110_is_shared(const struct visit *v, const struct sock *s)
{
	FOR_EACH_OWNER(o, &v->o->last, s)
	if (holder_of(&v->o->last, o)->pid != visit_pid(v, s))
		return true;
	return false;
}

static const struct process_facts *la110_heir_of(struct visit *v, const struct sock *s,
                                                 const struct process_facts **maker)
{
	bool unsure = false;

	FOR_EACH_OWNER(o, &v->o->last, s)
	{
		const struct process_facts *p = observation_process(v->o, holder_of(&v->o->last, o)->pid);
		enum truth is = la110_is_heir(v, s, p, maker);

		if (is == TRUTH_YES)
			return p;
		unsure |= is == TRUTH_UNKNOWN;
	}
	if (unsure)
		visit_tell_unknown(v, "what some processes run that hold the same socket is not known");
	return NULL;
}

/* Somebody waits for it to be closed: the peer, or who wants to listen. */
static const state_set waited_for = 1U << TCP_CLOSE_WAIT | 1U << TCP_LISTEN | 1U << TCP_FIN_WAIT2;

static void la110_tell(struct visit *v, size_t index, const struct process_facts *heir,
                       const struct process_facts *maker)
{
	struct finding *f = find_new(v, SEVERITY_WARNING);
	struct buf *line;

	find_about(v, f, index);
	finding_sock(f, index);
	find_process(v, f, heir->pid);
	f->count = 1;
	buf_addf(&f->headline, "holds a socket (%s) of ", tcp_state_name(visit_sock(v, index)->state));
	find_add_process(&f->headline, maker->pid, maker->comm);
	line = finding_line(f);
	buf_puts(line, "it is another program, started by it, and has inherited the descriptor");
	find_figure(v, f, "sockets", 1, UNIT_SOCKETS, THRESHOLDS, "/proc/PID/fd, /proc/PID/exe");
}

static void la110_check(struct visit *v)
{
	const struct process_facts *heir, *maker;

	for (size_t i = 0; i < v->o->last.n; i++) {
		const struct sock *s = visit_sock(v, i);

		visit_about(v, s);
		if (state_set_has(waited_for, s->state) && la110_is_shared(v, s) &&
		    (heir = la110_heir_of(v, s, &maker)))
			la110_tell(v, i, heir, maker);
	}
	visit_about(v, NULL);
	if (v->o->sight.hidden && !visit_sees_only(v))
		visit_tell_unknown(v, "processes that may not be looked at may hold them as well");
	visit_tell_unseen(v, waited_for);
}

const struct rule rule_LA110 = {
	.text = {
		.id = "LA110", .name = "socket-inherited",
		.sentence = "a program holds a socket that it got with fork() and exec() and does not know of: the peer sees no end, or the port stays taken, when its maker closes it",
		.cause = "the socket was made without SOCK_CLOEXEC, and its maker started another program",
		.fix = "SOCK_CLOEXEC in socket() and accept4(); close it in the child after fork()",
		.caveat = "of a child that does not exec(), CLOEXEC closes nothing",
		.no_help = "SO_REUSEADDR, for a listener that is still open",
		.not_when = "workers of the same executable; sockets handed on by systemd or for a restart",
		.verify = "ss -tanp: two processes behind one socket; lsof -i",
		.source = "socket(2) SOCK_CLOEXEC; measured F27",
		.symptoms = "port in use after exit|peer never sees EOF|socket inherited|child holds the port",
		.scenario = "socket-inherited", .twin = "socket-inherited-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_OWNERS | NEED_LISTENERS | NEED_CONNECTIONS,
	.check = la110_check,
};
