/* SPDX-License-Identifier: MIT
 * A few of the kernel's counters, read again and again: where each stands is found once. (All of them: counter.h.) */
#ifndef SOURCE_METER_H
#define SOURCE_METER_H

#include "base/buf.h"

#include <stdint.h>

enum { METER_COLUMNS = 512, METER_LINES = 16 };

struct meter_name {
	const char *group, *counter; /* "TcpExt", "ListenOverflows" */
};

/* All but `names` and `n` is zero at first; the names must outlive it. */
struct meter {
	const struct meter_name *names;
	size_t n; /* at most 127 */
	struct buf text;
	bool known;                             /* where they stand */
	int8_t row[METER_LINES][METER_COLUMNS]; /* of each pair of lines and column: 1 + the name's number; 0: none */
};

/* Reads /proc/net/netstat and snmp by their descriptors (struct host): `value[i]` is that of names[i], UNKNOWN
 * where this kernel has none. Measured: 25 us. 0, or -errno. */
int meter_read(struct meter *m, const int fds[2], int64_t value[]);

void meter_free(struct meter *m);

#endif
