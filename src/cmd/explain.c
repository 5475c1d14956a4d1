/* SPDX-License-Identifier: MIT
 * lastack explain: reads a capture, tells each packet to the observer of its connection, shows the stories. */
#include "base/file.h"
#include "base/foreign.h"
#include "base/privilege.h"
#include "cmd/command.h"
#include "words/words.h"
#include "render/render.h"
#include "tcp/inquiry.h"
#include "render/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PROGRESS_EVERY = 1 << 16 };

struct explain_job {
	const char *what;
	unsigned place; /* where the capture was made, one of `places` */
	unsigned conn;  /* 0: all */
	bool json, verbose, summary;
	bool list;
	struct buf words; /* all that was said, where it is no file */
};

static const char *const places[] = { "tap", "client", "server", NULL };
static const struct tcp_view *const views[] = { &tcp_view_tap, &tcp_view_client, &tcp_view_server };

/* One capture, while it is read and shown. */
struct explaining {
	const struct explain_job *job;
	struct inquiry inquiry;
	struct capture *capture;
	struct buf format;
	struct err damage;
	struct instant progress; /* when it was last shown */
	bool progressed;
};

/* --- the file -------------------------------------------------------------------------------------------- */

static const char *explain_name(const struct explain_job *job)
{
	return streq(job->what, "-") ? "standard input" : job->what;
}

static int open_capture(const char *what, struct err *e)
{
	const struct foreign file = { .path = what, .or_pipe = true };

	return streq(what, "-") ? dup(STDIN_FILENO) : foreign_open(&file, NULL, e);
}

/* On a terminal, once a second has passed: how far it is. */
static void show_progress(struct explaining *x)
{
	const struct inquiry *q = &x->inquiry;

	if (q->facts.packets % PROGRESS_EVERY || !term_can_wipe(STDERR_FILENO) ||
	    span_since(x->progress).ns < span_s(1).ns)
		return;
	x->progressed = true;
	x->progress = clock_now();
	out_code(stderr, "\r");
	out_part(stderr, "%zu packets, %zu connections …", q->facts.packets, q->book.n);
}

/* -1: nothing could be read. */
static int read_capture(struct explaining *x, struct err *e)
{
	int fd = open_capture(x->job->what, e), rc;
	struct captured p;

	if (fd >= 0 && privilege_keep(0, e) < 0) /* what is in a stranger's file is read without any */
		fd_close(&fd);
	if (fd < 0)
		return -1;
	x->capture = capture_open(fd, explain_name(x->job), e);
	if (!x->capture)
		return -1;
	x->progress = clock_now();
	while ((rc = capture_next(x->capture, &p, &x->damage)) > 0) {
		inquiry_take(&x->inquiry, &p);
		show_progress(x);
	}
	if (x->progressed)
		out_code(stderr, TERM_WIPE);
	inquiry_end(&x->inquiry);
	capture_describe(x->capture, &x->format);
	x->inquiry.facts.name = explain_name(x->job);
	x->inquiry.facts.format = buf_text(&x->format);
	x->inquiry.facts.damage = rc < 0 ? err_text(&x->damage) : NULL;
	return 0;
}

/* --- showing --------------------------------------------------------------------------------------------- */

static void show_list(const struct explaining *x, struct view *v, const struct renderer *r)
{
	const struct inquiry *q = &x->inquiry;

	r->capture(v, &q->facts);
	for (unsigned i = 1; i <= q->book.n && r->story && !x->job->summary; i++) {
		struct story s;

		book_story(&q->book, i, &s);
		r->story(v, &s, &q->facts, false);
	}
}

static void show_conn(const struct explaining *x, struct view *v, const struct renderer *r)
{
	const struct inquiry *q = &x->inquiry;
	char command[64];
	struct showing showing = { .command = command,
		                   .title = "both ends' states, inferred from the packets",
		                   .wall_ns = q->facts.wall_ns };
	struct story s;

	snprintf(command, sizeof command, "lastack explain --conn %u", x->job->conn);
	book_story(&q->book, x->job->conn, &s);
	r->capture(v, &q->facts);
	if (!x->job->json) {
		out_end(v->out);
		r->head(v, &showing);
	}
	r->events(v, &q->timeline);
	r->story(v, &s, &q->facts, true);
}

static int no_such_conn(const struct explaining *x, struct err *e)
{
	const struct inquiry *q = &x->inquiry;

	if (q->book.n == 0)
		return err_set(e, "there is no TCP in %s", q->facts.name);
	return err_set(e, "there is no connection %u; %s has %zu", x->job->conn, q->facts.name, q->book.n);
}

static int no_such_link(const struct inquiry *q, struct err *e)
{
	return err_set(e,
	               "%s cannot be read: link type %u is not known here; 'lastack help explain' lists those that are",
	               q->facts.name, q->links[0]);
}

/* 0, or -1 with `e` filled. */
static int show(const struct explaining *x, struct err *e)
{
	const struct inquiry *q = &x->inquiry;
	struct view v = { .out = stdout, .term = term_of(STDOUT_FILENO), .verbose = x->job->verbose, .precise = true };
	const struct renderer *r = x->job->json ? &render_json : &render_text;

	if (inquiry_is_unread(q))
		return no_such_link(q, e);
	if (x->job->conn > q->book.n)
		return no_such_conn(x, e);
	(x->job->conn ? show_conn : show_list)(x, &v, r);
	view_free(&v);
	return 0;
}

static int explain_capture(const struct explain_job *job)
{
	struct explaining x = { .job = job };
	int code = EXIT_OK;
	struct err e = { 0 };

	inquiry_open(&x.inquiry, views[job->place], job->conn, job->verbose || job->json);
	if (read_capture(&x, &e) < 0)
		code = command_fail(&command_explain, &e);
	else if (x.inquiry.facts.damage && !x.inquiry.facts.packets)
		code = EXIT_COULD_NOT;
	else if (show(&x, &e) < 0)
		code = command_fail(&command_explain, &e);
	if (x.inquiry.facts.damage) {
		command_fail(&command_explain, &x.damage);
		code = code == EXIT_OK ? EXIT_WARNING : code;
	}
	if (x.capture)
		capture_close(x.capture);
	inquiry_close(&x.inquiry);
	buf_free(&x.format);
	return code;
}

/* --- the command ----------------------------------------------------------------------------------------- */

static const struct opt explain_options[] = {
	{ 'c', "conn", "N",
	  "Show connection N of the list packet by packet, with both ends' states, and all that is known of it",
	  TO_NUMBER(struct explain_job, conn, 1, 1000000000), .advice = "'lastack explain FILE' lists them" },
	{ 0, "at", "PLACE",
	  "Where the capture was made: client, server (there what arrives is known for certain), or tap, somewhere "
	  "between (the default)",
	  TO_CHOICE(struct explain_job, place, places) },
	{ 's', "summary", NULL, "Print what the capture holds and how many connections ended how, not the connections",
	  TO_FLAG(struct explain_job, summary) },
	{ 0, "json", NULL, "Print JSON Lines, as doc/schema describes them", TO_FLAG(struct explain_job, json) },
	{ 0, "list", NULL,
	  "List the words that can be explained; with a KIND behind it (rule, state, error, counter, setting, option, "
	  "column …) those of that kind",
	  TO_FLAG(struct explain_job, list) },
	{ 'v', "verbose", NULL,
	  "With --conn: also the other possible states, TCP options, and every packet of a long transfer",
	  TO_FLAG(struct explain_job, verbose) },
	{ 0 },
};

/* The name of a setting is a file's, too, and it is the setting that is asked for. */
static bool is_file(const char *what)
{
	return streq(what, "-") || (strncmp(what, "/proc/sys/", 10) != 0 && access(what, F_OK) == 0);
}

/* A single word with a slash or a capture's ending is a file's name, be it there or not: nothing is looked for in it.
 */
static bool is_file_name(const char *words)
{
	return !strpbrk(words, " \t\n") && (strchr(words, '/') || strcasestr(words, ".pcap"));
}

static int add_what(void *ctx, const char *arg, struct err *e)
{
	struct explain_job *job = ctx;

	if (job->what && (is_file(job->what) || (is_file_name(job->what) && is_file_name(arg))))
		return err_set(e, "one capture at a time: '%.40s' and '%.40s'", job->what, arg);
	if (!job->what)
		job->what = arg;
	buf_puts(&job->words, job->words.len ? " " : "");
	buf_puts(&job->words, arg);
	return 0;
}

static const struct opt_command options = {
	"lastack explain",
	"FILE|WORD",
	"Reads a capture (pcap or pcapng; - is standard input) and says of each TCP connection how it began, who "
	"closed first, how it ended, "
	"what was lost, and in which states its ends are, as far as packets tell. Of a word - a state, an error's name "
	"or text, a rule, a counter, "
	"a timer - it says what it means, the way in and out, and what is here now.",
	explain_options,
	{ .name = "capture", TO_CALL(add_what) },
	NULL,
};

static int no_such_word(const char *words, struct err *e)
{
	const char *near = words_near(words);

	if (near)
		return err_set(e, "'%.60s' is neither a file nor a word that is known; did you mean '%s'?", words,
		               near);
	return err_set(e,
	               "'%.60s' is neither a file nor a word that is known; 'lastack explain --list' names the words",
	               words);
}

static int list_words(const struct explain_job *job, struct err *e)
{
	struct buf kinds = { 0 };
	int rc = 0;

	if (!words_list(job->what)) {
		words_kinds(&kinds);
		rc = err_set(e, "there is no kind of words '%.40s'; there are: %s", job->what, buf_text(&kinds));
	}
	buf_free(&kinds);
	return rc;
}

static int check_words(const struct explain_job *job, struct err *e)
{
	if (job->conn && job->summary)
		return err_set(e, "--summary counts connections, --conn shows one: leave one of them out");
	if (!job->what || !*job->what)
		return err_set(e, "which capture, or which word? 'lastack explain FILE', or - for standard input; "
		                  "'tcpdump -w FILE tcp' makes one");
	return 0;
}

static int answer(const struct explain_job *job)
{
	const char *words = buf_text(&job->words);
	struct err e;

	if (job->list)
		return list_words(job, &e) < 0 ? command_fail(&command_explain, &e) : EXIT_OK;
	if (check_words(job, &e) < 0)
		return command_fail(&command_explain, &e);
	if (is_file(job->what))
		return explain_capture(job);
	if (words_explain(words, !is_file_name(words)))
		return EXIT_OK;
	if (is_file_name(words))
		return explain_capture(job);
	no_such_word(words, &e);
	return command_fail(&command_explain, &e);
}

static int run(int argc, char **argv)
{
	struct explain_job job = { 0 };
	int code;

	if (command_begins(&command_explain, argc, argv, &job, &code))
		code = answer(&job);
	buf_free(&job.words);
	return code;
}

const struct command command_explain = {
	"explain", "read a capture: who closed first, how each connection ended; or say what a word means", &options,
	run
};
