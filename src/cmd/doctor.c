/* SPDX-License-Identifier: MIT
 * lastack doctor: what is wrong, whose fault, what to do. */
#include "base/opt.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/doctor_run.h"
#include "doctor/config.h"
#include "script/verb.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum {
	OPT_WINDOW = 256,
	OPT_ENGINE,
	OPT_ONLY,
	OPT_IGNORE,
	OPT_JSON,
	OPT_FORMAT,
	OPT_FAIL_ON,
	OPT_CONFIG,
	OPT_THRESHOLD,
	OPT_THRESHOLDS,
	OPT_RULES,
	OPT_PORT,
	OPT_FOLLOW,
	OPT_FOR,
	OPT_WATCH,
	OPT_OFFLINE,
	OPT_STOP
};

static const struct opt doctor_options[] = {
	{ OPT_WINDOW, "window", "TIME",
	  "Look twice, so far apart (5s); 0: look once, and judge nothing that needs a rate" },
	{ 'N', "netns", "NAME",
	  "Only this network namespace: a name of ip-netns, a path, a process id, an inode number" },
	{ OPT_PORT, "port", "PORT",
	  "Who holds this port, why bind() fails, and what frees it; exit code 1 if it is held" },
	{ OPT_FOLLOW, "follow", "PID",
	  "Watch the socket calls of this process within the window, and name the lines that leave connections open; "
	  "it runs on, but a call that "
	  "sleeps may return EINTR once" },
	{ OPT_FOR, "for", "TIME", "With --follow: for so long (60s), which is the window then" },
	{ OPT_STOP, "stop-threads", NULL,
	  "Stop each thread of a suspect for the moment in which its stack is read: those that run are seen as well, "
	  "and stacks are whole; a call that "
	  "sleeps may return EINTR once" },
	{ OPT_ONLY, "only", "RULES", "Only these rules: ids, names, or LA1xx for a family, separated by commas" },
	{ OPT_IGNORE, "ignore", "RULE", "Findings of this rule do not count; RULE:PORT of that port only" },
	{ OPT_THRESHOLD, "threshold", "NAME=VALUE", "Judge by this number, as settled=10s or close-wait-count=5" },
	{ OPT_THRESHOLDS, "thresholds", NULL, "List the numbers that decide, with their values and meaning" },
	{ OPT_RULES, "rules", NULL, "List the rules: id, name, severity, and what it means when one fires" },
	{ OPT_WATCH, "watch", NULL, "Look window after window, and print what opens, changes and closes" },
	{ OPT_OFFLINE, "offline", "FOLDER",
	  "Judge what was saved elsewhere: 'ss -tanpoeim' and 'sysctl -a', files of /proc/net, or a report of sos; "
	  "given twice, the earlier first, "
	  "it tells rates as well" },
	{ OPT_CONFIG, "config", "FILE",
	  "Read thresholds and what is to be ignored from this file, not from doctor.ini" },
	{ OPT_JSON, "json", NULL, "Print JSON Lines, as doc/schema describes them" },
	{ OPT_FORMAT, "format", "text|json|nagios", "How to print; nagios: as a plugin of Nagios, Icinga or Naemon" },
	{ OPT_FAIL_ON, "fail-on", "critical|warning|never", "From which severity on the exit code tells: warning" },
	{ 'n', "numeric", NULL, "Numbers instead of the names of namespaces" },
	{ OPT_ENGINE, "engine", "A|B|C", "How to look, as for lastack list" },
	{ 'q', "quiet", NULL, "The first line alone" },
	{ 'v', "verbose", NULL,
	  "All there is to say: every line of evidence, figures with their thresholds, what does not help, what is "
	  "unknown" },
	{ 0 },
};

struct doctor_words {
	struct doctor_job job;
	const char *config;
	struct buf thresholds; /* "NAME=VALUE" each, ended by a newline: they count after the file's */
	bool list_thresholds, list_rules, json;
};

static int set_window(struct doctor_job *job, const char *arg, struct err *e)
{
	long seconds;

	if (number_parse(arg, &seconds) && seconds >= 0 && seconds <= 86400)
		job->window = span_s(seconds);
	else if (!span_parse(arg, &job->window) || job->window.ns < span_ms(100).ns)
		return err_set(e, "'%.40s' is no window: 100ms to 24 hours, as 5s, or 0 for one look", arg);
	return 0;
}

static int set_format(struct doctor_job *job, const char *arg, struct err *e)
{
	static const char *const words[] = {
		[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_NAGIOS] = "nagios"
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(arg, words[i]) != 0)
			continue;
		job->format = (enum doctor_format)i;
		return 0;
	}
	return err_set(e, "'%.40s' is no format: text, json or nagios", arg);
}

static int set_fail_on(struct doctor_job *job, const char *arg, struct err *e)
{
	job->never_fail = strcasecmp(arg, "never") == 0;
	if (strcasecmp(arg, "critical") == 0)
		job->fail_on = SEVERITY_CRITICAL;
	else if (strcasecmp(arg, "warning") == 0)
		job->fail_on = SEVERITY_WARNING;
	else if (!job->never_fail)
		return err_set(e, "'%.40s' is no severity to fail on: critical, warning or never", arg);
	return 0;
}

/* "LA104", "LA104:8125" */
static int set_ignore(struct doctor_job *job, const char *arg, struct err *e)
{
	struct doctor_settings *s = &job->settings;
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

/* One look is enough, at this alone. */
static int set_port(struct doctor_job *job, const char *arg, struct err *e)
{
	long port;

	if (!number_parse(arg, &port) || port < 1 || port > 65535)
		return err_set(e, "'%.20s' is no port from 1 to 65535", arg);
	job->port = (uint16_t)port;
	job->window = (struct span){ 0 };
	job->settings.only = "LA205";
	job->verbose = true;
	return 0;
}

static int set_pid(struct doctor_job *job, const char *arg, struct err *e)
{
	long pid;

	if (!number_parse(arg, &pid) || pid < 1 || pid > INT32_MAX)
		return err_set(e, "'%.40s' is no process id; 'lastack doctor' alone looks at all processes", arg);
	if (job->only)
		return err_set(e, "one process at a time: %d and %ld", job->only, pid);
	job->only = (pid_t)pid;
	return 0;
}

static int set_follow(struct doctor_job *job, const char *arg, struct err *e)
{
	if (set_pid(job, arg, e) < 0)
		return -1;
	job->follow = job->only;
	return 0;
}

static int set_for(struct doctor_job *job, const char *arg, struct err *e)
{
	if (set_window(job, arg, e) < 0)
		return -1;
	job->follow_for = job->window;
	return 0;
}

static int set_offline(struct doctor_job *job, const char *arg, struct err *e)
{
	if (!*arg)
		return err_set(e, "--offline wants a folder of saved files");
	if (job->n_offline == ARRAY_SIZE(job->offline))
		return err_set(e, "--offline takes two folders at most: the earlier one and the later one");
	job->offline[job->n_offline++] = arg;
	return 0;
}

static int set_only(struct doctor_job *job, const char *arg, struct err *e)
{
	job->settings.only = arg;
	return doctor_check_only(arg, e);
}

/* What is said by a value. */
static const struct {
	int key;
	int (*set)(struct doctor_job *job, const char *arg, struct err *e);
} values[] = { { 0, set_pid },
	       { OPT_WINDOW, set_window },
	       { OPT_FORMAT, set_format },
	       { OPT_FAIL_ON, set_fail_on },
	       { OPT_IGNORE, set_ignore },
	       { OPT_PORT, set_port },
	       { OPT_FOLLOW, set_follow },
	       { OPT_FOR, set_for },
	       { OPT_ONLY, set_only },
	       { OPT_OFFLINE, set_offline } };

/* Those that are kept as they are said. */
static const struct {
	int key;
	size_t text; /* a const char * of struct doctor_words */
} texts[] = { { OPT_CONFIG, offsetof(struct doctor_words, config) },
	      { OPT_ENGINE, offsetof(struct doctor_words, job.engine) },
	      { 'N', offsetof(struct doctor_words, job.netns) } };

static const struct {
	int key;
	size_t flag; /* a bool of struct doctor_words */
} flags[] = {
	{ OPT_JSON, offsetof(struct doctor_words, json) },
	{ OPT_WATCH, offsetof(struct doctor_words, job.watch) },
	{ OPT_STOP, offsetof(struct doctor_words, job.stop_threads) },
	{ OPT_RULES, offsetof(struct doctor_words, list_rules) },
	{ OPT_THRESHOLDS, offsetof(struct doctor_words, list_thresholds) },
	{ 'n', offsetof(struct doctor_words, job.numeric) },
	{ 'q', offsetof(struct doctor_words, job.quiet) },
	{ 'v', offsetof(struct doctor_words, job.verbose) },
};

static int set(void *ctx, int key, const char *arg, struct err *e)
{
	struct doctor_words *w = ctx;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].key == key)
			*(bool *)((char *)w + flags[i].flag) = true;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].key == key)
			*(const char **)((char *)w + texts[i].text) = arg;
	if (key == OPT_THRESHOLD)
		buf_addf(&w->thresholds, "%s\n", arg);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (values[i].key == key)
			return values[i].set(&w->job, arg, e);
	return 0;
}

static const struct opt_command options = {
	"lastack doctor",
	"[PID]",
	"What is wrong with the TCP connections of this machine, worst first: whose they are, the evidence, the cause, "
	"what to do and what will not "
	"help. With PID: of this process alone, and from the first connection on.",
	doctor_options,
	set,
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
		printf("%s  %s\n", buf_text(&line), threshold_info((enum threshold)i)->sentence);
		buf_free(&line);
		buf_free(&value);
	}
	return EXIT_OK;
}

static int print_rules(bool verbose)
{
	for (const struct rule *const *r = doctor_rules; *r; r++) {
		const struct rule_text *t = &(*r)->text;

		printf("%s %-26s %-8s  %s\n", t->id, t->name, severity_word((*r)->severity), t->sentence);
		if (verbose)
			printf("      proved by %s%s%s\n", t->scenario ? t->scenario : "evidence in test/",
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
	job->verbose = job->verbose || job->stop_threads; /* who stops them wants to see them */
	if (job->follow && !job->follow_for.ns)
		job->follow_for = span_s(60);
	return 0;
}

static int run(int argc, char **argv)
{
	struct doctor_words w = { .job = { .window = span_s(5), .fail_on = SEVERITY_WARNING } };
	struct err e = { 0 };
	int code = EXIT_COULD_NOT;

	thresholds_default(&w.job.settings.thresholds);
	opt_parse(&options, argc, argv, &w);
	if (check_words(&w, &e) < 0 || doctor_config(&w.job.settings, w.config, &e) < 0 || set_thresholds(&w, &e) < 0)
		fprintf(stderr, "lastack doctor: %s\n", err_text(&e));
	else
		code = answer(&w);
	buf_free(&w.thresholds);
	free(w.job.settings.ignored);
	return code;
}

const struct command command_doctor = { "doctor", "what is wrong, whose fault it is, and what to do", &options, run };
