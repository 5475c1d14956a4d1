/* SPDX-License-Identifier: MIT
 * Running lastack doctor: look, wait, look again, judge, print. */
#include "cmd/doctor_run.h"
#include "base/interrupt.h"
#include "base/proc.h"
#include "base/term.h"
#include "cmd/command.h"
#include "sight/looking.h"
#include "sight/probing.h"
#include "cmd/doctor_watch.h"
#include "sight/names.h"
#include "render/findings.h"
#include "source/netns.h"
#include "source/registers.h"
#include "sight/saved.h"
#include "render/out.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

struct doctor_sitting {
	struct doctor_job *job;
	struct looking looking;
	struct observation observation;
	struct findings findings;
	struct probes probes;
	struct probing probing;
	struct names names;
	struct column_names cell_names;
	struct utsname host;
	struct saved saved;  /* of saved files, instead of this machine */
	uint64_t only_began; /* of the process that was asked for; 0: not known */
	int signals;
	bool interrupted;
	bool progress; /* somebody is watching */
};

static struct findings_view view_of(const struct doctor_sitting *s)
{
	const struct doctor_job *job = s->job;
	struct term term = term_of(STDOUT_FILENO);
	bool saved = job->n_offline;

	return (struct findings_view){
		.findings = &s->findings,
		.observation = &s->observation,
		.names = &s->cell_names,
		.command = "lastack doctor",
		.host = !saved           ? s->host.nodename
		        : *s->saved.host ? s->saved.host
		                         : job->offline[0],
		.kernel = saved ? s->saved.kernel : s->host.release,
		.wall_ns = saved ? s->saved.at_ns : clock_wall_ns(),
		.width = isatty(STDOUT_FILENO) || getenv("COLUMNS") ? term.width : 0,
		.verbose = job->verbose,
		.quiet = job->quiet,
		.colour = term.colour,
	};
}

/* --- the window ------------------------------------------------------------------------------------------ */

/* What needs no rate is told at once, a line each, while the window lasts: they come again, whole, at its end. */
static void tell_first(struct doctor_sitting *s)
{
	struct findings now = { 0 };
	struct findings_view v = view_of(s);

	doctor_examine(&s->observation, &s->job->settings, NULL, &now);
	for (size_t i = 0; i < now.n; i++) {
		const struct finding *f = now.all[i];

		if (f->severity < SEVERITY_WARNING || f->suppressed)
			continue;
		out_part(stderr, "so far: ");
		findings_line(stderr, &v, f);
	}
	findings_free(&now);
}

/* A line that the next one takes the place of. */
static void clear_progress(const struct doctor_sitting *s)
{
	if (s->progress)
		out_code(stderr, TERM_WIPE);
}

static void tell_left(const struct doctor_sitting *s, struct span left)
{
	clear_progress(s);
	if (s->progress)
		out_part(stderr, "%zu sockets; looking again in %.0f s ", s->observation.last.n,
		         (double)(left.ns + 500000000) / 1e9);
}

/* True when it was interrupted. */
static bool wait_for(struct doctor_sitting *s, struct span pause)
{
	s->interrupted = interrupt_wait(s->signals, instant_after(clock_now(), pause));
	return s->interrupted;
}

/* Looks at the accept queues meanwhile, eight times or once a second. */
static void wait_window(struct doctor_sitting *s)
{
	struct instant end = instant_after(s->looking.began, s->job->window);
	struct span step = { s->job->window.ns / 8 > span_s(1).ns ? span_s(1).ns : s->job->window.ns / 8 };

	for (;;) {
		struct span left = span_between(clock_now(), end);

		if (left.ns <= 0)
			break;
		tell_left(s, left);
		if (wait_for(s, left.ns < step.ns ? left : step))
			break;
		if (left.ns > 2 * step.ns)
			looking_queues(&s->looking);
	}
	clear_progress(s);
}

static int observe_saved(struct doctor_sitting *s, struct err *e)
{
	for (size_t i = 0; i < s->job->n_offline; i++)
		if (saved_read(&s->saved, s->job->offline[i], &s->observation, e) < 0)
			return -1;
	s->observation.only = s->job->only;
	return 0;
}

static int observe(struct doctor_sitting *s, struct err *e)
{
	int rc;

	if (s->job->n_offline)
		return observe_saved(s, e);
	if (looking_first(&s->looking, e) < 0)
		return -1;
	if (!s->job->window.ns)
		return 0;
	if (s->progress)
		tell_first(s);
	if (s->job->follow) {
		if (s->progress)
			out_part(stderr, "following process %d for %.0f s; Ctrl-C ends it sooner", s->job->follow,
			         (double)s->job->follow_for.ns / 1e9);
		if (doctor_follow(&s->probing.followed, s->job->follow, s->job->follow_for, e) < 0)
			return -1;
		clear_progress(s);
	} else {
		wait_window(s);
	}
	if (s->interrupted && s->job->watch)
		return 0;
	rc = looking_last(&s->looking, e); /* the time that has passed is judged */
	s->observation.sight.unfollowed = s->probing.followed.missed;
	return rc;
}

/* --- what is printed ------------------------------------------------------------------------------------- */

/* Whose parent has not asked for its end yet is a zombie; and the number may be another's by now. */
static bool has_ended(pid_t pid, uint64_t began)
{
	struct proc_stat s;

	if (kill(pid, 0) < 0)
		return errno == ESRCH;
	return proc_stat_read(pid, &s) && (s.state == 'Z' || (began && began != s.started));
}

/* 0, or -1 with `e` filled: nothing can be said of the process that was asked for. */
static int process_seen(const struct doctor_sitting *s, struct err *e)
{
	pid_t only = s->job->only;
	const struct process_facts *p = observation_process(&s->observation, only);

	if (!only)
		return 0;
	if (s->job->n_offline)
		return p ? 0 : err_set(e, "no socket of process %d is in what was saved", only);
	if (has_ended(only, s->only_began))
		return err_set(e, "process %d has ended meanwhile", only);
	if (p && p->fds == UNKNOWN)
		return err_set(e,
		               "the descriptors of process %d may not be looked at: it is another user's; try as root",
		               only);
	return 0;
}

/* The same where less than half could be judged: that nothing was found means nothing then. */
static int rules_judged(const struct doctor_sitting *s, struct err *e)
{
	const struct findings *fs = &s->findings;

	if (fs->n_unjudged <= fs->judged || findings_worst(fs) >= SEVERITY_WARNING)
		return 0;
	return err_set(e, "%zu of %zu rules could not be judged, so nothing found means nothing; -v says why",
	               fs->n_unjudged, fs->n_unjudged + fs->judged);
}

static void print(const struct doctor_sitting *s, bool unknown)
{
	struct findings_view v = view_of(s);
	static void (*const formats[])(FILE * out, const struct findings_view *v) = {
		[FORMAT_TEXT] = findings_text, [FORMAT_JSON] = findings_json, [FORMAT_NAGIOS] = findings_nagios
	};

	v.unknown = unknown;
	formats[s->job->format](stdout, &v);
	if (s->job->n_offline && s->job->verbose && s->job->format == FORMAT_TEXT)
		out_line(stdout, "read: %s", buf_text(&s->saved.files));
	if (s->job->port && s->job->format == FORMAT_TEXT && !s->findings.n && !unknown)
		out_line(stdout, "port %u is free: no socket has it in any network namespace that was seen",
		         s->job->port);
}

static int exit_code(const struct doctor_sitting *s, enum severity worst)
{
	static const enum severity least[] = { [FAIL_ON_WARNING] = SEVERITY_WARNING,
		                               [FAIL_ON_CRITICAL] = SEVERITY_CRITICAL,
		                               [FAIL_NEVER] = SEVERITY_CRITICAL + 1 };

	if (worst < least[s->job->fail_on])
		return EXIT_OK;
	return worst == SEVERITY_CRITICAL ? EXIT_CRITICAL : EXIT_WARNING;
}

/* Prints what was found, and what of it is worth nothing; the exit code. */
static int conclude(struct doctor_sitting *s)
{
	struct err e;
	enum severity worst = findings_worst(&s->findings);
	bool unseen = process_seen(s, &e) < 0 || rules_judged(s, &e) < 0, unknown = unseen && worst < SEVERITY_WARNING;

	print(s, unknown);
	if (unseen)
		command_fail(&command_doctor, &e);
	return unknown ? EXIT_COULD_NOT : exit_code(s, worst);
}

/* --- round after round ----------------------------------------------------------------------------------- */

struct doctor_watching {
	struct troubles troubles;
	bool json;
	bool unknown; /* a round was worth nothing: that nothing was found means nothing */
	bool ended;   /* nothing can be said any more of the process that was asked for */
};

/* What a round is not worth, said once. */
static void weigh_round(struct doctor_sitting *s, struct doctor_watching *w)
{
	struct err e;
	bool well;

	w->ended = process_seen(s, &e) < 0;
	well = !w->ended && rules_judged(s, &e) == 0;
	if (w->ended || (!well && !w->unknown))
		command_fail(&command_doctor, &e);
	w->unknown |= !well;
}

static void judge_round(struct doctor_sitting *s, struct doctor_watching *w, bool first)
{
	struct findings_view v = view_of(s);

	s->probing.stacks_of = 0; /* they are elsewhere by now */
	doctor_examine(&s->observation, &s->job->settings, &s->probes, &s->findings);
	if (first && w->json)
		findings_json_head(stdout, &v);
	weigh_round(s, w);
	if (w->ended) /* and with it what it had */
		findings_free(&s->findings);
	for (int i = w->ended ? TROUBLES_TO_CLOSE : 1; i > 0; i--)
		watch_round(&w->troubles, &v, w->json);
	findings_free(&s->findings);
}

static int watch(struct doctor_sitting *s, struct err *e)
{
	struct doctor_watching w = { .json = s->job->format == FORMAT_JSON };
	enum severity worst;
	int rc = 0;

	s->progress = false;
	for (bool first = true; !s->interrupted && !w.ended; first = false) {
		rc = observe(s, e);
		if (rc < 0 || s->interrupted)
			break;
		judge_round(s, &w, first);
		looking_again(&s->looking);
		names_forget(&s->names);
	}
	worst = troubles_worst(&w.troubles);
	troubles_free(&w.troubles);
	if (rc < 0 && !interrupt_signal()) /* in the middle of a look, too, that is how one ends it */
		return -1;
	return w.unknown && worst < SEVERITY_WARNING ? EXIT_COULD_NOT : exit_code(s, worst);
}

/* --- the run --------------------------------------------------------------------------------------------- */

static const char *saved_netns(void *saved, uint64_t number)
{
	const struct saved *s = saved;

	return number > 1 && number <= s->nets ? s->names[number - 1] : "this one";
}

/* Later looks go into namespaces for their counters, and into the kernel's log; --follow captures packets. */
static uint64_t needs_of(const struct doctor_sitting *s)
{
	uint64_t following = PRIVILEGE(CAP_NET_RAW) | PRIVILEGE(CAP_NET_ADMIN);

	return s->looking.engine.needs | PROCESSES_NEED | NAMESPACES_NEED | BPF_NEEDS | PRIVILEGE(CAP_SYSLOG) |
	       (s->job->follow ? following : 0);
}

static int open_sitting(struct doctor_sitting *s, struct err *e)
{
	uint64_t netns = 0;
	struct proc_stat only;

	if (s->job->n_offline) {
		s->cell_names = (struct column_names){ .ctx = &s->saved, .netns = saved_netns };
		return privilege_keep(PRIVILEGE(CAP_DAC_READ_SEARCH), e); /* whosever files they are */
	}
	s->only_began = s->job->only && proc_stat_read(s->job->only, &only) ? only.started : 0;
	names_open(&s->names, &s->cell_names, false);
	s->probing.stop_threads = s->job->stop_threads;
	probes_open(&s->probes, &s->probing, &s->observation);
	uname(&s->host);
	if (s->job->netns && !netns_by_word(s->job->netns, &netns, &(pid_t){ 0 }))
		return err_sys(e, errno,
		               "there is no network namespace '%.60s' that can be looked at; 'ip netns' names them, a "
		               "process id or a path does as well",
		               s->job->netns);
	if (looking_open(&s->looking, &s->observation, s->job->engine, netns, s->job->only, e) < 0)
		return -1;
	registers_open();
	return privilege_keep(needs_of(s), e);
}

int doctor_run(struct doctor_job *job)
{
	struct doctor_sitting s = { .job = job,
		                    .signals = interrupt_open(),
		                    .progress = term_can_wipe(STDERR_FILENO) && isatty(STDOUT_FILENO) };
	struct err e = { 0 };
	int rc = open_sitting(&s, &e), code = EXIT_COULD_NOT;

	s.observation.port = job->port;
	if (rc == 0)
		rc = job->watch ? watch(&s, &e) : observe(&s, &e);
	if (rc < 0) {
		code = command_fail(&command_doctor, &e);
	} else if (job->watch) {
		code = rc;
	} else {
		doctor_examine(&s.observation, &job->settings, job->n_offline ? NULL : &s.probes, &s.findings);
		code = conclude(&s);
	}
	findings_free(&s.findings);
	probes_close(&s.probing);
	saved_free(&s.saved);
	looking_close(&s.looking);
	registers_close();
	observation_free(&s.observation);
	names_close(&s.names);
	interrupt_close(&s.signals);
	return code;
}
