/* SPDX-License-Identifier: MIT
 * lastack top: all sockets, over and over: states over time, listeners, groups, what came and went. */
#include "base/file.h"
#include "base/term.h"
#include "cmd/command.h"
#include "screen/top.h"
#include "sight/names.h"
#include "sight/threads.h"
#include "source/counter.h"
#include "source/engine.h"
#include "source/registers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXPLAINED_MOST = 1 << 16 };

struct top_words {
	struct top_job job;
	const char *netns, *engine;
	bool numeric;
};

static int set_sort(void *ctx, const char *value, struct err *e)
{
	struct top_words *w = ctx;

	return sorting_parse(&w->job.sorting, value, e);
}

static const struct opt top_options[] = {
	{ 'd', "delay", "TIME", "Look this often: 100ms to 24 hours, 1s if not told",
	  TO_SPAN(struct top_words, job.delay, 100) },
	{ 0, "group-by", "WHAT",
	  "Begin with groups by state, owner, program, peer, listener or netns; owner if not told",
	  TO_CHOICE(struct top_words, job.grouping, grouping_words) },
	{ 0, "sort", "COLUMN",
	  "Order sockets by a column of list, -COLUMN the other way round; several are separated by commas",
	  TO_CALL(set_sort) },
	{ 0, "once", NULL, "Look twice, TIME apart, print everything as text, and end",
	  TO_FLAG(struct top_words, job.once) },
	{ 0, "json", NULL, "Print a JSON object for each look, as doc/schema describes it; with --once one",
	  TO_FLAG(struct top_words, job.json) },
	{ 'n', "numeric", NULL, "Numbers instead of the names of users and cgroups",
	  TO_FLAG(struct top_words, numeric) },
	{ 'N', "netns", "NAME",
	  "Only this network namespace: a name of ip-netns, a path, a process id, an inode number",
	  TO_TEXT(struct top_words, netns) },
	{ 0, "engine", "A|B|C", "How to look, as list does; C if it opens, else B, else A",
	  TO_TEXT(struct top_words, engine) },
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
	{ .name = "filter", TO_WORDS(struct top_words, job.filter) },
	NULL,
};

/* What the screen looks with. */
struct top_sight {
	struct engine_chosen engine;
	struct engine_ask ask;
	struct names names;
};

static int look(void *ctx, unsigned want, struct evidence *ev, struct top_unseen *unseen, struct err *e)
{
	struct top_sight *s = ctx;
	struct engine_report report = { 0 };
	int rc;

	s->ask.want = want;
	rc = engine_look(&s->engine, &s->ask, ev, &report, e);
	*unseen = (struct top_unseen){ report.hidden, report.closed, report.unsure };
	return rc;
}

static void forget_names(void *ctx)
{
	struct top_sight *s = ctx;

	names_forget(&s->names);
}

static void threads(void *ctx, pid_t pid, uint64_t began, struct buf *out)
{
	(void)ctx;
	threads_add(out, pid, began);
}

/* Of our own network namespace: the kernel keeps no such totals for programs, nor for all namespaces together. */
static void totals(void *ctx, int64_t to[TOP_RATES])
{
	static const char *const names[TOP_RATES] = { "Tcp.PassiveOpens", "Tcp.AttemptFails", "Tcp.EstabResets",
		                                      "Tcp.OutRsts", "Tcp.RetransSegs" };
	struct counters all = { 0 };
	int fd = open("/proc/thread-self/net/snmp", O_RDONLY | O_CLOEXEC);
	bool twice;

	(void)ctx;
	if (fd >= 0)
		counters_read_file(fd, &all);
	fd_close(&fd);
	for (int i = 0; i < TOP_RATES; i++) {
		const struct counter *c = counter_find(&all, names[i], &twice);

		to[i] = c ? c->value : UNKNOWN;
	}
	counters_free(&all);
}

/* By a process of its own: what it says goes to its standard output, and ours is the screen. */
static void explain(void *ctx, const char *word, struct buf *out)
{
	int ends[2], status;
	char width[16];
	pid_t pid;

	(void)ctx;
	snprintf(width, sizeof width, "%zu", term_of(STDOUT_FILENO).width);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(STDERR_FILENO);
		setenv("NO_COLOR", "1", 1);
		setenv("COLUMNS", width, 1);
		execl("/proc/self/exe", "lastack", "explain", word, (char *)NULL);
		_exit(EXIT_COULD_NOT);
	}
	fd_close(&ends[1]);
	if (pid > 0)
		fd_read_all(ends[0], out, EXPLAINED_MOST);
	fd_close(&ends[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

static int run_screen(const struct top_words *w, struct top_sight *s, struct err *e)
{
	struct top_eyes eyes = { .ctx = s,
		                 .filter_names = { &s->names, names_netns, names_cgroup },
		                 .look = look,
		                 .forget_names = forget_names,
		                 .explain = explain,
		                 .threads = threads };

	names_open(&s->names, &eyes.names, w->numeric);
	if (top_check(&w->job, e) < 0)
		return -1;
	if (w->netns && !netns_by_word(w->netns, &s->ask.netns, &s->ask.way))
		return err_set(e,
		               "there is no network namespace '%.60s'; 'ip netns' names them, a process id or a path "
		               "does as well",
		               w->netns);
	if (!w->netns || s->ask.netns == netns_own())
		eyes.totals = totals;
	if (engine_choose(&s->engine, w->engine, ENGINE_LASTING, WANT_OWNERS | WANT_CGROUP, e) < 0)
		return -1;
	registers_open();
	if (privilege_keep(s->engine.needs | PROCESSES_NEED | BPF_NEEDS, e) < 0)
		return -1;
	eyes.engine = s->engine.engine->letter;
	return top_run(&w->job, &eyes, e);
}

static int run(int argc, char **argv)
{
	struct top_words w = { .job = { .delay = span_s(1), .grouping = GROUP_OWNER } };
	struct top_sight sight = { 0 };
	struct err e = { 0 };
	int code;

	if (command_begins(&command_top, argc, argv, &w, &code))
		code = run_screen(&w, &sight, &e) < 0 ? command_fail(&command_top, &e) : EXIT_OK;
	engine_release(&sight.engine);
	registers_close();
	names_close(&sight.names);
	buf_free(&w.job.filter);
	return code;
}

const struct command command_top = { "top", "sockets over time: states, listeners, groups, what came and went",
	                             &options, run };
