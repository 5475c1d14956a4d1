/* SPDX-License-Identifier: MIT
 * lastack explain WORD. Each kind of word is a row: whether it is one, and what is said of it. */
#include "words/words.h"
#include "base/near.h"
#include "base/system.h"
#include "base/term.h"
#include "base/text.h"
#include "script/scenario.h"
#include "doctor/doctor.h"
#include "model/word.h"
#include "source/diag.h"
#include "source/net.h"
#include "render/out.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum { MARGIN = 12 };

/* "fix         close the descriptor …", broken to the terminal's width. */
static void say(const char *label, const char *text)
{
	size_t width = term_of(STDOUT_FILENO).width - MARGIN;
	const char *rest = text;

	while (rest && *rest) {
		const char *next;
		size_t n = text_wrap(rest, width, &next);

		out_line(stdout, "%-*s%.*s", MARGIN, rest == text ? label : "", (int)n, rest);
		rest = next;
	}
}

static void draw(const char *text)
{
	while (text && *text) {
		size_t n = strcspn(text, "\n");

		out_line(stdout, "    %.*s", (int)n, text);
		text += n + (text[n] != 0);
	}
}

/* --- scenarios that show it ------------------------------------------------------------------------------ */

enum { SHOWN = 4 };

/* Is it in an expectation there, as a word of its own? */
static bool shows(const struct scenario *s, const char *word)
{
	size_t n = strlen(word);

	for (const char *line = s->text; line; line = strchr(line, '\n')) {
		const char *at, *end;

		line += *line == '\n';
		end = strchrnul(line, '\n');
		if (strncmp(line, "expect ", 7) != 0)
			continue;
		for (at = line; (at = strstr(at, word)) && at < end; at++)
			if (!isalnum((unsigned char)at[n]) && at[n] != '_' && !isalnum((unsigned char)at[-1]) &&
			    at[-1] != '_')
				return true;
	}
	return false;
}

static void say_scenarios(const char *word)
{
	struct buf b = { 0 };
	unsigned n = 0;

	for (size_t i = 0; i < scenarios_n && n < SHOWN; i++) {
		if (!shows(&scenarios[i], word) || strstr(scenarios[i].name, "-not"))
			continue;
		buf_addf(&b, "%slastack lab %s", n++ ? ", " : "", scenarios[i].name);
	}
	say("see it", buf_text(&b));
	buf_free(&b);
}

/* --- rules ----------------------------------------------------------------------------------------------- */

static void say_thresholds(const struct rule *r)
{
	struct buf b = { 0 };

	rule_add_thresholds(&b, r);
	say("thresholds", buf_text(&b));
	buf_free(&b);
}

static void say_rule(const struct rule *r)
{
	const struct rule_text *t = &r->text;
	struct buf see = { 0 };

	out_line(stdout, "%s %s (%s)", t->id, t->name, severity_word(r->severity));
	say("", t->sentence);
	draw(t->picture);
	say("cause", t->cause);
	say("fix", t->fix);
	say("caveat", t->caveat);
	say("no help", t->no_help);
	say("not when", t->not_when);
	say("verify", t->verify);
	say_thresholds(r);
	say("source", t->source);
	if (t->scenario)
		buf_addf(&see, "lastack lab %s; it stays silent in %s", t->scenario, t->twin);
	say("see it", buf_text(&see));
	buf_free(&see);
}

static bool rule_word(const char *word)
{
	const struct rule *r = doctor_rule(word);

	if (r)
		say_rule(r);
	return r != NULL;
}

/* The rules that are told by their ids, a line each. */
static void say_rules(const char *label, const char *ids)
{
	for (const struct rule *const *r = doctor_rules; *r; r++) {
		struct buf b = { 0 };

		if (!strstr(ids, (*r)->text.id))
			continue;
		buf_addf(&b, "%s %s: %s", (*r)->text.id, (*r)->text.name, (*r)->text.sentence);
		say(label, buf_text(&b));
		label = "";
		buf_free(&b);
	}
}

/* Too short to tell one trouble from another. */
enum { TELLING = 5 };

static bool is_about(const char *text, const char *symptom)
{
	return strcasestr(text, symptom) || (strlen(text) >= TELLING && strcasestr(symptom, text));
}

/* Rules among whose symptoms it is, or is a part of. */
static struct buf rules_about(const char *text)
{
	struct buf ids = { 0 };

	for (const struct rule *const *r = doctor_rules; *r; r++) {
		const char *at = (*r)->text.symptoms;

		while (at && *at) {
			char symptom[160];
			size_t n = strcspn(at, "|");

			snprintf(symptom, sizeof symptom, "%.*s", (int)n, at);
			if (is_about(text, symptom)) {
				buf_addf(&ids, "%s ", (*r)->text.id);
				break;
			}
			at += n + (at[n] != 0);
		}
	}
	return ids;
}

/* --- states ---------------------------------------------------------------------------------------------- */

static void say_arrow(const char *label, const struct transition *t)
{
	struct buf b = { 0 };

	buf_addf(&b, "%s ──▶ %s: %s [%s; %s]", tcp_state_name(t->from), tcp_state_name(t->to), t->why, t->rfc,
	         t->kernel);
	say(label, buf_text(&b));
	buf_free(&b);
}

static void say_arrows(enum tcp_state state, bool in)
{
	const char *label = in ? "way in" : "way out";

	for (int other = 0; other < TCP_STATES; other++) {
		const struct transition *t = in ? transition_find((enum tcp_state)other, state)
		                                : transition_find(state, (enum tcp_state)other);

		if (!t)
			continue;
		say_arrow(label, t);
		label = "";
	}
}

/* How many of them are here now, in this network namespace. */
static void say_here(enum tcp_state state)
{
	struct evidence ev = { 0 };
	struct buf b = { 0 };
	struct err e;
	struct diag *d = diag_open(&e);
	size_t n = 0;

	if (d && diag_look(d, 0, &ev, &e) == 0) {
		for (size_t i = 0; i < ev.n; i++)
			n += ev.socks[i].state == state;
		buf_addf(&b, "%zu in this network namespace", n);
		if (n)
			buf_addf(&b, ": lastack list state %s", tcp_state_name(state));
	}
	say("here now", buf_text(&b));
	buf_free(&b);
	evidence_free(&ev);
	diag_close(d);
}

/* "fin wait 2" is FIN_WAIT2; RFC 793's name of SYN_RECV. */
static bool parse_state(const char *word, enum tcp_state *state)
{
	char joined[40];

	snprintf(joined, sizeof joined, "%s",
	         strcasecmp(word, "SYN_RCVD") == 0 || strcasecmp(word, "SYN-RECEIVED") == 0 ? "SYN_RECV" : word);
	for (char *c = joined; *c; c++)
		*c = *c == ' ' ? '-' : *c;
	return strlen(word) < sizeof joined && tcp_state_parse(joined, state);
}

static const struct {
	enum sock_timer timer;
	const char *sentence;
} timers[] = {
	{ TIMER_ON, "the retransmission timer: something is sent and not acknowledged, a SYN, data or a FIN; it is "
	            "sent again when it fires (RFC 6298; net/ipv4/tcp_timer.c tcp_retransmit_timer())" },
	{ TIMER_KEEPALIVE,
	  "SO_KEEPALIVE: when nothing came for tcp_keepalive_time the peer is asked whether it still lives; in "
	  "SYN_RECV and in FIN_WAIT2 of an orphan other waits use it (tcp_keepalive_timer())" },
	{ TIMER_TIMEWAIT, "a minisocket in TIME_WAIT, 60 s, or of an orphan in FIN_WAIT2, tcp_fin_timeout "
	                  "(net/ipv4/inet_timewait_sock.c)" },
	{ TIMER_PERSIST, "the peer's window is closed, and there is data to send: it is asked now and then (RFC 9293 "
	                 "3.8.6.1; tcp_probe_timer())" },
};

/* ss calls a timer so, too. */
static void say_timer_of(const char *word)
{
	enum sock_timer t;

	for (size_t i = 0; i < ARRAY_SIZE(timers) && sock_timer_parse(word, &t); i++)
		if (timers[i].timer == t)
			say("as a timer", timers[i].sentence);
}

static bool state_word(const char *word)
{
	const struct tcp_state_info *info;
	enum tcp_state state;
	struct buf about;

	if (!parse_state(word, &state))
		return false;
	info = tcp_state_info(state);
	about = rules_about(info->name);
	out_line(stdout, "%s, a state of TCP (ss: %s, netstat: %s)", info->name, info->ss, info->netstat);
	say("", info->sentence);
	say_arrows(state, true);
	say_arrows(state, false);
	say("ended by", info->way_out);
	say_timer_of(word);
	say_here(state);
	say_rules("trouble", buf_text(&about));
	say_scenarios(info->name);
	buf_free(&about);
	return true;
}

/* --- errors ---------------------------------------------------------------------------------------------- */

static bool error_word(const char *word)
{
	const struct errno_word *w = errno_word_find(word);

	if (!w)
		return false;
	out_line(stdout, "%s (%d here), an error of %s: \"%s\"", w->name, w->number, w->calls, errno_text(w->number));
	say("", w->sentence);
	say("do", w->advice);
	say_rules("trouble", w->rules);
	say_scenarios(w->name);
	return true;
}

/* --- counters -------------------------------------------------------------------------------------------- */

/* "ListenDrops", "TcpExtListenDrops" as nstat has it, "TcpExt.ListenDrops". */
static bool is_counter(const char *word, const struct counter_info *c)
{
	size_t n = strlen(c->group);

	if (strncasecmp(word, c->group, n) == 0 && strcasecmp(word, c->group) != 0)
		word += n + (word[n] == '.');
	return strcasecmp(word, c->word) == 0;
}

static bool counter_word(const char *word)
{
	int64_t values[COUNTERS];

	for (int i = 0; i < COUNTERS; i++) {
		const struct counter_info *c = counter_info((enum counter_id)i);
		struct buf here = { 0 }, about;

		if (!is_counter(word, c))
			continue;
		net_read_counters(values);
		about = rules_about(c->word);
		out_line(stdout, "%s, a counter of each network namespace (%s; nstat: %s%s)", c->word, c->group,
		         c->group, c->word);
		say("", c->sentence);
		if (values[i] != UNKNOWN)
			buf_addf(&here,
			         "%lld since this network namespace was made: when, it does not tell; its rate does",
			         (long long)values[i]);
		say("here now", buf_text(&here));
		say_rules("trouble", buf_text(&about));
		say_scenarios(c->word);
		buf_free(&here);
		buf_free(&about);
		return true;
	}
	return false;
}

/* --- timers, reasons ------------------------------------------------------------------------------------- */

static bool timer_word(const char *word)
{
	enum sock_timer t;
	struct buf about;

	if (!sock_timer_parse(word, &t))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(timers); i++) {
		if (timers[i].timer != t)
			continue;
		about = rules_about(sock_timer_name(t));
		out_line(stdout, "%s, a timer of a socket", sock_timer_name(t));
		say("", timers[i].sentence);
		say_rules("trouble", buf_text(&about));
		say_scenarios(sock_timer_name(t));
		buf_free(&about);
		return true;
	}
	return false;
}

static bool reason_word(const char *word)
{
	for (int i = NO_OWNER_UNKNOWN + 1; i < NO_OWNER_REASONS; i++) {
		const struct no_owner_info *info = no_owner_info((enum no_owner)i);

		if (strcasecmp(word, info->word) != 0 && strcasecmp(word, info->text) != 0)
			continue;
		out_line(stdout, "%s, why no process holds a socket", info->text);
		say("", info->sentence);
		out_line(stdout, "%-*slastack list owner %s", MARGIN, "see it", info->word);
		return true;
	}
	return false;
}

/* --- what people type ------------------------------------------------------------------------------------ */

static bool symptom_word(const char *text)
{
	struct buf about = rules_about(text);
	bool known = about.len > 0;

	if (known) {
		out_line(stdout, "it may be:");
		say_rules("", buf_text(&about));
		out_line(stdout, "lastack doctor tells which it is; lastack explain and an id, all of that rule");
	}
	buf_free(&about);
	return known;
}

/* A name that is a rule's, a state's and a text's is the first of these. */
static bool (*const kinds[])(const char *word) = { rule_word,  state_word, counter_word, reason_word,
	                                           timer_word, error_word, symptom_word };

bool words_explain(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i](word))
			return true;
	return false;
}

/* --- all words ------------------------------------------------------------------------------------------- */

static void each_word(void (*each)(void *ctx, const char *word, const char *sentence), void *ctx)
{
	for (const struct rule *const *r = doctor_rules; *r; r++) {
		each(ctx, (*r)->text.id, (*r)->text.sentence);
		each(ctx, (*r)->text.name, NULL);
	}
	for (int i = 0; i < TCP_STATES; i++)
		each(ctx, tcp_state_info((enum tcp_state)i)->name, tcp_state_info((enum tcp_state)i)->sentence);
	for (size_t i = 0; i < errno_words_n; i++)
		each(ctx, errno_words[i].name, errno_words[i].sentence);
	for (int i = 0; i < COUNTERS; i++)
		each(ctx, counter_info((enum counter_id)i)->word, counter_info((enum counter_id)i)->sentence);
	for (size_t i = 0; i < ARRAY_SIZE(timers); i++)
		each(ctx, sock_timer_name(timers[i].timer), timers[i].sentence);
	for (int i = NO_OWNER_UNKNOWN + 1; i < NO_OWNER_REASONS; i++)
		each(ctx, no_owner_info((enum no_owner)i)->word, no_owner_info((enum no_owner)i)->sentence);
}

static void try_near(void *near, const char *word, const char *sentence)
{
	(void)sentence;
	near_try(near, word);
}

const char *words_near(const char *word)
{
	struct near near = { .word = word };

	each_word(try_near, &near);
	return near.best;
}

static void print_word(void *ctx, const char *word, const char *sentence)
{
	(void)ctx;
	if (sentence)
		out_line(stdout, "%-20s  %s", word, sentence);
}

void words_list(void)
{
	each_word(print_word, NULL);
}
