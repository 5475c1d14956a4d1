/* SPDX-License-Identifier: MIT
 * LA901: processes that may not be looked at. */
#include "doctor/rule.h"

static const char *la901_remedy(const struct sight *s)
{
	if (s->privileged)
		return "not even by root: another user namespace's, or kept by a security module; what they hold is "
		       "not known";
	return "what they hold, and whether they are at fault, is not known; run as root, or with CAP_SYS_PTRACE";
}

static void la901_check(struct visit *v)
{
	struct finding *f;

	if (v->o->sight.saved || !v->o->sight.hidden || v->o->only)
		return;
	if (v->o->sight.one_net && !visit_unseen(v, 0)) /* who they are, and where, does not matter there */
		return;
	f = find_new(v, SEVERITY_INFO);
	f->confidence = CONFIDENCE_PROVED;
	f->count = v->o->sight.hidden;
	if (v->o->sight.unlisted)
		buf_puts(&f->headline, "other users' processes are not even listed: /proc hides them (hidepid)");
	else
		buf_addf(&f->headline, "the descriptors of %zu process%s may not be looked at", f->count,
		         f->count == 1 ? "" : "es");
	buf_puts(finding_line(f), la901_remedy(&v->o->sight));
}

const struct rule rule_LA901 = {
	.text = { .id = "LA901",
	          .name = "not-privileged",
	          .of_sight = true,
	          .sentence = "some processes could not be looked at, so what they hold is without an owner here",
	          .source = "proc(5), ptrace(2): PTRACE_MODE_READ_FSCREDS" },
	.severity = SEVERITY_INFO,
	.check = la901_check,
};
