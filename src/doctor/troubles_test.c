/* SPDX-License-Identifier: MIT
 * Round after round: what opens, changes and closes, and when. */
#include "base/tap.h"
#include "doctor/troubles.h"

#include <stdlib.h>

static const struct rule_text one = { .id = "LA101", .name = "one" }, other = { .id = "LA302", .name = "other" };

static void tell(void *ctx, enum trouble_event event, struct trouble *t, const struct finding *f)
{
	static const char marks[] = { [TROUBLE_OPENS] = '+', [TROUBLE_CHANGES] = '~', [TROUBLE_CLOSES] = '-' };

	if (event == TROUBLE_OPENS)
		t->line = xstrdup("as it was");
	buf_addf(ctx, " %c%s", marks[event], t->rule->id);
	if (event == TROUBLE_CLOSES && (f || !streq(t->line, "as it was")))
		buf_puts(ctx, "?");
	if (event != TROUBLE_CLOSES && f->rule != t->rule)
		buf_puts(ctx, "!");
}

static void add(struct findings *fs, char letter)
{
	static const struct {
		char letter;
		const struct rule_text *rule;
		enum severity severity;
		pid_t pid;
	} rows[] = {
		{ 'i', &one, SEVERITY_INFO, 1 },      { 'w', &one, SEVERITY_WARNING, 1 },
		{ 'c', &one, SEVERITY_CRITICAL, 1 },  { 'p', &one, SEVERITY_WARNING, 2 },
		{ 'o', &other, SEVERITY_WARNING, 1 }, { 'O', &other, SEVERITY_CRITICAL, 1 },
		{ 's', &one, SEVERITY_CRITICAL, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct finding *f;

		if (rows[i].letter != letter)
			continue;
		f = findings_add(fs, rows[i].rule, rows[i].severity);
		f->subject.pid = rows[i].pid;
		f->suppressed = letter == 's' ? "a reason" : NULL;
	}
}

/* `rounds`: the findings of each round, a letter each, rounds separated by blanks. */
static void told(const char *rounds, const char *should, enum severity worst)
{
	struct troubles ts = { 0 };
	struct buf out = { 0 };
	const struct troubles_hooks hooks = { &out, tell };

	for (const char *at = rounds;; at++) {
		struct findings fs = { 0 };

		for (; *at && *at != ' '; at++)
			add(&fs, *at);
		troubles_round(&ts, &fs, &hooks);
		buf_puts(&out, *at ? " |" : "");
		findings_free(&fs);
		if (!*at)
			break;
	}
	same_text(buf_text(&out), should, rounds);
	ok(troubles_worst(&ts) == worst, "%s: the worst that is open is %s", rounds, severity_word(worst));
	troubles_free(&ts);
	buf_free(&out);
}

int main(void)
{
	told("w", "", SEVERITY_OK);
	told("w w", " | +LA101", SEVERITY_WARNING);
	told("w - w w", " | | | +LA101", SEVERITY_WARNING);
	told("c", " +LA101", SEVERITY_CRITICAL);
	told("w w - w", " | +LA101 | |", SEVERITY_WARNING);
	told("w w - -", " | +LA101 | | -LA101", SEVERITY_OK);
	told("w w - w - -", " | +LA101 | | | | -LA101", SEVERITY_OK);
	told("c - - c", " +LA101 | | -LA101 | +LA101", SEVERITY_CRITICAL);
	told("w w c w", " | +LA101 | ~LA101 | ~LA101", SEVERITY_WARNING);
	told("w c", " | +LA101", SEVERITY_CRITICAL);
	told("i i i", " | |", SEVERITY_OK);
	told("w w i i", " | +LA101 | | -LA101", SEVERITY_OK);
	told("s s", " |", SEVERITY_OK);
	told("wo wo -", " | +LA101 +LA302 |", SEVERITY_WARNING);
	told("wp wp p p", " | +LA101 +LA101 | | -LA101", SEVERITY_WARNING);
	told("w p w p", " | | |", SEVERITY_OK);
	told("ww", "", SEVERITY_OK);
	told("wO", " +LA302", SEVERITY_CRITICAL);
	return tap_done();
}
