/* SPDX-License-Identifier: MIT
 * Stepping: unattended, by a script, for leaks alone, or at a prompt. */
#include "session/stepping.h"
#include "base/interrupt.h"
#include "lab/awaited.h"
#include "lab/leaks.h"
#include "lab/machine.h"
#include "lab/verbs.h"
#include "render/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* How long programs that only sleep and wake are watched after the last one of the others has ended. */
#define AFTERWARDS span_s(2)

/* How long the rest goes on before leaks are told. */
#define LAST_LOOK span_ms(300)

/* The first one is the server; the others are its clients. */
static void program_name(const struct stepping_job *job, size_t i, char name[static ACTOR_NAME])
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
	bool plain =
		*word &&
		word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+@%-")] == 0;

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
static int start_one(struct script *script, const struct stepping_job *job, size_t i, struct err *e)
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

static int start_all(struct session *s, struct script *script, const struct stepping_job *job, struct err *e)
{
	int rc = 0;

	if (s->lab.options.loopback)
		rc = script_line(script, "option loopback on", e);
	else if (s->lab.options.machine)
		rc = script_line(script, "option machine on", e);
	if (job->pid && rc == 0)
		rc = lab_attach(&s->lab, LONE_PROGRAM, job->pid, e);
	for (size_t i = 0; i < job->n_programs && rc == 0; i++)
		rc = start_one(script, job, i, e);
	return rc;
}

/* --- unattended ---------------------------------------------------------------------------------------- */

/* Whose exit code is ours: of clients the first one that failed, or else the last one that has ended; of the first
 * program where it is alone, or no client has ended. NULL: all run on. */
static const struct program *who_counts(struct lab *l)
{
	const struct program *first = TAILQ_FIRST(&l->stepper.programs), *p = first, *counts = NULL;

	while (p && (p = TAILQ_NEXT(p, link)))
		if (p->ended && (!counts || !program_code(counts)))
			counts = p;
	return counts ? counts : first && first->ended ? first : NULL;
}

static int code_of_programs(struct lab *l)
{
	const struct program *p = who_counts(l);

	return p ? program_code(p) : EXIT_OK;
}

/* "exit code 7: client exits 7; server killed by SIGSEGV": whose it is, and of the others those that failed. NULL:
 * there was a process before. For free(). */
static char *code_in_words(struct lab *l)
{
	const struct program *counts = who_counts(l), *p;
	struct buf b = { 0 };

	if (lab_has_attached(l))
		return NULL;
	buf_addf(&b, "exit code %d: ", code_of_programs(l));
	if (counts)
		buf_addf(&b, "%s ", counts->name);
	if (counts)
		program_end_text(&b, counts);
	else
		buf_puts(&b, "no program has ended");
	TAILQ_FOREACH (p, &l->stepper.programs, link) {
		if (p == counts || !p->ended || !program_code(p))
			continue;
		buf_addf(&b, "; %s ", p->name);
		program_end_text(&b, p);
	}
	return b.text;
}

/* The last program that was named: usually the client that makes the others work. When it is gone, the rest is looked
 * at a while. */
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

static bool time_is_up(const struct going *g)
{
	return g->limit.ns && instant_reached(instant_after(g->began, g->limit), clock_now());
}

/* Nobody is stopped. Is there anything to wait for? */
static bool is_over(const struct going *g)
{
	struct lab *l = &g->s->lab;
	struct buf in = { 0 };
	bool timed = false, wait;

	if (!lab_programs(l) || time_is_up(g))
		return true;
	wait = !l->options.machine && lab_all_wait(l, &in, &timed);
	buf_free(&in);
	if (wait && !timed && !lab_wire_waits(l))
		return true;
	return last_has_ended(l) && span_since(g->last_stop).ns > AFTERWARDS.ns;
}

static int go_on(struct session *s, const struct stepping_job *job, struct err *e)
{
	struct going g = { s, s->began, clock_now(), job->limit };

	while (!time_is_up(&g)) { /* a server that is asked all the time always stops somewhere */
		int rc;

		awaited_look(&s->lab);
		rc = lab_next_stop(&s->lab, e);
		if (rc < 0)
			return -1;
		if (rc > 0)
			g.last_stop = clock_now();
		else if (is_over(&g))
			break;
		else if (lab_pause(&s->lab, span_ms(10), -1, e) < 0 || lab_quiet(&s->lab, e) < 0)
			return -1;
	}
	return 0;
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
static int go_freely(struct session *s, const struct stepping_job *job, struct err *e)
{
	const struct steering all = { .order = ORDER_GO };
	struct going g = { s, s->began, clock_now(), job->limit };
	struct lab *l = &s->lab;

	l->silent = true;
	if (lab_go(l, &all, e) < 0)
		return -1;
	while (!is_over(&g)) {
		awaited_look(l);
		if (l->options.machine) {
			stepper_run(&l->stepper, span_ms(100));
			machine_forget_closed(l);
		} else if (lab_quiet(l, e) < 0) {
			return -1;
		}
		if (lab_pause(l, span_ms(10), -1, e) < 0)
			return -1;
	}
	return 0;
}

/* What is told now waits for nobody. */
static int come_to_the_end(struct session *s)
{
	interrupt_heeded();
	s->lab.deadline = clock_now();
	return 0;
}

/* Ctrl-C is how one ends the watching of what does not end by itself. */
static int ended_by_person(struct session *s, int rc)
{
	if (rc < 0 && interrupt_signal() && (s->lab.options.machine || s->job->quiet))
		return come_to_the_end(s);
	return rc;
}

/* Nobody will read of single calls. */
static bool is_unseen(const struct stepping_job *job)
{
	return job->quiet && !job->pcap;
}

static int run_automatic(struct session *s, const struct stepping_job *job)
{
	bool unseen = is_unseen(job);
	struct err e = { 0 };
	int rc, code;

	s->lab.forgets = !job->pcap;
	awaited_begin(&s->lab);
	if (unseen) {
		s->lab.lives.wanted = false;
		s->lab.stepper.want_cookies = !s->lab.options.machine;
		s->lab.stepper.no_results = true;
	}
	rc = ended_by_person(s, unseen ? go_freely(s, job, &e) : go_on(s, job, &e));
	if (rc == 0 && !unseen) {
		tell_who_waits(s);
		if (s->lab.options.machine)
			machine_tell_lost(&s->lab);
		rc = lab_leaks(&s->lab, &e) < 0 ? -1 : 0;
	}
	s->lab.exits = code_in_words(&s->lab);
	code = session_conclude(s, rc, &e);
	return code == EXIT_OK ? code_of_programs(&s->lab) : code;
}

/* What is being closed right now is no leak: a moment later it is closed. */
static int watch_on(struct lab *l, struct err *e)
{
	return lab_run_for(l, LAST_LOOK, e);
}

static char *leaks_in_words(int n)
{
	char text[80];

	snprintf(text, sizeof text, "%d connection%s held that should be closed", n, n == 1 ? " is" : "s are");
	return xstrdup(text);
}

static int watch_leaks(struct session *s, const struct stepping_job *job, struct err *e)
{
	struct lab *l = &s->lab;
	int rc;

	awaited_begin(l);
	rc = go_freely(s, job, e);
	if (interrupt_signal())
		rc = come_to_the_end(s);
	else if (rc == 0 && l->options.machine)
		rc = watch_on(l, e);
	return rc < 0 ? -1 : lab_leaks(l, e);
}

int stepping_leaks(struct session *s, struct script *script, const struct stepping_job *job, struct err *e)
{
	s->lab.no_packets = true; /* they would only take time */
	return start_all(s, script, job, e) < 0 ? -1 : watch_leaks(s, job, e);
}

/* Only the leaks are shown, not what led to them. */
static int run_leaks(struct session *s, const struct stepping_job *job)
{
	struct lab *l = &s->lab;
	struct err e = { 0 };
	int leaks = watch_leaks(s, job, &e), rc = leaks;

	session_unveil(s, EV_LEAK);
	lab_tell_missed(l);
	if (leaks == 0 && !job->quiet)
		lab_say(l, EV_NOTICE, "no leaks: no program holds a connection whose peer has sent its FIN");
	if (leaks > 0)
		l->failed = leaks_in_words(leaks);
	return session_conclude(s, rc < 0 ? -1 : 0, &e);
}

/* --- attended ------------------------------------------------------------------------------------------ */

static void told(void *ctx, int rc, const struct err *e)
{
	struct session *s = ctx;
	struct buf next = { 0 };

	session_told(s, rc, e);
	lab_next_text(&s->lab, &next);
	if (next.len)
		out_wrapped(stdout, &s->view.term, TINT_NONE, 3, "-- %s", buf_text(&next));
	else if (!lab_programs(&s->lab))
		out_line(stdout, "-- every program has ended; quit, or look around");
	buf_free(&next);
}

static int run_prompt(struct session *s, struct script *script)
{
	static const struct prompt_kind kind = { "step> ", "next", true };
	struct err none = { 0 };
	int leaks;

	out_wrapped(
		stdout, &s->view.term, TINT_NONE, 0, "%s",
		"Enter: one call further. past CALL, to CALL, until blocked, go, table, packets, stack, leaks, help, "
		"quit.");
	script->recording = true;
	told(s, 0, &none);
	prompt_run(&s->lab, script, &kind, told, s);
	if (interrupt_signal())
		come_to_the_end(s);
	leaks = lab_leaks(&s->lab, &none);
	return session_conclude(s, leaks < 0 ? -1 : 0, &none);
}

/* Its exit code is the script's: what a program's should be, the script expects. */
static int run_script(struct session *s, struct script *script, const struct buf *text)
{
	struct err e = { 0 };
	int rc = script_run(script, buf_text(text), text->len, &e);

	if (rc == 0)
		rc = lab_quiet(&s->lab, &e);
	return session_conclude(s, rc, &e);
}

int stepping_run(struct session *s, struct script *script, const struct stepping_job *job, const struct buf *verbs)
{
	struct err e = { 0 };

	s->lab.no_packets = job->leaks || (job->automatic && !job->script && is_unseen(job));
	if (start_all(s, script, job, &e) < 0) {
		s->nothing_ran = !lab_programs(&s->lab);
		return session_conclude(s, -1, &e);
	}
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
