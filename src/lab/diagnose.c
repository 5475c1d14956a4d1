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
	const struct diag_ask everything = { .states = note_states(l, side), .info = true, .memory = true };

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

/* "LA101" among "LA101/close-wait-leak/warning LA302/…". */
static bool fires(const char *ids, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = ids; (at = strcasestr(at, word)); at++)
		if ((at == ids || at[-1] == ' ' || at[-1] == '/') && (at[n] == 0 || at[n] == ' ' || at[n] == '/'))
			return true;
	return false;
}

/* A doctor who could not look has not found nothing. */
static int finding_asked(struct lab *l, const struct expectation *x, struct err *e)
{
	struct buf ids = { 0 };
	int rc = l->hooks.diagnose(l->hooks.ctx, l, &ids, e);
	bool found = x->name ? fires(buf_text(&ids), x->name) : ids.len > 0;

	buf_free(&ids);
	return rc < 0 ? -1 : found != x->none;
}

static void finding_seen(struct lab *l, const struct expectation *x, struct buf *out)
{
	struct buf ids = { 0 };
	struct err e;

	(void)x;
	if (l->hooks.diagnose(l->hooks.ctx, l, &ids, &e) < 0)
		buf_puts(out, err_text(&e));
	else
		buf_addf(out, "the doctor finds %s", ids.len ? buf_text(&ids) : "nothing");
	buf_free(&ids);
}

const struct form finding_form = { .asked = finding_asked, .seen = finding_seen };
