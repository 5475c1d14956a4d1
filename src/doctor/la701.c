/* SPDX-License-Identifier: MIT
 * LA701: nearly out of descriptors. */
#include "doctor/rule.h"

/* What the process's TCP sockets are, by state, the most frequent first. */
static void la701_add_states(const struct visit *v, pid_t pid, struct buf *line)
{
	size_t counts[TCP_STATES] = { 0 }, all = 0;

	for (int state = 0; state < TCP_STATES; state++)
		FOR_EACH_IN_STATE(v, state, i, s)
	counts[state] += visit_pid(v, s) == pid;
	for (int k = 0; k < 3; k++) {
		int most = 0;

		for (int state = 1; state < TCP_STATES; state++)
			most = counts[state] > counts[most] ? state : most;
		if (!counts[most])
			break;
		buf_addf(line, "%s%zu %s", all ? ", " : "", counts[most], tcp_state_name((enum tcp_state)most));
		all += counts[most];
		counts[most] = 0;
	}
}

static void la701_judge(struct visit *v, const struct process_facts *p)
{
	double percent;
	struct finding *f;
	struct buf *line;

	if (p->fds == UNKNOWN || p->fd_limit == UNKNOWN)
		visit_tell_unknown(v, "how many descriptors some processes have left is not known");
	if (p->fds == UNKNOWN || p->fd_limit == UNKNOWN || p->fd_limit <= 0)
		return;
	percent = 100.0 * (double)p->fds / (double)p->fd_limit;
	if (percent < visit_limit(v, TH_FDS_WARNING))
		return;
	f = find_new(v, percent >= visit_limit(v, TH_FDS_CRITICAL) ? SEVERITY_CRITICAL : SEVERITY_WARNING);
	f->confidence = CONFIDENCE_PROVED;
	find_process(v, f, p->pid);
	f->count = (size_t)p->fds;
	buf_addf(&f->headline, "%lld of %lld descriptors in use", (long long)p->fds, (long long)p->fd_limit);
	line = finding_line(f);
	buf_puts(line, "TCP sockets among them: ");
	la701_add_states(v, p->pid, line);
	if (p->fds_before != UNKNOWN && p->fds != p->fds_before) {
		line = finding_line(f);
		buf_addf(line, "%+lld in ", (long long)(p->fds - p->fds_before));
		window_add(v, line);
	}
	find_figure(v, f, "descriptors", (double)p->fds, UNIT_DESCRIPTORS, THRESHOLDS, "/proc/PID/fd");
	find_figure(v, f, "descriptors_percent", percent, UNIT_PERCENT, TH_FDS_WARNING, "/proc/PID/limits");
}

static void la701_check(struct visit *v)
{
	for (size_t i = 0; i < v->o->n_processes; i++)
		la701_judge(v, &v->o->processes[i]);
	visit_tell_unseen(v, 0);
}

static const enum threshold by[] = { TH_FDS_WARNING, TH_FDS_CRITICAL };

const struct rule rule_LA701 = {
	.text = {
		.id = "LA701", .name = "nofile-near",
		.sentence = "a process has nearly as many descriptors open as it may: accept(), connect() and open() are about to fail with EMFILE",
		.cause = "a leak (LA101, LA109), or a limit that is too low for the load",
		.fix = "find the leak first; then LimitNOFILE of the service, or ulimit -n before it is started",
		.caveat = "the limit of your shell is not the service's; lsof counts threads and mapped files as well",
		.no_help = "fs.file-max, which is the machine's",
		.verify = "ls /proc/PID/fd | wc -l; grep files /proc/PID/limits",
		.source = "getrlimit(2) RLIMIT_NOFILE; fs/file.c alloc_fd()",
		.symptoms = "Too many open files|EMFILE|ulimit -n|nofile",
		.scenario = "nofile-near", .twin = "nofile-near-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_PROCESSES, .by = by, .thresholds = ARRAY_SIZE(by),
	.check = la701_check,
};
