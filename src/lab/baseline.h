/* SPDX-License-Identifier: MIT
 * The sysctls a lab sets in its own two namespaces, from baseline.def. */
#ifndef LAB_BASELINE_H
#define LAB_BASELINE_H

#include <stddef.h>

struct baseline {
	const char *name; /* "net.ipv4.tcp_sack" */
	const char *value;
	const char *why;
};

extern const struct baseline baseline[];
extern const size_t baseline_n;

/* Writes a sysctl of the calling thread's network namespace. 0 or -errno. */
int sysctl_write(const char *name, const char *value);

/* Sets the whole table in the calling thread's namespace; a set bit in `missing` (one per row) says that
 * this kernel does not have it or refused. */
void baseline_apply(unsigned long long *missing);

#endif
