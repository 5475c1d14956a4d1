/* SPDX-License-Identifier: MIT
 * What stands under the cursor, explained: the page of F1. */
#include "screen/top_internal.h"
#include "base/text.h"

#include <stdlib.h>

/* The state in which most of a group are; listeners are meant where nothing else is. */
static enum tcp_state most_of(const struct group *g)
{
	int most = TCP_LISTEN;

	for (int s = 0; s < TCP_STATES; s++)
		if (s != TCP_LISTEN && g->states[s] && (most == TCP_LISTEN || g->states[s] > g->states[most]))
			most = s;
	return (enum tcp_state)most;
}

/* A listener that throws away what comes, or will. */
static bool overflows(const struct top *t, uint32_t row)
{
	const struct listener_now *l = &t->history.listeners[row];

	return l->dropped || l->rq > l->backlog;
}

/* Of a socket its state, and why nobody holds it, where that is so. */
static void explain_socket(const struct top *t, const struct sock *s, struct buf *out)
{
	const char *reason = no_owner_info((enum no_owner)s->no_owner)->word;

	t->eyes->explain(t->eyes->ctx, tcp_state_name((enum tcp_state)s->state), out);
	if (!s->owner && s->no_owner != NO_OWNER_UNKNOWN && reason && *reason)
		t->eyes->explain(t->eyes->ctx, reason, out);
}

static void explain_row(const struct top *t, uint32_t row, struct buf *out)
{
	size_t index;
	const struct evidence *ev = views[t->view].socket(t, row, &index);

	if (t->view == VIEW_GROUPS) {
		t->eyes->explain(t->eyes->ctx, tcp_state_name(most_of(&t->groups.all[row])), out);
		return;
	}
	if (t->view == VIEW_LISTENERS && overflows(t, row))
		t->eyes->explain(t->eyes->ctx, "accept-queue-overflow", out);
	explain_socket(t, &ev->socks[index], out);
}

void explained_open(struct top *t)
{
	const struct view_list *l = &t->lists[t->view];

	buf_clear(&t->explained.text);
	if (t->page.on)
		explain_socket(t, &t->page.ev.socks[0], &t->explained.text);
	else if (l->at < l->n)
		explain_row(t, l->rows[l->at].index, &t->explained.text);
	t->explained.on = t->explained.text.len > 0;
	t->scroll = 0;
	if (!t->explained.on)
		top_say(t, false, "nothing is under the cursor that could be explained");
}

/* Columns of the labels, as 'lastack explain' has them (words/say.h): what is broken goes on behind them. */
enum { LABELS = 12 };

void explained_lines(const struct top *t, struct screen_lines *ls)
{
	char *copy = xstrdup(buf_text(&t->explained.text)), *rest = copy;

	for (char *line; (line = strsep(&rest, "\n")) && (rest || *line);)
		lines_add(ls, *line && *line != ' ' && !strstr(line, "   ") ? TINT_BOLD : TINT_NONE, LABELS, line);
	free(copy);
}
