/* SPDX-License-Identifier: MIT
 * States of TCP among what people type, and why nobody holds a socket. */
#include "words/states.h"
#include "model/sock.h"
#include "render/out.h"
#include "words/here.h"
#include "words/say.h"
#include "words/table.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* How many of them are here now. */
static void say_here(enum tcp_state state)
{
	char filter[64];
	struct buf b;

	snprintf(filter, sizeof filter, "state %s", tcp_state_name(state));
	b = here_sockets(filter);
	say("here now", buf_text(&b));
	buf_free(&b);
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

/* ss calls a timer so, too. */
static void say_timer_of(const char *typed)
{
	const struct lore *w = word_find(word_kind_of("timer"), typed);

	if (w)
		say("as a timer", w->means);
}

bool state_word(const char *typed)
{
	const struct tcp_state_info *info;
	enum tcp_state state;
	struct buf about;

	if (!parse_state(typed, &state))
		return false;
	info = tcp_state_info(state);
	about = rules_about(info->name);
	out_line(stdout, "%s, a state of TCP (ss: %s, netstat: %s)", info->name, info->ss, info->netstat);
	say("", info->sentence);
	say_arrows(state, true);
	say_arrows(state, false);
	say("ended by", info->way_out);
	say_timer_of(typed);
	say_here(state);
	say_rules("trouble", buf_text(&about));
	say_scenarios(info->name, SAY_EXPECTS);
	buf_free(&about);
	return true;
}

bool reason_word(const char *typed)
{
	for (int i = NO_OWNER_UNKNOWN + 1; i < NO_OWNER_REASONS; i++) {
		const struct no_owner_info *info = no_owner_info((enum no_owner)i);

		if (strcasecmp(typed, info->word) != 0 && strcasecmp(typed, info->text) != 0)
			continue;
		out_line(stdout, "%s, why no process holds a socket", info->text);
		say("", info->sentence);
		out_line(stdout, "%-*slastack list owner %s", SAY_MARGIN, "see it", info->word);
		return true;
	}
	return false;
}
