/* SPDX-License-Identifier: MIT
 * LA109: descriptors of connections that are over. */
#include "doctor/rule.h"

#include <stdlib.h>

static size_t la109_known_sockets(const struct visit *v, pid_t pid)
{
	const struct evidence *ev = &v->o->last;
	size_t n = 0;

	for (size_t i = 0; i < ev->n_owners; i++)
		n += ev->holders[ev->owners[i].holder].pid == pid;
	return n;
}

static void la109_tell(struct visit *v, const struct process_facts *p, const struct stray *all, size_t n)
{
	bool grows = p->fds_before != UNKNOWN && p->fds > p->fds_before;
	struct finding *f = find_new(v, SEVERITY_WARNING);
	struct buf *line;

	find_process(v, f, p->pid);
	f->count = n;
	f->confidence = grows ? CONFIDENCE_PROVED : CONFIDENCE_LIKELY;
	buf_addf(&f->headline, "%zu descriptors of TCP sockets that are no connections any more", n);
	line = finding_line(f);
	buf_puts(line, "ss and netstat do not show them, lsof says \"can't identify protocol\": descriptors");
	for (size_t i = 0; i < n && i < 6; i++)
		buf_addf(line, " %d", all[i].fd);
	buf_puts(line, n > 6 ? " …" : "");
	line = finding_line(f);
	buf_addf(line, "descriptors: %lld", (long long)p->fds);
	if (p->fd_limit != UNKNOWN)
		buf_addf(line, " of %lld", (long long)p->fd_limit);
	buf_puts(line, grows ? ", and growing" : "");
	find_figure(v, f, "hidden", (double)n, UNIT_DESCRIPTORS, TH_HIDDEN_FDS, "/proc/PID/fd system.sockprotoname");
}

/* Asked of those only that have so many descriptors beside their TCP sockets. */
static void la109_check(struct visit *v)
{
	double enough = gather_enough(v, TH_HIDDEN_FDS);
	size_t unseen = 0;

	if (v->o->sight.one_net || v->o->sight.closed) {
		findings_unjudged(
			v->out, &v->rule->text,
			"sockets of other network namespaces were not looked at, and would seem to be hidden");
		return;
	}
	for (size_t i = 0; i < v->o->n_processes; i++) {
		const struct process_facts *p = &v->o->processes[i];
		struct stray *all = NULL;
		ssize_t n = -1;

		if (p->fds == UNKNOWN)
			visit_tell_unknown(v, "how many descriptors some processes have is not known");
		if (p->fds == UNKNOWN || (double)p->fds - (double)la109_known_sockets(v, p->pid) < enough)
			continue;
		if (v->probes && v->probes->strays)
			n = v->probes->strays(v->probes->ctx, p->pid, &v->o->last, &all);
		unseen += n < 0;
		if (n > 0 && (double)n >= enough)
			la109_tell(v, p, all, (size_t)n);
		free(all);
	}
	if (unseen)
		visit_tell_unknown(v, "what the descriptors of %zu process%s lead to may not be looked at from here",
		                   unseen, unseen == 1 ? "" : "es");
	visit_tell_unseen(v, 0);
}

static const enum threshold by[] = { TH_HIDDEN_FDS };

const struct rule rule_LA109 = {
	.text = {
		.id = "LA109", .name = "hidden-socket-fds",
		.sentence = "a process keeps descriptors of connections that have ended: no tool that lists sockets shows them, and the limit of descriptors comes nearer",
		.picture = "CLOSE_WAIT ── a keep-alive probe, the peer answers with RST ──▶ CLOSED: gone from every list, the descriptor stays",
		.cause = "a leak of connections (LA101) that keep-alives or resets have hidden",
		.fix = "close the descriptor when an error or the end comes; look at what is done for EPOLLHUP and EPOLLERR",
		.no_help = "SO_KEEPALIVE and tcp_keepalive_*: they hide the leak",
		.not_when = "sockets that were made and not connected yet; sockets in flight (SCM_RIGHTS), io_uring",
		.verify = "ls -l /proc/PID/fd | grep -c socket; ss -tanp | grep -c pid=PID",
		.source = "fs/xattr.c, net/socket.c sockfs_xattr_get(): system.sockprotoname; measured F4",
		.symptoms = "can't identify protocol|lsof can't identify protocol|hidden sockets|descriptors leak but ss shows nothing",
		.scenario = "hidden-socket-fds", .twin = "hidden-socket-fds-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_OWNERS | NEED_PROCESSES | NEED_INODES | NEED_LISTENERS, .by = by, .thresholds = ARRAY_SIZE(by),
	.check = la109_check,
};
