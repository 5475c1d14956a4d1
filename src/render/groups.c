/* SPDX-License-Identifier: MIT
 * Groups of sockets as text and JSON. */
#include "base/json.h"
#include "base/text.h"
#include "model/age.h"
#include "render/groups.h"
#include "render/list.h"
#include "render/out.h"

#include <stdlib.h>

/* --- names --------------------------------------------------------------------------------------------- */

static void add_peer(struct buf *out, const struct sock *s)
{
	struct endpoint peer = s->remote;
	char text[ADDR_TEXT];

	if (!peer.port) {
		buf_puts(out, "no peer");
		return;
	}
	peer.port = 0; /* which is another one for each connection */
	endpoint_format(text, &peer);
	buf_add(out, text, strlen(text) - 2); /* ":*" */
}

static void add_listener(struct buf *out, const struct evidence *ev, size_t index, const struct cell_style *style)
{
	const struct sock *l = group_listener(ev, &ev->socks[index]);

	if (l)
		cell_add(out, COL_LOCAL, ev, (size_t)(l - ev->socks), style);
	else
		buf_puts(out, "waits for none");
}

/* "postgres", "not accepted (postgres)", "orphan" */
static void add_program(struct buf *out, const struct evidence *ev, size_t index)
{
	const struct sock *s = &ev->socks[index];
	const struct holder *program = group_program(ev, s);

	if (s->owner)
		buf_puts(out, program->comm);
	else
		buf_puts(out, no_owner_info((enum no_owner)s->no_owner)->text);
	if (!s->owner && program)
		buf_addf(out, " (%s)", program->comm);
}

void group_name(struct buf *out, enum grouping by, const struct evidence *ev, size_t index,
                const struct cell_style *style)
{
	static const enum column columns[GROUPINGS] = {
		[GROUP_STATE] = COL_STATE, [GROUP_OWNER] = COL_OWNER, [GROUP_NETNS] = COL_NETNS
	};

	if (by == GROUP_PEER)
		add_peer(out, &ev->socks[index]);
	else if (by == GROUP_PROGRAM)
		add_program(out, ev, index);
	else if (by == GROUP_LISTENER)
		add_listener(out, ev, index, style);
	else
		cell_add(out, columns[by], ev, index, style);
}

void group_states(struct buf *out, const struct group *g)
{
	const char *comma = "";

	for (int s = 0; s < TCP_STATES; s++) {
		if (!g->states[s])
			continue;
		buf_addf(out, "%s%u %s", comma, g->states[s], tcp_state_name((enum tcp_state)s));
		comma = ", ";
	}
}

void group_oldest(struct buf *out, const struct group *g, bool utf8)
{
	sock_age_text(out, &(struct sock){ .age = g->oldest, .age_is = g->oldest_is }, utf8);
}

/* A group with its name, which stands between equals. */
struct named {
	const struct group *g;
	char *name;
};

static int largest_first(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return x->g->n == y->g->n ? strcmp(x->name, y->name) : (x->g->n < y->g->n) - (x->g->n > y->g->n);
}

static struct named *in_order(const struct groups *gs, const struct listing *l)
{
	struct named *all = xcalloc(gs->n + 1, sizeof *all);

	for (size_t i = 0; i < gs->n; i++) {
		struct buf name = { 0 };

		group_name(&name, gs->by, l->ev, gs->all[i].row, l->style);
		all[i] = (struct named){ &gs->all[i], xstrdup(buf_text(&name)) };
		buf_free(&name);
	}
	qsort(all, gs->n, sizeof *all, largest_first);
	return all;
}

/* --- printing ------------------------------------------------------------------------------------------ */

static void print_json(FILE *out, const struct named *x, enum grouping by)
{
	struct buf b = { 0 };
	struct json j = { &b, false };

	json_open(&j, NULL, '{');
	json_string(&j, "group_by", grouping_words[by]);
	json_string(&j, "group", x->name);
	json_number(&j, "sockets", x->g->n);
	if (x->g->oldest_is != AGE_UNKNOWN)
		json_number(&j, "oldest_ns", x->g->oldest.ns);
	json_open(&j, "states", '{');
	for (int s = 0; s < TCP_STATES; s++)
		if (x->g->states[s])
			json_number(&j, tcp_state_name((enum tcp_state)s), x->g->states[s]);
	json_close(&j, '}');
	json_close(&j, '}');
	buf_puts(&b, "\n");
	out_bytes(out, &b);
	buf_free(&b);
}

/* Of the states, where they would not fit into the name's line. */
enum { INDENT = 21 };

static void print_text(FILE *out, const struct named *x, size_t width, const struct listing *l, bool with_states)
{
	struct buf b = { 0 }, age = { 0 }, states = { 0 };

	group_oldest(&age, x->g, l->style->utf8);
	buf_addf(&b, "%8u  ", x->g->n);
	text_pad_left(&b, buf_text(&age), 9);
	buf_puts(&b, "  ");
	text_pad(&b, x->name, with_states ? width + 2 : 0);
	if (with_states)
		group_states(&states, x->g);
	out_part(out, "%s", buf_text(&b));
	if (l->width && text_width(buf_text(&b)) + text_width(buf_text(&states)) > l->width) {
		out_end(out);
		out_part(out, "%*s", INDENT, "");
	}
	out_line(out, "%s", buf_text(&states));
	buf_free(&b);
	buf_free(&age);
	buf_free(&states);
}

/* A name that is very long must not push the states of the others away. */
enum { NAME_WIDTH = 48 };

static void print_all(FILE *out, const struct named *all, const struct groups *gs, const struct listing *l)
{
	const char *title = grouping_title(gs->by);
	size_t width = strlen(title);
	bool with_states = gs->by != GROUP_STATE;

	for (size_t i = 0; i < gs->n; i++) {
		size_t is = text_width(all[i].name);

		width = is > width && is <= NAME_WIDTH ? is : width;
	}
	if (l->titles && with_states)
		out_line(out, "%8s  %9s  %-*s  %s", "Sockets", "Oldest", (int)width, title, "States");
	else if (l->titles)
		out_line(out, "%8s  %9s  %s", "Sockets", "Oldest", title);
	for (size_t i = 0; i < gs->n; i++)
		print_text(out, &all[i], width, l, with_states);
}

void list_groups(FILE *out, const struct listing *l, enum grouping by, bool json)
{
	struct groups gs = { 0 };
	struct named *all;

	groups_count(&gs, by, l->ev, l->rows, l->n);
	all = in_order(&gs, l);
	if (!json)
		print_all(out, all, &gs, l);
	for (size_t i = 0; i < gs.n; i++) {
		if (json)
			print_json(out, &all[i], by);
		free(all[i].name);
	}
	free(all);
	groups_free(&gs);
}
