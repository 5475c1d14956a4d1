/* SPDX-License-Identifier: MIT
 * lastack lab: runs a scenario, and shows what is seen. Joins the lab with a renderer. */
#include "base/file.h"
#include "base/near.h"
#include "cmd/all.h"
#include "cmd/check.h"
#include "cmd/command.h"
#include "cmd/prompt.h"
#include "cmd/scenario.h"
#include "lab/baseline.h"
#include "lab/verbs.h"
#include "lab/ways.h"
#include "render/pcapng.h"
#include "render/render.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { LAST_EVENTS = 40 };

struct job {
	const char *what; /* NAME or FILE */
	const char *pcap; /* the file to write; NULL: none */
	bool list, check, verbs, paced, quiet, verbose, json, check_explain, allow_run;
	struct all_options all;
};

/* One run: the lab, and who shows it. */
struct run {
	const struct job *job;
	const char *name; /* as errors call it: "close.lab" */
	struct lab lab;
	struct view view;
	const struct renderer *renderer;
	struct check *check; /* --check-explain; NULL: not wanted */
	FILE *pcap; /* opened before anything runs; NULL: none is wanted */
	bool head_shown;
	bool input_ended; /* at a pace prompt */
};

/* --- what is shown ------------------------------------------------------------------------------------- */

/* The baseline, and what the hosts were made with. The rows are for free(). */
static struct setting *settings_of(const struct lab *l, size_t *n)
{
	struct setting *rows = xcalloc(baseline_n + 2, sizeof *rows);

	for (*n = 0; *n < baseline_n; (*n)++)
		rows[*n] = (struct setting){ baseline[*n].name, baseline[*n].value, baseline[*n].why,
					     l->hosts[CLIENT].baseline_missing >> *n & 1 };
	rows[(*n)++] = (struct setting){ "route attribute quickack", l->options.delack ? "0" : "1",
					 "1: every ACK is sent at once; option delack", false };
	rows[(*n)++] = (struct setting){ "own hash table of sockets", l->hosts[CLIENT].own_hash ? "yes" : "no",
					 "a look costs 0.1 ms instead of several", false };
	return rows;
}

static void show_head(struct run *r)
{
	const struct host_options *o = &r->lab.options;
	struct showing s = { .title = r->lab.title ? r->lab.title : "your own", .verbose = r->job->verbose, .wall_ns = r->lab.timeline.wall_ns };
	struct setting *rows = settings_of(&r->lab, &s.n_settings);
	struct utsname u = { 0 };
	char command[256], setting[256];

	r->head_shown = true;
	uname(&u);
	snprintf(command, sizeof command, "lastack lab%s%s", r->job->what ? " " : "", r->job->what ? r->job->what : "");
	snprintf(setting, sizeof setting, "Linux %.60s, %s%s, reno, %s%s%s", u.release,
		 o->loopback ? "one host, 127.0.0.1" : "client 10.0.0.1, server 10.0.0.2",
		 r->lab.hosts[CLIENT].is_veth ? ", by veth" : "", o->delack ? "delayed ACKs" : "quick ACKs",
		 o->offload ? ", offloads" : "", r->job->verbose ? "" : " (-v: every setting)");
	s.command = command;
	s.kernel = u.release;
	s.setting = setting;
	s.settings = rows;
	if (r->renderer->head)
		r->renderer->head(&r->view, &s);
	free(rows);
}

static void show(void *ctx)
{
	struct run *r = ctx;

	if (!r->head_shown && (r->lab.title || r->lab.free_form) && r->lab.started)
		show_head(r);
	if (r->head_shown && r->renderer->events)
		r->renderer->events(&r->view, &r->lab.timeline);
}

static void quiet(void *ctx)
{
	struct run *r = ctx;

	check_quiet(r->check, &r->lab);
}

static void show_all(void *ctx, bool verbose)
{
	struct run *r = ctx;
	struct view again = r->view;

	if (!r->renderer->events)
		return;
	again.next = 0;
	again.verbose = verbose || again.verbose;
	again.queues = NULL;
	again.n_queues = again.cap_queues = 0;
	fputc('\n', r->view.out);
	r->renderer->events(&again, &r->lab.timeline);
	fputc('\n', r->view.out);
	view_free(&again);
	r->view.next = r->lab.timeline.n;
}

static void ask(void *ctx, const struct packet *next)
{
	struct buf flags = { 0 };

	(void)ctx;
	segment_flags(&flags, next->seg.flags);
	fprintf(stderr, "          -- #%u %s from %s is next. Enter: let it go; q: stop --", next->number, buf_text(&flags),
		side_name(next->from));
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		fputc('\n', stderr);
	buf_free(&flags);
}

static bool answer(void *ctx)
{
	struct run *r = ctx;
	char typed[256];
	ssize_t n = read(STDIN_FILENO, typed, isatty(STDIN_FILENO) ? sizeof typed : 1);

	r->input_ended = n <= 0;
	return n > 0 && typed[0] != 'q' && typed[0] != 'Q';
}

static struct lab_hooks hooks_of(struct run *r)
{
	struct lab_hooks h = { .ctx = r, .show = show, .show_all = show_all, .pace_fd = STDIN_FILENO };

	if (r->check)
		h.quiet = quiet;
	if (r->job->paced) {
		h.ask = ask;
		h.answer = answer;
	}
	return h;
}

/* --- running ------------------------------------------------------------------------------------------- */

static void last_events(struct run *r)
{
	size_t n = r->lab.timeline.n;

	if (r->renderer->events)
		return; /* the ladder and the tables stand above */
	r->view.next = n > LAST_EVENTS ? n - LAST_EVENTS : 0;
	render_text.events(&r->view, &r->lab.timeline);
}

static int conclude(struct run *r, int rc, struct span took, const struct err *e)
{
	struct verdict verdict = { .is = VERDICT_OK, .expectations = r->lab.expectations, .took = took };
	struct buf reason = { 0 };
	int code = EXIT_OK;

	if (r->lab.no_start) {
		fprintf(stderr, "lastack lab: %s\n", r->lab.no_start);
		return EXIT_COULD_NOT;
	}
	show(r);
	if (r->lab.failed) {
		last_events(r);
		buf_addf(&reason, "%s\n%s", e->text, r->lab.failed);
		verdict.is = VERDICT_FAILED;
		code = EXIT_WARNING;
	} else if (rc < 0) {
		verdict.is = VERDICT_ERROR;
		buf_puts(&reason, e->text);
		code = EXIT_COULD_NOT;
	} else if (r->lab.skipped) {
		buf_puts(&reason, r->lab.skipped);
		verdict.is = VERDICT_SKIPPED;
		code = EXIT_COULD_NOT;
	}
	verdict.reason = buf_text(&reason);
	r->renderer->tail(&r->view, &verdict);
	if (verdict.is == VERDICT_ERROR)
		fprintf(stderr, "lastack lab: %s\n", e->text);
	buf_free(&reason);
	return code;
}

/* $examples: where the posts' programs are: beside this program, or where `make install` puts them. */
static void let_examples(struct script *script)
{
	static const char *const places[] = { "examples", "../build/examples", "../libexec/lastack/examples" };
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	self[n > 0 ? n : 0] = 0;
	if (strrchr(self, '/'))
		*strrchr(self, '/') = 0;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, sizeof path, "%s/%s", self, places[i]);
		if (access(path, X_OK) == 0)
			break;
	}
	script_let(script, "examples", path);
}

static int run_text(struct run *r, const char *text, size_t len)
{
	struct instant began = clock_now();
	struct language lang = lab_language(&r->lab);
	struct script script;
	struct err e = { "" };
	int rc, code;

	script_init(&script, &lang, r->name);
	let_examples(&script);
	rc = script_run(&script, text, len, &e);
	if (rc == 0 && r->lab.started)
		rc = lab_quiet(&r->lab, &e);
	if (rc == 0 && script.commands == 0)
		rc = err_set(&e, "%s: there is no command in it", r->name);
	code = conclude(r, rc, span_since(began), &e);
	script_free(&script);
	return code;
}

static int open_pcap(struct run *r)
{
	if (!r->job->pcap)
		return 0;
	r->pcap = fopen(r->job->pcap, "we");
	if (!r->pcap)
		fprintf(stderr, "lastack lab: %s cannot be written (%s)\n", r->job->pcap, strerror(errno));
	return r->pcap ? 0 : -1;
}

static int write_pcap(struct run *r)
{
	int rc = pcapng_write(r->pcap, &r->lab.timeline, r->lab.title ? r->lab.title : "");

	if (fclose(r->pcap) != 0 && rc == 0)
		rc = -errno;
	if (rc < 0)
		fprintf(stderr, "lastack lab: %s cannot be written (%s)\n", r->job->pcap, strerror(-rc));
	return rc;
}

static void told(void *ctx, int rc, const struct err *e)
{
	struct run *r = ctx;

	show(r);
	if (rc < 0)
		printf("%s\n", e->text);
	if (r->lab.failed)
		printf("%s\n", r->lab.failed);
	if (r->lab.skipped)
		printf("%s\n", r->lab.skipped);
	free(r->lab.failed);
	free(r->lab.skipped);
	r->lab.failed = r->lab.skipped = NULL;
}

/* The prompt's verdict counts what held; what did not was answered at once and is no failure of a session. */
static int run_prompt(struct run *r)
{
	struct instant began = clock_now();
	struct language lang = prompt_language(&r->lab);
	struct script script;
	struct err none = { "" };
	int code;

	puts("A lab: two hosts, client and server, on the kernel's own TCP. help, help VERB, save FILE, quit; Tab completes.\n"
	     "For example: server listen 7777 / hold client SYN / client connect 7777 / table / release SYN");
	script_init(&script, &lang, "prompt");
	let_examples(&script);
	script.recording = true;
	prompt_run(&r->lab, &script, told, r);
	code = conclude(r, 0, span_since(began), &none);
	script_free(&script);
	return code;
}

/* A scenario that somebody else wrote could start anything. */
#define NO_RUN "a file's 'run' starts programs: read the file, then run it with --allow-run"

static int run_scenario(const struct job *job, const char *name, const char *text, size_t len, bool from_outside)
{
	struct run r = { .job = job, .name = name };
	struct err e;
	bool root = geteuid() == 0;
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int code;

	r.view = (struct view){ .out = stdout, .term = term_of(STDOUT_FILENO), .verbose = job->verbose };
	r.renderer = job->json ? &render_json : job->quiet ? &render_verdict : &render_text;
	if (open_pcap(&r) < 0)
		return EXIT_COULD_NOT;
	if (hosts_become_able(&e) < 0) {
		fprintf(stderr, "lastack lab: %s\n", e.text);
		return EXIT_COULD_NOT;
	}
	r.check = job->check_explain ? check_new(job->verbose) : NULL;
	lab_init(&r.lab, hooks_of(&r));
	r.lab.unprivileged = !root;
	r.lab.uid = uid;
	r.lab.gid = gid;
	if (from_outside && !job->allow_run)
		r.lab.no_run = xstrdup(NO_RUN);
	r.lab.keep_bytes = job->pcap != NULL;
	r.lab.free_form = job->what == NULL;
	code = text ? run_text(&r, text, len) : run_prompt(&r);
	if (r.pcap && write_pcap(&r) < 0)
		code = EXIT_COULD_NOT;
	if (r.check && check_print(r.check, job->json ? stderr : stdout) && code == EXIT_OK)
		code = EXIT_WARNING;
	check_free(r.check);
	view_free(&r.view);
	lab_close(&r.lab);
	return code;
}

/* --- finding what to run ------------------------------------------------------------------------------- */

static bool is_file_name(const char *what)
{
	size_t n = strlen(what);

	return strchr(what, '/') || (n > 4 && streq(what + n - 4, ".lab"));
}

/* A scenario that comes through a pipe. */
static int run_input(const struct job *job)
{
	struct buf text = { 0 };
	int rc = fd_read_all(STDIN_FILENO, &text, SCRIPT_MAX), code = EXIT_COULD_NOT;

	if (rc < 0)
		fprintf(stderr, "lastack lab: standard input cannot be read (%s)\n", strerror(-rc));
	else
		code = run_scenario(job, "stdin", buf_text(&text), text.len, true);
	buf_free(&text);
	return code;
}

static int run_file(const struct job *job)
{
	struct buf text = { 0 };
	int rc = file_read(job->what, &text, SCRIPT_MAX), code = EXIT_COULD_NOT;

	if (rc == -EFBIG)
		fprintf(stderr, "lastack lab: %s is larger than 16 MB: is it a scenario?\n", job->what);
	else if (rc < 0)
		fprintf(stderr, "lastack lab: %s cannot be read (%s); 'lastack lab --list' shows what is built in\n", job->what,
			strerror(-rc));
	else
		code = run_scenario(job, job->what, buf_text(&text), text.len, true);
	buf_free(&text);
	return code;
}

static int no_such(const char *name)
{
	struct near near = { .word = name };

	for (size_t i = 0; i < scenarios_n; i++)
		near_try(&near, scenarios[i].name);
	fprintf(stderr, "lastack lab: there is no scenario '%.60s'; ", name);
	if (near.best)
		fprintf(stderr, "did you mean '%s'?\n", near.best);
	else
		fprintf(stderr, "'lastack lab --list' shows them, and a file's name has a '/' or ends in .lab\n");
	return EXIT_COULD_NOT;
}

static int run_named(const struct job *job)
{
	const struct scenario *s;
	char name[80];

	if (is_file_name(job->what))
		return run_file(job);
	s = scenario_find(job->what);
	if (!s)
		return no_such(job->what);
	snprintf(name, sizeof name, "%s.lab", s->name);
	return run_scenario(job, name, s->text, strlen(s->text), false);
}

/* --- lists --------------------------------------------------------------------------------------------- */

static int list_scenarios(void)
{
	for (size_t i = 0; i < scenarios_n; i++)
		printf("%-20s %s\n", scenarios[i].name, scenario_title(&scenarios[i]));
	return EXIT_OK;
}

static int list_verbs(void)
{
	struct language lang = prompt_language(NULL);

	for (size_t g = 0; g < lang.n_groups; g++) {
		printf("%s%s\n", g ? "\n" : "", lang.groups[g]->title);
		for (size_t i = 0; i < lang.groups[g]->n; i++) {
			const struct verb *v = &lang.groups[g]->verbs[i];

			printf("  %s%s%s%s\n      %s\n", v->kind == VERB_SUBJECT ? "A " : "", v->name, *v->usage ? " " : "",
			       v->usage, v->summary);
		}
	}
	return EXIT_OK;
}

static int check(void)
{
	bool any = false;
	struct err why;

	for (int i = 0; i < WAYS; i++) {
		bool works = way_works(i, &why);

		any = any || works;
		printf("%-22s %s\n", ways[i].name, works ? "yes" : "no");
		if (!works)
			printf("    why:  %.*s\n    try:  %s\n", (int)strcspn(why.text, ";"), why.text, ways[i].remedy);
	}
	return any && way_here(&why) >= 0 ? EXIT_OK : EXIT_COULD_NOT;
}

/* --- the command --------------------------------------------------------------------------------------- */

enum { OPT_VERBS = 256, OPT_JSON, OPT_PCAP, OPT_ALL, OPT_REPEAT, OPT_SLOW, OPT_CHECK_EXPLAIN, OPT_ALLOW_RUN };

static const struct opt lab_options[] = {
	{ 'l', "list", NULL, "List the built-in scenarios, each with what it proves" },
	{ 'c', "check", NULL, "Try which of the ways to run a lab work here, what is missing and how to get it" },
	{ OPT_VERBS, "verbs", NULL, "List the verbs of the scenario language" },
	{ OPT_ALL, "all", NULL, "Run all built-in scenarios, several at a time, and report in TAP; slow ones only with --slow" },
	{ 'j', "jobs", "N", "With --all: so many at a time (8)" },
	{ OPT_REPEAT, "repeat", "N", "With --all: each of them N times" },
	{ OPT_SLOW, "slow", NULL, "With --all: those that need minutes too" },
	{ OPT_CHECK_EXPLAIN, "check-explain", NULL,
	  "At each quiet point hold what 'lastack explain' infers from the packets so far, seen from each end, from both sides of the "
	  "wire and from a tap in it, against the kernel's own states; print how often the inference is a single state" },
	{ OPT_ALLOW_RUN, "allow-run", NULL, "Let a scenario that is not built in start programs (the verb run)" },
	{ OPT_JSON, "json", NULL, "Print JSON Lines, as doc/schema describes them" },
	{ OPT_PCAP, "pcap", "FILE", "Write the packets into a pcapng file, at both ends, with what happened to them as comments" },
	{ 'p', "pace", NULL, "Wait for Enter before each packet is delivered" },
	{ 'q', "quiet", NULL, "Print the verdict only" },
	{ 'v', "verbose", NULL,
	  "Also print every setting of the lab, the lines of the scenario, each expectation, and beside a change of state what "
	  "RFC 9293 and the kernel's source say of it" },
	{ 0 },
};

static int count(unsigned *n, const char *arg, struct err *e)
{
	long value;

	if (!number_parse(arg, &value) || value < 1 || value > 10000)
		return err_set(e, "a number from 1 to 10000 is wanted, not '%.40s'", arg);
	*n = (unsigned)value;
	return 0;
}

/* Options that only say yes. */
static const struct {
	int key;
	size_t where; /* a bool of struct job */
} switches[] = {
	{ 'l', offsetof(struct job, list) },	  { 'c', offsetof(struct job, check) },
	{ OPT_VERBS, offsetof(struct job, verbs) }, { 'p', offsetof(struct job, paced) },
	{ 'q', offsetof(struct job, quiet) },	  { 'v', offsetof(struct job, verbose) },
	{ OPT_JSON, offsetof(struct job, json) }, { OPT_ALL, offsetof(struct job, all.wanted) },
	{ OPT_SLOW, offsetof(struct job, all.slow) }, { OPT_CHECK_EXPLAIN, offsetof(struct job, check_explain) },
	{ OPT_ALLOW_RUN, offsetof(struct job, allow_run) },
};

static int set(void *ctx, int key, const char *arg, struct err *e)
{
	struct job *job = ctx;

	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		if (switches[i].key != key)
			continue;
		*(bool *)((char *)job + switches[i].where) = true;
		return 0;
	}
	if (key == 'j')
		return count(&job->all.jobs, arg, e);
	if (key == OPT_REPEAT)
		return count(&job->all.repeat, arg, e);
	if (key == OPT_PCAP) {
		job->pcap = arg;
		return 0;
	}
	if (job->what)
		return err_set(e, "one scenario at a time: '%.40s' and '%.40s'", job->what, arg);
	job->what = arg;
	return 0;
}

static const struct opt_command options = {
	"lastack lab", "[NAME|FILE]",
	"Runs a scenario on the kernel's own TCP between two network namespaces, joined by a wire that can hold packets. "
	"Without NAME or FILE: a prompt, or, where standard input is no terminal, a scenario from there.",
	lab_options, set,
};

static int run(int argc, char **argv)
{
	struct job job = { .all = { .jobs = 8, .repeat = 1 } };

	opt_parse(&options, argc, argv, &job);
	if (job.check)
		return check();
	if (job.verbs)
		return list_verbs();
	if (job.list)
		return list_scenarios();
	if (job.all.wanted && job.what) {
		fprintf(stderr, "lastack lab: --all runs every scenario; leave '%.40s' out, or --all\n", job.what);
		return EXIT_COULD_NOT;
	}
	job.all.check_explain = job.check_explain;
	if (job.all.wanted)
		return run_all(&job.all);
	if (job.what)
		return run_named(&job);
	return isatty(STDIN_FILENO) ? run_scenario(&job, "prompt", NULL, 0, false) : run_input(&job);
}

const struct command command_lab = { "lab", "run a scenario, packet by packet, on the kernel's own TCP", &options, run };
