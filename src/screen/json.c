/* SPDX-License-Identifier: MIT
 * A look of top as one JSON object, doc/schema/top.schema.json. */
#include "screen/top_internal.h"
#include "render/json_sock.h"

#include <sys/utsname.h>

enum { GROUPS_MOST = 100, GONE_MOST = 1000, LISTENERS_MOST = 1000, SOCKETS_MOST = 20 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void head(struct json *j, const struct top *t)
{
	struct utsname u;

	uname(&u);
	json_open(j, "schema", '{');
	json_string(j, "top", "lastack.top/1");
	json_close(j, '}');
	json_string(j, "command", "lastack top");
	json_number(j, "wall_ns", top_now(t)->at.ns + t->wall_ns);
	json_string(j, "kernel", u.release);
	json_string(j, "engine", t->eyes->engine);
	json_number(j, "interval_ns", t->history.interval.ns);
	json_number(j, "took_ns", t->took.ns);
	json_string(j, "filter", buf_text(&t->filter_text));
	json_number(j, "hidden_sockets", (int64_t)t->hidden);
	json_number(j, "hidden_processes", (int64_t)t->unseen.processes);
	json_number(j, "closed_namespaces", (int64_t)t->unseen.namespaces);
	json_number(j, "unsure_chains", (int64_t)t->unseen.chains);
}

static void states(struct json *j, const struct top *t)
{
	const struct history_sample *is = history_sample(&t->history, 0), *was = history_sample(&t->history, 1);

	json_number(j, "sockets", (int64_t)is->sockets);
	json_number(j, "came", (int64_t)is->came);
	json_number(j, "went", (int64_t)is->went);
	json_open(j, "states", '{');
	for (int s = 0; s < TCP_STATES; s++) {
		uint32_t before = was ? was->counts[s] : is->counts[s];

		if (!is->counts[s] && !before)
			continue;
		json_open(j, tcp_state_name((enum tcp_state)s), '{');
		json_number(j, "sockets", is->counts[s]);
		json_number(j, "change", (int64_t)is->counts[s] - before);
		json_close(j, '}');
	}
	json_close(j, '}');
}

static void sock(struct json *j, const struct top *t, const struct evidence *ev, size_t index)
{
	json_sock(j, &ev->socks[index], WANT_AGE | (t->wanted & WANT_DROPS));
	json_owners(j, ev, &ev->socks[index]);
}

static void listener(struct json *j, const struct top *t, const struct listener_now *l)
{
	json_open(j, NULL, '{');
	sock(j, t, top_now(t), l->index);
	if (l->known)
		json_number(j, "dropped", l->dropped);
	json_close(j, '}');
}

static void listeners(struct json *j, struct top *t)
{
	const struct view_list *l = &t->lists[VIEW_LISTENERS];

	view_refresh(t, VIEW_LISTENERS);
	json_open(j, "listeners", '[');
	for (size_t i = 0; i < least(l->n, LISTENERS_MOST); i++)
		listener(j, t, &t->history.listeners[l->rows[i].index]);
	json_close(j, ']');
	json_number(j, "listeners_left_out", (int64_t)(l->n - least(l->n, LISTENERS_MOST)));
}

static void group(struct json *j, const struct top *t, const struct group *g)
{
	struct buf text = { 0 };

	group_name(&text, t->groups.by, top_now(t), g->row, &t->style);
	json_open(j, NULL, '{');
	json_string(j, "group", buf_text(&text));
	json_number(j, "sockets", g->n);
	json_number(j, "change", (int64_t)g->n - g->was);
	if (g->oldest_is)
		json_number(j, "oldest_ns", g->oldest.ns);
	json_open(j, "states", '{');
	for (int s = 0; s < TCP_STATES; s++)
		if (g->states[s])
			json_number(j, tcp_state_name((enum tcp_state)s), g->states[s]);
	json_close(j, '}');
	json_close(j, '}');
	buf_free(&text);
}

static void groups(struct json *j, struct top *t)
{
	const struct view_list *l = &t->lists[VIEW_GROUPS];

	view_refresh(t, VIEW_GROUPS);
	json_string(j, "group_by", grouping_words[t->grouping]);
	json_open(j, "groups", '[');
	for (size_t i = 0; i < least(l->n, GROUPS_MOST); i++)
		group(j, t, &t->groups.all[l->rows[i].index]);
	json_close(j, ']');
	json_number(j, "groups_left_out", (int64_t)(l->n - least(l->n, GROUPS_MOST)));
}

static void sockets(struct json *j, struct top *t)
{
	const struct view_list *l = &t->lists[VIEW_SOCKETS];

	view_refresh(t, VIEW_SOCKETS);
	json_open(j, "first_sockets", '[');
	for (size_t i = 0; i < least(l->n, SOCKETS_MOST); i++) {
		json_open(j, NULL, '{');
		sock(j, t, top_now(t), l->rows[i].index);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void one_gone(struct json *j, const struct top *t, size_t slot)
{
	static const char *const words[] = {
		[LIFE_AT_LEAST] = "at-least", [LIFE_ABOUT] = "about", [LIFE_LESS_THAN] = "less-than"
	};
	struct life life = gone_life(&t->history.gone.all[slot], t->history.began);

	json_open(j, NULL, '{');
	sock(j, t, &t->history.gone.ev, slot);
	json_number(j, "life_ns", life.span.ns);
	json_string(j, "life_is", words[life.is]);
	json_close(j, '}');
}

/* Those of this look; they are the last ones in the ring. */
static void gone(struct json *j, const struct top *t)
{
	const struct history *h = &t->history;
	size_t n = 0, went = history_sample(h, 0)->went;

	json_open(j, "gone", '[');
	for (size_t i = history_gone(h); i-- > 0 && n < least(went, GONE_MOST); n++)
		one_gone(j, t, history_gone_slot(h, i));
	json_close(j, ']');
	json_number(j, "gone_left_out", (int64_t)(went - n));
}

void top_json(struct buf *out, struct top *t)
{
	struct json j = { out, false };

	json_open(&j, NULL, '{');
	head(&j, t);
	states(&j, t);
	listeners(&j, t);
	groups(&j, t);
	sockets(&j, t);
	gone(&j, t);
	json_close(&j, '}');
	buf_puts(out, "\n");
}
