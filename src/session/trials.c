/* SPDX-License-Identifier: MIT
 * Many scenarios. */
#include "session/trials.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/term.h"
#include "lab/check.h"
#include "render/out.h"
#include "script/scenario.h"
#include "session/junit.h"
#include "session/spare.h"

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
	const struct batch_item *scenario;
	size_t number; /* among all */
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
	size_t n[JUNIT_KINDS];
	struct check_count inference[CHECK_VIEWS];
	struct junit *junit; /* NULL: not wanted */
};

enum { OUTPUT_MAX = 1 << 20 };

/* So many at a time where nobody says how many; and so many while a processor is to spare: most of them wait. */
enum { JOBS_USUAL = 8, JOBS_SPARE = 32 };

static bool is_slow(const struct batch_item *s)
{
	return strstr(s->text, "\nneeds time\n") != NULL;
}

static _Noreturn void run_one(const struct trial *t, const struct trials_wanted *o)
{
	const char *check = o->check_explain ? "--check-explain" : "-q";

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* their labs' own reapers do the rest */
	if (dup2(t->output, STDOUT_FILENO) >= 0 && dup2(t->output, STDERR_FILENO) >= 0)
		execl("/proc/self/exe", "lastack", "lab", "-q", check, o->allow_run ? "--allow-run" : "-q", "--",
		      t->scenario->name, (char *)NULL);
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

/* Waits until one of those that run has ended, or, if not to `wait`, asks whether one has. Others may end, too: as a
 * container's first process lastack is given whatever their labs leave. */
static bool reap(struct trial *trials, size_t n, bool wait)
{
	struct trial *t = NULL;
	int status;

	while (!t) {
		pid_t pid = waitpid(-1, &status, wait ? 0 : WNOHANG);

		if (pid == 0 || (pid < 0 && errno != EINTR))
			return false;
		t = pid > 0 ? trial_of(trials, n, pid) : NULL;
	}
	t->done = true;
	t->pid = 0;
	t->code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_COULD_NOT;
	t->took = span_since(t->began);
	return true;
}

static void print_output(const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		out_line(stdout, "# %.*s", (int)n, text);
		text += n + (text[n] != 0);
	}
}

/* The first line that begins so, without its beginning; NULL: there is none. */
static const char *line_with(const char *said, const char *beginning)
{
	for (size_t n = strlen(beginning); *said; said += strcspn(said, "\n") + (said[strcspn(said, "\n")] != 0))
		if (!strncmp(said, beginning, n))
			return said + n;
	return NULL;
}

static enum junit_is kind_of(const struct trial *t)
{
	if (t->slow_left_out || t->code == EXIT_SKIPPED)
		return JUNIT_SKIPPED;
	return t->code == EXIT_OK ? JUNIT_OK : t->code == EXIT_WARNING ? JUNIT_FAILED : JUNIT_BROKEN;
}

/* In one line what did not hold, or why. For free(). */
static char *reason(const struct trial *t, const char *said)
{
	static const char *const lines[] = { "skipped: ", "expected: ", "lastack lab: ", "" };
	const char *line = NULL;

	if (t->slow_left_out)
		return xstrdup("slow; add --slow");
	for (size_t i = t->code == EXIT_SKIPPED ? 0 : 1; i < ARRAY_SIZE(lines) && !line; i++)
		line = line_with(said, lines[i]);
	return line ? xstrndup(line, strcspn(line, "\n")) : xstrdup("it said nothing");
}

/* In TAP a '#' would begin a directive. */
static char *tap_name(const char *name)
{
	struct buf b = { 0 };

	for (; *name; name++)
		buf_addf(&b, "%s%c", *name == '#' ? "\\" : "", *name);
	return b.text ? b.text : xstrdup("");
}

/* One line of TAP, and, if it failed, what it said. */
static void judge(const struct trial *t, size_t number, const char *said, struct totals *all)
{
	enum junit_is is = kind_of(t);
	char took[SPAN_TEXT], *why = reason(t, said), *name = tap_name(t->scenario->name);

	all->n[is]++;
	span_format(took, t->took);
	if (is == JUNIT_SKIPPED)
		out_line(stdout, "ok %zu - %s # SKIP %s", number, name, why);
	else
		out_line(stdout, "%sok %zu - %s, %s", is == JUNIT_OK ? "" : "not ", number, name, took);
	if (is == JUNIT_FAILED || is == JUNIT_BROKEN)
		print_output(said);
	if (all->junit)
		junit_add(all->junit, t->scenario->name, t->scenario->built_in, is, t->took, is == JUNIT_OK ? "" : why,
		          said);
	free(why);
	free(name);
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

	if (t->output >= 0)
		fd_read_all(t->output, &out, OUTPUT_MAX);
	fd_close(&t->output);
	if (t->no_start)
		buf_addf(&out, "it could not be started: %s\n", strerror(t->no_start));
	judge(t, number, buf_text(&out), all);
	add_inference(all, buf_text(&out));
	buf_free(&out);
}

/* May one more run beside so many? */
static bool has_room(unsigned running, const struct trials_wanted *o)
{
	if (o->jobs || running < JOBS_USUAL)
		return running < (o->jobs ? o->jobs : JOBS_USUAL);
	return running < JOBS_SPARE && processor_is_spare();
}

/* Starts as many as may run, in this order; how many of them do. */
static unsigned start_some(struct trial **order, size_t n, size_t *next, unsigned running,
                           const struct trials_wanted *o)
{
	for (; *next < n && has_room(running, o); ++*next) {
		struct trial *t = order[*next];

		if (t->slow_left_out)
			t->done = true;
		else
			start(t, o);
		running += !t->done;
	}
	return running;
}

static unsigned lasts(const struct trial *t)
{
	return t->scenario->built_in ? scenario_lasts(t->scenario->name) : 0;
}

static int longer_first(const void *a, const void *b)
{
	const struct trial *x = *(struct trial *const *)a, *y = *(struct trial *const *)b;

	return lasts(x) != lasts(y) ? (lasts(x) < lasts(y) ? 1 : -1) : x->number < y->number ? -1 : 1;
}

/* What waits longest begins first, so that the rest is done meanwhile; else as they stand. For free(). */
static struct trial **in_order(struct trial *trials, size_t n)
{
	struct trial **order = xcalloc(n + 1, sizeof(struct trial *));

	for (size_t i = 0; i < n; i++)
		order[i] = &trials[i];
	qsort(order, n, sizeof(struct trial *), longer_first);
	return order;
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

/* On a terminal, below what was printed: it is wiped before the next line is. */
static void tell_progress(const struct trial *trials, size_t n, unsigned running)
{
	size_t over = 0;

	for (size_t i = 0; i < n; i++)
		over += trials[i].done;
	out_part(stderr, "%zu of %zu are over, %u run …", over, n, running);
	out_push(stderr);
}

/* Prints those that are over and whose turn it is, until all are, or the output fails. */
static void run_trials(struct trial *trials, size_t n, const struct trials_wanted *o, struct totals *all)
{
	struct trial **order = in_order(trials, n);
	size_t next = 0, shown = 0;
	unsigned running = 0;
	bool tells = term_can_wipe(STDERR_FILENO);

	while (shown < n && !out_has_failed()) {
		bool more;

		running = start_some(order, n, &next, running, o);
		if (tells)
			out_code(stderr, TERM_WIPE);
		for (; shown < n && trials[shown].done; shown++)
			report(&trials[shown], shown + 1, all);
		out_push(stdout);
		if (tells && shown < n)
			tell_progress(trials, n, running);
		more = !o->jobs && next < n && running < JOBS_SPARE; /* a processor may be to spare before one ends */
		running -= running && reap(trials, n, !more);
	}
	end_running(trials, n);
	free(order);
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
	size_t bad = all->n[JUNIT_FAILED] + all->n[JUNIT_BROKEN];

	out_line(stdout, "# %zu scenarios, %zu failed, %s", n, bad, took);
	if (all->n[JUNIT_BROKEN])
		return EXIT_COULD_NOT;
	if (bad)
		return EXIT_WARNING;
	return all->n[JUNIT_SKIPPED] == n ? EXIT_SKIPPED : EXIT_OK;
}

static int run_all(const struct batch *what, const struct trials_wanted *o, struct totals *all)
{
	size_t n = what->n * o->repeat;
	struct trial *trials = xcalloc(n, sizeof *trials);

	for (size_t i = 0; i < n; i++) {
		const struct batch_item *item = &what->items[i / o->repeat];

		trials[i] = (struct trial){ .scenario = item,
			                    .number = i,
			                    .output = -1,
			                    .slow_left_out = item->found && !o->slow && is_slow(item) };
	}
	out_line(stdout, "TAP version 13");
	out_line(stdout, "1..%zu", n);
	run_trials(trials, n, o, all);
	free(trials);
	return (int)n;
}

int trials_run(const struct batch *what, const struct trials_wanted *o, struct err *e)
{
	struct instant began = clock_now();
	struct totals all = { 0 };
	struct junit junit;
	char took[SPAN_TEXT];
	size_t n;
	int rc = 0;

	if (o->junit && junit_open(&junit, o->junit, e) < 0)
		return -1;
	all.junit = o->junit ? &junit : NULL;
	n = (size_t)run_all(what, o, &all);
	if (all.junit) {
		rc = junit_write(&junit, span_since(began), e);
		junit_close(&junit);
	}
	span_format(took, span_since(began));
	if (o->check_explain)
		report_inference(&all);
	return rc < 0 ? -1 : verdict(&all, n, took);
}
