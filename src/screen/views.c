/* SPDX-License-Identifier: MIT
 * The views of top: what rows each has, in what order, what stands in them, and where Enter leads. */
#include "screen/top_internal.h"
#include "base/text.h"
#include "model/age.h"

#include <stdio.h>
#include <stdlib.h>

/* --- shared -------------------------------------------------------------------------------------------- */

static void add_column(struct view_table *to, const char *title, enum column_side side,
                       void (*add)(struct buf *, const struct top *, uint32_t), enum column cell)
{
	to->all[to->n++] = (struct view_column){ title, side, add, cell };
}

static void add_cell(struct view_table *to, enum column c)
{
	for (size_t i = 0; i < to->n; i++)
		if (!to->all[i].add && to->all[i].cell == c)
			return;
	if (to->n < TABLE_COLUMNS)
		add_column(to, column_info(c)->title, column_info(c)->side, NULL, c);
}

static void add_number(struct buf *out, uint64_t n)
{
	buf_number(out, n);
}

/* "+3", "-12"; nothing for none. */
static void add_change(struct buf *out, int64_t change)
{
	if (change)
		buf_addf(out, "%+lld", (long long)change);
}

/* `n` rows, of which `index` is their number. */
static struct sort_key *new_rows(struct view_list *l, size_t n)
{
	if (l->cap < n) {
		l->cap = n + n / 8;
		free(l->rows);
		l->rows = xcalloc(l->cap, sizeof *l->rows);
	}
	for (size_t i = 0; i < n; i++)
		l->rows[i] = (struct sort_key){ .index = (uint32_t)i };
	l->n = n;
	return l->rows;
}

/* --- groups -------------------------------------------------------------------------------------------- */

static const struct group *group_at(const struct top *t, uint32_t row)
{
	return &t->groups.all[row];
}

static void group_n(struct buf *out, const struct top *t, uint32_t row)
{
	add_number(out, group_at(t, row)->n);
}
static void name_cell(struct buf *out, const struct top *t, uint32_t row)
{
	group_name(out, t->groups.by, top_now(t), group_at(t, row)->row, &t->style);
}

static int64_t change_of(const struct group *g)
{
	return (int64_t)g->n - g->was;
}

static void group_change(struct buf *out, const struct top *t, uint32_t row)
{
	add_change(out, change_of(group_at(t, row)));
}

static void oldest_cell(struct buf *out, const struct top *t, uint32_t row)
{
	group_oldest(out, group_at(t, row), t->style.utf8);
}

static void states_cell(struct buf *out, const struct top *t, uint32_t row)
{
	group_states(out, group_at(t, row));
}

static void groups_columns(const struct top *t, struct view_table *to)
{
	add_column(to, "Sockets", RIGHT, group_n, 0);
	add_column(to, "Change", RIGHT, group_change, 0);
	add_column(to, "Oldest", RIGHT, oldest_cell, 0);
	add_column(to, grouping_title(t->grouping), LEFT, name_cell, 0);
	if (t->grouping != GROUP_STATE)
		add_column(to, "States", LEFT, states_cell, 0);
}

static void groups_rows(struct top *t)
{
	top_count_groups(t);
	new_rows(&t->lists[VIEW_GROUPS], t->groups.n);
}

static const struct evidence *groups_socket(const struct top *t, uint32_t row, size_t *index)
{
	*index = group_at(t, row)->row;
	return top_now(t);
}

static uint64_t groups_key(const struct top *t, uint32_t row)
{
	return group_at(t, row)->key;
}

static void groups_enter(struct top *t, uint32_t row)
{
	struct buf text = { 0 };

	name_cell(&text, t, row);
	t->inside.key = group_at(t, row)->key;
	t->inside.by = t->grouping;
	snprintf(t->inside.text, sizeof t->inside.text, "%s", buf_text(&text));
	buf_free(&text);
	t->view = VIEW_SOCKETS;
	t->lists[VIEW_SOCKETS].at = t->lists[VIEW_SOCKETS].first = 0;
	t->lists[VIEW_SOCKETS].key = 0;
	views_are_old(t, true);
}

static uint64_t most_sockets(const struct top *t, uint32_t row)
{
	return ~(uint64_t)group_at(t, row)->n;
}
static uint64_t largest_change(const struct top *t, uint32_t row)
{
	return ~(uint64_t)llabs(change_of(group_at(t, row)));
}
static uint64_t oldest(const struct top *t, uint32_t row)
{
	return ~(uint64_t)group_at(t, row)->oldest.ns;
}

/* --- sockets ------------------------------------------------------------------------------------------- */

static void sockets_columns(const struct top *t, struct view_table *to)
{
	static const enum column usual[] = { COL_STATE, COL_AGE, COL_RECVQ, COL_SENDQ };
	static const enum column further[] = { COL_TIMER, COL_UID };

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		add_cell(to, usual[i]);
	for (size_t i = 0; i < t->sorting.n; i++) {
		enum column by = t->sorting.by[i].column;

		if (by != COL_LOCAL && by != COL_PEER && by != COL_OWNER)
			add_cell(to, by);
	}
	add_cell(to, COL_LOCAL);
	add_cell(to, COL_PEER);
	add_cell(to, COL_OWNER);
	if (t->several)
		add_cell(to, COL_NETNS);
	for (size_t i = 0; i < ARRAY_SIZE(further); i++)
		add_cell(to, further[i]);
}

static void sockets_rows(struct top *t)
{
	const struct history *h = &t->history;
	struct view_list *l = &t->lists[VIEW_SOCKETS];
	struct sort_key *rows = new_rows(l, h->n_shown);

	l->n = 0;
	for (size_t i = 0; i < h->n_shown; i++)
		if (!t->inside.key || group_key(t->inside.by, top_now(t), h->shown[i].index) == t->inside.key)
			rows[l->n++].index = h->shown[i].index;
	rows_order(rows, l->n, top_now(t), &t->sorting, &t->style);
}

static const struct evidence *sockets_socket(const struct top *t, uint32_t row, size_t *index)
{
	*index = row;
	return top_now(t);
}

static uint64_t sockets_key(const struct top *t, uint32_t row)
{
	return history_key(&top_now(t)->socks[row]);
}
static void sockets_enter(struct top *t, uint32_t row)
{
	page_open(t, top_now(t), row);
}

/* --- what went ----------------------------------------------------------------------------------------- */

static const struct gone *gone_at(const struct top *t, uint32_t row)
{
	return &t->history.gone.all[row];
}

static void gone_when(struct buf *out, const struct top *t, uint32_t row)
{
	char clock[16];

	top_clock(t, gone_at(t, row)->noticed, clock);
	buf_puts(out, clock);
}

static void gone_life_text(struct buf *out, const struct top *t, uint32_t row)
{
	static const char *const signs[][2] = {
		[LIFE_AT_LEAST] = { ">=", "≥" },
		[LIFE_ABOUT] = { "~", "~" },
		[LIFE_LESS_THAN] = { "<", "<" },
	};
	struct life life = gone_life(gone_at(t, row), t->history.began);

	buf_puts(out, signs[life.is][t->style.utf8]);
	span_add(out, life.span);
}

static void gone_columns(const struct top *t, struct view_table *to)
{
	add_column(to, "Gone", LEFT, gone_when, 0);
	add_column(to, "Life", RIGHT, gone_life_text, 0);
	add_column(to, "Last state", LEFT, NULL, COL_STATE);
	add_cell(to, COL_LOCAL);
	add_cell(to, COL_PEER);
	add_cell(to, COL_OWNER);
	if (t->several)
		add_cell(to, COL_NETNS);
}

static void gone_rows(struct top *t)
{
	const struct history *h = &t->history;
	struct view_list *l = &t->lists[VIEW_GONE];
	struct sort_key *rows = new_rows(l, history_gone(h));

	l->n = 0;
	for (size_t i = 0; i < history_gone(h); i++) {
		size_t slot = history_gone_slot(h, i);

		if (filter_match(t->filter, &h->gone.ev, slot))
			rows[l->n++].index = (uint32_t)slot;
	}
}

static const struct evidence *gone_socket(const struct top *t, uint32_t row, size_t *index)
{
	*index = row;
	return &t->history.gone.ev;
}

static uint64_t gone_key(const struct top *t, uint32_t row)
{
	return history_key(&t->history.gone.ev.socks[row]) ^ (uint64_t)gone_at(t, row)->noticed.ns;
}

static void gone_enter(struct top *t, uint32_t row)
{
	page_open_gone(t, row);
}

static uint64_t last_gone(const struct top *t, uint32_t row)
{
	return ~(uint64_t)gone_at(t, row)->noticed.ns;
}
static uint64_t longest_life(const struct top *t, uint32_t row)
{
	return ~(uint64_t)gone_life(gone_at(t, row), t->history.began).span.ns;
}

/* --- listeners ----------------------------------------------------------------------------------------- */

static const struct listener_now *listener_at(const struct top *t, uint32_t row)
{
	return &t->history.listeners[row];
}

enum { BAR = 8 };

static void listener_queue(struct buf *out, const struct top *t, uint32_t row)
{
	const struct listener_now *l = listener_at(t, row);

	screen_bar(out, t->style.utf8, BAR, l->rq, l->backlog ? l->backlog : 1);
	buf_addf(out, " %u/%u", l->rq, l->backlog);
}

static void listener_half_open(struct buf *out, const struct top *t, uint32_t row)
{
	add_number(out, listener_at(t, row)->half_open);
}
static void listener_drops(struct buf *out, const struct top *t, uint32_t row)
{
	if (listener_at(t, row)->counted)
		add_number(out, listener_at(t, row)->drops);
}

/* Blank until there were two looks. */
static void listener_rate(struct buf *out, const struct top *t, uint32_t row)
{
	const struct listener_now *l = listener_at(t, row);
	double seconds = (double)t->history.interval.ns / 1e9;

	if (!l->known || seconds <= 0)
		return;
	buf_addf(out, l->dropped && l->dropped < 10 * seconds ? "%.1f" : "%.0f", l->dropped / seconds);
}

static void listeners_columns(const struct top *t, struct view_table *to)
{
	add_column(to, "Listener", LEFT, NULL, COL_LOCAL);
	add_column(to, "Accept queue", LEFT, listener_queue, 0);
	add_column(to, "Half-open", RIGHT, listener_half_open, 0);
	add_column(to, "Drops/s", RIGHT, listener_rate, 0);
	add_column(to, "Drops", RIGHT, listener_drops, 0);
	add_cell(to, COL_OWNER);
	if (t->several)
		add_cell(to, COL_NETNS);
}

static void listeners_rows(struct top *t)
{
	struct view_list *l = &t->lists[VIEW_LISTENERS];
	struct sort_key *rows = new_rows(l, t->history.n_listeners);

	l->n = 0;
	for (uint32_t i = 0; i < t->history.n_listeners; i++)
		if (listener_at(t, i)->shown)
			rows[l->n++].index = i;
}

static const struct evidence *listeners_socket(const struct top *t, uint32_t row, size_t *index)
{
	*index = listener_at(t, row)->index;
	return top_now(t);
}

static uint64_t listeners_key(const struct top *t, uint32_t row)
{
	return listener_at(t, row)->key;
}
static void listeners_enter(struct top *t, uint32_t row)
{
	page_open(t, top_now(t), listener_at(t, row)->index);
}

/* Something is thrown away, or will be: the queue holds one more than the backlog says. */
static unsigned listeners_look(const struct top *t, uint32_t row)
{
	const struct listener_now *l = listener_at(t, row);

	if (l->dropped || l->rq > l->backlog)
		return TINT_BAD;
	return l->rq ? TINT_HELD : TINT_NONE;
}

static uint64_t trouble(const struct top *t, uint32_t row)
{
	(void)t;
	return row;
}
static uint64_t by_port(const struct top *t, uint32_t row)
{
	return listener_at(t, row)->port;
}
static uint64_t most_half_open(const struct top *t, uint32_t row)
{
	return ~(uint64_t)listener_at(t, row)->half_open;
}
static uint64_t most_drops(const struct top *t, uint32_t row)
{
	return ~(uint64_t)listener_at(t, row)->drops;
}

/* --- the table of views -------------------------------------------------------------------------------- */

const struct view views[VIEWS] = {
	[VIEW_GROUPS] = { "groups",
	                  "no socket is there that the filter lets through",
	                  groups_columns,
	                  groups_rows,
	                  groups_socket,
	                  groups_key,
	                  NULL,
	                  groups_enter,
	                  { { "most first", most_sockets },
	                    { "largest change first", largest_change },
	                    { "oldest first", oldest } } },
	[VIEW_SOCKETS] = { "sockets",
	                   "no socket is there that the filter lets through",
	                   sockets_columns,
	                   sockets_rows,
	                   sockets_socket,
	                   sockets_key,
	                   NULL,
	                   sockets_enter,
	                   { { NULL, NULL } } },
	[VIEW_GONE] = { "gone",
	                "nothing has gone since top looks",
	                gone_columns,
	                gone_rows,
	                gone_socket,
	                gone_key,
	                NULL,
	                gone_enter,
	                { { "last first", last_gone }, { "longest life first", longest_life } } },
	[VIEW_LISTENERS] = { "listeners",
	                     "nobody listens that the filter lets through",
	                     listeners_columns,
	                     listeners_rows,
	                     listeners_socket,
	                     listeners_key,
	                     listeners_look,
	                     listeners_enter,
	                     { { "trouble first", trouble },
	                       { "by port", by_port },
	                       { "most half-open first", most_half_open },
	                       { "most drops first", most_drops } } },
};

/* --- order --------------------------------------------------------------------------------------------- */

/* Of sockets; any other is asked for by its column (S). */
static const struct {
	const char *name, *sorting;
} usual_sortings[] = {
	{ "listeners, then by port", "" },
	{ "oldest first", "-age" },
	{ "largest Recv-Q first", "-recvq" },
	{ "largest Send-Q first", "-sendq" },
	{ "most retransmissions first", "-retrans" },
	{ "by state", "state,-age" },
};

void sorting_next(struct top *t)
{
	struct view_list *l = &t->lists[t->view];
	const struct view_order *orders = views[t->view].orders;
	struct err e;

	l->order++;
	if (t->view == VIEW_SOCKETS) {
		l->order = l->order < ARRAY_SIZE(usual_sortings) ? l->order : 0;
		sorting_parse(&t->sorting, usual_sortings[l->order].sorting, &e);
	} else if (l->order >= ARRAY_SIZE(views[0].orders) || !orders[l->order].name) {
		l->order = 0;
	}
	l->reverse = false;
	views_are_old(t, true);
}

static void add_sorting(struct buf *out, const struct sorting *s)
{
	buf_puts(out, "by ");
	for (size_t i = 0; i < s->n; i++)
		buf_addf(out, "%s%s%s", i ? "," : "", s->by[i].falling ? "-" : "", column_info(s->by[i].column)->word);
}

void sorting_text(struct buf *out, const struct top *t, enum view_is v)
{
	const struct view_list *l = &t->lists[v];

	if (v != VIEW_SOCKETS)
		buf_puts(out, views[v].orders[l->order].name);
	else if (l->order < ARRAY_SIZE(usual_sortings))
		buf_puts(out, usual_sortings[l->order].name);
	else
		add_sorting(out, &t->sorting);
	if (l->reverse)
		buf_puts(out, ", reversed");
}

static void order_rows(struct top *t, enum view_is v)
{
	struct view_list *l = &t->lists[v];

	if (v != VIEW_SOCKETS && l->n) {
		for (size_t i = 0; i < l->n; i++)
			l->rows[i].key = views[v].orders[l->order].key(t, l->rows[i].index);
		sort_by_key(l->rows, l->n);
	}
	for (size_t i = 0; l->reverse && i < l->n / 2; i++) {
		struct sort_key other = l->rows[i];

		l->rows[i] = l->rows[l->n - 1 - i];
		l->rows[l->n - 1 - i] = other;
	}
}

/* --- the cursor ---------------------------------------------------------------------------------------- */

/* The cursor stays on what it was on, at the same height of the screen; at the first row it stays there. */
static void find_cursor(struct top *t, enum view_is v)
{
	struct view_list *l = &t->lists[v];
	size_t height = l->at - l->first;

	for (size_t i = 0; l->key && i < l->n; i++) {
		if (views[v].key(t, l->rows[i].index) != l->key)
			continue;
		l->at = i;
		l->first = i > height ? i - height : 0;
		return;
	}
	view_move(t, 0);
}

void view_refresh(struct top *t, enum view_is v)
{
	struct view_list *l = &t->lists[v];

	if (l->fresh)
		return;
	views[v].rows(t);
	order_rows(t, v);
	l->fresh = true;
	if (v == t->view)
		find_cursor(t, v);
}

void view_move(struct top *t, long by)
{
	struct view_list *l = &t->lists[t->view];
	long at = (long)l->at + by, last = l->n ? (long)l->n - 1 : 0;

	l->at = (size_t)(at < 0 ? 0 : at > last ? last : at);
	l->key = l->at && l->n ? views[t->view].key(t, l->rows[l->at].index) : 0;
}

void views_are_old(struct top *t, bool widths_too)
{
	for (int v = 0; v < VIEWS; v++) {
		t->lists[v].fresh = false;
		if (widths_too)
			memset(t->lists[v].widths, 0, sizeof t->lists[v].widths);
	}
}
