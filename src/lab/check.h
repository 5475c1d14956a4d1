/* SPDX-License-Identifier: MIT
 * lastack lab --check-explain: what is inferred from a lab's packets held against what its kernel says. */
#ifndef LAB_CHECK_H
#define LAB_CHECK_H

#include "lab/lab.h"

/* The places from which the lab's packets are seen. */
enum check_view { CHECK_CLIENT, CHECK_SERVER, CHECK_MIDDLE, CHECK_TAP, CHECK_VIEWS };

struct check_count {
	unsigned long verdicts, single, likely, wrong; /* likely: the state called so was the true one */
};

struct check;

struct check *check_new(bool verbose);
void check_free(struct check *c);

/* The lab is quiet: takes the packets since the last time, and compares each end of each connection with the last look
 * at its host. */
void check_quiet(struct check *c, const struct lab *l);

/* Adds what did not agree and one line for each view, each with `before` in front; how many verdicts were wrong. */
unsigned long check_report(struct check *c, struct buf *out);
void check_add_counts(const struct check_count counts[CHECK_VIEWS], const char *before, struct buf *out);

/* Adds a line of check_report() to the sums; false if it is none. */
bool check_take_line(struct check_count sums[CHECK_VIEWS], const char *line);

#endif
