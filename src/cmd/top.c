/* SPDX-License-Identifier: MIT
 * lastack top: all sockets, over and over: states over time, listeners, groups, what came and went. */
#include "cmd/command.h"
#include "screen/top.h"

#include <stddef.h>

enum { OPT_SORT = 256, OPT_GROUP, OPT_JSON, OPT_ONCE, OPT_ENGINE };

static const struct opt top_options[] = {
	{ 'd', "delay", "TIME", "Look this often: 100ms to 24 hours, 1s if not told" },
	{ OPT_GROUP, "group-by", "WHAT",
	  "Begin with groups by state, owner, peer, listener or netns; owner if not told" },
	{ OPT_SORT, "sort", "COLUMN",
	  "Order sockets by a column of list, -COLUMN the other way round; several are separated by commas" },
	{ OPT_ONCE, "once", NULL, "Look twice, TIME apart, print everything as text, and end" },
	{ OPT_JSON, "json", NULL, "Print a JSON object for each look, as doc/schema describes it; with --once one" },
	{ 'n', "numeric", NULL, "Numbers instead of the names of users, namespaces and cgroups" },
	{ 'N', "netns", "NAME",
	  "Only this network namespace: a name of ip-netns, a path, a process id, an inode number" },
	{ OPT_ENGINE, "engine", "A|B|C", "How to look, as list does; C if it opens, else B, else A" },
	{ 0 },
};

static int set_delay(struct top_job *job, const char *arg, struct err *e)
{
	if (!span_parse(arg, &job->delay) || job->delay.ns < span_ms(100).ns)
		return err_set(e, "'%.40s' is no time to look by: 100ms to 24 hours, as 1s or 500ms", arg);
	return 0;
}

static int set_group(struct top_job *job, const char *arg, struct err *e)
{
	if (!grouping_by_word(arg, &job->grouping))
		return err_set(e, "'%.40s' is nothing to group by: state, owner, peer, listener or netns", arg);
	return 0;
}

static void add_word(struct top_job *job, const char *word)
{
	if (job->filter.len)
		buf_puts(&job->filter, " ");
	buf_puts(&job->filter, word);
}

static const struct {
	int key;
	size_t flag; /* a bool of struct top_job */
} flags[] = {
	{ OPT_ONCE, offsetof(struct top_job, once) },
	{ OPT_JSON, offsetof(struct top_job, json) },
	{ 'n', offsetof(struct top_job, numeric) },
};

static int set(void *ctx, int key, const char *arg, struct err *e)
{
	struct top_job *job = ctx;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].key == key)
			*(bool *)((char *)job + flags[i].flag) = true;
	if (key == 'd')
		return set_delay(job, arg, e);
	if (key == OPT_GROUP)
		return set_group(job, arg, e);
	if (key == OPT_SORT)
		return sorting_parse(&job->sorting, arg, e);
	if (key == 'N')
		job->netns = arg;
	if (key == OPT_ENGINE)
		job->engine = arg;
	if (!key)
		add_word(job, arg);
	return 0;
}

static const struct opt_command options = {
	"lastack top",
	"[FILTER]",
	"All TCP sockets, looked at again and again: states over time, listeners with their queues and drops, groups, "
	"sockets, and those that "
	"have gone, with their life. FILTER is in list's words: state close-wait, sport = :80, comm nginx. ? tells the "
	"keys.",
	top_options,
	set,
	NULL,
};

static int run(int argc, char **argv)
{
	struct top_job job = { .delay = span_s(1), .grouping = GROUP_OWNER };
	int code;

	opt_parse(&options, argc, argv, &job);
	code = top_run(&job);
	buf_free(&job.filter);
	return code;
}

const struct command command_top = { "top", "sockets over time: states, listeners, groups, what came and went",
	                             &options, run };
