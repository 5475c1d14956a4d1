/* SPDX-License-Identifier: MIT
 * The state machine of RFC 9293, seen by someone who is neither end: what is known of an end is the set of states that
 * it may be in. An arrow (arrow.def) moves every state of the set. */
#ifndef TCP_FSM_H
#define TCP_FSM_H

#include "model/tcp_state.h"

enum tcp_input {
	/* A segment arrived at this end. */
	IN_SYN,        /* a SYN without ACK */
	IN_SYNACK,     /* a SYN that acknowledges our SYN */
	IN_ACK_OF_SYN, /* anything that acknowledges our SYN */
	IN_ACK_OF_FIN, /* anything that acknowledges our FIN */
	IN_FIN,        /* the peer's FIN, and all before it */
	IN_RST,        /* a RST that is acceptable */
	/* This end sent a segment. */
	OUT_SYN,
	OUT_SYNACK,
	OUT_FIN,
	OUT_RST,
	OUT_DATA, /* bytes that it never sent before */
	OUT_OLD,  /* bytes that it sent before */
	OUT_ACK,  /* nothing of these, but an ACK */
	/* Nothing is on the wire. */
	GIVES_UP,
	WAITED_ENOUGH,
	TCP_INPUTS
};

struct arrow {
	enum tcp_state from;
	enum tcp_input input;
	enum tcp_state to;
	const char *source, *why;
};

extern const struct arrow arrows[];
extern const size_t arrows_n;

/* The states after this input, each state of `from` moved along its arrows. An IN_… leaves alone what it does not
 * concern; of OUT_… and the silent ones only states with an arrow remain: nothing (0) when none has one. */
state_set fsm_step(state_set from, enum tcp_input input);

/* The same of one state, the usual arrow; TCP_STATES if there is none. */
enum tcp_state fsm_usual(enum tcp_state from, enum tcp_input input);

#endif
