/* SPDX-License-Identifier: MIT
 * A run that needs no hosts: what is printed, and the exit code, of texts that hold, fail, are skipped and are wrong.
 */
#include "session/session.h"
#include "session/terminal_test.h"

static struct session_job job;
static const char *text, *failed;
static int run_code; /* of session_conclude() with this rc, where there is no text */

static int run(void)
{
	struct err e = { 0 };
	struct session s;
	int code;

	if (session_open(&s, &job, "x.lab") < 0)
		return 99;
	if (failed)
		s.lab.failed = xstrdup(failed);
	if (run_code)
		err_set(&e, "it went wrong; try again");
	code = text ? session_text(&s, text, strlen(text)) : session_conclude(&s, run_code, &e);
	return session_close(&s, code);
}

/* "done, 13.8 ms": how long it took is nobody's claim. */
static void without_time(struct buf *said)
{
	char *comma = said->text ? strstr(said->text, ", ") : NULL, *end = comma ? strchr(comma, '\n') : NULL;

	if (end && comma[2] >= '0' && comma[2] <= '9')
		memmove(comma, end, strlen(end) + 1);
}

static void is(const char *a_text, int code, const char *should, const char *what)
{
	struct buf said = { 0 };
	int got;

	text = a_text;
	got = kept_output(&said, run, 20);
	ok(got == code, "%s: exit code %d, should be %d", what, got, code);
	without_time(&said);
	same_text(buf_text(&said), should, what);
	buf_free(&said);
}

/* In the machine's own network: nothing has to be made. */
static void set_up(bool quiet)
{
	job = (struct session_job){ .command = "lab", .what = "x", .quiet = quiet, .options.machine = true };
	failed = NULL;
	run_code = 0;
}

static void quiet_ones(void)
{
	set_up(true);
	is("title \"a\"\nneeds time\n", 0, "done\n", "what holds");
	is("title \"a\"\nquit\nnonsense\n", 0, "done\n", "what ends early");
	is("title \"a\"\nneeds program no-such-thing\nnonsense\n", 77,
	   "skipped: needs program no-such-thing, which is not installed\n", "what cannot run here");
	is("", 3, "lastack lab: x.lab: there is no command in it\n", "an empty text");
	is("note \"a\"\n", 3,
	   "lastack lab: x.lab:1: the first command of a scenario is its title: title \"what it proves\"\n    note "
	   "\"a\"\n",
	   "one without a title");
	is("title \"a\"\nhodl client SYN\n", 3,
	   "lastack lab: x.lab:2: there is no verb 'hodl'; did you mean 'hold'?\n    hodl client SYN\n",
	   "a wrong verb");
	is("title \"a\"\nhold client SYN\n", 3,
	   "lastack lab: x.lab:2: hold: there is no wire of ours in the machine's own network; two programs get one "
	   "('lastack step A :: B')\n    hold client SYN\n",
	   "a verb of the wire where there is none");
	is("title \"a\"\nthreshold window 500ms\nthreshold window soon\n", 3,
	   "lastack lab: x.lab:3: 'soon' is no window: write 500ms or 2s\n    threshold window soon\n", "a threshold");
	failed = "expected: one thing\nseen:     another";
	is("title \"a\"\n", 1, "FAILED\nexpected: one thing\nseen:     another\n", "what failed");
	failed = NULL;
	run_code = -1;
	is(NULL, 3, "lastack lab: it went wrong; try again\n", "what went wrong");
}

static void programs(void)
{
	set_up(true);
	is("title \"a\"\nprogram run true\n", 3,
	   "lastack lab: x.lab:2: a file's 'run' starts programs: read the file, then run it with --allow-run (ACTOR "
	   "run "
	   "PROGRAM [ARG...])\n    program run true\n",
	   "a program of a stranger's file");
	job.what = NULL;
	job.free_form = true;
	is("note \"a\"\n", 0, "done\n", "a session needs no title");
}

int main(void)
{
	quiet_ones();
	programs();
	return tap_done();
}
