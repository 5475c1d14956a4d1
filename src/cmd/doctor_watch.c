/* SPDX-License-Identifier: MIT
 * lastack doctor --watch. */
#include "cmd/doctor_watch.h"
#include "base/hash.h"

#include <stdlib.h>

/* Rounds in a row. */
enum { TO_OPEN = 2, TO_CLOSE = 2 };

struct trouble {
	uint64_t key; /* its fingerprint, and the process: several of one program are several troubles */
	uint64_t fingerprint;
	char *line; /* when it was opened */
	const struct rule_text *rule;
	enum severity severity;
	unsigned seen, missed; /* rounds in a row */
	bool open, here;       /* in this round */
};

struct watch_list {
	struct trouble *all;
	size_t n, cap;
};

struct watch_list *watch_new(void)
{
	return xcalloc(1, sizeof(struct watch_list));
}

void watch_free(struct watch_list *w)
{
	for (size_t i = 0; w && i < w->n; i++)
		free(w->all[i].line);
	if (w)
		free(w->all);
	free(w);
}

static struct trouble *trouble_of(struct watch_list *w, const struct finding *f)
{
	uint64_t fingerprint = finding_fingerprint(f),
		 key = hash_mix(hash_mix(fingerprint, (uint64_t)f->subject.pid), f->subject.netns);

	for (size_t i = 0; i < w->n; i++)
		if (w->all[i].key == key)
			return &w->all[i];
	w->all = grow(w->all, w->n, &w->cap, sizeof *w->all);
	w->all[w->n] = (struct trouble){ .key = key, .fingerprint = fingerprint, .rule = f->rule };
	return &w->all[w->n++];
}

/* --- telling --------------------------------------------------------------------------------------------- */

static void print_clock(int64_t wall_ns)
{
	char clock[CLOCK_TEXT];

	wall_clock(clock, wall_ns);
	printf("%s ", clock);
}

static void tell(const struct findings_view *v, const struct finding *f, const char *event, bool json)
{
	if (json) {
		findings_json_event(stdout, v, f, event);
		return;
	}
	print_clock(v->wall_ns);
	printf("%-6s  ", event);
	if (f->root)
		printf("(%s %s) ", f->other_end ? "other end of" : "follows from", f->root->rule->id);
	findings_line(stdout, v, f);
}

static void tell_closed(const struct findings_view *v, const struct trouble *t, bool json)
{
	if (json) {
		findings_json_closed(stdout, v, t->rule, t->fingerprint);
		return;
	}
	print_clock(v->wall_ns);
	printf("%-6s  %s", "close", t->line);
}

static void keep_line(struct trouble *t, const struct findings_view *v, const struct finding *f)
{
	size_t size;
	FILE *out = open_memstream(&t->line, &size);

	findings_line(out, v, f);
	fclose(out);
}

/* --- a round --------------------------------------------------------------------------------------------- */

static void take(struct watch_list *w, const struct findings_view *v, const struct finding *f, bool json)
{
	struct trouble *t = trouble_of(w, f);
	bool changed = t->open && t->severity != f->severity;

	if (t->here) /* one of several that look the same */
		return;
	t->here = true;
	t->missed = 0;
	t->seen++;
	t->severity = f->severity;
	if (changed)
		tell(v, f, "update", json);
	if (t->open || (t->seen < TO_OPEN && f->severity != SEVERITY_CRITICAL))
		return;
	t->open = true;
	keep_line(t, v, f);
	tell(v, f, "open", json);
}

static void miss(struct trouble *t, const struct findings_view *v, bool json)
{
	t->seen = 0;
	t->missed++;
	if (!t->open || t->missed < TO_CLOSE)
		return;
	t->open = false;
	tell_closed(v, t, json);
}

void watch_round(struct watch_list *w, const struct findings_view *v, bool json)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->n; i++)
		w->all[i].here = false;
	for (size_t i = 0; i < v->findings->n; i++)
		if (!v->findings->all[i]->suppressed && v->findings->all[i]->severity >= SEVERITY_WARNING)
			take(w, v, v->findings->all[i], json);
	for (size_t i = 0; i < w->n; i++) {
		if (!w->all[i].here)
			miss(&w->all[i], v, json);
		if (w->all[i].open || w->all[i].here)
			w->all[kept++] = w->all[i];
		else
			free(w->all[i].line);
	}
	w->n = kept;
	fflush(stdout);
}

enum severity watch_worst(const struct watch_list *w)
{
	enum severity worst = SEVERITY_OK;

	for (size_t i = 0; i < w->n; i++)
		if (w->all[i].open && w->all[i].severity > worst)
			worst = w->all[i].severity;
	return worst;
}
