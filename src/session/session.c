/* SPDX-License-Identifier: MIT
 * One run of a lab: what is shown of it, and how it ends. */
#include "session/session.h"
#include "base/file.h"
#include "base/proc.h"
#include "lab/sysctl.h"
#include "lab/verbs.h"
#include "render/out.h"
#include "session/pcap_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { LAST_EVENTS = 40 };

/* Of what is shown and forgotten so many events are left, to which later ones may look back; so many more may come
 * before it is done again. */
enum { EVENTS_LEFT = 2000, EVENTS_MORE = 2000 };

/* --- what is shown ------------------------------------------------------------------------------------- */

/* The baseline as it is now: this process is in the server's namespace. */
static void add_baseline(const struct baseline_left *left, struct setting *rows)
{
	for (size_t i = 0; i < baseline_n; i++) {
		struct buf is = { 0 };

		rows[i] = (struct setting){ .name = baseline[i].name,
			                    .value = xstrdup(baseline[i].value),
			                    .why = baseline[i].why,
			                    .missing = left->missing >> i & 1,
			                    .refused = left->refused >> i & 1 };
		if (!rows[i].refused || sysctl_read(baseline[i].name, &is) < 0)
			continue;
		free(rows[i].value);
		rows[i].value = is.text ? is.text : xstrdup("");
	}
}

/* And what the hosts were made with. For settings_free(). */
static struct setting *settings_of(const struct lab *l, size_t *n)
{
	struct setting *rows = xcalloc(baseline_n + 2, sizeof *rows);

	*n = 0;
	if (l->options.machine) /* nothing of it is ours */
		return rows;
	add_baseline(&l->hosts[CLIENT].left, rows);
	*n = baseline_n;
	rows[(*n)++] = (struct setting){ .name = "route attribute quickack",
		                         .value = xstrdup(l->options.delack ? "0" : "1"),
		                         .why = "1: every ACK is sent at once; option delack" };
	rows[(*n)++] = (struct setting){ .name = "own hash table of sockets",
		                         .value = xstrdup(l->hosts[CLIENT].own_hash ? "yes" : "no"),
		                         .why = "a look costs 0.1 ms instead of several" };
	return rows;
}

static void settings_free(struct setting *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(rows[i].value);
	free(rows);
}

/* "Linux 6.18, client 10.0.0.1, server 10.0.0.2, reno, quick ACKs": only what is so. */
static void setting_text(const struct session *s, const char *release, const struct setting *rows, struct buf *out)
{
	const struct host_options *o = &s->lab.options;
	unsigned refused = baseline_refused(&s->lab.hosts[CLIENT].left);
	struct err e;

	buf_addf(out, "Linux %.60s, ", release);
	if (o->machine) {
		buf_puts(out, "the machine's own network");
		return;
	}
	buf_addf(out, "%s%s, %s, %s%s", o->loopback ? "one host, 127.0.0.1" : "client 10.0.0.1, server 10.0.0.2",
	         s->lab.hosts[CLIENT].is_veth ? ", by veth" : "", rows[BASELINE_CONGESTION].value,
	         o->delack ? "delayed ACKs" : "quick ACKs", o->offload ? ", offloads" : "");
	if (refused) {
		err_sys(&e, s->lab.hosts[CLIENT].left.why, "%u settings refused", refused);
		buf_addf(out, ", %s", err_text(&e));
	}
	if (!s->job->verbose)
		buf_puts(out, " (-v: every setting)");
}

static void show_head(struct session *s)
{
	struct showing shown = { .title = s->lab.title    ? s->lab.title
		                          : s->job->title ? s->job->title
		                                          : "your own",
		                 .verbose = s->job->verbose,
		                 .wall_ns = s->lab.timeline.wall_ns };
	struct setting *rows = settings_of(&s->lab, &shown.n_settings);
	struct buf setting = { 0 };
	struct utsname u = { 0 };
	char command[256];

	s->head_shown = true;
	uname(&u);
	snprintf(command, sizeof command, "lastack %s%s%s", s->job->command, s->job->what ? " " : "",
	         s->job->what ? s->job->what : "");
	setting_text(s, u.release, rows, &setting);
	shown.command = command;
	shown.kernel = u.release;
	shown.setting = buf_text(&setting);
	shown.settings = rows;
	if (s->renderer->head)
		s->renderer->head(&s->view, &shown);
	buf_free(&setting);
	settings_free(rows, shown.n_settings);
}

void session_unveil(struct session *s, enum event_kind kind)
{
	const struct timeline *tl = &s->lab.timeline;

	s->view.next = tl->n;
	while (s->view.next > 0 && tl->events[s->view.next - 1]->kind == kind)
		s->view.next--;
	if (s->job->json && !s->head_shown)
		show_head(s);
	s->head_shown = true;
}

static void forget_shown(struct session *s)
{
	struct timeline *tl = &s->lab.timeline;
	size_t shown = s->renderer->events ? s->view.next : tl->n, over = tl->n - EVENTS_LEFT;

	if (!s->lab.forgets || tl->n < EVENTS_LEFT + EVENTS_MORE || shown < over)
		return;
	timeline_forget(tl, over);
	s->view.next -= s->renderer->events ? over : 0;
}

void session_show(struct session *s)
{
	if (!s->head_shown && !s->job->unshown && (s->lab.title || s->lab.free_form) && s->lab.started)
		show_head(s);
	if (s->head_shown && s->renderer->events)
		s->renderer->events(&s->view, &s->lab.timeline);
	forget_shown(s);
}

static void show(void *ctx)
{
	session_show(ctx);
}

static void quiet(void *ctx)
{
	struct session *s = ctx;

	check_quiet(s->check, &s->lab);
}

static void show_all(void *ctx, bool verbose)
{
	struct session *s = ctx;
	struct view again = s->view;

	if (!s->renderer->events)
		return;
	again.next = 0;
	again.verbose = verbose || again.verbose;
	again.queues = NULL;
	again.n_queues = again.cap_queues = 0;
	out_end(s->view.out);
	s->renderer->events(&again, &s->lab.timeline);
	out_end(s->view.out);
	view_free(&again);
	s->view.next = s->lab.timeline.n;
}

static void complain(const struct session_job *job, const struct err *e)
{
	char who[32];

	snprintf(who, sizeof who, "lastack %s", job->command);
	out_error(who, e);
}

/* There is no lab: why, and, where the command knows one, another way to what was wanted. */
static void complain_of_no_lab(const struct session_job *job, const char *why)
{
	const char *joint = strstr(why, "; ") ? ", or " : "; ";

	out_line(stderr, "lastack %s: %s%s%s", job->command, why, job->otherwise ? joint : "",
	         job->otherwise ? job->otherwise : "");
}

static void ask(void *ctx, const struct packet *next)
{
	struct buf flags = { 0 };

	(void)ctx;
	segment_flags(&flags, next->seg.flags);
	out_part(stderr, "          -- #%u %s from %s is next. Enter: let it go; q: stop --", next->number,
	         buf_text(&flags), side_name(next->from));
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		out_end(stderr);
	buf_free(&flags);
}

static enum pace_answer answer(void *ctx)
{
	struct session *s = ctx;
	char typed[256];
	ssize_t n = read(STDIN_FILENO, typed, isatty(STDIN_FILENO) ? sizeof typed : 1);

	s->input_ended = n <= 0;
	if (n <= 0 || typed[0] == 'q' || typed[0] == 'Q')
		return PACE_STOPS;
	if (typed[0] != '?')
		return PACE_GOES_ON;
	out_lines(stderr,
	          "Each packet waits until Enter lets it go to the other host; q (and Enter) ends the scenario.\n"
	          "'lastack lab' alone is a prompt, where packets are held, passed and dropped one by one.");
	return PACE_AGAIN;
}

static int diagnose(void *ctx, struct lab *l, struct buf *found, struct err *e)
{
	struct session *s = ctx;

	return lab_doctor_diagnose(&s->doctor, l, found, e);
}

static bool rule_known(void *ctx, const char *word)
{
	(void)ctx;
	return doctor_rule(word) != NULL;
}

static int threshold(void *ctx, const char *name, const char *value, struct err *e)
{
	struct session *s = ctx;

	return lab_doctor_threshold(&s->doctor, name, value, e);
}

static struct lab_hooks hooks_of(struct session *s)
{
	struct lab_hooks h = { .ctx = s,
		               .show = show,
		               .show_all = show_all,
		               .pace_fd = STDIN_FILENO,
		               .diagnose = diagnose,
		               .rule_known = rule_known,
		               .rules = lab_doctor_rules,
		               .threshold = threshold };

	lab_doctor_init(&s->doctor);

	if (s->check)
		h.quiet = quiet;
	if (s->job->paced) {
		h.ask = ask;
		h.answer = answer;
	}
	return h;
}

/* --- running ------------------------------------------------------------------------------------------- */

static void last_events(struct session *s)
{
	size_t n = s->lab.timeline.n;

	if (s->renderer->events)
		return; /* the ladder and the tables stand above */
	s->view.next = n > LAST_EVENTS ? n - LAST_EVENTS : 0;
	if (s->view.next)
		out_line(s->view.out, "(the last %d of %zu events)", LAST_EVENTS, n + s->lab.timeline.forgotten);
	render_text.events(&s->view, &s->lab.timeline);
}

/* What became of it, for the last line; the exit code. */
static int judge(const struct session *s, int rc, const struct err *e, struct verdict *verdict, struct buf *reason)
{
	if (s->lab.failed) {
		err_add_whole(reason, e);
		buf_addf(reason, "%s%s", err_is_set(e) ? "\n" : "", s->lab.failed);
		verdict->is = VERDICT_FAILED;
		return EXIT_WARNING;
	}
	if (rc < 0 && !(s->lab.skipped && s->lab.cleaning)) {
		verdict->is = VERDICT_ERROR;
		err_add_whole(reason, e);
		return EXIT_COULD_NOT;
	}
	if (s->lab.skipped) {
		buf_puts(reason, s->lab.skipped);
		verdict->is = VERDICT_SKIPPED;
		return EXIT_SKIPPED;
	}
	return EXIT_OK;
}

int session_conclude(struct session *s, int rc, const struct err *e)
{
	struct verdict verdict = { .is = VERDICT_OK,
		                   .expectations = s->lab.expectations,
		                   .late_copies = s->lab.started ? wire_left_out(&s->lab.wire) : 0,
		                   .took = span_since(s->began),
		                   .exits = s->lab.exits };
	struct buf reason = { 0 };
	int code;

	if (s->lab.no_start) {
		complain_of_no_lab(s->job, s->lab.no_start);
		return EXIT_COULD_NOT;
	}
	if (s->nothing_ran && !s->job->json) {
		complain(s->job, e);
		return EXIT_COULD_NOT;
	}
	session_show(s);
	code = judge(s, rc, e, &verdict, &reason);
	if (verdict.is == VERDICT_FAILED && !s->job->unshown)
		last_events(s);
	verdict.reason = buf_text(&reason);
	s->renderer->tail(&s->view, &verdict);
	if (verdict.is == VERDICT_ERROR)
		complain(s->job, e);
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

void session_script(struct session *s, struct script *script, const struct language *lang)
{
	script_init(script, lang, s->name);
	let_examples(script);
}

int session_text(struct session *s, const char *text, size_t len)
{
	struct language lang = lab_language(&s->lab);
	struct script script;
	struct err e = { 0 };
	int rc, code;

	session_script(s, &script, &lang);
	rc = script_run(&script, text, len, &e);
	if (rc == 0 && s->lab.started)
		rc = lab_quiet(&s->lab, &e);
	if (rc == 0 && script.commands == 0)
		rc = err_set(&e, "%s: there is no command in it", s->name);
	code = session_conclude(s, rc, &e);
	script_free(&script);
	return code;
}

static bool has_packets(const struct timeline *tl)
{
	for (size_t i = 0; i < tl->n; i++)
		if (tl->events[i]->kind == EV_PACKET)
			return true;
	return false;
}

/* 0, or -1: said on standard error. */
static int write_pcap(struct session *s, int code)
{
	const struct lab *l = &s->lab;
	struct err e;

	if (!has_packets(&l->timeline) &&
	    (code == EXIT_COULD_NOT || code == EXIT_SKIPPED)) /* nothing ran: an older capture stays */
		return 0;
	if (pcap_file_write(s->pcap, s->job->pcap, &l->timeline, l->title ? l->title : "", l->options.machine, &e) == 0)
		return 0;
	complain(s->job, &e);
	return -1;
}

/* At a prompt what holds is answered, too: one by its sentence, those of a block by their number. */
static void tell_held(struct session *s)
{
	const struct timeline *tl = &s->lab.timeline;
	unsigned held = s->lab.expectations - s->held_told;
	size_t i = tl->n;

	s->held_told = s->lab.expectations;
	if (!held || s->job->verbose || s->job->json) /* they are events of these */
		return;
	while (i > 0 && !(tl->events[i - 1]->kind == EV_EXPECTED && tl->events[i - 1]->expected.held))
		i--;
	if (held > 1)
		out_line(stdout, "ok, %u expectations", held);
	else if (i > 0)
		out_line(stdout, "ok: %s", tl->events[i - 1]->expected.text);
}

void session_told(struct session *s, int rc, const struct err *e)
{
	struct buf why = { 0 };

	session_show(s);
	tell_held(s);
	err_add_whole(&why, e);
	if (rc < 0)
		out_lines(stdout, buf_text(&why));
	buf_free(&why);
	if (s->lab.failed)
		out_line(stdout, "%s", s->lab.failed);
	if (s->lab.skipped)
		out_line(stdout, "%s", s->lab.skipped);
	free(s->lab.failed);
	free(s->lab.skipped);
	s->lab.failed = s->lab.skipped = NULL;
}

/* --- opening and closing ------------------------------------------------------------------------------- */

/* A scenario that somebody else wrote could start anything. */
#define NO_RUN "a file's 'run' starts programs: read the file, then run it with --allow-run"

/* Processes are found by their numbers. */
static int proc_must_be_ours(struct err *e)
{
	if (proc_is_ours())
		return 0;
	return err_set(e, "/proc is that of another PID namespace, where the processes of this one have other numbers; "
	                  "start it with 'unshare --mount-proc', or 'mount -t proc proc /proc' first");
}

/* Becomes able to make what the job needs. 1: in a user namespace; 0; -1: said on standard error. */
static int become_able(const struct session_job *job)
{
	struct err e;
	int rc;

	if (proc_must_be_ours(&e) < 0) {
		complain(job, &e);
		return -1;
	}
	rc = job->options.machine ? 0 : hosts_become_able(&e);
	if (rc < 0)
		complain_of_no_lab(job, err_text(&e));
	return rc;
}

int session_open(struct session *s, const struct session_job *job, const char *name)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct err e;
	int able;

	*s = (struct session){ .job = job, .name = name, .began = clock_now() };
	s->view = (struct view){ .out = stdout,
		                 .term = term_of(STDOUT_FILENO),
		                 .verbose = job->verbose,
		                 .names = { job->names[CLIENT], job->names[SERVER] } };
	s->renderer = job->json ? &render_json : job->quiet ? &render_verdict : &render_text;
	s->pcap = job->pcap ? pcap_file_open(job->pcap, &e) : -1;
	if (job->pcap && s->pcap < 0) {
		complain(job, &e);
		return -1;
	}
	able = become_able(job);
	if (able < 0) {
		fd_close(&s->pcap);
		return -1;
	}
	s->check = job->check_explain ? check_new(job->verbose) : NULL;
	lab_init(&s->lab, hooks_of(s));
	s->lab.options = job->options;
	s->lab.unprivileged = able > 0;
	s->lab.uid = uid;
	s->lab.gid = gid;
	s->lab.no_run = job->may_run ? NULL : xstrdup(NO_RUN);
	s->lab.keep_bytes = job->pcap != NULL;
	s->lab.free_form = job->free_form;
	s->lab.counts = s->renderer->events && !job->unshown;
	return 0;
}

int session_close(struct session *s, int code)
{
	struct buf report = { 0 };

	if (s->pcap >= 0 && write_pcap(s, code) < 0)
		code = EXIT_COULD_NOT;
	if (s->check && check_report(s->check, &report) && code == EXIT_OK)
		code = EXIT_WARNING;
	out_lines(s->job->json ? stderr : stdout, buf_text(&report));
	buf_free(&report);
	fd_close(&s->pcap);
	check_free(s->check);
	view_free(&s->view);
	lab_close(&s->lab);
	return code;
}
