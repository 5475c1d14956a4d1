/* SPDX-License-Identifier: MIT
 * lastack doctor --watch: a line for each event. */
#include "cmd/doctor_watch.h"
#include "render/out.h"

#include <stdio.h>
#include <stdlib.h>

struct watch_telling {
	const struct findings_view *v;
	bool json;
};

static void print_clock(int64_t wall_ns)
{
	char clock[CLOCK_TEXT];

	wall_clock(clock, wall_ns);
	out_part(stdout, "%s ", clock);
}

static void tell_open(const struct findings_view *v, const struct finding *f, const char *event, bool json)
{
	if (json) {
		findings_json_event(stdout, v, f, event);
		return;
	}
	print_clock(v->wall_ns);
	out_part(stdout, "%-6s  ", event);
	if (f->root)
		out_part(stdout, "(%s %s) ", f->other_end ? "other end of" : "follows from", f->root->rule->id);
	findings_line(stdout, v, f);
}

static void tell_closed(const struct findings_view *v, const struct trouble *t, bool json)
{
	if (json) {
		findings_json_closed(stdout, v, t->rule, t->fingerprint);
		return;
	}
	print_clock(v->wall_ns);
	out_part(stdout, "%-6s  ", "close");
	out_bytes(stdout, &(struct buf){ .text = t->line, .len = strlen(t->line) }); /* it came through the door */
}

static void keep_line(struct trouble *t, const struct findings_view *v, const struct finding *f)
{
	size_t size;
	FILE *out = open_memstream(&t->line, &size);

	findings_line(out, v, f);
	fclose(out);
}

static void tell(void *ctx, enum trouble_event event, struct trouble *t, const struct finding *f)
{
	const struct watch_telling *w = ctx;

	if (event == TROUBLE_CLOSES) {
		tell_closed(w->v, t, w->json);
		return;
	}
	if (event == TROUBLE_OPENS)
		keep_line(t, w->v, f);
	tell_open(w->v, f, event == TROUBLE_OPENS ? "open" : "update", w->json);
}

void watch_round(struct troubles *ts, const struct findings_view *v, bool json)
{
	struct watch_telling telling = { v, json };
	const struct troubles_hooks hooks = { &telling, tell };

	troubles_round(ts, v->findings, &hooks);
	out_push(stdout);
}
