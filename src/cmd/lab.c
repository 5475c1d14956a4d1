/* SPDX-License-Identifier: MIT
 * lastack lab: runs a scenario, and shows what is seen. Joins the lab with a renderer. */
#include "session/syntax.h"
#include "session/trials.h"
#include "cmd/command.h"
#include "script/scenario.h"
#include "session/session.h"
#include "lab/verbs.h"
#include "lab/ways.h"
#include "render/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct lab_job {
	const char **what; /* NAME, FILE or DIR, each */
	size_t n_what, cap_what;
	const char *pcap; /* the file to write; NULL: none */
	bool list, check, verbs, tap, syntax, paced, quiet, verbose, json, check_explain, allow_run;
	struct trials_wanted all;
};

static struct session_job session_job_of(const struct lab_job *job, bool may_run)
{
	return (struct session_job){ .command = "lab",
		                     .what = job->n_what ? job->what[0] : NULL,
		                     .pcap = job->pcap,
		                     .paced = job->paced,
		                     .quiet = job->quiet,
		                     .verbose = job->verbose,
		                     .json = job->json,
		                     .check_explain = job->check_explain,
		                     .free_form = job->n_what == 0,
		                     .may_run = may_run };
}

static int run_scenario(const struct lab_job *job, const char *name, const char *text, size_t len, bool from_outside)
{
	struct session_job wanted = session_job_of(job, !from_outside || job->allow_run);
	struct session s;

	if (session_open(&s, &wanted, name) < 0)
		return EXIT_COULD_NOT;
	return session_close(&s, session_text(&s, text, len));
}

static void told(void *ctx, int rc, const struct err *e)
{
	session_told(ctx, rc, e);
}

/* The prompt's verdict counts what held; what did not was answered at once and is no failure of a session. */
static int run_prompt(const struct lab_job *job)
{
	static const struct prompt_kind kind = { "lab> ", NULL, false };
	struct session_job wanted = session_job_of(job, true);
	struct language lang;
	struct script script;
	struct session s;
	struct err none = { 0 };
	int code;

	if (session_open(&s, &wanted, "prompt") < 0)
		return EXIT_COULD_NOT;
	out_wrapped(
		stdout, &s.view.term, TINT_NONE, 0, "%s",
		"A lab: two hosts, client and server, on the kernel's own TCP. help, help VERB, save FILE, quit; Tab "
		"completes.");
	out_wrapped(stdout, &s.view.term, TINT_NONE, 0, "%s",
	            "For example: server listen 7777 / hold client SYN / client connect 7777 / table / release SYN");
	lang = prompt_language(&s.lab);
	session_script(&s, &script, &lang);
	script.recording = true;
	prompt_run(&s.lab, &script, &kind, told, &s);
	code = session_conclude(&s, 0, &none);
	script_free(&script);
	return session_close(&s, code);
}

/* --- finding what to run ------------------------------------------------------------------------------- */

/* A scenario that comes through a pipe. */
static int run_input(const struct lab_job *job)
{
	static char stdin_name[] = "stdin";
	struct batch_item item = { .name = stdin_name };
	struct batch what = { .items = &item, .n = 1 };
	struct err e;
	char *text;
	size_t len;
	int code;

	if (batch_read("stdin", &text, &len, &e) < 0)
		return command_fail(&command_lab, &e);
	item.text = text;
	item.len = len;
	code = job->syntax ? syntax_check(&what, job->quiet) : run_scenario(job, "stdin", text, len, true);
	free(text);
	return code;
}

static int run_one(const struct lab_job *job, const struct batch_item *item)
{
	char name[80];

	if (!item->built_in)
		return run_scenario(job, item->name, item->text, item->len, true);
	snprintf(name, sizeof name, "%s.lab", item->name);
	return run_scenario(job, name, item->text, item->len, false);
}

/* What only one lab at a time can do. */
static int is_for_one(const struct lab_job *job, struct err *e)
{
	if (job->pcap)
		return err_set(e, "--pcap writes the packets of one scenario; name one, or leave it out");
	if (job->paced)
		return err_set(e, "--pace is for one scenario; name one, or leave it out");
	if (job->json)
		return err_set(e, "--json prints the events of one scenario; for many there are TAP and --junit");
	return 0;
}

/* Where no lab can be every scenario would say so. */
static int run_many(const struct lab_job *job, const struct batch *what)
{
	struct way_tried here;
	struct err e;
	int code;

	if (is_for_one(job, &e) < 0)
		return command_fail(&command_lab, &e);
	if (way_here(&here) < 0)
		return command_fail(&command_lab, &here.why);
	code = trials_run(what, &job->all, &e);
	return code < 0 ? command_fail(&command_lab, &e) : code;
}

static int run_named(const struct lab_job *job)
{
	bool many = job->n_what != 1 || job->tap || job->all.junit || job->all.repeat > 1;
	struct batch what = { 0 };
	struct err e;
	int code = EXIT_OK;

	if (job->all.wanted)
		batch_add_all(&what);
	for (size_t i = 0; i < job->n_what && code == EXIT_OK; i++) {
		many = many || batch_is_folder(job->what[i]);
		if (batch_add(&what, job->what[i], &e) < 0)
			code = command_fail(&command_lab, &e);
	}
	if (code == EXIT_OK && job->syntax)
		code = syntax_check(&what, job->quiet);
	else if (code == EXIT_OK)
		code = many ? run_many(job, &what) : run_one(job, &what.items[0]);
	batch_free(&what);
	return code;
}

/* --- lists --------------------------------------------------------------------------------------------- */

static int list_scenarios(void)
{
	for (size_t i = 0; i < scenarios_n; i++)
		out_line(stdout, "%-20s %s", scenarios[i].name, scenario_title(&scenarios[i]));
	return EXIT_OK;
}

static int list_verbs(void)
{
	struct language lang = prompt_language(NULL);

	for (size_t g = 0; g < lang.n_groups; g++) {
		if (g)
			out_end(stdout);
		out_line(stdout, "%s", lang.groups[g]->title);
		for (size_t i = 0; i < lang.groups[g]->n; i++) {
			const struct verb *v = &lang.groups[g]->verbs[i];

			out_line(stdout, "  %s%s%s%s", v->kind == VERB_SUBJECT ? "A " : "", v->name,
			         *v->usage ? " " : "", v->usage);
			out_line(stdout, "      %s", v->summary);
		}
	}
	return EXIT_OK;
}

/* "    why:  …" */
static void say_why(const char *label, const struct err *why)
{
	out_line(stdout, "    %-5s %s%s%s%s", label, why->what, *why->why ? " (" : "", why->why, *why->why ? ")" : "");
}

/* A way that works, and what it cannot do all the same; false if there is nothing. */
static bool say_limits(const struct way_tried *t)
{
	unsigned refused = baseline_refused(&t->left);

	if (refused) {
		struct err e;

		err_sys(&e, t->left.why, "%u of %zu settings cannot be made, 'lastack lab -v' shows them", refused,
		        baseline_n);
		say_why("but:", &e);
	}
	if (!t->one_host)
		say_why("but:", &t->why);
	return refused || !t->one_host;
}

/* True: it works. */
static bool check_way(int i)
{
	struct buf remedy = { 0 };
	struct way_tried t;
	bool fine = way_works(i, &t);

	out_line(stdout, "%-22s %s", ways[i].name, t.works ? "yes" : "no");
	if (t.works)
		fine = !say_limits(&t);
	else
		say_why("why:", &t.why);
	way_remedy(i, &t, &remedy);
	if (!fine)
		out_line(stdout, "    %-5s %s", "try:", buf_text(&remedy));
	buf_free(&remedy);
	return t.works;
}

/* What programs in a lab take, and programs that are stepped elsewhere. */
static void check_programs(void)
{
	struct err why;
	bool fine = way_programs(&why);

	out_line(stdout, "%-22s %s", "step, and the verb run", fine ? "yes" : "no");
	if (fine)
		return;
	say_why("why:", &why);
	out_line(stdout, "    %-5s %s", "try:", why.advice);
}

static int check(void)
{
	struct way_tried here;
	bool any = false;

	for (int i = 0; i < WAYS; i++)
		any = check_way(i) || any;
	check_programs();
	return any && way_here(&here) >= 0 ? EXIT_OK : EXIT_COULD_NOT;
}

/* --- the command --------------------------------------------------------------------------------------- */

static int add_what(void *ctx, const char *word, struct err *e)
{
	struct lab_job *job = ctx;

	(void)e;
	job->what = grow(job->what, job->n_what, &job->cap_what, sizeof *job->what);
	job->what[job->n_what++] = word;
	return 0;
}

static const struct opt lab_options[] = {
	{ 'l', "list", NULL, "List the built-in scenarios, each with what it proves", TO_FLAG(struct lab_job, list) },
	{ 'c', "check", NULL, "Try which of the ways to run a lab work here, what is missing and how to get it",
	  TO_FLAG(struct lab_job, check) },
	{ 0, "verbs", NULL, "List the verbs of the scenario language", TO_FLAG(struct lab_job, verbs) },
	{ 0, "all", NULL,
	  "Run all built-in scenarios, several at a time, and report in TAP; slow ones only with --slow",
	  TO_FLAG(struct lab_job, all.wanted) },
	{ 0, "syntax", NULL,
	  "Read the scenarios to their ends and run nothing: words, numbers, actors that are never made, verbs out of "
	  "place, "
	  "each as FILE:LINE:COLUMN",
	  TO_FLAG(struct lab_job, syntax) },
	{ 0, "tap", NULL, "Report in TAP, as several scenarios and --all do, also of one",
	  TO_FLAG(struct lab_job, tap) },
	{ 0, "junit", "FILE", "Also write what became of each scenario into a file of JUnit's XML, for CI systems",
	  TO_TEXT(struct lab_job, all.junit) },
	{ 'j', "jobs", "N", "Of several: so many at a time (8, and up to 32 while a processor is idle)",
	  TO_NUMBER(struct lab_job, all.jobs, 1, 10000) },
	{ 0, "repeat", "N", "Each of them N times", TO_NUMBER(struct lab_job, all.repeat, 1, 10000) },
	{ 0, "slow", NULL, "With --all or a folder: those that need minutes too", TO_FLAG(struct lab_job, all.slow) },
	{ 0, "check-explain", NULL,
	  "At each quiet point hold what 'lastack explain' infers from the packets so far, seen from each end, from "
	  "both sides of the "
	  "wire and from a tap in it, against the kernel's own states; print how often the inference is a single "
	  "state",
	  TO_FLAG(struct lab_job, check_explain) },
	{ 0, "allow-run", NULL, "Let a scenario that is not built in start programs (the verb run)",
	  TO_FLAG(struct lab_job, allow_run) },
	{ 0, "json", NULL, "Print JSON Lines, as doc/schema describes them", TO_FLAG(struct lab_job, json) },
	{ 0, "pcap", "FILE",
	  "Write the packets into a pcapng file, at both ends, with what happened to them as comments",
	  TO_TEXT(struct lab_job, pcap) },
	{ 'p', "pace", NULL, "Wait for Enter before each packet is delivered", TO_FLAG(struct lab_job, paced) },
	{ 'q', "quiet", NULL, "Print the verdict only", TO_FLAG(struct lab_job, quiet) },
	{ 'v', "verbose", NULL,
	  "Also print every setting of the lab, the lines of the scenario, each expectation, and beside a change of "
	  "state what "
	  "RFC 9293 and the kernel's source say of it",
	  TO_FLAG(struct lab_job, verbose) },
	{ 0 },
};

static const struct opt_command options = {
	"lastack lab",
	"[NAME|FILE|DIR]...",
	"Runs a scenario on the kernel's own TCP between two network namespaces, joined by a wire that can hold "
	"packets. "
	"Without NAME or FILE: a prompt, or, where standard input is no terminal, a scenario from there. Several, or a "
	"folder "
	"of *.lab files, are run several at a time and reported in TAP.",
	lab_options,
	{ .name = "scenario", TO_CALL(add_what) },
	NULL,
};

static int run_wanted(struct lab_job *job)
{
	struct err e;

	if (job->check)
		return check();
	if (job->verbs)
		return list_verbs();
	if (job->list)
		return list_scenarios();
	if (job->all.wanted && job->n_what) {
		err_set(&e, "--all runs every scenario; leave '%.40s' out, or --all", job->what[0]);
		return command_fail(&command_lab, &e);
	}
	job->all.check_explain = job->check_explain;
	job->all.allow_run = job->allow_run;
	if (job->all.wanted || job->n_what)
		return run_named(job);
	return isatty(STDIN_FILENO) && !job->syntax ? run_prompt(job) : run_input(job);
}

static int run(int argc, char **argv)
{
	struct lab_job job = { .all = { .repeat = 1 } };
	int code;

	if (command_begins(&command_lab, argc, argv, &job, &code))
		code = run_wanted(&job);
	free(job.what);
	return code;
}

const struct command command_lab = { "lab", "run a scenario, packet by packet, on the kernel's own TCP", &options,
	                             run };
