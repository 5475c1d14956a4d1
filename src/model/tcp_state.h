/* SPDX-License-Identifier: MIT
 * The states of a TCP socket and the arrows between them, from tcp_state.def and transition.def. */
#ifndef MODEL_TCP_STATE_H
#define MODEL_TCP_STATE_H

#include "base/buf.h"

#include <stdint.h>

enum tcp_state {
#define STATE(name, number, ss, netstat, sentence, out) TCP_##name,
#include "model/tcp_state.def"
#undef STATE
	TCP_STATES
};

struct tcp_state_info {
	const char *name;    /* the name lastack prints: the RFC's, with Linux's spelling */
	int number;          /* include/net/tcp_states.h */
	const char *ss;      /* as ss prints it */
	const char *netstat; /* as netstat prints it */
	const char *sentence;
	const char *way_out;
};

struct transition {
	enum tcp_state from, to;
	const char *why;
	const char *rfc;
	const char *kernel; /* the function, as documentation */
};

/* The states that an end may be in, when nothing seen tells which. */
typedef uint16_t state_set;

#define STATE_SET_ALL ((state_set)((1U << TCP_STATES) - 1))

static inline state_set state_set_of(enum tcp_state s)
{
	return (state_set)(1U << s);
}

static inline bool state_set_has(state_set set, enum tcp_state s)
{
	return set >> s & 1;
}

static inline bool state_set_single(state_set set)
{
	return set && !(set & (set - 1));
}

/* "LAST_ACK or CLOSED", `first` at the front if it is in the set; "nothing" for the empty set. */
void state_set_text(struct buf *out, state_set set, enum tcp_state first);

const struct tcp_state_info *tcp_state_info(enum tcp_state s);
const char *tcp_state_name(enum tcp_state s);

/* The kernel's number to the state; TCP_STATES if it is none. */
enum tcp_state tcp_state_of_number(int number);

/* Any spelling: "CLOSE_WAIT", "close-wait", "FIN-WAIT-1", "FIN_WAIT1", "estab", "TIME-WAIT". */
bool tcp_state_parse(const char *text, enum tcp_state *s);

/* What is documented about this arrow; NULL if the figure has none such (the state was passed through
 * between two looks). */
const struct transition *transition_find(enum tcp_state from, enum tcp_state to);

#endif
