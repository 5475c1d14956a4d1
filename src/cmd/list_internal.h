/* SPDX-License-Identifier: MIT
 * What the files of lastack list know of one another. Nobody else includes this. */
#ifndef CMD_LIST_INTERNAL_H
#define CMD_LIST_INTERNAL_H

#include "base/term.h"
#include "cmd/list_run.h"
#include "sight/names.h"
#include "model/filter.h"
#include "source/engine.h"

struct run {
	struct list_job *job;
	struct filter *filter, *letters; /* both must let it through */
	struct engine_chosen engine;
	struct engine_ask ask;
	struct engine_report report;
	struct evidence ev;
	struct sort_key *rows;
	size_t n, cap;
	struct names names;
	struct column_names cell_names;
	struct cell_style style;
	struct term term;
};

/* One look; -1 with `e` filled. run_choose(): the rows that the filter lets through, in order. */
int run_look(struct run *r, struct err *e);
void run_choose(struct run *r);

/* The columns, with Netns where there are several and none were asked for. */
struct columns run_columns(const struct run *r);

/* The first line of JSON. */
void run_json_head(const struct run *r);

/* --watch: looks until it is interrupted, and prints what has changed. */
int list_watch(struct run *r, struct err *e);

#endif
