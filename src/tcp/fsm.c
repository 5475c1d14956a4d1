/* SPDX-License-Identifier: MIT
 * Sets of states along the arrows. */
#include "tcp/fsm.h"
#include "base/util.h"

const struct arrow arrows[] = {
#define ARROW(from, input, to, source, why) { TCP_##from, input, TCP_##to, source, why },
#include "tcp/arrow.def"
#undef ARROW
};

const size_t arrows_n = ARRAY_SIZE(arrows);

/* The arrows by input and state: a capture asks millions of times. Filled when first asked; `usual` is a state + 1, 0:
 * no arrow. */
static struct {
	bool filled;
	state_set after[TCP_INPUTS][TCP_STATES];
	uint8_t usual[TCP_INPUTS][TCP_STATES];
} table;

static void fill_table(void)
{
	for (size_t i = 0; i < arrows_n; i++) {
		const struct arrow *a = &arrows[i];

		table.after[a->input][a->from] |= state_set_of(a->to);
		if (!table.usual[a->input][a->from])
			table.usual[a->input][a->from] = (uint8_t)(a->to + 1);
	}
	table.filled = true;
}

static bool leaves_others_alone(enum tcp_input input)
{
	return input <= IN_RST;
}

state_set fsm_step(state_set from, enum tcp_input input)
{
	state_set to = 0;

	if (!table.filled)
		fill_table();
	for (unsigned s = 0; s < TCP_STATES && from >> s; s++) {
		if (!(from >> s & 1))
			continue;
		to |= table.after[input][s];
		if (!table.after[input][s] && leaves_others_alone(input))
			to |= state_set_of((enum tcp_state)s);
	}
	return to;
}

enum tcp_state fsm_usual(enum tcp_state from, enum tcp_input input)
{
	if (!table.filled)
		fill_table();
	if (from < TCP_STATES && table.usual[input][from])
		return (enum tcp_state)(table.usual[input][from] - 1);
	return leaves_others_alone(input) ? from : TCP_STATES;
}
