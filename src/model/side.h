/* SPDX-License-Identifier: MIT
 * The two sides of a connection. In a lab they are its two hosts; in a capture the client is the end
 * that opened. Everything that has two ends is an array indexed by this. */
#ifndef MODEL_SIDE_H
#define MODEL_SIDE_H

enum side { CLIENT, SERVER, SIDES, NO_SIDE = SIDES };

static inline enum side side_other(enum side s)
{
	return s == CLIENT ? SERVER : CLIENT;
}

static inline const char *side_name(enum side s)
{
	return s == CLIENT ? "client" : s == SERVER ? "server" : "-";
}

#endif
