/* SPDX-License-Identifier: MIT
 * What the files of lastack list know of one another. Nobody else includes this. */
#ifndef CMD_LIST_INTERNAL_H
#define CMD_LIST_INTERNAL_H

#include "base/term.h"
#include "cmd/list_run.h"
#include "sight/names.h"
#include "model/filter.h"
#include "source/engine.h"

struct list_round {
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

/* One look; -1 with `e` filled. list_choose(): the rows that the filter lets through, in order. */
int list_look(struct list_round *r, struct err *e);
void list_choose(struct list_round *r);

/* The columns, with Netns where there are several and none were asked for. */
struct columns list_columns_now(const struct list_round *r);

/* The first line of JSON. */
void list_json_head(const struct list_round *r);

/* --watch: looks until it is interrupted, and prints what has changed. */
int list_watch(struct list_round *r, struct err *e);

#endif
