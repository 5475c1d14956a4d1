/* SPDX-License-Identifier: MIT
 * Engine B: sock_diag, and the owners from a BPF iterator over every process's descriptors. */
#include "bpf/files.h"
#include "source/engine_internal.h"
#include "source/iterator.h"
#include "source/owner_internal.h"
#include "source/skeleton.h"

#include "bpf/files.skel.h"
#include "source/skeleton_end.h"

#include <stdlib.h>

struct files_state {
	struct files *skel;
	int link;
};

static void engine_close(void *state)
{
	struct files_state *f = state;

	if (f->link >= 0)
		close(f->link);
	if (f->skel)
		files__destroy(f->skel);
	free(f);
}

SKELETON_LOADER(files)

static int load(void *state, char *log)
{
	return skeleton_load_files(&((struct files_state *)state)->skel, log);
}

static int attach(struct files_state *f, struct err *e)
{
	f->link = skel_link_create(f->skel->progs.list_files.prog_fd, 0, BPF_TRACE_ITER);
	return f->link < 0 ? err_sys(e, errno, "the iterator over descriptors cannot be prepared") : 0;
}

/* Relocations are done by the kernel since 5.17 (bpf(2)'s core_relos), which is how all these programs are loaded. */
static void *engine_open(struct err *e)
{
	static const struct bpf_wanted wanted = { "the iterator over descriptors", "5.17", load };
	struct files_state *f = xcalloc(1, sizeof *f);

	f->link = -1;
	if (bpf_load(&wanted, f, e) == 0 && attach(f, e) == 0)
		return f;
	engine_close(f);
	return NULL;
}

/* Descriptors come process by process. */
static void take_socket(struct evidence *ev, struct holdings *h, const struct file_record *r)
{
	const struct holder *last = ev->n_holders ? &ev->holders[ev->n_holders - 1] : NULL;
	struct holder now = { r->pid, r->tid, "" };

	if (!last || last->tid != r->tid) {
		memcpy(now.comm, r->comm, sizeof now.comm - 1);
		evidence_add_holder(ev, &now);
	}
	holdings_add(h, (struct holding){ r->inode, (uint32_t)ev->n_holders - 1, r->fd });
}

struct taking {
	struct evidence *ev;
	struct holdings holdings;
	bool saw_first; /* process 1 */
};

static void take_records(void *taking, const void *piece, size_t n)
{
	const struct file_record *r = piece;
	struct taking *t = taking;

	for (size_t i = 0; i < n / sizeof *r; i++) {
		t->saw_first = t->saw_first || r[i].tid == 1;
		if (r[i].inode)
			take_socket(t->ev, &t->holdings, &r[i]);
	}
}

static ssize_t owners_by_iterator(void *state, struct evidence *ev, struct err *e)
{
	static struct file_record piece[1024];
	const struct files_state *f = state;
	struct taking t = { .ev = ev };
	int rc = iterator_run(f->link, piece, sizeof piece, take_records, &t);

	if (rc < 0)
		err_sys(e, -rc, "the descriptors of the processes cannot be read");
	else
		holdings_join(ev, &t.holdings);
	free(t.holdings.all);
	return rc < 0 ? -1 : !t.saw_first; /* some machines keep process 1 from iterators */
}

static int look(void *state, const struct engine_ask *ask, struct evidence *ev, struct engine_report *report,
                struct err *e)
{
	return look_by_diag(ask, ev, report, owners_by_iterator, state, e);
}

const struct engine engine_files = { "B",
	                             "sock_diag and a BPF iterator over descriptors",
	                             PROCESSES_NEED | NAMESPACES_NEED | BPF_NEEDS,
	                             engine_open,
	                             engine_close,
	                             look };
