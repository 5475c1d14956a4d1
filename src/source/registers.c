/* SPDX-License-Identifier: MIT
 * Registers of threads, by a BPF iterator over tasks. */
#include "source/registers.h"
#include "source/iterator.h"
#include "source/skeleton.h"

#include "bpf/threads.skel.h"
#include "source/skeleton_end.h"

#include <stdlib.h>

static void take_records(void *registers, const void *piece, size_t n)
{
	const struct thread_record *record = piece;
	struct registers *r = registers;

	for (size_t i = 0; i < n / sizeof *record; i++) {
		r->all = grow(r->all, r->n, &r->cap, sizeof *r->all);
		r->all[r->n++] = record[i];
	}
}

void registers_read(struct registers *r, pid_t pid)
{
	struct threads *skel = threads__open();
	struct thread_record piece[8];
	int link = -1;

	*r = (struct registers){ 0 };
	if (skel && threads__load(skel) == 0) {
		skel->bss->wanted = pid;
		link = skel_link_create(skel->progs.list_registers.prog_fd, 0, BPF_TRACE_ITER);
	}
	if (link >= 0) {
		iterator_run(link, piece, sizeof piece, take_records, r);
		close(link);
	}
	if (skel)
		threads__destroy(skel);
}

void registers_free(struct registers *r)
{
	free(r->all);
	*r = (struct registers){ 0 };
}

const __u64 *registers_of(const struct registers *r, pid_t tid)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->all[i].tid == tid)
			return r->all[i].reg;
	return NULL;
}
