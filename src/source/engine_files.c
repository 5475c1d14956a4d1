/* SPDX-License-Identifier: MIT
 * Engine B: sock_diag, and the owners from a BPF iterator over every process's descriptors. */
#include "base/proc.h"
#include "bpf/files.h"
#include "bpf/nets.h"
#include "source/engine_internal.h"
#include "source/iterator.h"
#include "source/net.h"
#include "source/owner_internal.h"
#include "source/skeleton.h"

#include "bpf/files.skel.h"
#include "bpf/nets.skel.h"
#include "source/skeleton_end.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

/* What one look finds. */
struct taking {
	struct evidence *ev;
	struct holdings holdings;
	uint64_t *bound; /* network namespaces with sockets that are bound only */
	size_t n_bound, cap_bound;
	bool saw_first; /* process 1 */
};

struct files_state {
	struct files *files;
	struct nets *nets; /* NULL: links of /proc are read instead */
	int list_files, list_nets;
	pthread_t loading;
	bool beside; /* it is loaded by that thread, which has not been waited for */
	bool one;    /* namespace is looked at, and no other looked for */
	struct err refusal;
	struct taking taking; /* of this look */
};

/* --- loading ------------------------------------------------------------------------------------------- */

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void await(struct files_state *f)
{
	if (f->beside)
		pthread_join(f->loading, NULL);
	f->beside = false;
}

static void forget(struct taking *t)
{
	free(t->holdings.all);
	free(t->bound);
	*t = (struct taking){ 0 };
}

static void engine_close(void *state)
{
	struct files_state *f = state;

	await(f);
	forget(&f->taking);
	close_if_open(f->list_files);
	close_if_open(f->list_nets);
	if (f->files)
		files__destroy(f->files);
	if (f->nets)
		nets__destroy(f->nets);
	free(f);
}

SKELETON_LOADER(files)
SKELETON_LOADER(nets)

static int load_files(void *state, char *log)
{
	return skeleton_load_files(&((struct files_state *)state)->files, log);
}

static int load_nets(void *state, char *log)
{
	return skeleton_load_nets(&((struct files_state *)state)->nets, log);
}

/* Relocations are done by the kernel since 5.17 (bpf(2)'s core_relos), which is how all these programs are loaded. */
static void open_files(struct files_state *f, struct err *e)
{
	static const struct bpf_wanted wanted = { "the iterator over descriptors", "5.17", load_files };

	if (bpf_load(&wanted, f, e) < 0)
		return;
	f->list_files = skel_link_create(f->files->progs.list_files.prog_fd, 0, BPF_TRACE_ITER);
	if (f->list_files < 0)
		err_sys(e, errno, "the iterator over descriptors cannot be prepared");
}

/* A process costs 5 us by its link in /proc, and next to nothing by an iterator, which takes 1 ms to load. */
enum { MANY_TASKS = 500 };

/* Without it nothing is lost but time. */
static void open_nets(struct files_state *f)
{
	static const struct bpf_wanted wanted = { "the iterator over processes", "5.17", load_nets };
	struct err e = { 0 };
	struct sysinfo machine;

	if (!f->one && sysinfo(&machine) == 0 && machine.procs > MANY_TASKS && bpf_load(&wanted, f, &e) == 0)
		f->list_nets = skel_link_create(f->nets->progs.list_nets.prog_fd, 0, BPF_TRACE_ITER);
}

static void *load(void *state)
{
	struct files_state *f = state;

	open_files(f, &f->refusal);
	if (!err_is_set(&f->refusal))
		open_nets(f);
	return NULL;
}

static struct files_state *new_state(void)
{
	struct files_state *f = xcalloc(1, sizeof *f);

	f->list_files = f->list_nets = -1;
	return f;
}

static void *engine_open(unsigned want, struct err *e)
{
	struct files_state *f = new_state();

	(void)want;

	load(f);
	if (!err_is_set(&f->refusal))
		return f;
	*e = f->refusal;
	engine_close(f);
	return NULL;
}

void *files_open_beside(void)
{
	return new_state();
}

struct err *files_refused(void *state)
{
	struct files_state *f = state;

	await(f);
	return err_is_set(&f->refusal) ? &f->refusal : NULL;
}

/* Has one of the processors nothing to do? "0.20 0.18 0.12 1/80 11206": how many tasks want to run now, we among them.
 */
static bool processor_is_free(void)
{
	char loads[64];
	cpu_set_t ours;
	int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC), running = 0;
	ssize_t n = fd < 0 ? 0 : read(fd, loads, sizeof loads - 1);

	close_if_open(fd);
	loads[n < 0 ? 0 : n] = 0;
	return sched_getaffinity(0, sizeof ours, &ours) == 0 && sscanf(loads, "%*s %*s %*s %d", &running) == 1 &&
	       running < CPU_COUNT(&ours);
}

/* Once, in the first look: before it there is to be one thread only. Where all processors are busy a thread would but
 * wait for its turn. */
static void load_beside(struct files_state *f, const struct engine_ask *ask)
{
	if (f->files || err_is_set(&f->refusal))
		return;
	f->one = ask->netns;
	f->beside = processor_is_free() && pthread_create(&f->loading, NULL, load, f) == 0;
	if (!f->beside)
		load(f);
}

/* --- the descriptors ----------------------------------------------------------------------------------- */

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

static void take_bound(struct taking *t, uint64_t netns)
{
	for (size_t i = 0; i < t->n_bound; i++)
		if (t->bound[i] == netns)
			return;
	t->bound = grow(t->bound, t->n_bound, &t->cap_bound, sizeof *t->bound);
	t->bound[t->n_bound++] = netns;
}

static void take_records(void *taking, const void *piece, size_t n)
{
	const struct file_record *r = piece;
	struct taking *t = taking;

	for (size_t i = 0; i < n / sizeof *r; i++) {
		t->saw_first = t->saw_first || r[i].tid == 1;
		if (r[i].inode)
			take_socket(t->ev, &t->holdings, &r[i]);
		if (r[i].bound)
			take_bound(t, r[i].bound);
	}
}

static int seek(void *state, struct evidence *ev, struct err *e)
{
	static struct file_record piece[1024];
	struct files_state *f = state;
	int rc;

	forget(&f->taking);
	if (files_refused(f))
		return 0;
	f->taking.ev = ev;
	rc = iterator_run(f->list_files, piece, sizeof piece, take_records, &f->taking);
	return rc < 0 ? err_sys(e, -rc, "the descriptors of the processes cannot be read") : 0;
}

/* Some machines keep process 1 from iterators; and beyond our PID namespace are others. */
static bool sees_all(const struct files_state *f)
{
	return f->taking.saw_first && in_first_pid_namespace();
}

static const uint64_t *bound(void *state, ssize_t *n)
{
	const struct files_state *f = state;

	*n = sees_all(f) ? (ssize_t)f->taking.n_bound : -1;
	return f->taking.bound;
}

static ssize_t join(void *state, struct evidence *ev)
{
	struct files_state *f = state;
	bool saw_first = f->taking.saw_first;

	if (files_refused(f))
		return way_of_proc.join(NULL, ev);
	holdings_join(ev, &f->taking.holdings);
	forget(&f->taking);
	return !saw_first;
}

/* --- the namespaces ------------------------------------------------------------------------------------ */

static void take_nets(void *list, const void *piece, size_t n)
{
	const struct net_record *r = piece;

	for (size_t i = 0; i < n / sizeof *r; i++)
		netns_list_add(list, r[i].netns, r[i].pid, "");
}

/* By the iterator's numbers, if /proc goes by the same. */
static void namespaces(void *state, struct netns_list *l)
{
	struct files_state *f = state;
	struct net_record piece[512];

	await(f);
	if (f->list_nets < 0 || !proc_is_ours() || iterator_run(f->list_nets, piece, sizeof piece, take_nets, l) < 0)
		way_of_proc.namespaces(NULL, l);
}

static int look(void *state, const struct engine_ask *ask, struct evidence *ev, struct engine_report *report,
                struct err *e)
{
	static const struct diag_way way = { namespaces, seek, bound, join };

	load_beside(state, ask);
	return look_by_diag(ask, ev, report, &way, state, e);
}

const struct engine engine_files = { "B",
	                             "sock_diag and a BPF iterator over descriptors",
	                             PROCESSES_NEED | NAMESPACES_NEED | BPF_NEEDS,
	                             engine_open,
	                             engine_close,
	                             look };
