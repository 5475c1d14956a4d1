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

/* The program, where it stays loaded. */
static struct program {
	struct threads *skel;
	int link;
} kept = { NULL, -1 };

static struct program load(void)
{
	struct program p = { threads__open(), -1 };

	if (p.skel && threads__load(p.skel) == 0)
		p.link = skel_link_create(p.skel->progs.list_registers.prog_fd, 0, BPF_TRACE_ITER);
	return p;
}

static void unload(struct program *p)
{
	if (p->link >= 0)
		close(p->link);
	if (p->skel)
		threads__destroy(p->skel);
	*p = (struct program){ NULL, -1 };
}

void registers_open(void)
{
	unload(&kept);
	kept = load();
}

void registers_close(void)
{
	unload(&kept);
}

void registers_read(struct registers *r, pid_t pid)
{
	struct program p = kept.skel ? kept : load();
	struct thread_record piece[8];

	*r = (struct registers){ 0 };
	if (p.link >= 0) {
		p.skel->bss->wanted = pid;
		iterator_run(p.link, piece, sizeof piece, take_records, r);
	}
	if (!kept.skel)
		unload(&p);
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
