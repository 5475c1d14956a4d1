/* SPDX-License-Identifier: MIT
 * What is wrong from look to look: findings that open, change and close. */
#ifndef DOCTOR_TROUBLES_H
#define DOCTOR_TROUBLES_H

#include "model/finding.h"

enum trouble_event { TROUBLE_OPENS, TROUBLE_CHANGES, TROUBLE_CLOSES };

struct trouble {
	uint64_t key; /* its fingerprint, and the process: several of one program are several troubles */
	uint64_t fingerprint;
	const struct rule_text *rule;
	enum severity severity;
	char *line; /* what is to be said when it closes: set, for free(), by whoever is told that it opens */
	unsigned seen, missed; /* rounds in a row */
	bool open, here;       /* in this round */
};

/* Rounds in a row. */
enum { TROUBLES_TO_OPEN = 2, TROUBLES_TO_CLOSE = 2 };

/* A finding opens when it was there twice in a row, a critical one at once; it closes when it was missing twice in a
 * row: so nothing flickers. Only warnings and worse, that are not suppressed. */
struct troubles {
	struct trouble *all;
	size_t n, cap;
};

struct troubles_hooks {
	void *ctx;
	/* `f` is NULL for what closes. What opened, and has another severity now, changes. */
	void (*tell)(void *ctx, enum trouble_event event, struct trouble *t, const struct finding *f);
};

/* Takes the findings of one round. */
void troubles_round(struct troubles *ts, const struct findings *fs, const struct troubles_hooks *hooks);

/* The worst that is open. */
enum severity troubles_worst(const struct troubles *ts);

void troubles_free(struct troubles *ts);

#endif
