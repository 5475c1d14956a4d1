/* SPDX-License-Identifier: MIT
 * lastack doctor: what is wrong, whose fault, what to do. */
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/doctor_run.h"
#include "doctor/config.h"
#include "render/out.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct doctor_words {
	struct doctor_job job;
	const char *config;
	struct buf thresholds; /* "NAME=VALUE" each, ended by a newline: they count after the file's */
	bool list_thresholds, list_rules, json;
};

/* "LA104", "LA104:8125" */
static int add_ignored(void *ctx, const char *arg, struct err *e)
{
	struct doctor_words *w = ctx;
	struct doctor_settings *s = &w->job.settings;
	struct ignored g = { .reason = "--ignore" };
	char word[64];
	size_t n = strcspn(arg, ":");
	long port = 0;

	snprintf(word, sizeof word, "%.*s", (int)n, arg);
	g.rule = doctor_rule(word);
	if (!g.rule)
		return err_set(e, "there is no rule '%.40s'; 'lastack doctor --rules' lists them", word);
	if (arg[n] && (!number_parse(arg + n + 1, &port) || port < 1 || port > 65535))
		return err_set(e, "'%.20s' is no port from 1 to 65535", arg + n + 1);
	g.port = (uint16_t)port;
	s->ignored = grow(s->ignored, s->n_ignored, &s->cap_ignored, sizeof *s->ignored);
	s->ignored[s->n_ignored++] = g;
	return 0;
}

static int add_offline(void *ctx, const char *arg, struct err *e)
{
	struct doctor_job *job = &((struct doctor_words *)ctx)->job;

	if (!*arg)
		return err_set(e, "--offline wants a folder of saved files");
	if (job->n_offline == ARRAY_SIZE(job->offline))
		return err_set(e, "--offline takes two folders at most: the earlier one and the later one");
	job->offline[job->n_offline++] = arg;
	return 0;
}

static int add_threshold(void *ctx, const char *arg, struct err *e)
{
	struct doctor_words *w = ctx;

	(void)e;
	buf_addf(&w->thresholds, "%s\n", arg);
	return 0;
}

static const char *const doctor_formats[] = {
	[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_NAGIOS] = "nagios", NULL
};
static const char *const doctor_fails[] = {
	[FAIL_ON_CRITICAL] = "critical", [FAIL_ON_WARNING] = "warning", [FAIL_NEVER] = "never", NULL
};

static const struct opt doctor_options[] = {
	{ 0, "window", "TIME", "Look twice, so far apart (5s); 0: look once, and judge nothing that needs a rate",
	  TO_SPAN(struct doctor_words, job.window, 100), .zero = "0 for one look" },
	{ 'N', "netns", "NAME",
	  "Only this network namespace: a name of ip-netns, a path, a process id, an inode number",
	  TO_TEXT(struct doctor_words, job.netns) },
	{ 0, "port", "PORT", "Who holds this port, why bind() fails, and what frees it; exit code 1 if it is held",
	  TO_NUMBER(struct doctor_words, job.port, 1, 65535) },
	{ 0, "follow", "PID",
	  "Watch the socket calls of this process within the window, and name the lines that leave connections open; "
	  "it runs on, but a call that "
	  "sleeps may return EINTR once",
	  TO_NUMBER(struct doctor_words, job.follow, 1, INT32_MAX) },
	{ 0, "for", "TIME", "With --follow: for so long (60s), which is the window then",
	  TO_SPAN(struct doctor_words, job.follow_for, 100) },
	{ 0, "stop-threads", NULL,
	  "Stop each thread of a suspect for the moment in which its stack is read: those that run are seen as well, "
	  "and stacks are whole; a call that "
	  "sleeps may return EINTR once",
	  TO_FLAG(struct doctor_words, job.stop_threads) },
	{ 0, "only", "RULES", "Only these rules: ids, names, or LA1xx for a family, separated by commas",
	  TO_TEXT(struct doctor_words, job.settings.only) },
	{ 0, "ignore", "RULE", "Findings of this rule do not count; RULE:PORT of that port only",
	  TO_CALL(add_ignored) },
	{ 0, "threshold", "NAME=VALUE", "Judge by this number, as settled=10s or close-wait-count=5",
	  TO_CALL(add_threshold) },
	{ 0, "thresholds", NULL, "List the numbers that decide, with their values and meaning",
	  TO_FLAG(struct doctor_words, list_thresholds) },
	{ 0, "rules", NULL, "List the rules: id, name, severity, and what it means when one fires",
	  TO_FLAG(struct doctor_words, list_rules) },
	{ 0, "watch", NULL, "Look window after window, and print what opens, changes and closes",
	  TO_FLAG(struct doctor_words, job.watch) },
	{ 0, "offline", "FOLDER",
	  "Judge what was saved elsewhere: 'ss -tanpoeim' and 'sysctl -a', files of /proc/net, or a report of sos; "
	  "given twice, the earlier first, "
	  "it tells rates as well",
	  TO_CALL(add_offline) },
	{ 0, "config", "FILE", "Read thresholds and what is to be ignored from this file, not from doctor.ini",
	  TO_TEXT(struct doctor_words, config) },
	{ 0, "json", NULL, "Print JSON Lines, as doc/schema describes them", TO_FLAG(struct doctor_words, json) },
	{ 0, "format", "text|json|nagios", "How to print; nagios: as a plugin of Nagios, Icinga or Naemon",
	  TO_CHOICE(struct doctor_words, job.format, doctor_formats) },
	{ 0, "fail-on", "critical|warning|never", "From which severity on the exit code tells: warning",
	  TO_CHOICE(struct doctor_words, job.fail_on, doctor_fails) },
	{ 'n', "numeric", NULL, "Nothing: it is taken because ss(8) has it", TO_NOTHING },
	{ 0, "engine", "A|B|C", "How to look, as for lastack list", TO_TEXT(struct doctor_words, job.engine) },
	{ 'q', "quiet", NULL, "The first line alone", TO_FLAG(struct doctor_words, job.quiet) },
	{ 'v', "verbose", NULL,
	  "All there is to say: every line of evidence, figures with their thresholds, what does not help, what is "
	  "unknown",
	  TO_FLAG(struct doctor_words, job.verbose) },
	{ 0 },
};

static const struct opt_command options = {
	"lastack doctor",
	"[PID]",
	"What is wrong with the TCP connections of this machine, worst first: whose they are, the evidence, the cause, "
	"what to do and what will not "
	"help. With PID: of this process alone, and from the first connection on.",
	doctor_options,
	{ .name = "process id",
	  TO_NUMBER(struct doctor_words, job.only, 1, INT32_MAX),
	  .advice = "'lastack doctor' alone looks at all processes" },
	NULL,
};

/* What the words of --threshold say, after the file. */
static int set_thresholds(struct doctor_words *w, struct err *e)
{
	char *text = xstrdup(buf_text(&w->thresholds)), *rest = NULL;
	int rc = 0;

	for (char *line = strtok_r(text, "\n", &rest); line && rc == 0; line = strtok_r(NULL, "\n", &rest)) {
		char *value = strchr(line, '=');

		if (value)
			*value++ = 0;
		rc = value ? thresholds_set(&w->job.settings.thresholds, line, value, e)
		           : err_set(e, "'%.40s' is no threshold: write NAME=VALUE", line);
	}
	free(text);
	return rc;
}

static int print_thresholds(const struct thresholds *t)
{
	for (int i = 0; i < THRESHOLDS; i++) {
		struct buf line = { 0 }, value = { 0 };

		threshold_add(&value, t, (enum threshold)i);
		text_pad(&line, threshold_info((enum threshold)i)->word, 20);
		text_pad_left(&line, buf_text(&value), 12);
		out_line(stdout, "%s  %s", buf_text(&line), threshold_info((enum threshold)i)->sentence);
		buf_free(&line);
		buf_free(&value);
	}
	return EXIT_OK;
}

static int print_rules(bool verbose)
{
	for (const struct rule *const *r = doctor_rules; *r; r++) {
		const struct rule_text *t = &(*r)->text;

		out_line(stdout, "%s %-26s %-8s  %s", t->id, t->name, severity_word((*r)->severity), t->sentence);
		if (verbose)
			out_line(stdout, "      proved by %s%s%s", t->scenario ? t->scenario : "evidence in test/",
			         t->twin ? ", silent in " : "", t->twin ? t->twin : "");
	}
	return EXIT_OK;
}

static int answer(struct doctor_words *w)
{
	if (w->list_rules)
		return print_rules(w->job.verbose);
	return w->list_thresholds ? print_thresholds(&w->job.settings.thresholds) : doctor_run(&w->job);
}

/* Words that say more than one thing: --follow PID means this process alone; --port is answered by one look at
 * everything that is known of the port; the time of --for is the window. */
static int complete_words(struct doctor_words *w, struct err *e)
{
	struct doctor_job *job = &w->job;

	if (job->follow && job->only && job->follow != job->only)
		return err_set(e, "one process at a time: %d and %d", job->only, job->follow);
	job->only = job->follow ? job->follow : job->only;
	if (job->port) {
		job->window = (struct span){ 0 };
		job->settings.only = "LA205";
	}
	if (job->follow_for.ns)
		job->window = job->follow_for;
	job->verbose = job->verbose || job->port || job->stop_threads; /* who stops threads wants to see them */
	return job->settings.only ? doctor_check_only(job->settings.only, e) : 0;
}

/* What one of them would leave without effect. */
static int check_words(struct doctor_words *w, struct err *e)
{
	struct doctor_job *job = &w->job;

	if (w->json && job->format == FORMAT_NAGIOS)
		return err_set(e, "--json and --format=nagios are two forms of the same: leave one of them out");
	if (w->json)
		job->format = FORMAT_JSON;
	if (job->n_offline && (job->watch || job->follow || job->stop_threads || job->netns || job->engine))
		return err_set(e, "--offline looks at files, not at a machine: leave out --watch, --follow, "
		                  "--stop-threads, --netns and --engine");
	if (job->only && !job->n_offline && kill(job->only, 0) < 0 && errno == ESRCH)
		return err_set(e, "there is no process %d", job->only);
	if (job->follow_for.ns && !job->follow)
		return err_set(
			e, "--for is how long --follow watches a process: name one with --follow PID, or say --window");
	if (job->watch && (job->follow || job->port || !job->window.ns || job->format == FORMAT_NAGIOS))
		return err_set(e, "--watch looks window after window, as text or JSON: leave out --follow, --port, "
		                  "--window 0 and nagios");
	if (job->follow && !job->follow_for.ns)
		job->follow_for = span_s(60);
	return 0;
}

static int run(int argc, char **argv)
{
	struct doctor_words w = { .job = { .window = span_s(5), .fail_on = FAIL_ON_WARNING } };
	struct err e = { 0 };
	int code;

	thresholds_default(&w.job.settings.thresholds);
	if (!command_begins(&command_doctor, argc, argv, &w, &code))
		return code;
	if (complete_words(&w, &e) < 0 || check_words(&w, &e) < 0 || doctor_config(&w.job.settings, w.config, &e) < 0 ||
	    set_thresholds(&w, &e) < 0)
		code = command_fail(&command_doctor, &e);
	else
		code = answer(&w);
	buf_free(&w.thresholds);
	free(w.job.settings.ignored);
	return code;
}

const struct command command_doctor = { "doctor", "what is wrong, whose fault it is, and what to do", &options, run };
