/* SPDX-License-Identifier: MIT
 * Showing a timeline: a renderer is a const struct of functions, one per kind of thing shown. NULL: it has nothing
 * to say there. Renderers read the model and nothing else. */
#ifndef RENDER_RENDER_H
#define RENDER_RENDER_H

#include "base/term.h"
#include "model/story.h"
#include "model/timeline.h"

#include <stdio.h>

/* One setting of the lab, and why it is so. */
struct setting {
	const char *name, *why;
	char *value;
	bool missing; /* this kernel does not have it */
	bool refused; /* it could not be set: the value is the one that it has */
};

/* What is being shown, for the first line. */
struct showing {
	const char *command; /* "lastack lab close" */
	const char *title;
	int64_t wall_ns; /* when it began */
	const char *kernel;
	const char *setting; /* kernel, addresses, settings in one line; NULL for none */
	bool verbose;        /* the settings are shown one by one */
	const struct setting *settings;
	size_t n_settings;
};

struct verdict {
	enum { VERDICT_OK, VERDICT_FAILED, VERDICT_SKIPPED, VERDICT_ERROR } is;
	const char *reason; /* of all but OK */
	const char *exits;  /* of OK: the exit code, where it is a program's, and whose; NULL */
	unsigned expectations;
	unsigned late_copies; /* segments that were sent again only because the lab was late: not shown */
	struct span took;
};

struct shown_queue {
	uint64_t cookie;
	uint32_t rq, wq;
};

/* A view: where a renderer writes, and how far it is. */
struct view {
	FILE *out;
	struct term term;
	bool verbose;
	const char *names[SIDES]; /* what the columns are called; NULL: client, server */
	bool precise; /* times of the ladder are seconds with as many digits as there is room for: a capture's */
	bool many;    /* of the machine's own network: several connections were shown, and each packet says of which */
	size_t next;  /* index of the first event that was not shown */
	struct shown_queue *queues; /* what was shown of each socket's queues */
	size_t n_queues, cap_queues;
};

struct renderer {
	void (*head)(struct view *v, const struct showing *s);
	void (*events)(struct view *v, const struct timeline *tl); /* from v->next to the end */
	void (*tail)(struct view *v, const struct verdict *verdict);
	void (*capture)(struct view *v, const struct capture_facts *facts);
	void (*story)(struct view *v, const struct story *s, const struct capture_facts *facts,
	              bool whole); /* whole: all that is known */
};

extern const struct renderer render_text;    /* the ladder */
extern const struct renderer render_verdict; /* -q: the last line only */
extern const struct renderer render_json;    /* JSON Lines */

/* What this side is called here. */
const char *view_name(const struct view *v, enum side side);

void view_free(struct view *v);

#endif
