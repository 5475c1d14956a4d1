/* SPDX-License-Identifier: MIT
 * Why a call failed, from what is on the table: who holds the address, which RST came, what was sent and not answered.
 * Only what the kernel's tables and the timeline tell; where they do not, nothing is said. */
#ifndef LAB_WHY_H
#define LAB_WHY_H

#include "lab/lab.h"

struct failure {
	const char *call; /* "bind" */
	int err;          /* errno */
	enum side side;
	const char *who;
	int fd;             /* that it was made on; -1: not known */
	uint64_t cookie;    /* of its socket; 0: not known */
	struct endpoint at; /* of bind and connect: the address; no family: none */
	int reuse;          /* of bind and listen: has it SO_REUSEADDR? -1: not known */
};

/* To be asked when the result is on the timeline: it looks at that side. "0.0.0.0:7777 is held by the listener of
 * server2"; NULL: nothing is known, or this error needs no word. For free(). */
char *why_failed(struct lab *l, const struct failure *f);

#endif
