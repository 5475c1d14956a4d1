/* SPDX-License-Identifier: MIT
 * A socket's page: everything that is known of it, what it did since top began, and where its owner's threads are. */
#include "screen/top_internal.h"
#include "base/proc.h"
#include "base/text.h"
#include "model/changes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* --- taking a socket out of a look --------------------------------------------------------------------- */

enum { OWNERS_MOST = 200 };

/* Owners are added in front of those that are there: the last one first. */
static void copy_owners(struct evidence *to, struct sock *s, const struct evidence *from, const struct sock *of)
{
	const struct owner *all[OWNERS_MOST];
	size_t n = 0;

	s->owner = 0;
	FOR_EACH_OWNER(o, from, of)
	if (n < OWNERS_MOST)
		all[n++] = o;
	while (n-- > 0)
		evidence_add_owner(to, s, evidence_add_holder(to, holder_of(from, all[n])), all[n]->fd);
}

static void note_owner(struct top_page *p)
{
	const struct owner *o = owner_at(&p->ev, p->ev.socks[0].owner);
	struct proc_stat s;

	p->owner_began = o && proc_stat_read(holder_of(&p->ev, o)->pid, &s) ? s.started : 0;
}

static void copy_socket(struct top_page *p, const struct evidence *from, size_t index)
{
	const struct sock *of = &from->socks[index], *listener = of->listener ? &from->socks[of->listener - 1] : NULL;

	evidence_clear(&p->ev);
	copy_owners(&p->ev, evidence_add(&p->ev, of), from, of);
	note_owner(p);
	if (listener) {
		struct sock *s = evidence_add(&p->ev, listener);

		copy_owners(&p->ev, s, from, listener);
		s->listener = 0;
		p->ev.socks[0].listener = 2;
	}
	free(p->ev.infos);
	p->ev.infos = NULL;
	p->ev.cap_infos = 0;
	if (!from->infos)
		return;
	p->ev.infos = xcalloc(2, sizeof *p->ev.infos);
	p->ev.cap_infos = 2;
	p->ev.infos[0] = from->infos[index];
}

void page_open(struct top *t, const struct evidence *ev, size_t index)
{
	t->page.on = true;
	t->page.is_gone = false;
	t->page.want = t->wanted;
	buf_clear(&t->page.stacks);
	copy_socket(&t->page, ev, index);
	t->page.came = history_first(&t->history, &ev->socks[index], &t->page.first);
}

void page_open_gone(struct top *t, size_t slot)
{
	page_open(t, &t->history.gone.ev, slot);
	t->page.is_gone = true;
	t->page.gone = t->history.gone.all[slot];
	t->page.came = !t->page.gone.was_before;
	t->page.first = t->page.gone.first;
	t->page.want &= ~(unsigned)WANT_INFO; /* it was not kept */
}

void page_close(struct top *t)
{
	t->page.on = false;
}

/* --- following it -------------------------------------------------------------------------------------- */

static size_t find(const struct evidence *ev, const struct sock *s)
{
	for (size_t i = 0; i < ev->n; i++)
		if (sock_is_same(&ev->socks[i], s))
			return i;
	return NO_ROW;
}

static void has_gone(struct top *t)
{
	struct top_page *p = &t->page;

	p->is_gone = true;
	p->gone = (struct gone){ .first = p->first,
		                 .last = t->looks[(t->n_looks + 1) % 2].at,
		                 .noticed = top_now(t)->at,
		                 .was_before = !p->came };
}

/* Everything that its queues do is noted, not only their beginning and end: somebody is looking. */
static void note_queues(struct top *t, size_t index)
{
	const struct sock *was = &t->page.ev.socks[0], *is = &top_now(t)->socks[index];
	size_t n = history_events(&t->history);
	const struct history_event *last = n ? history_event(&t->history, n - 1) : NULL;

	if (was->rq == is->rq && was->wq == is->wq)
		return;
	for (; n > 0 && last->at.ns == top_now(t)->at.ns; last = --n ? history_event(&t->history, n - 1) : NULL)
		if (last->key == history_key(is))
			return; /* it has been told with what else changed */
	history_note(&t->history, &t->page.ev, 0, top_now(t), index);
}

void page_follow(struct top *t)
{
	size_t index;

	if (!t->page.on || t->page.is_gone)
		return;
	index = find(top_now(t), &t->page.ev.socks[0]);
	if (index == NO_ROW) {
		has_gone(t);
		return;
	}
	note_queues(t, index);
	t->page.want = t->wanted;
	copy_socket(&t->page, top_now(t), index);
}

/* --- stacks -------------------------------------------------------------------------------------------- */

void page_stacks(struct top *t)
{
	const struct owner *o = owner_at(&t->page.ev, t->page.ev.socks[0].owner);
	struct buf *out = &t->page.stacks;
	char clock[16];

	buf_clear(out);
	if (!o || t->page.is_gone) {
		top_say(t, false, "no process holds it: there are no stacks");
		return;
	}
	top_clock(t, clock_now(), clock);
	buf_addf(out, "Where its owner's threads were at %s\n", clock);
	t->eyes->threads(t->eyes->ctx, holder_of(&t->page.ev, o)->pid, t->page.owner_began, out);
}

static void stack_lines(struct screen_lines *ls, const struct buf *stacks)
{
	char *copy = xstrdup(buf_text(stacks)), *save = NULL;
	bool first = true;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		lines_add(ls, first ? TINT_BOLD : TINT_NONE, 6, line);
		first = false;
	}
	free(copy);
	lines_add(ls, TINT_NONE, 0, "");
}

/* --- history ------------------------------------------------------------------------------------------- */

static void add_numbers(struct buf *out, const char *what, uint32_t was, uint32_t is)
{
	if (was != is)
		buf_addf(out, "%s%s %u to %u", out->len ? ", " : "", what, was, is);
}

static void event_text(struct buf *out, const struct history_event *e)
{
	bool listens = e->is.state == TCP_LISTEN;

	if (e->was.state != e->is.state)
		buf_addf(out, "%s to %s", tcp_state_name((enum tcp_state)e->was.state),
		         tcp_state_name((enum tcp_state)e->is.state));
	add_numbers(out, listens ? "waiting for accept()" : "Recv-Q", e->was.rq, e->is.rq);
	add_numbers(out, listens ? "backlog" : "Send-Q", e->was.wq, e->is.wq);
	add_numbers(out, "half-open", e->was.half_open, e->is.half_open);
	add_numbers(out, "owner: pid", (uint32_t)e->was.pid, (uint32_t)e->is.pid);
}

static void add_moment(struct screen_lines *ls, const struct top *t, struct instant at, const char *text)
{
	char clock[16];
	struct buf b = { 0 };

	top_clock(t, at, clock);
	buf_addf(&b, "  %s  %s", clock, text);
	lines_add(ls, TINT_NONE, 12, buf_text(&b));
	buf_free(&b);
}

/* Of the socket, and not of another that had its addresses before. */
static bool is_its(const struct history_event *e, const struct sock *s, struct instant first)
{
	return e->key == history_key(s) && e->at.ns >= first.ns &&
	       (!e->cookie || !s->key.cookie || e->cookie == s->key.cookie);
}

static void add_beginning(struct screen_lines *ls, const struct top *t, bool came, struct instant first)
{
	const struct history *h = &t->history;

	add_moment(ls, t, first, came ? "seen for the first time" : "it was there when top began");
	if (h->n_events > HISTORY_EVENTS && history_event(h, 0)->at.ns > first.ns)
		add_moment(ls, t, history_event(h, 0)->at, "of changes before this moment nothing is remembered");
}

static void history_lines(const struct top *t, struct screen_lines *ls)
{
	const struct history *h = &t->history;
	const struct sock *s = &t->page.ev.socks[0];
	struct instant first = t->page.first;
	struct buf b = { 0 };

	lines_add(ls, TINT_BOLD, 0, "History");
	add_beginning(ls, t, t->page.came, first);
	for (size_t i = 0; i < history_events(h); i++) {
		const struct history_event *e = history_event(h, i);

		if (!is_its(e, s, first) || (t->page.is_gone && e->at.ns > t->page.gone.noticed.ns))
			continue;
		buf_clear(&b);
		event_text(&b, e);
		add_moment(ls, t, e->at, buf_text(&b));
	}
	if (t->page.is_gone)
		add_moment(ls, t, t->page.gone.noticed, "gone: it was not there any more");
	lines_add(ls, TINT_NONE, 0, "");
	buf_free(&b);
}

/* --- values -------------------------------------------------------------------------------------------- */

/* The sentence up to its first semicolon, with what costs something left out; of a listener what it says of those. */
static void add_gist(struct buf *out, enum column c, bool listens)
{
	static const char of_listeners[] = "; of a listener, ";
	const char *s = column_info(c)->sentence, *other = listens ? strstr(s, of_listeners) : NULL;

	s = other ? other + strlen(of_listeners) : s;
	buf_add(out, s, strcspn(s, ";"));
}

enum { TITLE_WIDTH = 10, VALUE_WIDTH = 22 };

static void value_line(struct screen_lines *ls, enum column c, const char *value, bool listens)
{
	struct buf b = { 0 };

	buf_puts(&b, "  ");
	text_pad(&b, column_info(c)->title, TITLE_WIDTH);
	buf_puts(&b, " ");
	text_pad(&b, value, VALUE_WIDTH);
	buf_puts(&b, "  ");
	add_gist(&b, c, listens);
	lines_add(ls, TINT_NONE, TITLE_WIDTH + VALUE_WIDTH + 5, buf_text(&b));
	buf_free(&b);
}

/* For programs; for people Age and Timer say it. */
static bool is_for_programs(enum column c)
{
	return c == COL_AGEIS || c == COL_TIMERLEFT;
}

/* All columns; of those that have no value here only the names. */
static void value_lines(const struct top *t, struct screen_lines *ls)
{
	struct buf value = { 0 }, none = { 0 };

	lines_add(ls, TINT_BOLD, 0, "Values");
	for (int c = 0; c < COLUMNS; c++) {
		if (is_for_programs((enum column)c))
			continue;
		buf_clear(&value);
		cell_add(&value, (enum column)c, &t->page.ev, 0, &t->style);
		if (value.len)
			value_line(ls, (enum column)c, buf_text(&value), t->page.ev.socks[0].state == TCP_LISTEN);
		else
			buf_addf(&none, "%s %s", none.len ? "," : "", column_info((enum column)c)->title);
	}
	if (none.len) {
		struct buf b = { 0 };

		buf_addf(&b, "  none, or not known:%s%s", buf_text(&none),
		         t->page.want & WANT_INFO ? "" : " (round trips and windows were not gathered in this look)");
		lines_add(ls, TINT_DIM, 4, buf_text(&b));
		buf_free(&b);
	}
	lines_add(ls, TINT_NONE, 0, "");
	buf_free(&value);
	buf_free(&none);
}

/* --- what it is ---------------------------------------------------------------------------------------- */

static void add_cell_line(const struct top *t, struct screen_lines *ls, const char *before, enum column c)
{
	struct cell_style all = t->style;
	struct buf b = { 0 };
	size_t empty;

	all.all_owners = true;
	buf_puts(&b, before);
	empty = b.len;
	cell_add(&b, c, &t->page.ev, 0, &all);
	if (b.len > empty)
		lines_add(ls, TINT_NONE, 2, buf_text(&b));
	buf_free(&b);
}

static void add_title(const struct top *t, struct screen_lines *ls)
{
	struct buf b = { 0 };

	cell_add(&b, COL_LOCAL, &t->page.ev, 0, &t->style);
	if (t->page.ev.socks[0].remote.port) {
		buf_puts(&b, " to ");
		cell_add(&b, COL_PEER, &t->page.ev, 0, &t->style);
	}
	buf_addf(&b, "  %s", tcp_state_name(t->page.ev.socks[0].state));
	if (t->page.is_gone)
		buf_puts(&b, ", gone");
	lines_add(ls, TINT_BOLD, 2, buf_text(&b));
	buf_free(&b);
}

static void add_state(const struct top *t, struct screen_lines *ls)
{
	const struct tcp_state_info *info = tcp_state_info(t->page.ev.socks[0].state);
	struct buf b = { 0 };

	lines_add(ls, TINT_NONE, 2, info->sentence);
	buf_addf(&b, "ended by: %s", info->way_out);
	lines_add(ls, TINT_NONE, 2, buf_text(&b));
	buf_free(&b);
}

static void add_reason(const struct top *t, struct screen_lines *ls)
{
	const struct sock *s = &t->page.ev.socks[0];

	if (!s->owner && *no_owner_info((enum no_owner)s->no_owner)->sentence)
		lines_add(ls, TINT_DIM, 2, no_owner_info((enum no_owner)s->no_owner)->sentence);
}

void page_lines(struct top *t, struct screen_lines *ls)
{
	add_title(t, ls);
	add_state(t, ls);
	add_cell_line(t, ls, "queues: ", COL_QUEUES);
	add_cell_line(t, ls, "timer: ", COL_TIMER);
	add_cell_line(t, ls, "owner: ", COL_OWNER);
	add_reason(t, ls);
	lines_add(ls, TINT_NONE, 0, "");
	if (t->page.stacks.len)
		stack_lines(ls, &t->page.stacks);
	history_lines(t, ls);
	value_lines(t, ls);
}
