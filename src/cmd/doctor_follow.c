/* SPDX-License-Identifier: MIT
 * lastack doctor --follow: the watch of `lastack step --leaks`, whose answer goes into the findings. */
#include "base/proc.h"
#include "cmd/doctor_run.h"
#include "lab/programs.h"
#include "session/stepping.h"

/* The read that saw the end, else the call that made the connection. */
static const char *place_of(const struct event_leak *leak)
{
	if (leak->eof.where)
		return leak->eof.where;
	return leak->made.where ? leak->made.where : NULL;
}

/* The group with most connections. */
static void take_worst(struct followed *f, const struct timeline *t)
{
	const struct event_leak *worst = NULL;
	size_t all = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct event_leak *leak = &t->events[i]->leak;

		if (t->events[i]->kind != EV_LEAK)
			continue;
		all += leak->n;
		if (place_of(leak) && (!worst || leak->n > worst->n))
			worst = leak;
	}
	if (!worst)
		return;
	buf_puts(&f->place, place_of(worst));
	buf_addf(&f->sentence, "while it was followed: %u of %zu connections that are held were %s there", worst->n,
	         all, worst->eof.where ? "read to their end" : "made");
}

/* What is to be done, and what came of it. */
struct following {
	struct followed *f;
	struct span time;
	struct err *e;
	int rc;
};

/* In a thread of its own, which traces, and may enter another network namespace: with its end both are over. */
static void follow_within(void *following)
{
	struct following *x = following;
	const struct stepping_job job = { .pid = x->f->pid, .limit = x->time, .leaks = true, .quiet = true };
	const struct session_job wanted = { .command = "doctor",
		                            .title = "followed",
		                            .quiet = true,
		                            .unshown = true,
		                            .free_form = true,
		                            .may_run = true,
		                            .options = { .machine = true } };
	struct script script;
	struct language lang;
	struct session s;
	int leaks;

	if (session_open(&s, &wanted, "doctor") < 0)
		return;
	s.lab.deadline = instant_after(s.began, x->time);
	lang = prompt_language(&s.lab);
	session_script(&s, &script, &lang);
	leaks = stepping_leaks(&s, &script, &job, x->e);
	if (leaks > 0)
		take_worst(x->f, &s.lab.timeline);
	x->f->missed = lab_missed(&s.lab);
	script_free(&script);
	session_close(&s, 0);
	x->rc = leaks < 0 ? -1 : 0;
}

int doctor_follow(struct followed *f, pid_t pid, struct span time, struct err *e)
{
	struct following x = { .f = f, .time = time, .e = e, .rc = -1 };
	struct proc_stat now;

	err_set(e, "process %d cannot be followed", pid);
	f->pid = pid;
	f->began = proc_stat_read(pid, &now) ? now.started : 0;
	probing_within(follow_within, &x);
	return x.rc;
}
