/* SPDX-License-Identifier: MIT
 * A look at both hosts, with the owners of what is there. */
#include "lab/lab_internal.h"
#include "lab/machine.h"
#include "source/owner.h"

#include <stdlib.h>

/* Of these sides, a bit each. */
static pid_t *processes_of(struct lab *l, unsigned sides, size_t *n)
{
	pid_t *pids = NULL;
	size_t cap = 0;
	const struct process *x;
	struct actor *a;

	*n = 0;
	TAILQ_FOREACH (a, &l->actors, link)
		if (sides & 1U << a->side && a->pid > 0) {
			pids = grow(pids, *n, &cap, sizeof *pids);
			pids[(*n)++] = a->pid;
		}
	TAILQ_FOREACH (x, &l->stepper.processes, link) {
		a = lab_find_actor(l, x->program->name);
		if (a && sides & 1U << a->side) {
			pids = grow(pids, *n, &cap, sizeof *pids);
			pids[(*n)++] = x->pid;
		}
	}
	return pids;
}

pid_t *lab_processes(struct lab *l, size_t *n)
{
	return processes_of(l, 1U << CLIENT | 1U << SERVER, n);
}

int lab_look(struct lab *l, struct evidence seen[SIDES], struct err *e)
{
	int rc = l->options.machine ? machine_look_at_all(l, seen, e) : 0;

	for (int i = 0; i < SIDES && rc == 0; i++) {
		size_t n;
		pid_t *pids = processes_of(l, 1U << i, &n);

		if (!l->options.machine)
			rc = note_evidence(l, (enum side)i, &seen[i], e);
		if (rc == 0)
			owners_fill(&seen[i], pids, n);
		free(pids);
	}
	return rc;
}
