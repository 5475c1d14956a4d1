/* SPDX-License-Identifier: MIT
 * The sysctls a lab sets in its own two namespaces, from baseline.def. */
#ifndef LAB_BASELINE_H
#define LAB_BASELINE_H

#include <stdbool.h>
#include <stddef.h>

struct baseline {
	const char *name; /* "net.ipv4.tcp_sack" */
	const char *value;
	const char *why;
	bool constant; /* the same in every new namespace of this kernel */
};

extern const struct baseline baseline[];
extern const size_t baseline_n;

/* The row of the congestion control. */
enum { BASELINE_CONGESTION = 0 };

/* What is not as the table has it: a bit for each row. */
struct baseline_left {
	unsigned long long missing; /* there is no such sysctl here */
	unsigned long long refused; /* it has another value, and may not be set */
	int why;                    /* errno of the last one that was refused */
	unsigned long long so;      /* no need to set it: found in a new namespace as the table has it, and constant */
};

/* Sets the whole table in the calling thread's namespace, which is new. `left->so` may come from another new one, in
 * which the table was set before: these are not looked at again. */
void baseline_apply(struct baseline_left *left);

/* How many were refused. */
unsigned baseline_refused(const struct baseline_left *left);

#endif
