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

static bool leaves_others_alone(enum tcp_input input)
{
	return input <= IN_RST;
}

state_set fsm_step(state_set from, enum tcp_input input)
{
	state_set to = 0, moved = 0;

	for (size_t i = 0; i < arrows_n; i++) {
		if (arrows[i].input != input || !state_set_has(from, arrows[i].from))
			continue;
		moved |= state_set_of(arrows[i].from);
		to |= state_set_of(arrows[i].to);
	}
	return leaves_others_alone(input) ? to | (from & ~moved) : to;
}

enum tcp_state fsm_usual(enum tcp_state from, enum tcp_input input)
{
	for (size_t i = 0; i < arrows_n; i++)
		if (arrows[i].input == input && arrows[i].from == from)
			return arrows[i].to;
	return leaves_others_alone(input) ? from : TCP_STATES;
}
