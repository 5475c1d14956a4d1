/* SPDX-License-Identifier: MIT
 * What a real program can be told. */
#include "base/near.h"
#include "base/system.h"
#include "base/text.h"
#include "lab/leaks.h"
#include "lab/rehearsal.h"
#include "lab/verbs.h"

#include <signal.h>
#include <stdlib.h>
#include <strings.h>

/* A scenario is not wrong where no program can be run. */
static bool cannot_run(struct lab *l)
{
	struct err why;

	if (l->free_form || l->rehearsal || sockets_open_to_us(&why) == 0)
		return false;
	free(l->skipped);
	l->skipped = xstrdup(err_text(&why));
	return true;
}

static int run_run(struct saying *s)
{
	struct lab *l = s->ctx;
	size_t n = s->n - s->at;
	char **argv = xcalloc(n + 1, sizeof *argv);
	int rc;

	if (l->no_run)
		rc = err_set(s->e, "%s", l->no_run);
	else if (!n)
		rc = err_set(s->e, "the program is missing: %s run PROGRAM [ARG...]", s->subject);
	else if (cannot_run(l)) {
		s->script->stop = true;
		rc = 0;
	} else {
		for (size_t i = 0; i < n; i++)
			argv[i] = s->w[s->at + i].text;
		s->at = s->n;
		rc = lab_run(l, s->subject, argv, s->e);
	}
	free(argv);
	return rc;
}

/* The program of this line. At the prompt of `step` the subject may be left out: every program is meant. */
static int take_program(struct saying *s, struct steering *to)
{
	const char *slash = s->subject ? strchr(s->subject, '/') : NULL;

	to->within = STEER_LIMIT;
	if (!s->subject)
		return 0;
	to->program = program_of(s->ctx, s->subject, s->e);
	if (!to->program)
		return -1;
	to->thread = slash ? (unsigned)strtoul(slash + 1, NULL, 10) : 0;
	if (to->thread > to->program->last_number)
		return err_set(s->e, "%s has %u threads and processes that made a socket call", to->program->name,
		               to->program->last_number);
	return 0;
}

static int take_call(struct saying *s, const char **word)
{
	struct near near = { 0 };

	*word = take_word(s, "the call");
	if (!*word)
		return -1;
	if (call_word_ok(*word))
		return 0;
	near.word = *word;
	for (size_t i = 0; i < syscalls_n; i++)
		near_try(&near, syscalls[i].name);
	if (near.best)
		return err_set(s->e, "'%.40s' is no call that programs are stopped at; did you mean %s?", *word,
		               near.best);
	return err_set(s->e, "'%.40s' is no call that programs are stopped at: send, recv, accept, connect, close ...",
	               *word);
}

static int take_within(struct saying *s, struct steering *to)
{
	to->by_clock = take_keyword(s, "within");
	if (to->by_clock && take_span(s, "within", &to->within) < 0)
		return -1;
	return take_nothing(s);
}

static int steer_to_call(struct saying *s, enum order order)
{
	struct steering to = { .order = order };

	if (take_program(s, &to) < 0 || take_call(s, &to.word) < 0 || take_within(s, &to) < 0)
		return -1;
	return lab_steer(s->ctx, &to, s->e);
}

static int run_past(struct saying *s)
{
	return steer_to_call(s, ORDER_PAST);
}
static int run_to(struct saying *s)
{
	return steer_to_call(s, ORDER_TO);
}

/* Without a time it goes on for good, as far as it can: to its end, or until it sleeps. */
static int run_go(struct saying *s)
{
	struct steering to = { .order = ORDER_GO };
	bool timed;

	if (take_program(s, &to) < 0)
		return -1;
	timed = say_more(s);
	to.within = span_s(0);
	if ((timed && take_span(s, "how long", &to.within) < 0) || take_nothing(s) < 0)
		return -1;
	return lab_go(s->ctx, &to, s->e);
}

static int run_until(struct saying *s)
{
	struct steering to = { .order = ORDER_GO };

	if (take_program(s, &to) < 0)
		return -1;
	if (!take_keyword(s, "blocked"))
		return err_set(s->e, "until what? 'until blocked': until it sleeps in a call");
	return take_within(s, &to) < 0 ? -1 : lab_steer(s->ctx, &to, s->e);
}

/* Enter at the prompt of step. */
static int run_next(struct saying *s)
{
	struct lab *l = s->ctx;
	struct buf in = { 0 };
	bool timed;
	int rc;

	if (take_nothing(s) < 0)
		return -1;
	rc = lab_next_stop(l, s->e);
	if (rc == 0 && !lab_programs(l))
		rc = err_set(s->e, "every program has ended");
	else if (rc == 0 && lab_all_wait(l, &in, &timed))
		rc = err_set(s->e, "nobody is stopped; %s", buf_text(&in));
	buf_free(&in);
	return rc < 0 ? -1 : 0;
}

static int run_stack(struct saying *s)
{
	struct steering to = { .order = ORDER_STAY };

	if (take_program(s, &to) < 0 || take_nothing(s) < 0)
		return -1;
	return lab_stacks(s->ctx, to.program, s->e);
}

static int run_leaks(struct saying *s)
{
	int n = take_nothing(s) < 0 ? -1 : lab_leaks(s->ctx, s->e);

	if (n == 0)
		lab_say(s->ctx, EV_NOTICE, "no leaks: no program holds a connection whose peer has sent its FIN");
	return n < 0 ? -1 : 0;
}

static int run_type(struct saying *s)
{
	struct program *p = program_of(s->ctx, s->subject, s->e);
	const struct word *w = p ? take_text(s, "what to type") : NULL;

	struct lab *l = s->ctx;

	if (!w || take_nothing(s) < 0 || (!l->rehearsal && program_type(&l->stepper, p, w->text, w->len, s->e) < 0))
		return -1;
	return lab_quiet(s->ctx, s->e);
}

/* INT, SIGINT or 2; 0: none of these. */
static int signal_of(const char *word)
{
	long number;

	if (number_parse(word, &number))
		return number > 0 && number < NSIG ? (int)number : 0;
	return signal_number(word);
}

static int run_signal(struct saying *s)
{
	struct program *p = program_of(s->ctx, s->subject, s->e);
	const char *word = p ? take_word(s, "the signal") : NULL;
	int signal = word ? signal_of(word) : 0;

	if (!word || take_nothing(s) < 0)
		return -1;
	if (!signal)
		return err_set(s->e, "'%.40s' is no signal: INT, TERM, USR1 ...", word);
	if (is_rehearsed(s))
		return 0;
	if (p->ended || kill(p->pid, signal) < 0)
		return err_set(s->e, "%s has ended: there is nobody to signal", p->name);
	return lab_quiet(s->ctx, s->e);
}

static const struct verb rows[] = {
	{ "run", VERB_SUBJECT, "PROGRAM [ARG...]",
	  "start a real, unmodified program on that host, stopped before its first socket call",
	  "It has a terminal of its own, and its own descriptors: its first socket is 3. $examples is the folder of "
	  "the posts' programs. In a file, "
	  "only with --allow-run.",
	  run_run, 0, false },
	{ "past", VERB_SUBJECT, "CALL [within TIME]", "let the program go on until it has returned from CALL",
	  "CALL is a system call's name; send, recv and accept mean every call that does so (write and read on a "
	  "socket too), on a "
	  "stream socket: looking up a name does not count. A program that sleeps on the way is told ('waits: in "
	  "accept') and is no error; when "
	  "the call has returned meanwhile, the next past means that. What ends by itself, as a sleep, is waited for "
	  "(5 s; longer where others have the processor, unless TIME is said).",
	  run_past, 0, false },
	{ "to", VERB_SUBJECT, "CALL [within TIME]", "let the program go on until it is about to make CALL", NULL,
	  run_to, 0, false },
	{ "go", VERB_SUBJECT, "[TIME]", "let the program go on freely; with TIME it then stops at its next stop", NULL,
	  run_go, 0, false },
	{ "until", VERB_SUBJECT, "blocked [within TIME]",
	  "let the program go on until it sleeps in a call or has ended", NULL, run_until, 0, false },
	{ "type", VERB_SUBJECT, "\"TEXT\"",
	  "type on the program's terminal; \\n is Enter, \\x03 Ctrl-C, \\x04 the end of input", NULL, run_type, 0,
	  false },
	{ "signal", VERB_SUBJECT, "NAME", "send the program a signal", NULL, run_signal, 0, false },
	{ "stack", VERB_SUBJECT, "", "where each thread of the program is, function by function", NULL, run_stack, 0,
	  false },
	{ "next", VERB_PLAIN, "",
	  "one call further: who went on last goes on, until it sleeps; then the next program that is stopped", NULL,
	  run_next, 0, false },
	{ "past", VERB_PLAIN, "CALL [within TIME]", "let all programs go on until one has returned from CALL", NULL,
	  run_past, 0, false },
	{ "to", VERB_PLAIN, "CALL [within TIME]", "let all programs go on until one is about to make CALL", NULL,
	  run_to, 0, false },
	{ "go", VERB_PLAIN, "[TIME]", "let all programs go on freely", NULL, run_go, 0, false },
	{ "until", VERB_PLAIN, "blocked [within TIME]", "let all programs go on until all sleep or have ended", NULL,
	  run_until, 0, false },
	{ "leaks", VERB_PLAIN, "",
	  "the connections whose peers have sent their FIN and that programs still hold, with the lines that made and "
	  "left them",
	  NULL, run_leaks, 0, false },
	{ "stack", VERB_PLAIN, "", "where each thread of each program is", NULL, run_stack, 0, false },
};
const struct verb_group verbs_program = { "Verbs of programs", rows, ARRAY_SIZE(rows) };
