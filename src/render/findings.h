/* SPDX-License-Identifier: MIT
 * What a doctor's rules have found: for people, as JSON Lines (doc/schema/finding.schema.json), and for Nagios. */
#ifndef RENDER_FINDINGS_H
#define RENDER_FINDINGS_H

#include "model/finding.h"
#include "render/cell.h"

#include <stdio.h>

struct findings_view {
	const struct findings *findings;
	const struct observation *observation;
	const struct column_names *names;
	const char *host;    /* its name */
	const char *command; /* "lastack doctor" */
	int64_t wall_ns;
	const char *kernel;
	size_t width; /* columns; 0: lines are as long as they are */
	bool verbose, quiet, colour;
	bool unknown; /* too little was seen to say that all is well */
};

/* "CRITICAL  2 critical, 1 warning   vm (2 namespaces, 412 sockets, window 5.00 s)", then the worst first, six lines
 * each, with `verbose` all there is to say; with `quiet` the first line alone. */
void findings_text(FILE *out, const struct findings_view *v);

/* "LA101 warning  close-wait-leak  server[77] :8080  41 CLOSE_WAIT": one finding in one line. */
void findings_line(FILE *out, const struct findings_view *v, const struct finding *f);

/* The parts of JSON: the first line; a finding with an `event` (open, update) and the time; one that is no more. */
void findings_json_head(FILE *out, const struct findings_view *v);
void findings_json_event(FILE *out, const struct findings_view *v, const struct finding *f, const char *event);
void findings_json_closed(FILE *out, const struct findings_view *v, const struct rule_text *rule, uint64_t fingerprint);

/* The first line says how it was looked; then one object for each finding, and one for each rule that could not be
 * judged. */
void findings_json(FILE *out, const struct findings_view *v);

/* "TCP CRITICAL - 2 critical: LA101 python3:8080 3982 … | LA101=3982;;;0": the first line and its figures, as the
 * plugins of Nagios, Icinga and Naemon print them; then a line for each. */
void findings_nagios(FILE *out, const struct findings_view *v);

#endif
