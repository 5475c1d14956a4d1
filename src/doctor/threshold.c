/* SPDX-License-Identifier: MIT
 * The numbers that rules are judged by. */
#include "doctor/threshold.h"
#include "base/near.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

static const struct threshold_info infos[] = {
#define THRESHOLD(name, word, kind, value, sentence) { word, THRESHOLD_##kind, value, sentence },
#include "doctor/threshold.def"
#undef THRESHOLD
};

const struct threshold_info *threshold_info(enum threshold t)
{
	return &infos[t];
}

void thresholds_default(struct thresholds *t)
{
	for (int i = 0; i < THRESHOLDS; i++)
		t->of[i] = infos[i].value;
}

/* What may stand behind a number, and what it makes of it. */
static const struct suffix {
	enum threshold_kind kind;
	const char *word;
	double times;
} suffixes[] = {
	{ THRESHOLD_SECONDS, "ms", 1e-3 }, { THRESHOLD_SECONDS, "s", 1 },    { THRESHOLD_SECONDS, "", 1 },
	{ THRESHOLD_SECONDS, "m", 60 },    { THRESHOLD_SECONDS, "min", 60 }, { THRESHOLD_SECONDS, "h", 3600 },
	{ THRESHOLD_SECONDS, "d", 86400 }, { THRESHOLD_PERCENT, "%", 1 },    { THRESHOLD_PERCENT, "", 1 },
	{ THRESHOLD_COUNT, "", 1 },        { THRESHOLD_BYTES, "", 1 },       { THRESHOLD_BYTES, "k", 1e3 },
	{ THRESHOLD_BYTES, "m", 1e6 },     { THRESHOLD_RATE, "", 1 },        { THRESHOLD_RATE, "/s", 1 },
};

static bool read_value(enum threshold_kind kind, const char *text, double *value)
{
	char *end;
	double n = strtod(text, &end);

	if (end == text || !isfinite(n) || n < 0 || n > 1e12 || (kind == THRESHOLD_PERCENT && n > 100))
		return false;
	end += strspn(end, " ");
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		if (suffixes[i].kind != kind || strcasecmp(suffixes[i].word, end) != 0)
			continue;
		*value = n * suffixes[i].times;
		return true;
	}
	return false;
}

static int no_such_threshold(const char *word, struct err *e)
{
	struct near near = { .word = word };

	for (int i = 0; i < THRESHOLDS; i++)
		near_try(&near, infos[i].word);
	if (near.best)
		return err_set(e, "there is no threshold '%.40s'; did you mean '%s'?", word, near.best);
	return err_set(e, "there is no threshold '%.40s'; 'lastack doctor --thresholds' lists them", word);
}

int thresholds_set(struct thresholds *t, const char *word, const char *value, struct err *e)
{
	static const char *const forms[] = { [THRESHOLD_SECONDS] = "a time, as 60s, 500ms or 2h",
		                             [THRESHOLD_COUNT] = "a number",
		                             [THRESHOLD_PERCENT] = "a share, as 80%",
		                             [THRESHOLD_BYTES] = "a number of bytes, as 64k",
		                             [THRESHOLD_RATE] = "so many a second, as 1/s" };

	for (int i = 0; i < THRESHOLDS; i++) {
		if (!streq(infos[i].word, word))
			continue;
		if (read_value(infos[i].kind, value, &t->of[i]))
			return 0;
		return err_set(e, "'%.40s' is no value for %s, which is %s", value, word, forms[infos[i].kind]);
	}
	return no_such_threshold(word, e);
}

void threshold_add(struct buf *out, const struct thresholds *t, enum threshold which)
{
	static const char *const units[] = { [THRESHOLD_COUNT] = "",
		                             [THRESHOLD_PERCENT] = " %",
		                             [THRESHOLD_BYTES] = " bytes",
		                             [THRESHOLD_RATE] = "/s" };

	if (infos[which].kind == THRESHOLD_SECONDS)
		span_add(out, threshold_span(t, which));
	else
		buf_addf(out, "%.6g%s", t->of[which], units[infos[which].kind]);
}
