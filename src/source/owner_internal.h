/* SPDX-License-Identifier: MIT
 * What was found in tables of descriptors, before it is joined with the sockets: for owner.c (/proc) and files.c
 * (BPF). */
#ifndef SOURCE_OWNER_INTERNAL_H
#define SOURCE_OWNER_INTERNAL_H

#include "model/evidence.h"

struct holding {
	uint32_t inode;
	uint32_t holder; /* index in evidence.holders */
	int32_t fd;
};

struct holdings {
	struct holding *all; /* for free() */
	size_t n, cap;
};

void holdings_add(struct holdings *h, struct holding h1);

/* Gives every socket of the evidence its owners, in the order of the holdings. */
void holdings_join(struct evidence *ev, const struct holdings *h);

#endif
