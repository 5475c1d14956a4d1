/* SPDX-License-Identifier: MIT
 * What a rule has found, as a value: which rule, about whom, how bad, and the figures that prove it. Renderers show it,
 * `expect finding` asks for it; rules make it (doctor/). */
#ifndef MODEL_FINDING_H
#define MODEL_FINDING_H

#include "model/observation.h"

enum severity { SEVERITY_OK, SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL };
const char *severity_word(enum severity s); /* "critical" */

/* proved: the kernel says so; likely: nothing else is known that looks the same; possible: there are others. */
enum confidence { CONFIDENCE_POSSIBLE, CONFIDENCE_LIKELY, CONFIDENCE_PROVED };
const char *confidence_word(enum confidence c);

/* What a rule is called and what it has to say whenever it fires: the same for its findings, `lastack explain` and the
 * manual page. Texts are sentences without line breaks; NULL: nothing is to be said there. */
struct rule_text {
	const char *id;       /* "LA101" */
	const char *name;     /* "close-wait-leak" */
	const char *sentence; /* what it means when it fires */
	bool of_sight;        /* of how it was looked and not of what is there: people read it once, at the end */
	const char *picture;  /* the way in and the way out, lines of a drawing */
	const char *cause;    /* where the root is */
	const char *fix, *caveat;
	const char *no_help;         /* what is often advised, and does not help */
	const char *not_when;        /* what looks the same and is well */
	const char *verify;          /* a command with tools of everybody */
	const char *source;          /* RFC section, kernel function, measured fact */
	const char *symptoms;        /* what people type who have it, separated by '|' */
	const char *scenario, *twin; /* that must fire it, that must not */
};

/* One figure. */
enum unit {
	UNIT_NONE,
	UNIT_SOCKETS,
	UNIT_BYTES,
	UNIT_NS,
	UNIT_PER_SECOND,
	UNIT_PERCENT,
	UNIT_DESCRIPTORS,
	UNIT_PAGES,
	UNITS
};
const char *unit_word(enum unit u);

struct figure {
	const char *metric; /* "sockets", a name for programs that never changes */
	double value;
	enum unit unit;
	bool has_threshold;
	double threshold;
	const char *source; /* "sock_diag", "/proc/net/netstat TcpExt" */
};

enum { FIGURES = 10, LINES = 8 };

/* Whom it is about; what is not meant is 0 or NULL. */
struct subject {
	uint64_t netns;
	const struct process_facts *process; /* of the observation */
	pid_t pid;
	char comm[16];
	bool has_local, has_peer;
	struct endpoint local, peer; /* a listener, a destination */
};

struct finding {
	const struct rule_text *rule;
	enum severity severity;
	enum confidence confidence;
	struct subject subject;
	struct buf headline;     /* "3982 sockets, +41/min" */
	struct buf lines[LINES]; /* of evidence, each a sentence */
	size_t n_lines;
	struct figure figures[FIGURES];
	size_t n_figures;
	struct buf cause; /* of this case; empty: the rule's */
	struct buf place; /* "handler.c:118 on_request()": the line that is to blame; empty */
	size_t count;     /* how many of what it is about */
	uint32_t *socks;  /* indexes in the last look */
	size_t n_socks, cap_socks;
	struct finding *root;   /* of which this is a consequence; NULL */
	bool other_end;         /* and is the other end of the same connections */
	const char *suppressed; /* the reason that a user gave; NULL: it counts */
};

struct findings {
	struct finding **all; /* each on its own: they are pointed at */
	size_t n, cap;
	struct unjudged {
		const struct rule_text *rule;
		char why[320];
	} * unjudged; /* rules that could not be judged, or not all: each once, with all its reasons */
	size_t n_unjudged, cap_unjudged;
	size_t judged; /* rules that were */
};

struct finding *findings_add(struct findings *fs, const struct rule_text *rule, enum severity severity);
void findings_unjudged(struct findings *fs, const struct rule_text *rule, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* A line of evidence to be filled; the last one again if there is no more room. */
struct buf *finding_line(struct finding *f);
void finding_figure(struct finding *f, const struct figure *figure);
void finding_sock(struct finding *f, size_t index);

/* The worst that is not suppressed. */
enum severity findings_worst(const struct findings *fs);
/* How many of that severity are told for themselves, what is of sight left out; and all that follow from one that is.
 */
size_t findings_count(const struct findings *fs, enum severity s);
size_t findings_following(const struct findings *fs);
bool finding_follows(const struct finding *f);

/* Worst first; consequences behind their roots. */
void findings_sort(struct findings *fs);
void findings_free(struct findings *fs);
void finding_free(struct finding *f);

/* The same in every run, as far as it is the same trouble: of the rule, the executable, the listener or destination's
 * port, the place. */
uint64_t finding_fingerprint(const struct finding *f);

#endif
