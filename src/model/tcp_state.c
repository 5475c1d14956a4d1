/* SPDX-License-Identifier: MIT
 * Names and documentation of the states. */
#include "model/tcp_state.h"
#include "base/util.h"

#include <ctype.h>

static const struct tcp_state_info states[] = {
#define STATE(name, number, ss, netstat, sentence, out) { #name, number, ss, netstat, sentence, out },
#include "model/tcp_state.def"
#undef STATE
};

static const struct transition transitions[] = {
#define TRANSITION(from, to, why, rfc, kernel) { TCP_##from, TCP_##to, why, rfc, kernel },
#include "model/transition.def"
#undef TRANSITION
};

_Static_assert(ARRAY_SIZE(states) == TCP_STATES, "one row per state");

const struct tcp_state_info *tcp_state_info(enum tcp_state s)
{
	return &states[s];
}

const char *tcp_state_name(enum tcp_state s)
{
	return s < TCP_STATES ? states[s].name : "?";
}

void state_set_text(struct buf *out, state_set set, enum tcp_state first)
{
	const char *joint = "";

	if (state_set_has(set, first)) {
		buf_puts(out, tcp_state_name(first));
		joint = " or ";
	}
	for (int i = 0; i < TCP_STATES; i++) {
		if (!state_set_has(set, (enum tcp_state)i) || i == (int)first)
			continue;
		buf_addf(out, "%s%s", joint, tcp_state_name((enum tcp_state)i));
		joint = " or ";
	}
	if (!*joint)
		buf_puts(out, "nothing");
}

enum tcp_state tcp_state_of_number(int number)
{
	for (size_t i = 0; i < TCP_STATES; i++)
		if (states[i].number == number)
			return (enum tcp_state)i;
	return TCP_STATES;
}

static const char *skip_joint(const char *s)
{
	while (*s == '-' || *s == '_')
		s++;
	return s;
}

/* Compares letters and digits only: FIN-WAIT-1, fin_wait1 and FIN_WAIT_1 are the same. */
static bool same_letters(const char *a, const char *b)
{
	for (;; a++, b++) {
		a = skip_joint(a);
		b = skip_joint(b);
		if (toupper((unsigned char)*a) != toupper((unsigned char)*b))
			return false;
		if (!*a)
			return true;
	}
}

bool tcp_state_parse(const char *text, enum tcp_state *s)
{
	static const struct {
		const char *alias;
		enum tcp_state state;
	} aliases[] = { { "ESTAB", TCP_ESTABLISHED },
		        { "SYN_RECEIVED", TCP_SYN_RECV },
		        { "CLOSE", TCP_CLOSED },
		        { "BOUND_INACTIVE", TCP_BOUND },
		        { "LISTENING", TCP_LISTEN } };

	for (size_t i = 0; i < TCP_STATES; i++) {
		if (same_letters(text, states[i].name)) {
			*s = (enum tcp_state)i;
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (same_letters(text, aliases[i].alias)) {
			*s = aliases[i].state;
			return true;
		}
	}
	return false;
}

const struct transition *transition_find(enum tcp_state from, enum tcp_state to)
{
	for (size_t i = 0; i < ARRAY_SIZE(transitions); i++)
		if (transitions[i].from == from && transitions[i].to == to)
			return &transitions[i];
	return NULL;
}
