/* SPDX-License-Identifier: MIT
 * The kernel's counters of one network namespace: /proc/net/snmp and /proc/net/netstat. */
#ifndef SOURCE_COUNTER_H
#define SOURCE_COUNTER_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

struct counter {
	const char *name;  /* "ListenOverflows" */
	const char *group; /* "TcpExt" */
	int64_t value;
};

struct counters {
	struct counter *all;
	size_t n, cap;
	char **texts; /* the files, taken apart: names and groups stand in them */
	size_t n_texts, cap_texts;
};

/* Reads both files, which stay bound to the namespace where they were opened (see fd_read_all()).
 * 0, or -errno. */
int counters_read(const int fds[2], struct counters *c);

/* Adds one of them. */
int counters_read_file(int fd, struct counters *c);

/* Adds what such a file holds, and takes the text with it: the buffer is empty afterwards. */
void counters_parse(struct counters *c, struct buf *text);

/* "ListenOverflows", "TcpExt.ListenOverflows", or nstat's "TcpExtListenOverflows". NULL when there is none, or, with
 * `*twice` set, when the bare name stands in two groups (InErrs, InCsumErrors) and the group must be said. */
const struct counter *counter_find(const struct counters *c, const char *name, bool *twice);

void counters_free(struct counters *c);

#endif
