/* SPDX-License-Identifier: MIT
 * Findings from look to look. */
#include "doctor/troubles.h"
#include "base/hash.h"

#include <stdlib.h>

void troubles_free(struct troubles *ts)
{
	for (size_t i = 0; i < ts->n; i++)
		free(ts->all[i].line);
	free(ts->all);
	*ts = (struct troubles){ 0 };
}

static struct trouble *trouble_of(struct troubles *ts, const struct finding *f)
{
	uint64_t fingerprint = finding_fingerprint(f),
		 key = hash_mix(hash_mix(fingerprint, (uint64_t)f->subject.pid), f->subject.netns);

	for (size_t i = 0; i < ts->n; i++)
		if (ts->all[i].key == key)
			return &ts->all[i];
	ts->all = grow(ts->all, ts->n, &ts->cap, sizeof *ts->all);
	ts->all[ts->n] = (struct trouble){ .key = key, .fingerprint = fingerprint, .rule = f->rule };
	return &ts->all[ts->n++];
}

static void trouble_seen(struct trouble *t, const struct finding *f, const struct troubles_hooks *hooks)
{
	bool changed = t->open && t->severity != f->severity;

	if (t->here) /* one of several that look the same */
		return;
	t->here = true;
	t->missed = 0;
	t->seen++;
	t->severity = f->severity;
	if (changed)
		hooks->tell(hooks->ctx, TROUBLE_CHANGES, t, f);
	if (t->open || (t->seen < TROUBLES_TO_OPEN && f->severity != SEVERITY_CRITICAL))
		return;
	t->open = true;
	hooks->tell(hooks->ctx, TROUBLE_OPENS, t, f);
}

static void trouble_missed(struct trouble *t, const struct troubles_hooks *hooks)
{
	t->seen = 0;
	t->missed++;
	if (!t->open || t->missed < TROUBLES_TO_CLOSE)
		return;
	t->open = false;
	hooks->tell(hooks->ctx, TROUBLE_CLOSES, t, NULL);
}

/* What is neither open nor about to be is forgotten. */
static void drop_closed(struct troubles *ts)
{
	size_t kept = 0;

	for (size_t i = 0; i < ts->n; i++)
		if (ts->all[i].open || ts->all[i].here)
			ts->all[kept++] = ts->all[i];
		else
			free(ts->all[i].line);
	ts->n = kept;
}

void troubles_round(struct troubles *ts, const struct findings *fs, const struct troubles_hooks *hooks)
{
	for (size_t i = 0; i < ts->n; i++)
		ts->all[i].here = false;
	for (size_t i = 0; i < fs->n; i++)
		if (!fs->all[i]->suppressed && fs->all[i]->severity >= SEVERITY_WARNING)
			trouble_seen(trouble_of(ts, fs->all[i]), fs->all[i], hooks);
	for (size_t i = 0; i < ts->n; i++)
		if (!ts->all[i].here)
			trouble_missed(&ts->all[i], hooks);
	drop_closed(ts);
}

enum severity troubles_worst(const struct troubles *ts)
{
	enum severity worst = SEVERITY_OK;

	for (size_t i = 0; i < ts->n; i++)
		if (ts->all[i].open && ts->all[i].severity > worst)
			worst = ts->all[i].severity;
	return worst;
}
