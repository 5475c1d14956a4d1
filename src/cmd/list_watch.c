/* SPDX-License-Identifier: MIT
 * lastack list --watch: what has changed from one look to the next. */
#include "base/interrupt.h"
#include "cmd/command.h"
#include "cmd/list_internal.h"
#include "model/changes.h"
#include "render/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct watching {
	struct list_round *r;
	struct evidence was;
	struct sort_key *was_rows;
	size_t n_was;
	struct columns columns;
	struct listing listing;
	struct list_widths widths;
	struct buf out;
	char clock[CLOCK_TEXT]; /* in front of each line */
};

static void tell_json(struct watching *w, size_t was, size_t is)
{
	const char *change = was == NO_ROW ? "came" : is == NO_ROW ? "went" : "changed";

	w->listing.ev = is == NO_ROW ? &w->was : &w->r->ev;
	list_json_row(&w->out, &w->listing, is == NO_ROW ? was : is, change,
	              is != NO_ROW && was != NO_ROW ? tcp_state_name(w->was.socks[was].state) : NULL);
}

/* "~ CLOSE_WAIT …  was ESTABLISHED" */
static void tell_text(struct watching *w, size_t was, size_t is)
{
	char mark[24];

	snprintf(mark, sizeof mark, "%s %c ", w->clock, was == NO_ROW ? '+' : is == NO_ROW ? '-' : '~');
	w->listing.ev = is == NO_ROW ? &w->was : &w->r->ev;
	list_row(&w->out, &w->listing, &w->widths, is == NO_ROW ? was : is, mark);
	if (is == NO_ROW || was == NO_ROW || w->was.socks[was].state == w->r->ev.socks[is].state)
		return;
	w->out.len--; /* its newline */
	buf_addf(&w->out, "  was %s\n", tcp_state_name(w->was.socks[was].state));
}

static void tell(void *ctx, size_t was, size_t is)
{
	struct watching *w = ctx;

	if (w->r->job->json)
		tell_json(w, was, is);
	else
		tell_text(w, was, is);
}

/* This look becomes the last one. */
static void keep(struct watching *w)
{
	struct list_round *r = w->r;

	evidence_free(&w->was);
	free(w->was_rows);
	w->was = r->ev;
	w->was_rows = r->rows;
	w->n_was = r->n;
	r->ev = (struct evidence){ 0 };
	r->rows = NULL;
	r->n = r->cap = 0;
}

static int look_again(struct watching *w, struct err *e)
{
	struct rows was = { &w->was, w->was_rows, w->n_was }, is;

	names_forget(&w->r->names);
	if (list_look(w->r, e) < 0)
		return -1;
	list_choose(w->r);
	is = (struct rows){ &w->r->ev, w->r->rows, w->r->n };
	wall_clock(w->clock, clock_wall_ns());
	buf_clear(&w->out);
	changes_tell(&was, &is, tell, w);
	out_bytes(stdout, &w->out);
	keep(w);
	return out_flush(e);
}

/* What is not there yet when the columns are laid out wants some room too. */
static void widen(size_t *width, enum column c)
{
	static const uint8_t least[COLUMNS] = {
		[COL_STATE] = 11, [COL_AGE] = 8, [COL_LOCAL] = 21, [COL_PEER] = 21, [COL_OWNER] = 20
	};

	*width = *width < least[c] ? least[c] : *width;
}

/* The columns are laid out by the first look, and stay. */
static void begin(struct watching *w)
{
	struct list_round *r = w->r;

	w->columns = list_columns_now(r);
	w->listing = (struct listing){ .ev = &r->ev,
		                       .rows = r->rows,
		                       .n = r->n,
		                       .columns = &w->columns,
		                       .style = &r->style,
		                       .titles = !r->job->no_titles,
		                       .width = isatty(STDOUT_FILENO) ? r->term.width : 0,
		                       .want = r->ask.want };
	list_measure(&w->listing, &w->widths);
	for (size_t k = 0; k < w->columns.n; k++)
		widen(&w->widths.of[k], w->columns.all[k]);
	if (r->job->json)
		list_json_head(r);
	else if (w->listing.titles)
		list_titles(&w->out, &w->listing, &w->widths, "Time       ");
	out_lines(stdout, buf_text(&w->out));
	out_push(stdout);
}

int list_watch(struct list_round *r, struct err *e)
{
	struct watching w = { .r = r };
	int signals = interrupt_open(), rc = list_look(r, e);

	if (rc == 0) {
		list_choose(r);
		begin(&w);
		keep(&w);
	}
	while (rc == 0 && !interrupt_wait(signals, instant_after(clock_now(), r->job->watch)))
		rc = look_again(&w, e);
	interrupt_close(&signals);
	evidence_free(&w.was);
	free(w.was_rows);
	buf_free(&w.out);
	return rc;
}
