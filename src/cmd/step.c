/* SPDX-License-Identifier: MIT
 * lastack step: unmodified programs, stopped at every socket call. Two or more get a lab of their own; one, or a running process,
 * is stepped in the machine's own network. */
#include "base/file.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/session.h"
#include "lab/leaks.h"
#include "lab/machine.h"
#include "lab/verbs.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PROGRAMS_MAX = 16 };

/* How long programs that only sleep and wake are watched after the last one of the others has ended. */
#define AFTERWARDS span_s(2)
#define LAST_LOOK span_ms(300)

struct job {
	struct {
		char **argv;
		int argc;
	} programs[PROGRAMS_MAX];
	size_t n_programs;
	long pid; /* 0: none */
	const char *script, *pcap;
	struct span limit; /* 0: none */
	bool on_machine, automatic, leaks, all_families, no_uring, allow_run, quiet, verbose, json;
};

/* --- where it is run ----------------------------------------------------------------------------------- */

/* Words that mean the two hosts of a lab. */
static bool names_a_host(const char *word)
{
	static const char *const names[] = { "client", "server", "10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strstr(word, names[i]) && (i > 1 || streq(word, names[i])))
			return true;
	return false;
}

static bool wants_two_hosts(const struct job *job)
{
	bool named = false;

	for (size_t p = 0; p < job->n_programs; p++) {
		for (int i = 1; i < job->programs[p].argc; i++) {
			if (strstr(job->programs[p].argv[i], "127.0.0.1") || strstr(job->programs[p].argv[i], "localhost"))
				return false;
			named = named || names_a_host(job->programs[p].argv[i]);
		}
	}
	return named;
}

static bool is_on_machine(const struct job *job)
{
	return job->on_machine || job->pid || job->n_programs < 2;
}

/* The first one is the server; the others are its clients. */
static void program_name(const struct job *job, size_t i, char name[static ACTOR_NAME])
{
	if (job->n_programs < 2)
		snprintf(name, ACTOR_NAME, "%s", LONE_PROGRAM);
	else if (i == 0)
		snprintf(name, ACTOR_NAME, "server");
	else if (i == 1)
		snprintf(name, ACTOR_NAME, "client");
	else
		snprintf(name, ACTOR_NAME, "client%u", (unsigned)i);
}

/* --- beginning ----------------------------------------------------------------------------------------- */

/* A word as the language reads it back. */
static void quote(struct buf *out, const char *word)
{
	bool plain = *word && word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+@%-")] == 0;

	if (plain) {
		buf_addf(out, " %s", word);
		return;
	}
	buf_puts(out, " \"");
	for (; *word; word++) {
		if (*word == '$')
			buf_puts(out, "\\x24");
		else if ((unsigned char)*word < ' ')
			buf_addf(out, "\\x%02x", (unsigned char)*word);
		else
			buf_addf(out, strchr("\"\\", *word) ? "\\%c" : "%c", *word);
	}
	buf_puts(out, "\"");
}

/* Everything is said in the language, so that `save` can write it. */
static int start_one(struct script *script, const struct job *job, size_t i, struct err *e)
{
	struct buf line = { 0 };
	char name[ACTOR_NAME];
	int rc;

	program_name(job, i, name);
	buf_addf(&line, "%s run", name);
	for (int k = 0; k < job->programs[i].argc; k++)
		quote(&line, job->programs[i].argv[k]);
	rc = script_line(script, buf_text(&line), e);
	buf_free(&line);
	return rc;
}

static int start_all(struct session *s, struct script *script, const struct job *job, struct err *e)
{
	int rc = 0;

	if (s->lab.options.loopback)
		rc = script_line(script, "option loopback on", e);
	else if (s->lab.options.machine)
		rc = script_line(script, "option machine on", e);
	if (job->pid && rc == 0)
		rc = lab_attach(&s->lab, LONE_PROGRAM, (pid_t)job->pid, e);
	for (size_t i = 0; i < job->n_programs && rc == 0; i++)
		rc = start_one(script, job, i, e);
	return rc;
}

/* --- unattended ---------------------------------------------------------------------------------------- */

/* The exit code of the program, or of the first one that failed. */
static int code_of_programs(struct lab *l)
{
	const struct program *p;

	TAILQ_FOREACH(p, &l->stepper.programs, link)
		if (p->ended && program_code(p))
			return program_code(p);
	return EXIT_OK;
}

/* The last program that was named: usually the client that makes the others work. When it is gone, the rest is looked at a while. */
static bool last_has_ended(struct lab *l)
{
	const struct program *p = TAILQ_LAST(&l->stepper.programs, programs);

	return p && p->ended;
}

struct going {
	struct session *s;
	struct instant began, last_stop;
	struct span limit;
};

/* Nobody is stopped. Is there anything to wait for? */
static bool is_over(const struct going *g)
{
	struct lab *l = &g->s->lab;
	struct buf in = { 0 };
	bool timed = false, wait, due;
	struct instant when;

	if (!lab_programs(l))
		return true;
	if (g->limit.ns && instant_reached(instant_after(g->began, g->limit), clock_now()))
		return true;
	if (l->options.machine)
		return last_has_ended(l) && span_since(g->last_stop).ns > AFTERWARDS.ns;
	wait = lab_all_wait(l, &in, &timed);
	buf_free(&in);
	due = l->started && wire_next_due(&l->wire, &when);
	if (wait && !timed && !due)
		return true;
	return last_has_ended(l) && span_since(g->last_stop).ns > AFTERWARDS.ns;
}

static int go_on(struct session *s, const struct job *job, struct err *e)
{
	struct going g = { s, clock_now(), clock_now(), job->limit };

	if (job->limit.ns)
		s->lab.deadline = instant_after(g.began, job->limit);
	for (;;) {
		int rc = lab_next_stop(&s->lab, e);

		if (rc < 0)
			return -1;
		if (rc > 0)
			g.last_stop = clock_now();
		else if (is_over(&g))
			return 0;
		else if (lab_pause(&s->lab, span_ms(10), -1, e) < 0 || lab_quiet(&s->lab, e) < 0)
			return -1;
	}
}

static void tell_who_waits(struct session *s)
{
	struct buf in = { 0 }, text = { 0 };
	bool timed;

	if (lab_all_wait(&s->lab, &in, &timed)) {
		buf_addf(&text, "still there: %s", buf_text(&in));
		lab_say(&s->lab, EV_NOTICE, buf_text(&text));
	}
	buf_free(&in);
	buf_free(&text);
}

/* Nobody sees the stops: they are made, and passed at once. */
static int go_freely(struct session *s, const struct job *job, struct err *e)
{
	const struct steering all = { .order = ORDER_GO };
	struct going g = { s, clock_now(), clock_now(), job->limit };
	struct lab *l = &s->lab;

	l->silent = true;
	if (job->limit.ns)
		l->deadline = instant_after(g.began, job->limit);
	if (lab_go(l, &all, e) < 0)
		return -1;
	while (!is_over(&g)) {
		if (l->options.machine)
			stepper_run(&l->stepper, span_ms(100));
		else if (lab_quiet(l, e) < 0)
			return -1;
		if (lab_pause(l, span_ms(10), -1, e) < 0)
			return -1;
	}
	return 0;
}

/* Ctrl-C is how one ends the watching of what does not end by itself. */
static int ended_by_person(struct session *s, int rc)
{
	if (rc < 0 && s->lab.interrupted && (s->lab.options.machine || s->job->quiet)) {
		s->lab.interrupted = false;
		return 0;
	}
	return rc;
}

static int run_automatic(struct session *s, const struct job *job)
{
	/* In the machine's own network only the order of turns keeps a client from coming before its server. */
	bool unseen = job->quiet && !job->pcap && !(s->lab.options.machine && job->n_programs > 1);
	struct err e = { "" }, no_leaks;
	int rc, code;

	if (unseen) {
		s->lab.lives.wanted = false;
		s->lab.stepper.want_cookies = !s->lab.options.machine;
	}
	rc = ended_by_person(s, unseen ? go_freely(s, job, &e) : go_on(s, job, &e));
	if (rc == 0 && !unseen) {
		tell_who_waits(s);
		lab_leaks(&s->lab, &no_leaks);
	}
	code = session_conclude(s, rc, &e);
	return code == EXIT_OK ? code_of_programs(&s->lab) : code;
}

/* What is being closed right now is no leak: a moment later it is closed. */
static void watch_on(struct lab *l, struct err *e)
{
	l->deadline = instant_after(clock_now(), LAST_LOOK);
	lab_run_for(l, LAST_LOOK, e);
}

/* Only the leaks are shown, not what led to them. */
static int run_leaks(struct session *s, const struct job *job)
{
	struct lab *l = &s->lab;
	struct err e = { "" };
	int rc, leaks = 0, code;

	machine_close(l); /* its packets would only take time */
	rc = go_freely(s, job, &e);
	if (l->interrupted)
		rc = 0;
	l->interrupted = false;
	if (rc == 0 && l->options.machine)
		watch_on(l, &e);
	if (rc == 0)
		leaks = rc = lab_leaks(l, &e);
	session_unveil(s, EV_LEAK);
	if (leaks == 0 && !job->quiet)
		lab_say(l, EV_NOTICE, "no leaks: no program holds a connection whose peer has sent its FIN");
	code = session_conclude(s, rc < 0 ? -1 : 0, &e);
	return code == EXIT_OK && leaks > 0 ? EXIT_WARNING : code;
}

/* --- attended ------------------------------------------------------------------------------------------ */

static void told(void *ctx, int rc, const struct err *e)
{
	struct session *s = ctx;
	struct buf next = { 0 };

	session_told(s, rc, e);
	lab_next_text(&s->lab, &next);
	if (next.len)
		printf("-- %s\n", buf_text(&next));
	else if (!lab_programs(&s->lab))
		puts("-- every program has ended; quit, or look around");
	buf_free(&next);
}

static int run_prompt(struct session *s, struct script *script)
{
	static const struct prompt_kind kind = { "step> ", "next", true };
	struct err none = { "" };

	puts("Enter: one call further. past CALL, to CALL, until blocked, go, table, packets, stack, leaks, help, quit.");
	script->recording = true;
	told(s, 0, &none);
	prompt_run(&s->lab, script, &kind, told, s);
	lab_leaks(&s->lab, &none);
	return session_conclude(s, 0, &none);
}

/* Its exit code is the script's: what a program's should be, the script expects. */
static int run_script(struct session *s, struct script *script, const struct buf *text)
{
	struct err e = { "" };
	int rc = script_run(script, buf_text(text), text->len, &e);

	if (rc == 0)
		rc = lab_quiet(&s->lab, &e);
	return session_conclude(s, rc, &e);
}

static int run_begun(struct session *s, struct script *script, const struct job *job, const struct buf *verbs)
{
	struct err e = { "" };

	if (start_all(s, script, job, &e) < 0)
		return session_conclude(s, -1, &e);
	if (job->script) {
		script->name = job->script;
		script->line = 0;
		if (!job->allow_run)
			s->lab.no_run = xstrdup("a script's 'run' starts programs: read it, then use --allow-run");
		return run_script(s, script, verbs);
	}
	if (job->leaks)
		return run_leaks(s, job);
	if (job->automatic || !isatty(STDIN_FILENO))
		return run_automatic(s, job);
	return run_prompt(s, script);
}

/* --- the command --------------------------------------------------------------------------------------- */

enum { OPT_AUTO = 256, OPT_SCRIPT, OPT_HOST, OPT_LEAKS, OPT_FOR, OPT_UNIX, OPT_NO_URING, OPT_ALLOW_RUN, OPT_JSON, OPT_PCAP };

static const struct opt step_options[] = {
	{ OPT_AUTO, "auto", NULL, "Every stop to the end, without asking; the exit code is the program's, or that of the first one that failed" },
	{ OPT_SCRIPT, "script", "FILE", "Run the lines of FILE (-: standard input), which is in the language of scenarios, once the programs have begun" },
	{ 'p', "pid", "PID", "Step a running process, with its threads and children; a call in which it sleeps may return EINTR to it" },
	{ OPT_LEAKS, "leaks", NULL, "Show no stops; at the end, or after --for, the connections whose peers have sent their FIN and that the program still holds, with the "
				    "lines of accept or connect, of the read that saw the end, and of the last call" },
	{ OPT_FOR, "for", "TIME", "With --auto and --leaks: end after so long" },
	{ OPT_HOST, "host", NULL, "Two programs: in the machine's own network, not in a lab" },
	{ OPT_UNIX, "unix", NULL, "Also stop at the calls of sockets that are not AF_INET or AF_INET6" },
	{ OPT_NO_URING, "no-io-uring", NULL, "Let io_uring_setup() fail with ENOSYS, so that programs use system calls" },
	{ OPT_ALLOW_RUN, "allow-run", NULL, "Let the script start programs (the verb run)" },
	{ OPT_JSON, "json", NULL, "Print JSON Lines, as doc/schema describes them" },
	{ OPT_PCAP, "pcap", "FILE", "Write the packets into a pcapng file" },
	{ 'q', "quiet", NULL, "Print the verdict only" },
	{ 'v', "verbose", NULL, "Also print the settings, and what the lab does" },
	{ 0 },
};

/* Options that only say yes. */
static const struct {
	int key;
	size_t where; /* a bool of struct job */
} switches[] = {
	{ OPT_AUTO, offsetof(struct job, automatic) },	   { OPT_LEAKS, offsetof(struct job, leaks) },
	{ OPT_HOST, offsetof(struct job, on_machine) },	   { OPT_UNIX, offsetof(struct job, all_families) },
	{ OPT_NO_URING, offsetof(struct job, no_uring) },  { OPT_ALLOW_RUN, offsetof(struct job, allow_run) },
	{ OPT_JSON, offsetof(struct job, json) },	   { 'q', offsetof(struct job, quiet) },
	{ 'v', offsetof(struct job, verbose) },
};

static int set(void *ctx, int key, const char *arg, struct err *e)
{
	struct job *job = ctx;

	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		if (switches[i].key != key)
			continue;
		*(bool *)((char *)job + switches[i].where) = true;
		return 0;
	}
	if (key == OPT_SCRIPT)
		job->script = arg;
	else if (key == OPT_PCAP)
		job->pcap = arg;
	else if (key == OPT_FOR && !span_parse(arg, &job->limit))
		return err_set(e, "a time is wanted, as 500ms, 60s or 5m, not '%.40s'", arg);
	else if (key == 'p' && (!number_parse(arg, &job->pid) || job->pid < 1))
		return err_set(e, "a process's number is wanted, not '%.40s'; 'pidof NAME' tells it", arg);
	return 0;
}

static int end_of_program(struct job *job, char **argv, int argc, struct err *e)
{
	if (argc == 0)
		return err_set(e, "a program is missing beside '::'");
	if (job->n_programs == PROGRAMS_MAX)
		return err_set(e, "at most %d programs", PROGRAMS_MAX);
	job->programs[job->n_programs].argv = argv;
	job->programs[job->n_programs++].argc = argc;
	return 0;
}

/* PROG ARG… :: PROG ARG… */
static int rest(void *ctx, int argc, char **argv, struct err *e)
{
	int first = 0;

	for (int i = 0; i <= argc; i++) {
		if (i < argc && !streq(argv[i], "::"))
			continue;
		if (end_of_program(ctx, argv + first, i - first, e) < 0)
			return -1;
		first = i + 1;
	}
	return 0;
}

static const struct opt_command options = {
	"lastack step", "PROGRAM [ARG...] [:: PROGRAM [ARG...]]...",
	"Stops unmodified programs at every socket call, and shows the call, its line in the source, the sockets of both sides and the packets. Two "
	"programs, the server first, get a private network whose wire can hold packets; one program, or -p, is stepped in the machine's own.",
	step_options, set, rest,
};

static int wrong(const struct job *job)
{
	if (job->pid && job->n_programs)
		fputs("lastack step: -p steps a running process; leave the program out, or -p\n", stderr);
	else if (!job->pid && !job->n_programs)
		fputs("lastack step: which program? 'lastack step ./server 7777 :: ./client 127.0.0.1 7777', or -p PID\n", stderr);
	else if (job->script && (job->automatic || job->leaks))
		fputs("lastack step: --script says what is done; leave --auto and --leaks out\n", stderr);
	else
		return 0;
	return -1;
}

/* "./server 7777 :: ./client 127.0.0.1 7777", for the first line. For free(). */
static char *title_of(const struct job *job)
{
	struct buf b = { 0 };

	if (job->pid)
		buf_addf(&b, "process %ld", job->pid);
	for (size_t i = 0; i < job->n_programs; i++) {
		buf_puts(&b, i ? " ::" : "");
		for (int k = 0; k < job->programs[i].argc; k++)
			buf_addf(&b, "%s%s", i || k ? " " : "", job->programs[i].argv[k]);
	}
	return b.text;
}

/* Before anything is started. */
static int read_script(const struct job *job, struct buf *text)
{
	int rc = !job->script ? 0 : streq(job->script, "-") ? fd_read_all(STDIN_FILENO, text, SCRIPT_MAX) : file_read(job->script, text, SCRIPT_MAX);

	if (rc < 0)
		fprintf(stderr, "lastack step: %s cannot be read (%s)\n", job->script, strerror(-rc));
	return rc;
}

static int run(int argc, char **argv)
{
	struct job job = { .pid = 0 };
	struct buf verbs = { 0 };
	struct session_job wanted = { .command = "step", .free_form = true, .may_run = true };
	struct script script;
	struct language lang;
	struct session s;
	char *title;
	int code;

	opt_parse(&options, argc, argv, &job);
	if (wrong(&job) < 0 || read_script(&job, &verbs) < 0)
		return EXIT_COULD_NOT;
	title = title_of(&job);
	wanted.title = title;
	wanted.pcap = job.pcap;
	wanted.quiet = job.quiet;
	wanted.verbose = job.verbose;
	wanted.json = job.json;
	wanted.unshown = job.leaks;
	wanted.options.machine = is_on_machine(&job);
	if (wanted.options.machine && job.n_programs < 2) {
		wanted.names[CLIENT] = LONE_PROGRAM;
		wanted.names[SERVER] = "peer";
	}
	wanted.options.loopback = !wanted.options.machine && !wants_two_hosts(&job);
	if (session_open(&s, &wanted, "step") < 0)
		return EXIT_COULD_NOT;
	s.lab.stepper.all_families = job.all_families;
	s.lab.stepper.no_uring = job.no_uring;
	lang = prompt_language(&s.lab);
	session_script(&s, &script, &lang);
	script.recording = true;
	code = run_begun(&s, &script, &job, &verbs);
	script_free(&script);
	code = session_close(&s, code);
	buf_free(&verbs);
	free(title);
	return code;
}

const struct command command_step = { "step", "stop unmodified programs at every socket call, and see both sides and the wire", &options, run };
