/* SPDX-License-Identifier: MIT
 * Running lastack list: look, choose, order, print. */
#include "cmd/list_internal.h"
#include "base/json.h"
#include "base/term.h"
#include "cmd/command.h"
#include "source/netns.h"
#include "render/out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

/* --- one look ------------------------------------------------------------------------------------------ */

int list_look(struct list_round *r, struct err *e)
{
	evidence_clear(&r->ev);
	r->ev.at = clock_now();
	r->report = (struct engine_report){ 0 };
	if (!r->ask.states) /* nothing can match */
		return 0;
	return engine_look(&r->engine, &r->ask, &r->ev, &r->report, e);
}

void list_choose(struct list_round *r)
{
	r->n = 0;
	r->rows = reserve(r->rows, r->ev.n, &r->cap, sizeof *r->rows);
	for (size_t i = 0; i < r->ev.n; i++)
		if (filter_match(r->letters, &r->ev, i) && filter_match(r->filter, &r->ev, i))
			r->rows[r->n++] = (struct sort_key){ .index = (uint32_t)i };
	rows_order(r->rows, r->n, &r->ev, &r->job->sorting, &r->style);
}

/* Two namespaces or more are told apart by a column, where no columns were asked for. */
static bool several_namespaces(const struct list_round *r)
{
	for (size_t i = 1; i < r->n; i++)
		if (r->ev.socks[r->rows[i].index].key.netns != r->ev.socks[r->rows[0].index].key.netns)
			return true;
	return false;
}

struct columns list_columns_now(const struct list_round *r)
{
	struct columns cs = r->job->columns;

	if (!r->job->columns_named && several_namespaces(r))
		columns_add(&cs, COL_NETNS);
	return cs;
}

/* --- what is printed ----------------------------------------------------------------------------------- */

void list_json_head(const struct list_round *r)
{
	struct buf b = { 0 };
	struct json j = { &b, false };
	struct utsname u;

	uname(&u);
	json_open(&j, NULL, '{');
	json_open(&j, "schema", '{');
	json_string(&j, "sock", "lastack.sock/1");
	json_close(&j, '}');
	json_string(&j, "command", "lastack list");
	json_number(&j, "wall_ns", clock_wall_ns());
	json_string(&j, "kernel", u.release);
	json_string(&j, "engine", r->engine.engine->letter);
	json_number(&j, "sockets", (int64_t)r->n);
	json_number(&j, "hidden_processes", (int64_t)r->report.hidden);
	json_number(&j, "closed_namespaces", (int64_t)r->report.closed);
	if (r->report.orphans != UNKNOWN)
		json_number(&j, "unseen_orphans", r->report.orphans);
	json_number(&j, "unsure_chains", (int64_t)r->report.unsure);
	if (r->report.no_bound) {
		json_open(&j, "untold_states", '[');
		json_string(&j, NULL, tcp_state_name(TCP_BOUND));
		json_close(&j, ']');
	}
	json_close(&j, '}');
	out_lines(stdout, buf_text(&b));
	buf_free(&b);
}

static void print(const struct list_round *r)
{
	const struct list_job *job = r->job;
	struct columns columns = list_columns_now(r);
	struct listing l = { .ev = &r->ev,
		             .rows = r->rows,
		             .n = r->n,
		             .columns = &columns,
		             .style = &r->style,
		             .titles = !job->no_titles,
		             .width = isatty(STDOUT_FILENO) ? r->term.width : 0,
		             .want = r->ask.want };

	if (job->json)
		list_json_head(r);
	if (job->grouping != GROUPINGS)
		list_groups(stdout, &l, job->grouping, job->json);
	else if (job->json)
		list_json(stdout, &l);
	else if (job->csv)
		list_csv(stdout, &l);
	else
		list_text(stdout, &l);
}

/* Shown, and held by somebody who may not be looked at. */
static size_t hidden_rows(const struct list_round *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->ev.socks[r->rows[i].index].no_owner == NO_OWNER_HIDDEN;
	return n;
}

/* What could not be seen is said, also where nobody asked. */
static void tell_troubles(const struct list_round *r)
{
	const struct engine_report *x = &r->report;
	const char *advice = geteuid() ? "; try as root" : "";
	size_t hidden = hidden_rows(r);

	if (hidden)
		out_line(stderr,
		         "lastack list: %zu socket%s hidden: no process that may be looked at from here holds %s%s",
		         hidden, hidden == 1 ? " is" : "s are", hidden == 1 ? "it" : "them", advice);
	if (x->closed)
		out_line(stderr, "lastack list: %zu other network namespace%s may not be entered%s", x->closed,
		         x->closed == 1 ? "" : "s", advice);
	if (x->orphans > 0)
		out_line(stderr,
		         "lastack list: %lld orphan%s in network namespaces that cannot be entered: no process is in "
		         "them that is seen here; try --engine=C",
		         (long long)x->orphans, x->orphans == 1 ? " is" : "s are");
	if (x->unsure)
		out_line(
			stderr,
			"lastack list: %zu chain%s of the kernel's table changed each time they were read; sockets may "
			"be missing",
			x->unsure, x->unsure == 1 ? "" : "s");
	if (x->no_bound && (r->job->verbose || r->ask.states != STATE_SET_ALL))
		out_line(stderr,
		         "lastack list: sockets that are bound and neither listen nor are connected are not told of by "
		         "this kernel; Linux 6.8 does");
	if (r->job->verbose)
		out_line(stderr, "lastack list: engine %s, %s (%s)", r->engine.engine->letter,
		         r->engine.engine->summary, r->engine.why);
}

/* --- timing -------------------------------------------------------------------------------------------- */

static double ms_since(struct instant *t)
{
	struct instant now = clock_now();
	double ms = (double)span_between(*t, now).ns / 1e6;

	*t = now;
	return ms;
}

static int timed(struct list_round *r, struct err *e)
{
	size_t rounds = (size_t)r->job->timing;
	double *parts[4]; /* looking, choosing, printing, all */
	int rc = 0;

	for (int k = 0; k < 4; k++)
		parts[k] = xcalloc(rounds, sizeof *parts[k]);
	for (size_t i = 0; i < rounds && rc == 0; i++) {
		struct instant t = clock_now(), began = t;

		rc = list_look(r, e);
		parts[0][i] = ms_since(&t);
		list_choose(r);
		parts[1][i] = ms_since(&t);
		print(r);
		out_push(stdout);
		parts[2][i] = ms_since(&t);
		parts[3][i] = ms_since(&began);
	}
	out_line(stderr, "engine %s: collect %.2f ms, order %.2f ms, print %.2f ms, total %.2f ms, %zu sockets",
	         r->engine.engine->letter, median(parts[0], rounds), median(parts[1], rounds), median(parts[2], rounds),
	         median(parts[3], rounds), r->n);
	for (int k = 0; k < 4; k++)
		free(parts[k]);
	return rc;
}

/* --- the run ------------------------------------------------------------------------------------------- */

/* Cheap enough to be in JSON always. */
enum { JSON_WANTS = WANT_OWNERS | WANT_TIMER | WANT_UID | WANT_INODE | WANT_AGE | WANT_DROPS };

/* What sorting and grouping need is gathered too. */
static unsigned wants_of(const struct list_round *r)
{
	const struct list_job *job = r->job;
	unsigned want = columns_want(&job->columns) | (filter_wants(r->filter) & ~(unsigned)FILTER_WANTS_NETNS);

	for (size_t i = 0; i < job->sorting.n; i++)
		want |= column_info(job->sorting.by[i].column)->want;
	if (job->grouping != GROUPINGS)
		want |= WANT_OWNERS | WANT_AGE | WANT_TIMER;
	return want | (job->json && !job->columns_named ? JSON_WANTS : 0);
}

/* Owners' column names the listener that somebody waits for; its half-open connections are counted from the
 * requests. */
static state_set states_of(const struct list_round *r, unsigned want)
{
	state_set states = filter_states(r->filter) & filter_states(r->letters);

	if (states && want & WANT_OWNERS)
		states |= state_set_of(TCP_LISTEN);
	if (state_set_has(states, TCP_LISTEN) && want & WANT_OWNERS && columns_have(&r->job->columns, COL_HALFOPEN))
		states |= state_set_of(TCP_NEW_SYN_RECV);
	return states;
}

/* What one of them would leave without effect. */
static int check_outputs(const struct list_job *job, struct err *e)
{
	if (job->json && job->csv)
		return err_set(e, "--json and --csv are two forms of the same: leave one of them out");
	if (job->grouping != GROUPINGS && (job->csv || job->watch.ns))
		return err_set(e, "groups are printed as text or JSON, once: leave out %s or --group-by",
		               job->csv ? "--csv" : "--watch");
	if (job->csv && job->watch.ns)
		return err_set(e, "--watch prints text or JSON: leave out --csv, or take --json");
	return 0;
}

static int prepare(struct list_round *r, struct err *e)
{
	const struct list_job *job = r->job;
	struct filter_names known = { &r->names, names_netns, names_cgroup };

	names_open(&r->names, &r->cell_names, job->numeric);
	if (check_outputs(job, e) < 0)
		return -1;
	r->filter = filter_parse(buf_text(&job->filter), &known, e);
	r->letters = r->filter ? filter_parse(buf_text(&job->letters), &known, e) : NULL;
	if (!r->letters)
		return -1;
	r->ask.want = wants_of(r);
	r->ask.states = states_of(r, r->ask.want);
	if (!filter_ports(r->filter, &r->ask.local, &r->ask.remote))
		r->ask.local = r->ask.remote = (struct port_range){ 0 };
	if (job->netns && !netns_by_word(job->netns, &r->ask.netns, &r->ask.way))
		return err_sys(e, errno,
		               "there is no network namespace '%.60s' that can be looked at; 'ip netns' names them, a "
		               "process id or a path does as well",
		               job->netns);
	r->term = term_of(STDOUT_FILENO);
	r->style = (struct cell_style){ .names = &r->cell_names, .utf8 = r->term.utf8, .all_owners = job->verbose };
	if (engine_choose(&r->engine, job->engine, job->timing > 0 || job->watch.ns ? ENGINE_LASTING : ENGINE_ONCE,
	                  r->ask.want, e) < 0)
		return -1;
	evidence_reserve(&r->ev, r->engine.expected + r->engine.expected / 16);
	return privilege_keep(r->engine.needs | PROCESSES_NEED, e); /* for the names of namespaces */
}

static int list_once(struct list_round *r, struct err *e)
{
	if (r->job->timing)
		return timed(r, e);
	if (r->job->watch.ns)
		return list_watch(r, e);
	if (list_look(r, e) < 0)
		return -1;
	list_choose(r);
	print(r);
	return 0;
}

static int print_columns(void)
{
	for (int c = 0; c < COLUMNS; c++)
		out_line(stdout, "%-14s %s", column_info((enum column)c)->word, column_info((enum column)c)->sentence);
	return EXIT_OK;
}

int list_run(struct list_job *job)
{
	struct list_round r = { .job = job };
	struct err e = { 0 };
	int rc;

	if (job->list_columns)
		return print_columns();
	rc = prepare(&r, &e);
	if (rc == 0)
		rc = list_once(&r, &e);
	if (rc < 0)
		command_fail(&command_list, &e);
	else
		tell_troubles(&r);
	engine_release(&r.engine);
	names_close(&r.names);
	filter_free(r.filter);
	filter_free(r.letters);
	evidence_free(&r.ev);
	free(r.rows);
	return rc < 0 ? EXIT_COULD_NOT : EXIT_OK;
}
