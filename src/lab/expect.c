/* SPDX-License-Identifier: MIT
 * The verb `expect`: reads a sentence, and holds it against what is seen, again and again until it is so or time is
 * up. */
#include "base/near.h"
#include "base/system.h"
#include "base/text.h"
#include "lab/judge.h"
#include "lab/rehearsal.h"
#include "lab/verbs.h"
#include "lab/was.h"

#include <stdio.h>
#include <stdlib.h>

#define WITHIN_DEFAULT span_s(5)
#define RETRY          span_ms(20)

/* --- reading the sentence ------------------------------------------------------------------------------ */

static bool number_of_word(const struct word *w, struct number *n)
{
	const char *t = w->text;

	n->op = EXACTLY;
	if (!strncmp(t, ">=", 2)) {
		n->op = AT_LEAST;
		t += 2;
	} else if (*t == '<') {
		n->op = BELOW;
		t++;
	} else if (*t == '+') { /* a counter that grew by so much */
		t++;
	}
	return !w->quoted && number_parse(t, &n->n);
}

static int take_condition(struct saying *s, const char *what, struct number *n)
{
	const struct word *w = say_peek(s);

	if (!w)
		return err_set(s->e, "%s is missing: N, >=N or <N", what);
	if (!number_of_word(w, n))
		return err_set(s->e, "%s is N, >=N or <N, not '%.40s'", what, w->text);
	s->at++;
	return 0;
}

static int take_timer(struct saying *s, enum sock_timer *t)
{
	const char *name = take_word(s, "the timer: off, on, keepalive, timewait or persist");

	if (!name)
		return -1;
	if (sock_timer_parse(name, t))
		return 0;
	return err_set(s->e, "'%.40s' is no timer; there are off, on, keepalive, timewait and persist", name);
}

static int take_clause(struct saying *s, struct expectation *x, const struct clause_kind *k)
{
	struct clause *c = &x->clauses[x->n_clauses];

	if (x->n_clauses == CLAUSES_MAX)
		return err_set(s->e, "an expectation has at most %d conditions", CLAUSES_MAX);
	if (k->listen && x->state != TCP_LISTEN)
		return err_set(s->e, "only LISTEN has '%s'; other states have rq and sq", k->word);
	c->kind = k;
	if (k->arg == ARG_NUMBER && take_condition(s, k->word, &c->number) < 0)
		return -1;
	if (k->arg == ARG_TIMER && take_timer(s, &c->timer) < 0)
		return -1;
	x->n_clauses++;
	return 0;
}

static const struct clause_kind *next_clause(struct saying *s)
{
	for (size_t i = 0; i < clause_kinds_n; i++)
		if (take_keyword(s, clause_kinds[i].word))
			return &clause_kinds[i];
	return NULL;
}

const char *take_actor(struct saying *s, const char *what)
{
	const char *name = take_word(s, what), *near;
	enum side side;

	if (name && actor_name_ok(name, &side))
		rehearsal_mention(s->ctx, s, name);
	if (!name || actor_name_ok(name, &side))
		return name;
	near = actor_meant(s->ctx, name);
	if (near)
		err_set(s->e, "'%.40s' names no actor; did you mean %s?", name, near);
	else
		err_set(s->e, "'%.40s' names no actor; its name begins with client or server", name);
	return NULL;
}

static int take_by(struct saying *s, struct expectation *x)
{
	x->by = take_actor(s, "the actor's name");
	return x->by ? 0 : -1;
}

static int unknown_condition(struct saying *s, bool clauses)
{
	struct near near = { .word = say_peek(s)->text };

	for (size_t i = 0; clauses && i < clause_kinds_n; i++)
		near_try(&near, clause_kinds[i].word);
	near_try(&near, "within");
	near_try(&near, "for");
	if (clauses)
		near_try(&near, "by");
	if (near.best)
		return err_set(s->e, "'%.40s' is no condition; did you mean %s?", near.word, near.best);
	return err_set(s->e, "'%.40s' is no condition%s", near.word, clauses ? "" : " here: within and for alone");
}

/* What may follow every form; with `clauses` also the conditions on a socket. */
static int take_rest(struct saying *s, struct expectation *x, bool clauses)
{
	const struct clause_kind *k;
	int rc = 0;

	while (say_more(s) && rc == 0) {
		if (take_keyword(s, "within")) {
			rc = take_span(s, "within", &x->within);
		} else if (take_keyword(s, "for")) {
			rc = take_span(s, "for", &x->stay);
		} else if (clauses && take_keyword(s, "by")) {
			rc = take_by(s, x);
		} else if (clauses && (k = next_clause(s))) {
			rc = take_clause(s, x, k);
		} else {
			rc = unknown_condition(s, clauses);
		}
	}
	return rc;
}

static int unknown_state(struct saying *s, const char *word)
{
	struct buf all = { 0 };

	for (int i = 0; i < TCP_STATES; i++)
		if (i != TCP_CLOSED)
			buf_addf(&all, " %s", tcp_state_name((enum tcp_state)i));
	err_set(s->e, "'%.40s' is no state; there are none, count, counter, an actor's call, and%s", word,
	        buf_text(&all));
	buf_free(&all);
	return -1;
}

static int take_state(struct saying *s, struct expectation *x)
{
	const struct word *w = say_peek(s);
	struct near near = { .word = w ? w->text : "" };

	if (!w)
		return err_set(s->e, "the state is missing: one of the RFC's, none, count, counter, or a call");
	if (!w->quoted && tcp_state_parse(w->text, &x->state) && x->state != TCP_CLOSED) {
		s->at++;
		return 0;
	}
	if (x->state == TCP_CLOSED && !w->quoted && tcp_state_parse(w->text, &x->state))
		return err_set(s->e, "CLOSED is no socket at all: write 'none'");
	for (int i = 0; i < TCP_STATES; i++)
		near_try(&near, tcp_state_name((enum tcp_state)i));
	if (near.best)
		return err_set(s->e, "'%.40s' is no state; did you mean %s?", w->text, near.best);
	return unknown_state(s, w->text);
}

static int read_none(struct saying *s, struct expectation *x)
{
	const struct word *w = say_peek(s);
	enum tcp_state state;

	x->form = &none_form;
	x->any_state = !(w && !w->quoted && tcp_state_parse(w->text, &state));
	if (!x->any_state && take_state(s, x) < 0)
		return -1;
	return take_rest(s, x, true);
}

static int read_count(struct saying *s, struct expectation *x)
{
	x->form = &count_form;
	if (take_state(s, x) < 0 || take_condition(s, "the count", &x->number) < 0)
		return -1;
	return take_rest(s, x, true);
}

static int no_counter(struct saying *s, const char *name, bool twice)
{
	const struct lab *l = s->ctx;
	struct near near = { .word = name };

	if (twice)
		return err_set(s->e, "'%.60s' stands in two groups; write Tcp.%s, TcpExt.… or the like", name, name);
	for (size_t i = 0; i < l->marked[CLIENT].n; i++)
		near_try(&near, l->marked[CLIENT].all[i].name);
	if (near.best)
		return err_set(s->e,
		               "this kernel has no counter '%.60s' (see /proc/net/netstat and snmp); did you mean %s?",
		               name, near.best);
	return err_set(s->e, "this kernel has no counter '%.60s' (see /proc/net/netstat and snmp)", name);
}

static int read_counter(struct saying *s, struct expectation *x)
{
	const struct lab *l = s->ctx;
	bool twice;

	x->form = &counter_form;
	x->name = take_word(s, "the counter's name, as ListenOverflows");
	if (!x->name)
		return -1;
	if (!l->marked[CLIENT].n && !l->rehearsal)
		return err_set(s->e, "the counters could not be read at the mark; is /proc mounted?");
	if (!counter_find(&l->marked[CLIENT], x->name, &twice) && l->marked[CLIENT].n)
		return no_counter(s, x->name, twice);
	return take_condition(s, "the counter's value", &x->number) < 0 ? -1 : take_rest(s, x, false);
}

/* Calls whose results can be expected, by the verbs' names. */
static bool is_call(const char *word)
{
	const struct verb *rows = verbs_actor.verbs;

	for (size_t i = 0; i < verbs_actor.n; i++)
		if (streq(word, rows[i].name))
			return true;
	return call_word_ok(word);
}

/* "listen" is a call when a result follows, else the state in small letters. */
static bool result_is_next(const struct saying *s)
{
	const struct word *w = s->at + 1 < s->n ? &s->w[s->at + 1] : NULL;
	struct number n;

	return w && (w->quoted || streq(w->text, "ok") || streq(w->text, "pending") || errno_number(w->text) ||
	             number_of_word(w, &n));
}

static int read_result(struct saying *s, struct expectation *x)
{
	const struct word *w = &s->w[s->at++];

	if (w->quoted) {
		x->result = RESULT_TEXT;
		x->text = w;
	} else if (streq(w->text, "ok")) {
		x->result = RESULT_OK;
	} else if (streq(w->text, "pending")) {
		x->result = RESULT_PENDING;
	} else if (number_of_word(w, &x->number)) {
		x->result = RESULT_NUMBER;
	} else {
		x->result = RESULT_ERRNO;
		x->err = errno_number(w->text);
	}
	return take_rest(s, x, false);
}

static int read_call(struct saying *s, struct expectation *x, const char *actor)
{
	bool result = result_is_next(s);

	x->form = &call_form;
	x->by = actor;
	x->name = take_word(s, "the call");
	if (!result)
		return err_set(
			s->e,
			"the result of %s is missing or unknown: ok, a number, an errno name, pending or \"text\"",
			x->name);
	return read_result(s, x);
}

static int read_exits(struct saying *s, struct expectation *x, const char *actor)
{
	const struct word *w = say_peek(s);

	x->form = &exits_form;
	x->by = actor;
	x->any_state = !w || !number_of_word(w, &x->number);
	if (!x->any_state)
		s->at++;
	return take_rest(s, x, false);
}

static int read_leaks(struct saying *s, struct expectation *x, const char *actor)
{
	x->form = &leaks_form;
	x->by = actor;
	if (take_condition(s, "how many connections", &x->number) < 0)
		return -1;
	if (take_keyword(s, "at") && !(x->text = take_text(s, "the place, as \"server.c:44\"")))
		return -1;
	return take_rest(s, x, false);
}

/* What is looked at is none of the things that can be. */
static int nobody(struct saying *s, const char *word)
{
	static const char *const things[] = { "wire", "held", "finding", "no" };
	struct near near = { .word = word };
	const char *best = actor_meant(s->ctx, word);

	if (best)
		near_try(&near, best);
	for (size_t i = 0; i < ARRAY_SIZE(things); i++)
		near_try(&near, things[i]);
	if (near.best)
		return err_set(s->e, "'%.40s' is neither a host nor an actor, nor wire, nor held; did you mean %s?",
		               word, near.best);
	return err_set(s->e,
	               "'%.40s' is neither a host nor an actor, nor wire, nor held; as 'expect client ESTABLISHED'",
	               word);
}

static int read_host(struct saying *s, struct expectation *x)
{
	const char *name = take_word(s, "who");
	const struct word *w = say_peek(s);
	enum side side;

	if (!name)
		return -1;
	if (!actor_name_ok(name, &side))
		return nobody(s, name);
	rehearsal_mention(s->ctx, s, name);
	x->sides = 1U << side;
	x->by = streq(name, side_name(side)) ? NULL : name;
	if (take_keyword(s, "exits"))
		return read_exits(s, x, name);
	if (take_keyword(s, "leaks"))
		return read_leaks(s, x, name);
	if (take_keyword(s, "none"))
		return read_none(s, x);
	if (take_keyword(s, "count"))
		return read_count(s, x);
	if (take_keyword(s, "counter"))
		return read_counter(s, x);
	if (w && !w->quoted && is_call(w->text) && (!streq(w->text, "listen") || result_is_next(s)))
		return read_call(s, x, name);
	x->form = &socket_form;
	return take_state(s, x) < 0 ? -1 : take_rest(s, x, true);
}

static int read_wire(struct saying *s, struct expectation *x)
{
	x->form = &wire_form;
	if (take_pick(s, &x->sides, &x->pick) < 0)
		return -1;
	return take_condition(s, "how many packets", &x->number) < 0 ? -1 : take_rest(s, x, false);
}

static int read_held(struct saying *s, struct expectation *x)
{
	const struct word *w;

	x->form = &held_form;
	x->number = (struct number){ AT_LEAST, 1 };
	if (take_pick(s, &x->sides, &x->pick) < 0)
		return -1;
	w = say_peek(s);
	if (w && !streq(w->text, "within") && !streq(w->text, "for") && take_condition(s, "how many", &x->number) < 0)
		return -1;
	return take_rest(s, x, false);
}

static int no_rule(struct saying *s, const char *word)
{
	const struct lab *l = s->ctx;
	struct near near = { .word = word };

	if (l->hooks.rules)
		l->hooks.rules(l->hooks.ctx, &near);
	if (near.best)
		return err_set(s->e, "there is no rule '%.60s'; did you mean '%s'?", word, near.best);
	return err_set(s->e, "there is no rule '%.60s'; 'lastack doctor --rules' lists them", word);
}

/* Each judgement takes the doctor's window: `within` is tried again and again as ever. */
static int read_finding(struct saying *s, struct expectation *x)
{
	const struct lab *l = s->ctx;
	const struct word *w = say_peek(s);

	x->form = &finding_form;
	if (!l->hooks.diagnose)
		return err_set(s->e, "there is no doctor here");
	if (w && !streq(w->text, "within") && !streq(w->text, "for"))
		x->name = take_word(s, "the rule");
	else if (!x->none)
		return err_set(s->e, "the rule is missing: its id or name, as LA101 or close-wait-leak");
	if (x->name && !l->hooks.rule_known(l->hooks.ctx, x->name))
		return no_rule(s, x->name);
	return take_rest(s, x, false);
}

static int read_no_finding(struct saying *s, struct expectation *x)
{
	x->none = true;
	if (!take_keyword(s, "finding"))
		return err_set(s->e, "'no' is followed by 'finding'; of sockets say 'H none STATE'");
	return read_finding(s, x);
}

static int read_sentence(struct saying *s, struct expectation *x)
{
	if (take_keyword(s, "finding"))
		return read_finding(s, x);
	if (take_keyword(s, "no"))
		return read_no_finding(s, x);
	if (take_keyword(s, "wire"))
		return read_wire(s, x);
	if (take_keyword(s, "held"))
		return read_held(s, x);
	return read_host(s, x);
}

/* --- waiting for it ------------------------------------------------------------------------------------ */

/* How it ended: held; never true; or true, and then not for as long as it should. */
enum outcome { HELD, NEVER, NOT_LONG };

/* One moment's judgement: true when the question is settled. */
static bool judged(const struct expectation *x, bool is_true, bool was_true, struct span true_for, bool late,
                   enum outcome *outcome)
{
	if (is_true) {
		*outcome = HELD;
		return true_for.ns >= x->stay.ns;
	}
	*outcome = was_true ? NOT_LONG : NEVER;
	return was_true || late;
}

/* What of the time since then counts: the pause that was wanted, but not how late the lab was. */
static struct span counted(struct instant from)
{
	struct span d = span_since(from);

	return d.ns < RETRY.ns ? d : RETRY;
}

static int ask_until(struct lab *l, const struct expectation *x, enum outcome *outcome, struct span *true_for,
                     struct err *e)
{
	struct span left = x->within;
	struct instant round = clock_now(), since = { 0 };
	bool was_true = false;
	int is_true;

	for (;;) {
		struct instant now;

		if (lab_quiet(l, e) < 0)
			return -1;
		left.ns -= counted(round).ns;
		round = clock_now();
		is_true = x->form->asked ? x->form->asked(l, x, e) : x->form->holds(l, x);
		if (is_true < 0)
			return -1;
		now = clock_now();
		left.ns -= span_between(round, now).ns;
		if (is_true && !was_true)
			since = now;
		if (is_true || was_true)
			*true_for = span_between(since, now);
		if (judged(x, is_true, was_true, *true_for, left.ns <= 0, outcome))
			return 0;
		was_true = is_true;
		round = now;
		if (lab_pause(l, RETRY, -1, e) < 0)
			return -1;
	}
}

/* Programs that answer each other without end are no reason to wait without end: so long beyond its own time. */
#define NEVER_STILL span_s(10)

static int await(struct lab *l, const struct expectation *x, enum outcome *outcome, struct span *true_for,
                 struct err *e)
{
	struct span at_most = { x->within.ns + x->stay.ns + NEVER_STILL.ns };
	struct instant before = lab_end_by(l, instant_after(clock_now(), at_most));
	int rc = ask_until(l, x, outcome, true_for, e);

	l->deadline = before;
	return rc;
}

static char *sentence(const struct saying *s)
{
	struct buf b = { 0 };

	for (size_t i = 1; i < s->n; i++) {
		if (i > 1)
			buf_puts(&b, " ");
		if (s->w[i].quoted)
			buf_puts(&b, "\"");
		text_escape(&b, s->w[i].text, s->w[i].len);
		if (s->w[i].quoted)
			buf_puts(&b, "\"");
	}
	return b.text ? b.text : xstrdup("");
}

static void tables(struct lab *l)
{
	struct event ev = { .kind = EV_TABLE, .side = NO_SIDE };
	struct err ignored;

	ev.table.one_host = l->options.loopback;
	if (lab_look(l, ev.table.seen, &ignored) == 0)
		timeline_append(&l->timeline, ev);
	else
		event_clear(&ev);
}

/* Below `finally`: what went wrong first is the verdict. */
static int fail_besides(struct saying *s, const struct expectation *x)
{
	struct lab *l = s->ctx;
	struct buf b = { 0 };
	char *wanted = sentence(s);

	buf_addf(&b, "expected: %s; seen: ", wanted);
	x->form->seen(l, x, &b);
	err_set(s->e, "%s", buf_text(&b));
	free(wanted);
	buf_free(&b);
	return -1;
}

/* The report names what was expected beside what is, and leaves the tables on the timeline. */
static int fail(struct saying *s, const struct expectation *x, enum outcome outcome, struct span true_for)
{
	struct lab *l = s->ctx;
	struct buf b = { 0 };
	char *wanted = sentence(s), t[SPAN_TEXT];

	buf_addf(&b, "expected: %s\n", wanted);
	if (outcome == NOT_LONG) {
		span_format(t, true_for);
		buf_addf(&b, "    was so for %s, and then not\n", t);
	} else {
		span_format(t, x->within);
		buf_addf(&b, "    not so within %s\n", t);
	}
	buf_puts(&b, "seen:     ");
	x->form->seen(l, x, &b);
	was_add(l, x, &b);
	free(l->failed);
	l->failed = b.text;
	free(wanted);
	tables(l);
	return err_set(s->e, "the expectation failed");
}

int verb_expect(struct saying *s)
{
	struct expectation x = { .within = WITHIN_DEFAULT };
	struct lab *l = s->ctx;
	struct event ev = { .kind = EV_EXPECTED, .side = NO_SIDE };
	enum outcome outcome;
	struct span true_for = { 0 };

	if (l->rehearsal)
		return read_sentence(s, &x);
	if (read_sentence(s, &x) < 0 || await(l, &x, &outcome, &true_for, s->e) < 0)
		return -1;
	ev.expected.text = sentence(s);
	ev.expected.held = outcome == HELD;
	timeline_append(&l->timeline, ev);
	if (outcome != HELD)
		return l->cleaning ? fail_besides(s, &x) : fail(s, &x, outcome, true_for);
	l->expectations++;
	return 0;
}
