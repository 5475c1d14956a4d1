/* SPDX-License-Identifier: MIT
 * What the files of lastack top know of one another. Nobody else includes this.
 *
 *   sample  takes looks          views   the rows of each view, and their order
 *   table   draws rows           panels  the picture around them   page   one socket, everything
 *   explained  of what stands under the cursor
 *   keys    what keys do         json    for programs              top    the loop */
#ifndef SCREEN_TOP_INTERNAL_H
#define SCREEN_TOP_INTERNAL_H

#include "screen/top.h"
#include "screen/screen.h"
#include "model/filter.h"
#include "model/history.h"
#include "render/groups.h"

/* --- views --------------------------------------------------------------------------------------------- */

struct top;

enum view_is { VIEW_GROUPS, VIEW_SOCKETS, VIEW_GONE, VIEW_LISTENERS, VIEWS };

enum { TABLE_COLUMNS = 16 };
struct view_column {
	const char *title;
	enum column_side side;
	void (*add)(struct buf *out, const struct top *t, uint32_t row); /* NULL: `cell` of the row's socket */
	enum column cell;
};

struct view_table {
	struct view_column all[TABLE_COLUMNS];
	size_t n;
};

/* A way to order a view. */
struct view_order {
	const char *name;                                   /* "most sockets first" */
	uint64_t (*key)(const struct top *t, uint32_t row); /* the smallest first */
};

struct view {
	const char *word;  /* "groups" */
	const char *empty; /* a sentence for when there are no rows */
	void (*columns)(const struct top *t, struct view_table *table);
	void (*rows)(struct top *t); /* fills t->lists[…].rows, unordered but for sockets */
	const struct evidence *(*socket)(const struct top *t, uint32_t row, size_t *index); /* the socket of a row */
	uint64_t (*key)(const struct top *t, uint32_t row);  /* tells it again in the next look */
	unsigned (*look)(const struct top *t, uint32_t row); /* a tint; NULL: none */
	void (*enter)(struct top *t, uint32_t row);
	struct view_order orders[4]; /* name NULL: the end */
};

extern const struct view views[VIEWS];

/* Rows of a view, and the cursor in them. */
struct view_list {
	struct sort_key *rows;
	size_t n, cap;
	size_t order; /* in view.orders; of sockets, in the row of usual sortings */
	bool reverse;
	size_t at, first;             /* the cursor's row, the first that is shown */
	uint64_t key;                 /* of the cursor's row, to find it again; 0: it stays at the top */
	size_t skip;                  /* columns that were moved out to the left */
	size_t widths[TABLE_COLUMNS]; /* they only grow, so that nothing jumps about */
	bool fresh;                   /* rows are of the present look */
};

/* Makes the rows of a view if they are old, and finds the cursor's again. */
void view_refresh(struct top *t, enum view_is v);
void view_move(struct top *t, long by); /* the cursor */
void views_are_old(struct top *t, bool widths_too);
void sorting_next(struct top *t); /* the next of the usual orders of the present view */
void sorting_text(struct buf *out, const struct top *t, enum view_is v);

/* --- text to scroll ------------------------------------------------------------------------------------ */

struct screen_line {
	size_t at; /* in the text */
	unsigned look;
};

struct screen_lines {
	struct buf text; /* each ends with a NUL */
	struct screen_line *all;
	size_t n, cap;
	size_t width;
};

/* Adds text, wrapped; what follows the first line is indented by `indent` columns. */
void lines_add(struct screen_lines *ls, unsigned look, size_t indent, const char *text);
void lines_clear(struct screen_lines *ls, size_t width);
void lines_free(struct screen_lines *ls);

/* --- a socket's page ----------------------------------------------------------------------------------- */

struct top_page {
	bool on;
	struct evidence ev; /* the socket, and the listener that it waits for */
	struct sock_info info;
	struct instant first; /* when it was seen first: the history forgets that when it goes */
	bool came;            /* it was not there when top began */
	bool is_gone;
	struct gone gone;     /* if it is */
	uint64_t owner_began; /* when its owner was started (base/proc.h): the number may be another's later; 0: no
	                         owner */
	struct buf stacks;    /* of its owner's threads, when they were asked for */
	unsigned want;        /* what had been gathered when it was seen last */
};

void page_open(struct top *t, const struct evidence *ev, size_t index);
void page_open_gone(struct top *t, size_t slot);
void page_close(struct top *t);
void page_follow(struct top *t); /* after a look */
void page_stacks(struct top *t); /* looks at its owner's threads */
void page_lines(struct top *t, struct screen_lines *ls);

/* --- what is explained ----------------------------------------------------------------------------------- */

void explained_open(struct top *t); /* of the row under the cursor, or of the page's socket */
void explained_lines(const struct top *t, struct screen_lines *ls);

/* --- the whole ----------------------------------------------------------------------------------------- */

/* A line that is typed. */
struct top_prompt {
	const char *label; /* NULL: nothing is typed */
	struct buf text;
	bool whole; /* the text stands there from before: what is typed first takes its place */
	size_t col; /* where its end was drawn */
	int (*apply)(struct top *t, const char *text, struct err *e);
};

struct top {
	const struct top_job *job;
	const struct top_eyes *eyes;
	unsigned wanted; /* WANT_… of the last look */
	struct top_unseen unseen;
	struct instant named; /* when names were asked for */
	struct cell_style style;
	struct filter *filter;
	struct buf filter_text;
	struct evidence looks[2]; /* the last one is looks[n_looks % 2] */
	size_t n_looks;
	int64_t totals[2][TOP_RATES]; /* of the same looks */
	struct history history;
	struct span took; /* the last look */
	int64_t wall_ns;  /* to be added to an instant for the time since 1970 */
	size_t hidden;    /* shown, and held by somebody who may not be looked at */
	bool several;     /* namespaces are shown */
	struct span delay;
	bool paused, ended, help;
	unsigned silent; /* how often there should have been a key, and was none */
	enum view_is view;
	struct view_list lists[VIEWS];
	struct sorting sorting; /* of sockets */
	enum grouping grouping;
	struct groups groups, groups_before;
	struct {
		uint64_t key; /* 0: all; else only a group's sockets are shown */
		enum grouping by;
		char text[128];
	} inside;
	struct top_page page;
	struct {
		bool on;
		struct buf text;
	} explained;
	struct screen_lines lines;
	size_t scroll; /* of the page, or of the help */
	struct top_prompt prompt;
	struct buf filter_typed; /* the last one, to be put right if it was refused */
	char message[256];       /* in the last line, until the next key */
	bool message_is_bad;
};

const struct evidence *top_now(const struct top *t);

/* Frees all that it has gathered and shown, but not itself. */
void top_finish(struct top *t);

/* A look; -1 with `e` filled, and the last one stays. */
int top_sample(struct top *t, struct err *e);

/* Counts what the filter lets through, unless that was done for this look; `was` of each from the look before if that
 * was counted. */
void top_count_groups(struct top *t);
/* Another filter; -1 with `e` filled, and the old one stays. */
int top_set_filter(struct top *t, const char *text, struct err *e);
void top_clock(const struct top *t, struct instant at, char out[static CLOCK_TEXT]); /* "19:22:01" */
void top_say(struct top *t, bool bad, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Draws rows of a view with their titles; with `cursor`, scrolled so that it is seen. */
void table_draw(struct area a, struct top *t, enum view_is v, bool cursor);

void panels_draw(const struct screen *s, struct top *t); /* the whole picture */
size_t panel_header(struct area a, const struct top *t);
size_t panel_states(struct area a, const struct top *t, size_t columns);
void panel_view_title(struct area a, struct top *t, enum view_is v);

void keys_press(struct top *t, int key);
void keys_help(struct screen_lines *ls);

void top_json(struct buf *out, struct top *t);

#endif
