/* SPDX-License-Identifier: MIT
 * LA903: looked once. */
#include "doctor/rule.h"

static void check(struct visit *v)
{
	struct finding *f;

	if (v->o->twice)
		return;
	f = visit_find(v, SEVERITY_INFO);
	f->confidence = CONFIDENCE_PROVED;
	buf_puts(&f->headline, "looked once: nothing that needs a rate was judged");
	buf_puts(finding_line(f), "give it a window: --window 5s");
}

const struct rule rule_LA903 = {
	.text = { .id = "LA903", .name = "window-short", .sentence = "the time in which it was looked is too short for what grows slowly",
		  .fix = "a longer --window, or --watch" },
	.severity = SEVERITY_INFO,
	.check = check,
};
