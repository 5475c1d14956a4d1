/* SPDX-License-Identifier: MIT
 * Judging an observation by all rules. */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include "doctor/rule.h"

/* All rules in the order of their ids; ended by NULL. */
extern const struct rule *const doctor_rules[];

/* "LA101", "la101", "101", "close-wait-leak"; NULL: there is none. */
const struct rule *doctor_rule(const char *word);

/* A finding that is not to count: of this rule, if `port` or `process` is told of that one only. */
struct ignored {
	const struct rule *rule; /* NULL: of any */
	uint16_t port;           /* 0: any */
	char process[32];        /* its name; "": any */
	char reason[120];
	bool over;        /* its date has passed: it does not count any more */
	char section[96]; /* of doctor.ini that says so; "" */
};

struct doctor_settings {
	struct thresholds thresholds;
	const char *only; /* rules by id, name or beginning ("LA1xx", "LA1"), separated by commas; NULL: all */
	struct ignored *ignored;
	size_t n_ignored, cap_ignored;
};

/* What is wrong with `only`, or 0. */
int doctor_check_only(const char *only, struct err *e);

/* Judges; looks closer at what was found by `probes` (NULL: does not); puts consequences behind their roots; sorts. For
 * findings_free(); findings point into the observation. */
void doctor_examine(const struct observation *o, const struct doctor_settings *s, const struct probes *probes,
                    struct findings *out);

#endif
