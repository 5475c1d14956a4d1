/* SPDX-License-Identifier: MIT
 * The numbers that rules are judged by, from threshold.def. */
#ifndef DOCTOR_THRESHOLD_H
#define DOCTOR_THRESHOLD_H

#include "base/clock.h"
#include "base/err.h"

enum threshold {
#define THRESHOLD(name, word, kind, value, sentence) TH_##name,
#include "doctor/threshold.def"
#undef THRESHOLD
	THRESHOLDS
};

enum threshold_kind { THRESHOLD_SECONDS, THRESHOLD_COUNT, THRESHOLD_PERCENT, THRESHOLD_BYTES, THRESHOLD_RATE };

struct threshold_info {
	const char *word; /* "close-wait-count" */
	enum threshold_kind kind;
	double value; /* unless it is told otherwise */
	const char *sentence;
};
const struct threshold_info *threshold_info(enum threshold t);

struct thresholds {
	double of[THRESHOLDS]; /* seconds, percent, or how many */
};

void thresholds_default(struct thresholds *t);

/* "close-wait-count", "20": "5s", "200ms" for times, "80" or "80%" for shares, "64k" for bytes. -1 with `e` filled: no
 * such number, or no such value. */
int thresholds_set(struct thresholds *t, const char *word, const char *value, struct err *e);

/* "60 s", "80 %", "20": with its unit. */
void threshold_add(struct buf *out, const struct thresholds *t, enum threshold which);

static inline struct span threshold_span(const struct thresholds *t, enum threshold which)
{
	return (struct span){ (int64_t)(t->of[which] * 1e9) };
}

#endif
