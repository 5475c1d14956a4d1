/* SPDX-License-Identifier: MIT
 * What the rules about CLOSE_WAIT share. */
#include "doctor/close_wait.h"

#include <stdlib.h>
#include <sys/epoll.h>

/* --- how bad ------------------------------------------------------------------------------------------- */

/* Until the process has no descriptor left, at the rate at which these grow; -1: it does not grow, or its limit is not
 * known. */
static double close_wait_seconds_left(const struct visit *v, const struct process_facts *p, struct growth g)
{
	double rate = gather_rate(v, g);

	if (!p || p->fds == UNKNOWN || p->fd_limit == UNKNOWN || rate <= 0)
		return -1;
	return (double)(p->fd_limit - p->fds) / rate;
}

static double close_wait_percent_used(const struct process_facts *p)
{
	return p && p->fds != UNKNOWN && p->fd_limit > 0 ? 100.0 * (double)p->fds / (double)p->fd_limit : 0;
}

/* Are its descriptors nearly gone, or will they soon be? */
static enum truth close_wait_is_short(const struct visit *v, const struct process_facts *p, struct growth g)
{
	double left = close_wait_seconds_left(v, p, g);
	bool soon = left >= 0 && left < visit_limit(v, TH_FDS_TIME_LEFT);

	if (!p || p->fds == UNKNOWN || p->fd_limit == UNKNOWN)
		return TRUTH_UNKNOWN;
	return truth_or(truth_of(close_wait_percent_used(p) >= visit_limit(v, TH_FDS_WARNING)),
	                truth_and(gather_grows(v, g), v->o->twice ? truth_of(soon) : TRUTH_UNKNOWN));
}

static enum severity close_wait_severity_of(struct visit *v, const struct process_facts *p, size_t settled,
                                            struct growth g)
{
	bool many = (double)settled >= gather_enough(v, TH_CLOSE_WAIT_COUNT);
	enum truth grows = gather_grows(v, g), is_short;

	if (!many)
		gather_tell_growth(v, grows);
	if (!many && grows != TRUTH_YES)
		return settled || v->o->only ? SEVERITY_INFO : SEVERITY_OK;
	is_short = close_wait_is_short(v, p, g);
	if (is_short == TRUTH_UNKNOWN)
		visit_tell_unknown(v, "how soon the process has no descriptor left is not known");
	return is_short == TRUTH_YES ? SEVERITY_CRITICAL : SEVERITY_WARNING;
}

/* --- one group ----------------------------------------------------------------------------------------- */

static void close_wait_tell_descriptors(const struct visit *v, struct finding *f, struct growth g)
{
	const struct process_facts *p = f->subject.process;
	double left = close_wait_seconds_left(v, p, g);
	struct buf *line;

	if (!p || p->fds == UNKNOWN || p->fd_limit == UNKNOWN)
		return;
	line = finding_line(f);
	buf_addf(line, "descriptors: %lld of %lld", (long long)p->fds, (long long)p->fd_limit);
	if (gather_grows(v, g) == TRUTH_YES && left >= 0) {
		buf_puts(line, "; at this rate the last is taken in ");
		span_add(line, (struct span){ (int64_t)(left * 1e9) });
	}
	find_figure(v, f, "descriptors", (double)p->fds, UNIT_DESCRIPTORS, THRESHOLDS, "/proc/PID/fd");
	find_figure(v, f, "descriptors_percent", close_wait_percent_used(p), UNIT_PERCENT, TH_FDS_WARNING,
	            "/proc/PID/limits");
}

static void close_wait_tell_number(const struct visit *v, struct finding *f, size_t settled, struct growth g)
{
	struct buf *line = finding_line(f);

	buf_addf(&f->headline, "%zu CLOSE_WAIT", f->count);
	if (gather_rate(v, g) > 0)
		buf_addf(&f->headline, ", +%.0f/min", gather_rate(v, g) * 60);
	buf_addf(line, "%zu of %zu for ", settled, f->count);
	threshold_add(line, v->t, TH_SETTLED);
	buf_puts(line, " or longer without a byte sent; ");
	find_add_ages(v, f, line);
	if (v->o->twice) {
		buf_puts(line, "; in ");
		window_add(v, line);
		buf_addf(line, " %zu came and %zu went", g.came, g.went);
	}
	find_figure(v, f, "sockets", (double)f->count, UNIT_SOCKETS, TH_CLOSE_WAIT_COUNT, "sock_diag");
	find_figure(v, f, "came", (double)g.came, UNIT_SOCKETS, TH_CLOSE_WAIT_GROWTH, "sock_diag");
}

void close_wait_judge(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	struct growth growth = gather_growth(v, g, from, to);
	size_t settled = 0, unsure = 0;
	enum severity severity;
	struct finding *f;

	for (size_t i = from; i < to; i++) {
		settled += visit_settled(v, g->rows[i].index) == TRUTH_YES;
		unsure += visit_settled(v, g->rows[i].index) == TRUTH_UNKNOWN;
	}
	if (unsure)
		visit_tell_unknown(v, "for how long %zu of the sockets that it is about are so is not known", unsure);
	severity = close_wait_severity_of(v, visit_owner(v, visit_sock(v, g->rows[from].index)), settled, growth);
	if (severity == SEVERITY_OK)
		return;
	f = find_new(v, severity);
	f->confidence =
		growth.went || growth.unsure || !v->o->twice || !settled ? CONFIDENCE_LIKELY : CONFIDENCE_PROVED;
	find_group(v, f, g, from, to);
	close_wait_tell_number(v, f, settled, growth);
	close_wait_tell_descriptors(v, f, growth);
}

/* --- a closer look ------------------------------------------------------------------------------------- */

struct watch_count {
	size_t in, told; /* in a set; in one that is told of what comes */
};

static const struct watched *close_wait_find_watched(const struct watched *all, size_t n, int32_t fd, uint64_t inode)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].fd == fd && all[i].inode == inode)
			return &all[i];
	return NULL;
}

static struct watch_count close_wait_count_watched(const struct visit *v, const struct finding *f,
                                                   const struct watched *all, size_t n)
{
	struct watch_count c = { 0 };

	for (size_t i = 0; i < f->n_socks; i++) {
		const struct sock *s = visit_sock(v, f->socks[i]);
		const struct owner *o = owner_at(&v->o->last, s->owner);
		const struct watched *w = o ? close_wait_find_watched(all, n, o->fd, s->inode) : NULL;

		c.in += w != NULL;
		c.told += w && w->events & (EPOLLIN | EPOLLRDHUP);
	}
	return c;
}

static void close_wait_tell_epoll(struct visit *v, struct finding *f)
{
	struct watched *all = NULL;
	ssize_t n = v->probes && v->probes->epoll ? v->probes->epoll(v->probes->ctx, f->subject.pid, &all) : -1;
	struct watch_count c;
	struct buf *line;

	c = close_wait_count_watched(v, f, all, n > 0 ? (size_t)n : 0);
	free(all);
	if (n <= 0) /* it has no epoll set, or they may not be looked at */
		return;
	line = finding_line(f);
	if (!c.in)
		buf_addf(line, "none of the %zu is in an epoll set of the process: nothing will tell it of them again",
		         f->n_socks);
	else if (!c.told)
		buf_addf(line,
		         "%zu of %zu are in an epoll set, none with EPOLLIN or EPOLLRDHUP: it is not told that the "
		         "peer is gone",
		         c.in, f->n_socks);
	else
		buf_addf(line,
		         "%zu of %zu are in an epoll set, %zu with EPOLLIN or EPOLLRDHUP: it is told, and does nothing",
		         c.in, f->n_socks, c.told);
	find_figure(v, f, "in_epoll", (double)c.in, UNIT_SOCKETS, THRESHOLDS, "/proc/PID/fdinfo");
}

static void close_wait_tell_place(struct visit *v, struct finding *f)
{
	struct buf sentence = { 0 };

	if (v->probes->left && v->probes->left(v->probes->ctx, f->subject.pid, &f->place, &sentence)) {
		f->confidence = CONFIDENCE_PROVED;
		buf_add(finding_line(f), sentence.text, sentence.len);
	}
	buf_free(&sentence);
}

void close_wait_explain(struct visit *v, struct finding *f)
{
	if (!f->subject.pid)
		return;
	find_stopped(v, f);
	close_wait_tell_place(v, f);
	close_wait_tell_epoll(v, f);
	find_tell_stacks(v, f);
}
