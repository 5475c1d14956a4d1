/* SPDX-License-Identifier: MIT
 * What a doctor is shown of a lab: the sockets of both hosts in one table, with all that is known of each; and the
 * forms of expectation that ask it. */
#include "lab/judge.h"
#include "lab/lab_internal.h"
#include "model/age.h"
#include "model/belonging.h"
#include "source/owner.h"

#include <stdlib.h>

static int dump(struct lab *l, enum side side, struct evidence *ev, struct err *e)
{
	const struct diag_ask everything = { .states = bound_states(l, side), .info = true, .memory = true };

	return diag_dump(l->hosts[side].diag, &everything, ev, e);
}

int lab_observe(struct lab *l, struct evidence *ev, struct err *e)
{
	size_t n;
	pid_t *pids;

	if (l->options.machine)
		return err_set(e, "the machine's own network is no lab: run 'lastack doctor' beside it");
	if (dump(l, SERVER, ev, e) < 0 || (!l->options.loopback && dump(l, CLIENT, ev, e) < 0))
		return -1;
	pids = lab_processes(l, &n);
	owners_fill(ev, pids, n);
	free(pids);
	for (size_t i = 0; i < ev->n; i++)
		sock_set_age(&ev->socks[i], &ev->infos[i]);
	evidence_belonging(ev);
	return 0;
}

/* --- expect finding -------------------------------------------------------------------------------------- */

/* One of "LA101/close-wait-leak/warning LA302/accept-stalled/unknown": is it that rule's (NULL: any)? */
static bool is_of_rule(const char *entry, size_t n, const char *rule)
{
	size_t of = rule ? strlen(rule) : 0;

	for (size_t i = 0; rule && i + of <= n; i++)
		if (strncasecmp(entry + i, rule, of) == 0 && (!i || entry[i - 1] == '/') &&
		    (i + of == n || entry[i + of] == '/'))
			return true;
	return !rule;
}

static bool is_unknown(const char *entry, size_t n)
{
	static const char unknown[] = "/unknown";

	return n >= sizeof unknown - 1 && strncmp(entry + n - (sizeof unknown - 1), unknown, sizeof unknown - 1) == 0;
}

/* What the doctor says of a rule. Of all of them some are never judged in a lab, and count for nothing. */
static enum truth found_of(const char *ids, const char *rule)
{
	enum truth found = TRUTH_NO;

	for (size_t n; *ids; ids += n + (ids[n] == ' ')) {
		n = strcspn(ids, " ");
		if (!is_of_rule(ids, n, rule))
			continue;
		if (!is_unknown(ids, n))
			return TRUTH_YES;
		found = rule ? TRUTH_UNKNOWN : found;
	}
	return found;
}

/* A doctor who could not look has not found nothing. */
static int finding_asked(struct lab *l, const struct expectation *x, struct err *e)
{
	struct buf ids = { 0 };
	int rc = l->hooks.diagnose(l->hooks.ctx, l, &ids, e);
	enum truth found = found_of(buf_text(&ids), x->name);

	buf_free(&ids);
	if (rc == 0 && x->none && found == TRUTH_UNKNOWN)
		rc = err_set(e, "the doctor does not know all that %s goes by, so nothing found means nothing",
		             x->name);
	return rc < 0 ? -1 : (found == TRUTH_YES) != x->none;
}

/* What it finds; and of the rule that was asked for, that it is unknown. */
static void add_seen(struct buf *out, const char *ids, const char *rule)
{
	bool any = false;

	buf_puts(out, "the doctor finds");
	for (size_t n; *ids; ids += n + (ids[n] == ' ')) {
		n = strcspn(ids, " ");
		if (is_unknown(ids, n) && !(rule && is_of_rule(ids, n, rule)))
			continue;
		buf_puts(out, " ");
		buf_add(out, ids, n);
		any = true;
	}
	buf_puts(out, any ? "" : " nothing");
}

static void finding_seen(struct lab *l, const struct expectation *x, struct buf *out)
{
	struct buf ids = { 0 };
	struct err e;

	if (l->hooks.diagnose(l->hooks.ctx, l, &ids, &e) < 0)
		buf_puts(out, err_text(&e));
	else
		add_seen(out, buf_text(&ids), x->name);
	buf_free(&ids);
}

const struct form finding_form = { .asked = finding_asked, .seen = finding_seen };
