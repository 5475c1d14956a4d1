/* SPDX-License-Identifier: MIT
 * A look at both hosts, with the owners of what is there. */
#include "lab/lab_internal.h"
#include "lab/machine.h"
#include "source/owner.h"

#include <stdlib.h>

/* The processes of a side: built-in actors', and all of each program. For free(). */
static pid_t *processes_of(struct lab *l, enum side side, size_t *n)
{
	pid_t *pids = NULL;
	size_t cap = 0;
	const struct process *x;
	struct actor *a;

	*n = 0;
	TAILQ_FOREACH(a, &l->actors, link)
		if (a->side == side && a->pid > 0) {
			pids = grow(pids, *n, &cap, sizeof *pids);
			pids[(*n)++] = a->pid;
		}
	TAILQ_FOREACH(x, &l->stepper.processes, link) {
		a = lab_find_actor(l, x->program->name);
		if (a && a->side == side) {
			pids = grow(pids, *n, &cap, sizeof *pids);
			pids[(*n)++] = x->pid;
		}
	}
	return pids;
}

int lab_look(struct lab *l, struct evidence seen[SIDES], struct err *e)
{
	int rc = l->options.machine ? machine_look(l, seen, e) : 0;

	for (int i = 0; i < SIDES && rc == 0; i++) {
		size_t n;
		pid_t *pids = processes_of(l, (enum side)i, &n);

		if (!l->options.machine)
			rc = note_evidence(l, (enum side)i, &seen[i], e);
		if (rc == 0)
			owners_fill(&seen[i], pids, n);
		free(pids);
	}
	return rc;
}
