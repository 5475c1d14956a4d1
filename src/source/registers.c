/* SPDX-License-Identifier: MIT
 * Registers of threads, by a BPF iterator over tasks. */
#include "source/registers.h"
#include "source/skeleton.h"

#include "bpf/threads.skel.h"
#include "source/skeleton_end.h"

#include <stdlib.h>

static void take_all(struct registers *r, int fd)
{
	struct thread_record piece[8];
	ssize_t n;

	while ((n = read(fd, piece, sizeof piece)) > 0 || (n < 0 && errno == EAGAIN))
		for (ssize_t i = 0; i < n / (ssize_t)sizeof *piece; i++) {
			r->all = grow(r->all, r->n, &r->cap, sizeof *r->all);
			r->all[r->n++] = piece[i];
		}
}

static void iterate(struct registers *r, int link)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof attr);
	attr.iter_create.link_fd = (uint32_t)link;
	fd = skel_sys_bpf(BPF_ITER_CREATE, &attr, sizeof attr);
	if (fd < 0)
		return;
	take_all(r, fd);
	close(fd);
}

void registers_read(struct registers *r, pid_t pid)
{
	struct threads *skel = threads__open();
	int link = -1;

	*r = (struct registers){ 0 };
	if (skel && threads__load(skel) == 0) {
		skel->bss->wanted = pid;
		link = skel_link_create(skel->progs.list_registers.prog_fd, 0, BPF_TRACE_ITER);
	}
	if (link >= 0) {
		iterate(r, link);
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
