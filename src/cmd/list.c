/* SPDX-License-Identifier: MIT
 * lastack list: every TCP socket, with its owner, its age and its reasons. */
#include "cmd/command.h"
#include "cmd/list_run.h"

static int set_columns(void *ctx, const char *value, struct err *e)
{
	struct list_job *job = ctx;

	job->columns_named = true;
	return columns_parse(&job->columns, value, e);
}

/* What ss shows for its letters, as columns. */
static int add_columns(void *ctx, const char *value, struct err *e)
{
	struct list_job *job = ctx;

	return columns_parse(&job->columns, value, e);
}

static int set_sort(void *ctx, const char *value, struct err *e)
{
	struct list_job *job = ctx;

	return sorting_parse(&job->sorting, value, e);
}

static const struct opt list_options[] = {
	{ 'o', "columns", "COLUMNS", "Show these columns, +COLUMNS these as well; --list-columns tells which there are",
	  TO_CALL(set_columns) },
	{ 0, "sort", "COLUMN", "Order by a column, -COLUMN the other way round; several are separated by commas",
	  TO_CALL(set_sort) },
	{ 0, "group-by", "WHAT",
	  "Count the sockets by state, owner, program, peer, listener or netns, with the oldest age of each",
	  TO_CHOICE(struct list_job, grouping, grouping_words) },
	{ 'n', "numeric", NULL, "Numbers instead of the names of users and cgroups",
	  TO_FLAG(struct list_job, numeric) },
	{ 0, "json", NULL, "Print JSON Lines, as doc/schema describes them", TO_FLAG(struct list_job, json) },
	{ 0, "csv", NULL, "Print comma-separated values", TO_FLAG(struct list_job, csv) },
	{ 0, "watch", "TIME", "Look again and again, and print what has changed: + came, - went, ~ changed",
	  TO_SPAN(struct list_job, watch, 100) },
	{ 'N', "netns", "NAME",
	  "Only this network namespace: a name of ip-netns, a path, a process id, an inode number",
	  TO_TEXT(struct list_job, netns) },
	{ 'l', "listening", NULL, "Listeners only", TO_WORDS(struct list_job, letters), .given = "state listen" },
	{ '4', "ipv4", NULL, "IPv4 only", TO_WORDS(struct list_job, letters), .given = "family inet" },
	{ '6', "ipv6", NULL, "IPv6 only", TO_WORDS(struct list_job, letters), .given = "family inet6" },
	{ 'e', "extended", NULL, "Also user, inode and cookie", TO_CALL(add_columns), .given = "+uid,inode,sk" },
	{ 'i', "info", NULL, "Also round trip, windows and what was sent again", TO_CALL(add_columns),
	  .given = "+rtt,cwnd,total-retrans,rcvwnd,sndwnd,options" },
	{ 'm', "memory", NULL, "Also drops", TO_CALL(add_columns), .given = "+drops" },
	{ 'H', "no-header", NULL, "No line of titles", TO_FLAG(struct list_job, no_titles) },
	{ 0, "engine", "A|B|C",
	  "How to look: A sock_diag and /proc, B sock_diag and BPF, C BPF; else the fastest for what is there",
	  TO_TEXT(struct list_job, engine) },
	{ 'v', "verbose", NULL, "Name every owner; say how it was looked, and what could not be seen",
	  TO_FLAG(struct list_job, verbose) },
	{ 0, "list-columns", NULL, "List the columns, with their meaning", TO_FLAG(struct list_job, list_columns) },
	{ 0, "timing", "N", "Look and print N times, and say on standard error how long each part took (medians)",
	  TO_NUMBER(struct list_job, timing, 1, 10000) },
	{ 'a', "all", NULL, "Nothing: all states are shown; it is taken, as -t and -p are, because ss(8) has it",
	  TO_NOTHING },
	{ 't', "tcp", NULL, "Nothing", TO_NOTHING },
	{ 'p', "processes", NULL, "Nothing", TO_NOTHING },
	{ 0 },
};

static const struct opt_command options = {
	"lastack list",
	"[FILTER]",
	"Every TCP socket of every network namespace that can be seen: state, age in it, queues, addresses, and who "
	"holds it or why nobody "
	"does. FILTER is in ss's words: state close-wait, sport = :80, dst 10.0.0.0/8, pid, comm, older 60s, recvq gt "
	"0, owner none.",
	list_options,
	{ .name = "filter", TO_WORDS(struct list_job, filter) },
	NULL,
};

static int run(int argc, char **argv)
{
	struct list_job job = { .grouping = GROUPINGS };
	struct err e = { 0 };
	int code;

	columns_parse(&job.columns, "state,age,recvq,sendq,local,peer,owner", &e);
	if (command_begins(&command_list, argc, argv, &job, &code))
		code = list_run(&job);
	buf_free(&job.filter);
	buf_free(&job.letters);
	return code;
}

const struct command command_list = { "list",
	                              "every TCP socket: state, age, queues, and who holds it or why nobody does",
	                              &options, run };
