/* SPDX-License-Identifier: MIT
 * Looks, one after the other, and the filter through which they are seen. */
#include "screen/top_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const struct evidence *top_now(const struct top *t)
{
	return &t->looks[t->n_looks % 2];
}

/* --- what is gathered ---------------------------------------------------------------------------------- */

/* What a socket's page shows is gathered always where it costs little, beyond only while a page is open. */
enum { RICH = 50000 };
enum {
	ALWAYS = WANT_OWNERS | WANT_TIMER | WANT_UID | WANT_INODE | WANT_AGE | WANT_DROPS,
	FOR_PAGES = WANT_INFO | WANT_CGROUP
};

static unsigned wants_of(const struct top *t)
{
	unsigned want = ALWAYS | (filter_wants(t->filter) & ~(unsigned)FILTER_WANTS_NETNS);

	for (size_t i = 0; i < t->sorting.n; i++)
		want |= column_info(t->sorting.by[i].column)->want;
	return want | (t->page.on || top_now(t)->n <= RICH ? FOR_PAGES : 0);
}

/* All states, whatever the filter: a socket that goes on to another state has not gone. */
static int look(struct top *t, struct evidence *ev, struct err *e)
{
	evidence_clear(ev);
	free(ev->infos); /* where none are asked for, none may be there */
	ev->infos = NULL;
	ev->cap_infos = 0;
	ev->at = clock_now();
	t->wanted = wants_of(t);
	t->unseen = (struct top_unseen){ 0 };
	return t->eyes->look(t->eyes->ctx, t->wanted, ev, &t->unseen, e);
}

/* --- what is told of the whole ------------------------------------------------------------------------- */

static void survey(struct top *t)
{
	const struct evidence *ev = top_now(t);
	const struct sort_key *rows = t->history.shown;

	t->hidden = 0;
	t->several = false;
	for (size_t i = 0; i < t->history.n_shown; i++) {
		const struct sock *s = &ev->socks[rows[i].index];

		t->hidden += s->no_owner == NO_OWNER_HIDDEN && !s->owner;
		t->several |= s->key.netns != ev->socks[rows[0].index].key.netns;
	}
}

/* Namespaces and cgroups come while we look, and a process id is given to another: what they are called is asked
 * anew. */
enum { NAMES_LAST_S = 15 };

static void renew_names(struct top *t)
{
	if (span_since(t->named).ns < span_s(NAMES_LAST_S).ns)
		return;
	t->eyes->forget_names(t->eyes->ctx);
	t->named = clock_now();
}

int top_sample(struct top *t, struct err *e)
{
	struct evidence *is = &t->looks[(t->n_looks + 1) % 2];
	const struct evidence *was = t->n_looks ? top_now(t) : NULL;
	struct instant began = clock_now();

	if (look(t, is, e) < 0)
		return -1;
	t->n_looks++;
	t->wall_ns = clock_wall_ns() - clock_now().ns;
	if (t->eyes->totals)
		t->eyes->totals(t->eyes->ctx, t->totals[t->n_looks % 2]);
	history_add(&t->history, was, is, t->filter);
	survey(t);
	renew_names(t);
	views_are_old(t, false);
	page_follow(t);
	t->took = span_since(began);
	return 0;
}

/* --- groups -------------------------------------------------------------------------------------------- */

void top_count_groups(struct top *t)
{
	struct groups before = t->groups;
	bool known;

	if (t->groups.look == t->n_looks && t->groups.by == t->grouping)
		return;
	t->groups = t->groups_before;
	t->groups_before = before;
	groups_count(&t->groups, t->grouping, top_now(t), t->history.shown, t->history.n_shown);
	t->groups.look = t->n_looks;
	known = before.look && before.look + 1 == t->n_looks && before.by == t->grouping;
	groups_compare(&t->groups, known ? &t->groups_before : NULL);
}

/* --- the filter ---------------------------------------------------------------------------------------- */

int top_set_filter(struct top *t, const char *text, struct err *e)
{
	struct filter *f = filter_parse(text, &t->eyes->filter_names, e);

	if (!f)
		return -1;
	filter_free(t->filter);
	t->filter = f;
	buf_clear(&t->filter_text);
	buf_puts(&t->filter_text, text);
	if (!t->n_looks)
		return 0;
	if (wants_of(t) & ~t->wanted && !t->paused)
		top_sample(t, e); /* what fails is told with the next look */
	history_refilter(&t->history, top_now(t), t->filter);
	t->groups.look = 0;
	survey(t);
	views_are_old(t, true);
	return 0;
}

/* --- words --------------------------------------------------------------------------------------------- */

void top_clock(const struct top *t, struct instant at, char out[static CLOCK_TEXT])
{
	wall_clock(out, at.ns + t->wall_ns);
}

void top_say(struct top *t, bool bad, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->message, sizeof t->message, fmt, ap);
	va_end(ap);
	t->message_is_bad = bad;
}
