/* SPDX-License-Identifier: MIT
 * A rule: one file each, a const descriptor of this kind, and a row in rules.def. It reads an observation and adds
 * findings; it asks nobody else, changes nothing and prints nothing. */
#ifndef DOCTOR_RULE_H
#define DOCTOR_RULE_H

#include "doctor/visit.h"

/* What a rule cannot do without. Where it is missing the rule is not judged, and that is said. */
enum need {
	NEED_OWNERS = 1,    /* of every process */
	NEED_COUNTERS = 2,  /* how much /proc/net/netstat's counters rose: two looks */
	NEED_TWICE = 4,     /* two looks */
	NEED_PROCESSES = 8, /* limits and descriptors */
	NEED_HOST = 16,     /* numbers of the whole machine */
	NEED_CONNTRACK = 32,
	NEED_SETTINGS = 64, /* of network namespaces, /proc/sys/net */
	NEED_INODES = 128,  /* who is held by a process, and who by nobody */
	NEED_TIMERS = 256,
	NEED_INFO = 512,         /* ages, tcp_info */
	NEED_CONNECTIONS = 1024, /* sockets that are no listeners; who needs inodes, timers or ages needs them */
	NEED_LISTENERS = 2048,
};

struct rule {
	struct rule_text text;
	enum severity severity;   /* that it mostly has */
	unsigned needs;           /* NEED_… */
	unsigned thresholds;      /* how many of these */
	const enum threshold *by; /* the numbers that decide */
	/* Of which connections it tells, a finding a group; or what does it all by itself; or both. */
	const struct gathering *groups;
	void (*check)(struct visit *v);
	/* Looks closer at a finding of its own: what costs more, of few processes. NULL: there is nothing closer to
	 * look at. */
	void (*explain)(struct visit *v, struct finding *f);
};

/* "settled 60.0 s, close-wait-count 20": its thresholds as they are by default; nothing where it has none. */
void rule_add_thresholds(struct buf *out, const struct rule *r);

#define RULE(id, name) extern const struct rule rule_##id;
#include "doctor/rules.def"
#undef RULE

#endif
