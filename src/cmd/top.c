/* SPDX-License-Identifier: MIT
 * lastack top: all sockets, over and over: states over time, listeners, groups, what came and went. */
#include "cmd/command.h"
#include "screen/top.h"

#include <stdio.h>

static int set_sort(void *ctx, const char *value, struct err *e)
{
	struct top_job *job = ctx;

	return sorting_parse(&job->sorting, value, e);
}

static const struct opt top_options[] = {
	{ 'd', "delay", "TIME", "Look this often: 100ms to 24 hours, 1s if not told",
	  TO_SPAN(struct top_job, delay, 100) },
	{ 0, "group-by", "WHAT", "Begin with groups by state, owner, peer, listener or netns; owner if not told",
	  TO_CHOICE(struct top_job, grouping, grouping_words) },
	{ 0, "sort", "COLUMN",
	  "Order sockets by a column of list, -COLUMN the other way round; several are separated by commas",
	  TO_CALL(set_sort) },
	{ 0, "once", NULL, "Look twice, TIME apart, print everything as text, and end", TO_FLAG(struct top_job, once) },
	{ 0, "json", NULL, "Print a JSON object for each look, as doc/schema describes it; with --once one",
	  TO_FLAG(struct top_job, json) },
	{ 'n', "numeric", NULL, "Numbers instead of the names of users, namespaces and cgroups",
	  TO_FLAG(struct top_job, numeric) },
	{ 'N', "netns", "NAME",
	  "Only this network namespace: a name of ip-netns, a path, a process id, an inode number",
	  TO_TEXT(struct top_job, netns) },
	{ 0, "engine", "A|B|C", "How to look, as list does; C if it opens, else B, else A",
	  TO_TEXT(struct top_job, engine) },
	{ 0 },
};

static const struct opt_command options = {
	"lastack top",
	"[FILTER]",
	"All TCP sockets, looked at again and again: states over time, listeners with their queues and drops, groups, "
	"sockets, and those that "
	"have gone, with their life. FILTER is in list's words: state close-wait, sport = :80, comm nginx. ? tells the "
	"keys.",
	top_options,
	{ .name = "filter", TO_WORDS(struct top_job, filter) },
	NULL,
};

static int run(int argc, char **argv)
{
	struct top_job job = { .delay = span_s(1), .grouping = GROUP_OWNER };
	struct err e = { 0 };
	int code = EXIT_COULD_NOT;

	if (opt_parse(&options, argc, argv, &job, &e) < 0)
		fprintf(stderr, "lastack top: %s\n", err_text(&e));
	else
		code = top_run(&job);
	buf_free(&job.filter);
	return code;
}

const struct command command_top = { "top", "sockets over time: states, listeners, groups, what came and went",
	                             &options, run };
