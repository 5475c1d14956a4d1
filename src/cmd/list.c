/* SPDX-License-Identifier: MIT
 * lastack list: every TCP socket, with its owner, its age and its reasons. */
#include "base/opt.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/list_run.h"
#include "script/verb.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPT_SORT = 256, OPT_GROUP, OPT_JSON, OPT_CSV, OPT_WATCH, OPT_ENGINE, OPT_COLUMNS, OPT_TIMING };

static const struct opt list_options[] = {
	{ 'o', "columns", "COLUMNS",
	  "Show these columns, +COLUMNS these as well; --list-columns tells which there are" },
	{ OPT_SORT, "sort", "COLUMN",
	  "Order by a column, -COLUMN the other way round; several are separated by commas" },
	{ OPT_GROUP, "group-by", "WHAT",
	  "Count the sockets by state, owner, peer, listener or netns, with the oldest age of each" },
	{ 'n', "numeric", NULL, "Numbers instead of the names of users, namespaces and cgroups" },
	{ OPT_JSON, "json", NULL, "Print JSON Lines, as doc/schema describes them" },
	{ OPT_CSV, "csv", NULL, "Print comma-separated values" },
	{ OPT_WATCH, "watch", "TIME", "Look again and again, and print what has changed: + came, - went, ~ changed" },
	{ 'N', "netns", "NAME",
	  "Only this network namespace: a name of ip-netns, a path, a process id, an inode number" },
	{ 'l', "listening", NULL, "Listeners only" },
	{ '4', "ipv4", NULL, "IPv4 only" },
	{ '6', "ipv6", NULL, "IPv6 only" },
	{ 'e', "extended", NULL, "Also user, inode and cookie" },
	{ 'i', "info", NULL, "Also round trip, windows and what was sent again" },
	{ 'm', "memory", NULL, "Also drops" },
	{ 'H', "no-header", NULL, "No line of titles" },
	{ OPT_ENGINE, "engine", "A|B|C",
	  "How to look: A sock_diag and /proc, B sock_diag and BPF, C BPF; else the fastest for what is there" },
	{ 'v', "verbose", NULL, "Name every owner; say how it was looked, and what could not be seen" },
	{ OPT_COLUMNS, "list-columns", NULL, "List the columns, with their meaning" },
	{ OPT_TIMING, "timing", "N",
	  "Look and print N times, and say on standard error how long each part took (medians)" },
	{ 'a', "all", NULL, "Nothing: all states are shown. For fingers that know ss, as -t and -p" },
	{ 't', "tcp", NULL, "Nothing" },
	{ 'p', "processes", NULL, "Nothing" },
	{ 0 },
};

static void add_word(struct buf *words, const char *word)
{
	if (words->len)
		buf_puts(words, " ");
	buf_puts(words, word);
}

static int set_sort(struct list_job *job, const char *arg, struct err *e)
{
	job->sort = arg;
	return sorting_parse(&job->sorting, arg, e);
}

static int set_group(struct list_job *job, const char *arg, struct err *e)
{
	if (!grouping_by_word(arg, &job->grouping))
		return err_set(e, "'%.40s' is nothing to group by: state, owner, peer, listener or netns", arg);
	job->grouped = true;
	return 0;
}

static int set_watch(struct list_job *job, const char *arg, struct err *e)
{
	long seconds;

	if (number_parse(arg, &seconds) && seconds > 0 && seconds <= 86400)
		job->watch = span_s(seconds);
	else if (!span_parse(arg, &job->watch) || job->watch.ns < span_ms(100).ns)
		return err_set(e, "'%.40s' is no time to watch by: 100ms to 24 hours, as 1s or 500ms", arg);
	return 0;
}

static int set_timing(struct list_job *job, const char *arg, struct err *e)
{
	if (!number_parse(arg, &job->timing) || job->timing < 1 || job->timing > 10000)
		return err_set(e, "'%.40s' is no number of rounds from 1 to 10000", arg);
	return 0;
}

/* What ss shows for its letters, as columns. */
static const struct {
	int key;
	const char *columns;
} more_columns[] = { { 'e', "+uid,inode,sk" },
	             { 'i', "+rtt,cwnd,total-retrans,rcvwnd,sndwnd,options" },
	             { 'm', "+drops" } };

/* Letters that are words of the filter. */
static const struct {
	int key;
	const char *word;
} letter_words[] = { { 'l', "state listen" }, { '4', "family inet" }, { '6', "family inet6" } };

static const struct {
	int key;
	size_t flag; /* a bool of struct list_job */
} flags[] = {
	{ OPT_JSON, offsetof(struct list_job, json) }, { OPT_CSV, offsetof(struct list_job, csv) },
	{ 'n', offsetof(struct list_job, numeric) },   { 'v', offsetof(struct list_job, verbose) },
	{ 'H', offsetof(struct list_job, no_titles) }, { OPT_COLUMNS, offsetof(struct list_job, list_columns) },
};

static bool set_by_table(struct list_job *job, int key, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].key == key)
			*(bool *)((char *)job + flags[i].flag) = true;
	for (size_t i = 0; i < ARRAY_SIZE(more_columns); i++)
		if (more_columns[i].key == key)
			columns_parse(&job->columns, more_columns[i].columns, e);
	for (size_t i = 0; i < ARRAY_SIZE(letter_words); i++)
		if (letter_words[i].key == key)
			add_word(&job->letters, letter_words[i].word);
	return key != 0;
}

static int set(void *ctx, int key, const char *arg, struct err *e)
{
	struct list_job *job = ctx;

	switch (key) {
	case 'o':
		job->columns_named = true;
		return columns_parse(&job->columns, arg, e);
	case OPT_SORT:
		return set_sort(job, arg, e);
	case OPT_GROUP:
		return set_group(job, arg, e);
	case OPT_WATCH:
		return set_watch(job, arg, e);
	case OPT_TIMING:
		return set_timing(job, arg, e);
	case OPT_ENGINE:
		job->engine = arg;
		return 0;
	case 'N':
		job->netns = arg;
		return 0;
	default:
		break;
	}
	if (!set_by_table(job, key, e))
		add_word(&job->filter, arg);
	return 0;
}

static const struct opt_command options = {
	"lastack list",
	"[FILTER]",
	"Every TCP socket of every network namespace that can be seen: state, age in it, queues, addresses, and who "
	"holds it or why nobody "
	"does. FILTER is in ss's words: state close-wait, sport = :80, dst 10.0.0.0/8, pid, comm, older 60s, recvq gt "
	"0, owner none.",
	list_options,
	set,
	NULL,
};

static int run(int argc, char **argv)
{
	struct list_job job = { 0 };
	struct err e;
	int code;

	columns_parse(&job.columns, "state,age,recvq,sendq,local,peer,owner", &e);
	opt_parse(&options, argc, argv, &job);
	code = list_run(&job);
	buf_free(&job.filter);
	buf_free(&job.letters);
	return code;
}

const struct command command_list = { "list",
	                              "every TCP socket: state, age, queues, and who holds it or why nobody does",
	                              &options, run };
