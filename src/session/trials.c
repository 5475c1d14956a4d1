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
	int output; /* an unnamed file, -1 = none */
	bool done;
	int code;
	struct instant began;
	struct span took;
};

enum { OUTPUT_MAX = 1 << 20 };

static bool is_slow(const struct scenario *s)
{
	return strstr(s->text, "\nneeds time\n") != NULL;
}

static void start(struct trial *t, const struct trials_wanted *o)
{
	const char *check = o->check_explain ? "--check-explain" : "-q";

	t->began = clock_now();
	t->output = memfd_create("output", MFD_CLOEXEC);
	fflush(NULL);
	t->pid = fork();
	if (t->pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* their labs' own reapers do the rest */
	dup2(t->output, STDOUT_FILENO);
	dup2(t->output, STDERR_FILENO);
	execl("/proc/self/exe", "lastack", "lab", "-q", check, t->scenario->name, (char *)NULL);
	_exit(EXIT_COULD_NOT);
}

/* Waits for any of them; false if none runs. */
static bool reap(struct trial *trials, size_t n)
{
	int status;
	pid_t pid = waitpid(-1, &status, 0);

	if (pid < 0)
		return errno == EINTR;
	for (size_t i = 0; i < n; i++) {
		struct trial *t = &trials[i];

		if (t->pid != pid)
			continue;
		t->done = true;
		t->pid = 0;
		t->code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_COULD_NOT;
		t->took = span_since(t->began);
	}
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

/* One line of TAP, and, if it failed, what it said. */
static void report(const struct trial *t, size_t number)
{
	static const char skipped[] = "skipped: ";
	struct buf out = { 0 };
	char took[SPAN_TEXT];

	if (t->slow_left_out) {
		out_line(stdout, "ok %zu - %s # SKIP slow; add --slow", number, t->scenario->name);
		return;
	}
	fd_read_all(t->output, &out, OUTPUT_MAX);
	span_format(took, t->took);
	if (t->code == EXIT_COULD_NOT && !strncmp(buf_text(&out), skipped, strlen(skipped))) {
		out_line(stdout, "ok %zu - %s # SKIP %.*s", number, t->scenario->name,
		         (int)strcspn(buf_text(&out) + strlen(skipped), "\n"), buf_text(&out) + strlen(skipped));
	} else {
		out_line(stdout, "%sok %zu - %s, %s", t->code == EXIT_OK ? "" : "not ", number, t->scenario->name,
		         took);
		if (t->code != EXIT_OK)
			print_output(buf_text(&out));
	}
	buf_free(&out);
}

static bool failed(const struct trial *t)
{
	struct buf out = { 0 };
	bool bad;

	if (t->slow_left_out || t->code == EXIT_OK)
		return false;
	fd_read_all(t->output, &out, OUTPUT_MAX);
	bad = strncmp(buf_text(&out), "skipped: ", 9) != 0;
	buf_free(&out);
	return bad;
}

/* Starts as many as may run, prints those that are over and whose turn it is. */
static void run_trials(struct trial *trials, size_t n, const struct trials_wanted *o)
{
	size_t next = 0, shown = 0;
	unsigned running = 0;

	while (shown < n) {
		for (; next < n && running < o->jobs; next++) {
			if (trials[next].slow_left_out) {
				trials[next].done = true;
				continue;
			}
			start(&trials[next], o);
			running++;
		}
		for (; shown < n && trials[shown].done; shown++)
			report(&trials[shown], shown + 1);
		out_push(stdout);
		if (shown < n && reap(trials, n))
			running--;
	}
}

/* The sums of what each run said of its inference. */
static void report_explain(const struct trial *trials, size_t n)
{
	struct check_count sums[CHECK_VIEWS] = { 0 };
	struct buf out = { 0 };

	for (size_t i = 0; i < n; i++) {
		buf_clear(&out);
		if (trials[i].output >= 0)
			fd_read_all(trials[i].output, &out, OUTPUT_MAX);
		for (const char *line = buf_text(&out); *line;
		     line += strcspn(line, "\n") + (line[strcspn(line, "\n")] != 0))
			check_take_line(sums, line);
	}
	buf_clear(&out);
	check_add_counts(sums, "# ", &out);
	out_lines(stdout, buf_text(&out));
	buf_free(&out);
}

static int verdict(const struct trial *trials, size_t n, const char *took)
{
	size_t bad = 0, skipped = 0;

	for (size_t i = 0; i < n; i++) {
		bad += failed(&trials[i]);
		skipped += trials[i].code != EXIT_OK && !failed(&trials[i]);
	}
	out_line(stdout, "# %zu scenarios, %zu failed, %s", n, bad, took);
	if (bad)
		return EXIT_WARNING;
	return skipped == n ? EXIT_COULD_NOT : EXIT_OK;
}

int trials_run(const struct trials_wanted *o)
{
	size_t n = scenarios_n * o->repeat;
	struct trial *trials = xcalloc(n, sizeof *trials);
	struct instant began = clock_now();
	char took[SPAN_TEXT];
	int code;

	for (size_t i = 0; i < n; i++)
		trials[i] = (struct trial){ .scenario = &scenarios[i / o->repeat],
			                    .output = -1,
			                    .slow_left_out = !o->slow && is_slow(&scenarios[i / o->repeat]) };
	out_line(stdout, "TAP version 13");
	out_line(stdout, "1..%zu", n);
	run_trials(trials, n, o);
	span_format(took, span_since(began));
	if (o->check_explain)
		report_explain(trials, n);
	code = verdict(trials, n, took);
	for (size_t i = 0; i < n; i++)
		fd_close(&trials[i].output);
	free(trials);
	return code;
}
