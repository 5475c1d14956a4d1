/* SPDX-License-Identifier: MIT
 * A set of connections' ends, found by their two addresses in one step, however many there are: whose a packet is. */
#ifndef LAB_ENDS_H
#define LAB_ENDS_H

#include "base/addr.h"
#include "base/table.h"
#include "model/side.h"

#include <stddef.h>

struct end {
	struct endpoint local, remote; /* an IPv4 address inside IPv6 is the IPv4 address */
	enum side side;                /* whose local end it is */
	bool still;                    /* its socket need not be asked for until something is heard of it */
};

/* All zero: empty. */
struct ends {
	struct end *all; /* in the order in which they were added */
	size_t n, cap;
	struct table index;
};

/* Adds an end, unless it is there: then its side stays what it was. Valid until the next one is added. */
struct end *ends_add(struct ends *es, const struct endpoint *local, const struct endpoint *remote, enum side side);

/* NULL: it is not there. Valid until the next one is added. */
const struct end *ends_find(const struct ends *es, const struct endpoint *local, const struct endpoint *remote);

void ends_clear(struct ends *es); /* empty, memory kept */
void ends_free(struct ends *es);

#endif
