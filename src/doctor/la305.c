/* SPDX-License-Identifier: MIT
 * LA305: accept() fails, for there is no descriptor left. */
#include "doctor/listen.h"

/* accept() needs one; a program that keeps one in reserve has one or two. */
enum { RESERVE = 2 };

static enum truth la305_has_none_left(const struct process_facts *p)
{
	if (!p || p->fds == UNKNOWN || p->fd_limit == UNKNOWN)
		return TRUTH_UNKNOWN;
	return truth_of(p->fds >= p->fd_limit - RESERVE);
}

static void la305_check(struct visit *v)
{
	FOR_EACH_ABOUT(v, TCP_LISTEN, i, s)
	{
		const struct process_facts *p = visit_owner(v, s);
		enum truth none = truth_and(truth_of(s->owner && s->rq), la305_has_none_left(p));
		struct listen_queue q;
		struct finding *f;

		if (none == TRUTH_UNKNOWN)
			visit_tell_unknown(v, "how many descriptors some processes have left is not known");
		if (none != TRUTH_YES)
			continue;
		q = listen_queue(v, i);
		f = listen_find(v, SEVERITY_CRITICAL, i, &q);
		buf_addf(&f->headline, "no descriptor left for accept(): %lld of %lld", (long long)p->fds,
		         (long long)p->fd_limit);
		buf_addf(finding_line(f), "descriptors: %lld of %lld (RLIMIT_NOFILE", (long long)p->fds,
		         (long long)p->fd_limit);
		if (p->fd_hard != UNKNOWN)
			buf_addf(&f->lines[f->n_lines - 1], ", at most %lld", (long long)p->fd_hard);
		buf_puts(&f->lines[f->n_lines - 1], ")");
		find_figure(v, f, "descriptors", (double)p->fds, UNIT_DESCRIPTORS, THRESHOLDS, "/proc/PID/fd");
	}
	visit_about(v, NULL);
	visit_tell_unseen(v, 1U << TCP_LISTEN);
}

const struct rule rule_LA305 = {
	.text = {
		.id = "LA305", .name = "accept-no-fds",
		.sentence = "connections wait, and the process has no descriptor left to accept them with: accept() fails with EMFILE",
		.picture = "accept() = -1 EMFILE ── the connection stays in the queue ── accept() again: a busy loop",
		.cause = "a leak of descriptors (LA101, LA109), or a limit that is too low for so many clients",
		.fix = "find the leak first; raise LimitNOFILE of the service; let the accept loop pause, or close a descriptor kept in reserve, when EMFILE comes",
		.caveat = "ulimit -n of a shell is not the service's",
		.no_help = "fs.file-max, unless accept() fails with ENFILE; a larger backlog",
		.verify = "ls /proc/PID/fd | wc -l; grep files /proc/PID/limits",
		.source = "net/socket.c do_accept(): the descriptor is taken first; measured F25",
		.symptoms = "Too many open files|too many open files|EMFILE|accept: Too many open files|ENFILE|ファイルを開きすぎです|열린 파일이 너무 많음",
		.scenario = "accept-no-fds", .twin = "accept-no-fds-not",
	},
	.severity = SEVERITY_CRITICAL, .needs = NEED_PROCESSES | NEED_LISTENERS,
	.check = la305_check,
};
