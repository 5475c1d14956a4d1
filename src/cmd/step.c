/* SPDX-License-Identifier: MIT
 * lastack step: unmodified programs, stopped at every socket call. Two or more get a lab of their own; one, or a
 * running process, is stepped in the machine's own network. Here: what is wanted, and where it is run. */
#include "base/file.h"
#include "cmd/command.h"
#include "session/stepping.h"
#include "lab/programs.h"
#include "lab/ways.h"
#include "render/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

static bool wants_two_hosts(const struct stepping_job *job)
{
	bool named = false;

	for (size_t p = 0; p < job->n_programs; p++) {
		for (int i = 1; i < job->programs[p].argc; i++) {
			if (strstr(job->programs[p].argv[i], "127.0.0.1") ||
			    strstr(job->programs[p].argv[i], "localhost"))
				return false;
			named = named || names_a_host(job->programs[p].argv[i]);
		}
	}
	return named;
}

static bool is_on_machine(const struct stepping_job *job)
{
	return job->on_machine || job->pid || job->n_programs < 2;
}

/* --- the command --------------------------------------------------------------------------------------- */

static const struct opt step_options[] = {
	{ 0, "auto", NULL,
	  "Every stop to the end, without asking; the exit code is the program's; of several that of the client, or of "
	  "the first client that failed, and the last line says whose",
	  TO_FLAG(struct stepping_job, automatic) },
	{ 0, "script", "FILE",
	  "Run the lines of FILE (-: standard input), which is in the language of scenarios, once the programs have "
	  "begun",
	  TO_TEXT(struct stepping_job, script) },
	{ 'p', "pid", "PID",
	  "Step a running process, with its threads and children; a call in which it sleeps may return EINTR to it, "
	  "and a "
	  "busy server does some hundred times fewer requests a second while its stops are shown: --leaks costs it "
	  "much "
	  "less",
	  TO_NUMBER(struct stepping_job, pid, 1, INT32_MAX), .advice = "'pidof NAME' tells it" },
	{ 0, "leaks", NULL,
	  "The light one, for what is in service: a busy server does some five times fewer requests a second. Show no "
	  "stops; at the end, or after --for, the connections whose peers have sent their FIN and that the "
	  "program still holds, with the lines of accept or connect, of the read that saw the end, and of the last "
	  "call",
	  TO_FLAG(struct stepping_job, leaks) },
	{ 0, "for", "TIME", "With --auto and --leaks: end after so long", TO_SPAN(struct stepping_job, limit, 1) },
	{ 0, "host", NULL, "Two programs: in the machine's own network, not in a lab",
	  TO_FLAG(struct stepping_job, on_machine) },
	{ 0, "unix", NULL, "Also stop at the calls of sockets that are not AF_INET or AF_INET6",
	  TO_FLAG(struct stepping_job, all_families) },
	{ 0, "no-io-uring", NULL, "Let io_uring_setup() fail with ENOSYS, so that programs use system calls",
	  TO_FLAG(struct stepping_job, no_uring) },
	{ 0, "allow-run", NULL, "Let the script start programs (the verb run)",
	  TO_FLAG(struct stepping_job, allow_run) },
	{ 0, "json", NULL, "Print JSON Lines, as doc/schema describes them", TO_FLAG(struct stepping_job, json) },
	{ 0, "pcap", "FILE", "Write the packets into a pcapng file", TO_TEXT(struct stepping_job, pcap) },
	{ 'q', "quiet", NULL, "Print the verdict only", TO_FLAG(struct stepping_job, quiet) },
	{ 'v', "verbose", NULL, "Also print the settings, what the lab does, and how long each call took",
	  TO_FLAG(struct stepping_job, verbose) },
	{ 0 },
};

static int end_of_program(struct stepping_job *job, char **argv, int argc, struct err *e)
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
	"lastack step",
	"PROGRAM [ARG...] [:: PROGRAM [ARG...]]...",
	"Stops unmodified programs at every socket call, and shows the call, its line in the source, the sockets of "
	"both sides and the packets. Two "
	"programs, the server first, get a private network whose wire can hold packets; one program, or -p, is stepped "
	"in the machine's own.",
	step_options,
	{ 0 },
	rest,
};

static int check_words(const struct stepping_job *job, struct err *e)
{
	if (job->pid && job->n_programs)
		return err_set(e, "-p steps a running process; leave the program out, or -p");
	if (!job->pid && !job->n_programs)
		return err_set(e, "which program? 'lastack step ./server 7777 :: ./client 127.0.0.1 7777', or -p PID");
	if (job->script && (job->automatic || job->leaks))
		return err_set(e, "--script says what is done; leave --auto and --leaks out");
	return 0;
}

/* "./server 7777 :: ./client 127.0.0.1 7777", for the first line. For free(). */
static char *title_of(const struct stepping_job *job)
{
	struct buf b = { 0 };

	if (job->pid)
		buf_addf(&b, "process %d", job->pid);
	for (size_t i = 0; i < job->n_programs; i++) {
		buf_puts(&b, i ? " ::" : "");
		for (int k = 0; k < job->programs[i].argc; k++)
			buf_addf(&b, "%s%s", i || k ? " " : "", job->programs[i].argv[k]);
	}
	return b.text;
}

/* Before anything is started. */
static int read_script(const struct stepping_job *job, struct buf *text, struct err *e)
{
	int rc = !job->script              ? 0
	         : streq(job->script, "-") ? fd_read_all(STDIN_FILENO, text, SCRIPT_MAX)
	                                   : file_read(job->script, text, SCRIPT_MAX);

	return rc < 0 ? err_sys(e, -rc, "%s cannot be read", job->script) : 0;
}

static struct session_job session_job_of(const struct stepping_job *job, const char *title)
{
	struct session_job wanted = { .command = "step",
		                      .title = title,
		                      .pcap = job->pcap,
		                      .quiet = job->quiet,
		                      .verbose = job->verbose,
		                      .json = job->json,
		                      .unshown = job->leaks,
		                      .free_form = true,
		                      .may_run = true };

	wanted.options.machine = is_on_machine(job);
	wanted.otherwise = "--host: the programs run in the machine's own network, and no packet can be held";
	wanted.options.loopback = !wanted.options.machine && !wants_two_hosts(job);
	if (wanted.options.machine && job->n_programs < 2) {
		wanted.names[CLIENT] = LONE_PROGRAM;
		wanted.names[SERVER] = "peer";
	}
	return wanted;
}

static int run_session(const struct stepping_job *job, const struct session_job *wanted, const struct buf *verbs)
{
	struct script script;
	struct language lang;
	struct session s;
	int code;

	if (session_open(&s, wanted, "step") < 0)
		return EXIT_COULD_NOT;
	s.lab.stepper.all_families = job->all_families;
	s.lab.stepper.no_uring = job->no_uring;
	s.lab.stepper.whole_stacks = job->verbose;
	if (job->limit.ns)
		s.lab.deadline = instant_after(s.began, job->limit);
	lang = prompt_language(&s.lab);
	session_script(&s, &script, &lang);
	script.recording = true;
	code = stepping_run(&s, &script, job, verbs);
	script_free(&script);
	return session_close(&s, code);
}

static int run(int argc, char **argv)
{
	struct stepping_job job = { .pid = 0 };
	struct session_job wanted;
	struct buf verbs = { 0 };
	struct err e = { 0 };
	char *title;
	int code;

	if (!command_begins(&command_step, argc, argv, &job, &code))
		return code;
	if (check_words(&job, &e) < 0 || !way_programs(&e) || read_script(&job, &verbs, &e) < 0)
		return command_fail(&command_step, &e);
	title = title_of(&job);
	wanted = session_job_of(&job, title);
	code = run_session(&job, &wanted, &verbs);
	buf_free(&verbs);
	free(title);
	return code;
}

const struct command command_step = { "step",
	                              "stop unmodified programs at every socket call, and see both sides and the wire",
	                              &options, run };
