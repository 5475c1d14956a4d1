/* SPDX-License-Identifier: MIT
 * How a finding says whom it is about, and what proves it. */
#include "doctor/rule.h"

#include <stdlib.h>

struct finding *find_new(struct visit *v, enum severity severity)
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
	bool serves = s->state == TCP_LISTEN || visit_serves(v, s) == TRUTH_YES;

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

void find_figure(const struct visit *v, struct finding *f, const char *metric, double value, enum unit unit,
                 enum threshold by, const char *source)
{
	struct figure figure = {
		.metric = metric, .value = value, .unit = unit, .source = source, .has_threshold = by != THRESHOLDS
	};

	if (figure.has_threshold)
		figure.threshold = visit_limit(v, by) *
		                   (threshold_info(by)->kind == THRESHOLD_SECONDS && unit == UNIT_NS ? 1e9 : 1);
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

void find_add_process(struct buf *out, pid_t pid, const char *comm)
{
	if (!pid) {
		buf_puts(out, "nobody");
		return;
	}
	buf_addf(out, "%s[%d]", comm, pid);
}

bool find_stopped(struct visit *v, struct finding *f)
{
	const struct process_facts *p = f->subject.process;

	if (f->subject.pid ? !p || !p->state : f->n_socks && visit_sock(v, f->socks[0])->no_owner == NO_OWNER_HIDDEN)
		visit_tell_unknown(v, "whether the process is stopped, and meant to be, is not known");
	if (!p || !process_is_stopped(p))
		return false;
	f->severity = SEVERITY_INFO;
	buf_puts(&f->headline, "; the process is stopped");
	buf_puts(&f->cause, "the process is stopped");
	if (p->tracer) {
		buf_puts(&f->cause, " by ");
		find_add_process(&f->cause, p->tracer, p->tracer_comm);
	}
	buf_puts(&f->cause, ": that it does nothing is expected");
	if (!p->tracer)
		buf_addf(&f->cause, "; kill -CONT %d lets it go on", p->pid);
	return true;
}

/* Of an interpreter only its own stack is seen here: what shows the program's. */
static void find_tell_language(struct finding *f)
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

void find_tell_stacks(struct visit *v, struct finding *f)
{
	struct buf stacks = { 0 };
	const char *line;
	ssize_t shown = 0, threads;

	if (!f->subject.pid || !v->probes || !v->probes->stacks ||
	    (threads = v->probes->stacks(v->probes->ctx, f->subject.pid, &stacks)) <= 0) {
		buf_free(&stacks);
		return;
	}
	find_tell_language(f);
	for (line = buf_text(&stacks); *line && shown < THREADS_SHOWN; shown++) {
		size_t n = strcspn(line, "\n");
		struct buf *out = finding_line(f);

		buf_puts(out, out->len ? "; " : "");
		buf_add(out, line, n);
		line += n + (line[n] != 0);
	}
	if (threads > shown)
		buf_addf(&f->lines[f->n_lines - 1], "; and %zd threads more", threads - shown);
	buf_free(&stacks);
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
	buf_addf(line, ": %s", said->text);
}
