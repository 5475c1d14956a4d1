/* SPDX-License-Identifier: MIT
 * LA903: looked once. */
#include "doctor/rule.h"

/* What means trouble if it rises. */
static const enum counter_id troubles[] = { CNT_LISTEN_OVERFLOWS, CNT_LISTEN_DROPS,       CNT_REQ_Q_FULL_COOKIES,
	                                    CNT_REQ_Q_FULL_DROP,  CNT_TIME_WAIT_OVERFLOW, CNT_ABORT_ON_MEMORY,
	                                    CNT_MEMORY_PRESSURES, CNT_RCV_PRUNED,         CNT_RETRANS_SEGS };

static void la903_tell_totals(const struct visit *v, struct finding *f)
{
	struct buf *line = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(troubles); i++) {
		int64_t total = visit_total(v, troubles[i]);

		if (total <= 0)
			continue;
		if (line)
			buf_puts(line, ", ");
		else
			buf_puts(line = finding_line(f), "since the machine was started, and it cannot be told when: ");
		buf_addf(line, "%s %lld", counter_info(troubles[i])->word, (long long)total);
	}
}

static void la903_check(struct visit *v)
{
	struct finding *f;

	if (v->o->twice)
		return;
	f = find_new(v, SEVERITY_INFO);
	f->confidence = CONFIDENCE_PROVED;
	buf_puts(&f->headline, "looked once: nothing that needs a rate was judged");
	if (v->o->sight.saved) {
		la903_tell_totals(v, f);
		for (int s = 0; s < SAIDS; s++)
			find_said(v, f, (enum said_id)s);
	}
	buf_puts(finding_line(f),
	         v->o->sight.saved
	                 ? "save a second folder some seconds later, and name both: --offline FIRST --offline SECOND"
	                 : "give it a window: --window 5s");
}

const struct rule rule_LA903 = {
	.text = { .id = "LA903",
	          .name = "window-short",
	          .of_sight = true,
	          .sentence = "the time in which it was looked is too short for what grows slowly",
	          .fix = "a longer --window, or --watch; of saved files a second folder" },
	.severity = SEVERITY_INFO,
	.check = la903_check,
};
