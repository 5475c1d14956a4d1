/* SPDX-License-Identifier: MIT
 * lastack lab --all. */
#include "session/trials.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "lab/check.h"
#include "script/scenario.h"
#include "render/out.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* One run of one scenario. */
struct trial {
	const struct scenario *scenario;
	bool slow_left_out;
	pid_t pid;  /* while it runs */
	int output; /* an unnamed file, -1 = none; open until the trial is reported */
	bool done;
	int no_start; /* errno, where it could not be started */
	int code;
	struct instant began;
	struct span took;
};

/* Of all trials that were reported. */
struct totals {
	size_t broken, failed, skipped;
	struct check_count inference[CHECK_VIEWS];
};

enum { OUTPUT_MAX = 1 << 20 };

static bool is_slow(const struct scenario *s)
{
	return strstr(s->text, "\nneeds time\n") != NULL;
}

static _Noreturn void run_one(const struct trial *t, const struct trials_wanted *o)
{
	const char *check = o->check_explain ? "--check-explain" : "-q";

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* their labs' own reapers do the rest */
	if (dup2(t->output, STDOUT_FILENO) >= 0 && dup2(t->output, STDERR_FILENO) >= 0)
		execl("/proc/self/exe", "lastack", "lab", "-q", check, t->scenario->name, (char *)NULL);
	_exit(EXIT_COULD_NOT);
}

/* What cannot be started has failed, at once. */
static void start(struct trial *t, const struct trials_wanted *o)
{
	t->began = clock_now();
	t->output = memfd_create("output", MFD_CLOEXEC);
	out_push(stdout);
	t->pid = t->output < 0 ? -1 : fork();
	if (t->pid == 0)
		run_one(t, o);
	if (t->pid > 0)
		return;
	t->no_start = errno;
	t->done = true;
	t->code = EXIT_COULD_NOT;
}

static struct trial *trial_of(struct trial *trials, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (trials[i].pid == pid)
			return &trials[i];
	return NULL;
}

/* Waits until one of those that run has ended. Others may end, too: as a container's first process lastack is given
 * whatever their labs leave. */
static void reap(struct trial *trials, size_t n)
{
	struct trial *t = NULL;
	int status;

	while (!t) {
		pid_t pid = waitpid(-1, &status, 0);

		if (pid < 0 && errno != EINTR)
			return;
		t = pid > 0 ? trial_of(trials, n, pid) : NULL;
	}
	t->done = true;
	t->pid = 0;
	t->code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_COULD_NOT;
	t->took = span_since(t->began);
}

static void print_output(const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		out_line(stdout, "# %.*s", (int)n, text);
		text += n + (text[n] != 0);
	}
}

static const char skipped[] = "skipped: ";

/* One line of TAP, and, if it failed, what it said. */
static void judge(const struct trial *t, size_t number, const char *said, struct totals *all)
{
	char took[SPAN_TEXT];

	span_format(took, t->took);
	if (t->code == EXIT_SKIPPED && strncmp(said, skipped, strlen(skipped)) == 0) {
		all->skipped++;
		said += strlen(skipped);
		out_line(stdout, "ok %zu - %s # SKIP %.*s", number, t->scenario->name, (int)strcspn(said, "\n"), said);
		return;
	}
	out_line(stdout, "%sok %zu - %s, %s", t->code == EXIT_OK ? "" : "not ", number, t->scenario->name, took);
	if (t->code == EXIT_OK)
		return;
	if (t->code == EXIT_WARNING)
		all->failed++;
	else
		all->broken++;
	print_output(said);
}

/* What a run said of its inference. */
static void add_inference(struct totals *all, const char *said)
{
	for (; *said; said += strcspn(said, "\n") + (said[strcspn(said, "\n")] != 0))
		check_take_line(all->inference, said);
}

static void report(struct trial *t, size_t number, struct totals *all)
{
	struct buf out = { 0 };

	if (t->slow_left_out) {
		out_line(stdout, "ok %zu - %s # SKIP slow; add --slow", number, t->scenario->name);
		return;
	}
	if (t->output >= 0)
		fd_read_all(t->output, &out, OUTPUT_MAX);
	fd_close(&t->output);
	if (t->no_start)
		buf_addf(&out, "it could not be started: %s\n", strerror(t->no_start));
	judge(t, number, buf_text(&out), all);
	add_inference(all, buf_text(&out));
	buf_free(&out);
}

/* Starts as many as may run; how many of them do. */
static unsigned start_some(struct trial *trials, size_t n, size_t *next, unsigned running,
                           const struct trials_wanted *o)
{
	for (; *next < n && running < o->jobs; ++*next) {
		struct trial *t = &trials[*next];

		if (t->slow_left_out)
			t->done = true;
		else
			start(t, o);
		running += !t->done;
	}
	return running;
}

/* Nobody reads of them any more. Their labs' own reapers do the rest. */
static void end_running(struct trial *trials, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (trials[i].pid > 0) {
			kill(trials[i].pid, SIGKILL);
			while (waitpid(trials[i].pid, NULL, 0) < 0 && errno == EINTR)
				;
		}
		fd_close(&trials[i].output);
	}
}

/* Prints those that are over and whose turn it is, until all are, or the output fails. */
static void run_trials(struct trial *trials, size_t n, const struct trials_wanted *o, struct totals *all)
{
	size_t next = 0, shown = 0;
	unsigned running = 0;

	while (shown < n && !out_has_failed()) {
		running = start_some(trials, n, &next, running, o);
		for (; shown < n && trials[shown].done; shown++)
			report(&trials[shown], shown + 1, all);
		out_push(stdout);
		if (!running)
			continue;
		reap(trials, n);
		running--;
	}
	end_running(trials, n);
}

static void report_inference(const struct totals *all)
{
	struct buf out = { 0 };

	check_add_counts(all->inference, "# ", &out);
	out_lines(stdout, buf_text(&out));
	buf_free(&out);
}

/* The worst of all: broken, failed, fine; skipped only where nothing else was to be done. */
static int verdict(const struct totals *all, size_t n, const char *took)
{
	out_line(stdout, "# %zu scenarios, %zu failed, %s", n, all->failed + all->broken, took);
	if (all->broken)
		return EXIT_COULD_NOT;
	if (all->failed)
		return EXIT_WARNING;
	return all->skipped == n ? EXIT_SKIPPED : EXIT_OK;
}

int trials_run(const struct trials_wanted *o)
{
	size_t n = scenarios_n * o->repeat;
	struct trial *trials = xcalloc(n, sizeof *trials);
	struct instant began = clock_now();
	struct totals all = { 0 };
	char took[SPAN_TEXT];

	for (size_t i = 0; i < n; i++)
		trials[i] = (struct trial){ .scenario = &scenarios[i / o->repeat],
			                    .output = -1,
			                    .slow_left_out = !o->slow && is_slow(&scenarios[i / o->repeat]) };
	out_line(stdout, "TAP version 13");
	out_line(stdout, "1..%zu", n);
	run_trials(trials, n, o, &all);
	free(trials);
	span_format(took, span_since(began));
	if (o->check_explain)
		report_inference(&all);
	return verdict(&all, n, took);
}
