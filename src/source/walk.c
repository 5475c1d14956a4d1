/* SPDX-License-Identifier: MIT
 * Loading and running the walks. A "light skeleton" needs no library: bpf(2) only. What is of the hashes and what is of
 * the tables of descriptors is loaded and run apart, so that two threads can. */
#include "source/walk.h"
#include "source/iterator.h"

#include "source/skeleton.h"

#include "bpf/cgroup.skel.h"
#include "bpf/hashes.skel.h"
#include "bpf/tables.skel.h"
#include "source/skeleton_end.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

struct walker {
	struct hashes *hashes;
	struct walk_socks *socks;
	struct walk_hashes *found;
	int64_t tick_ns; /* of the kernel's clock */
	size_t again, unsure;

	struct cgroup *cgroup; /* NULL: not asked for */

	struct tables *tables;
	struct walk_fds *fds;
	int link; /* of the iterator over tasks */
	int own_socket;
};

/* --- the kernel's clock -------------------------------------------------------------------------------- */

/* The coarse clock goes by ticks, and says how long one is, in a time namespace as well (doc/kernel/coarse_clock.c). */
static int64_t tick_ns(void)
{
	struct timespec tick;

	return clock_getres(CLOCK_MONOTONIC_COARSE, &tick) == 0 ? tick.tv_nsec : 4000000;
}

struct span walker_ticks(const struct walker *w, int64_t ticks)
{
	return (struct span){ ticks * w->tick_ns };
}

/* --- loading ------------------------------------------------------------------------------------------- */

static void *map_value(int fd, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static int run(int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof attr);
	attr.test.prog_fd = (uint32_t)prog;
	return skel_sys_bpf(BPF_PROG_TEST_RUN, &attr, sizeof attr) < 0 ? -errno : 0;
}

SKELETON_LOADER(hashes)
SKELETON_LOADER(tables)
SKELETON_LOADER(cgroup)

static int load_hashes_program(void *walker, char *log)
{
	return skeleton_load_hashes(&((struct walker *)walker)->hashes, log);
}

static int load_tables_program(void *walker, char *log)
{
	return skeleton_load_tables(&((struct walker *)walker)->tables, log);
}

static int load_cgroup_program(void *walker, char *log)
{
	return skeleton_load_cgroup(&((struct walker *)walker)->cgroup, log);
}

static int load_hashes(struct walker *w, struct err *e)
{
	static const struct bpf_wanted wanted = { "the walk of its hashes of sockets", "6.2", load_hashes_program };

	if (bpf_load(&wanted, w, e) < 0)
		return -1;
	w->socks = map_value(w->hashes->maps.socks.map_fd, sizeof *w->socks);
	w->found = map_value(w->hashes->maps.hashes.map_fd, sizeof *w->found);
	if (!w->socks || !w->found)
		return err_sys(e, errno, "the walk of the kernel's hashes cannot be prepared");
	return 0;
}

static int load_tables(struct walker *w, struct err *e)
{
	static const struct bpf_wanted wanted = { "the walk of its tables of descriptors", "6.2", load_tables_program };
	int rc;

	if (bpf_load(&wanted, w, e) < 0)
		return -1;
	w->fds = map_value(w->tables->maps.fds.map_fd, sizeof *w->fds);
	w->link = skel_link_create(w->tables->progs.walk_fds.prog_fd, 0, BPF_TRACE_ITER);
	if (!w->fds || w->link < 0)
		return err_sys(e, errno, "the walk of the tables of descriptors cannot be prepared");
	w->own_socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	w->tables->bss->own_socket = w->own_socket;
	rc = run(w->tables->progs.find_self.prog_fd);
	if (rc < 0 || !w->tables->bss->socket_ops)
		return err_sys(e, -rc, "this kernel's tables of descriptors are not as expected");
	return 0;
}

static int find_hashes(struct walker *w, struct err *e)
{
	int rc;

	w->hashes->bss->own_net = w->tables->bss->own_net;
	rc = run(w->hashes->progs.find_hashes.prog_fd);
	return rc < 0 ? err_sys(e, -rc, "the kernel's hashes cannot be found") : 0;
}

struct loading {
	struct walker *w;
	struct err e;
	int rc;
};

static void *load_tables_beside(void *loading)
{
	struct loading *l = loading;

	l->rc = load_tables(l->w, &l->e);
	return NULL;
}

/* Most of it is the kernel's verifying, which two processors can do for two programs. */
static int load(struct walker *w, struct err *e)
{
	struct loading tables = { .w = w };
	pthread_t beside;
	bool threaded = pthread_create(&beside, NULL, load_tables_beside, &tables) == 0;
	int rc = load_hashes(w, e);

	if (threaded)
		pthread_join(beside, NULL);
	else
		load_tables_beside(&tables);
	if (rc == 0 && tables.rc < 0)
		*e = tables.e;
	return rc < 0 || tables.rc < 0 ? -1 : find_hashes(w, e);
}

/* What it does not tell is unknown. */
static void find_cgroups(struct walker *w)
{
	static const struct bpf_wanted wanted = { "the way to cgroups", "6.2", load_cgroup_program };
	struct err e = { 0 };

	if (bpf_load(&wanted, w, &e) == 0 && run(w->cgroup->progs.find_cgroup.prog_fd) == 0)
		w->hashes->bss->cgroup = w->tables->bss->cgroup = w->cgroup->bss->found;
}

struct walker *walker_open(bool cgroups, struct err *e)
{
	struct walker *w = xcalloc(1, sizeof *w);

	w->link = w->own_socket = -1;
	w->tick_ns = tick_ns();
	if (load(w, e) < 0) {
		walker_close(w);
		return NULL;
	}
	if (cgroups)
		find_cgroups(w);
	return w;
}

static void unmap(void *at, size_t size)
{
	if (at)
		munmap(at, size);
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void walker_close(struct walker *w)
{
	if (!w)
		return;
	unmap(w->socks, sizeof *w->socks);
	unmap(w->fds, sizeof *w->fds);
	unmap(w->found, sizeof *w->found);
	close_if_open(w->link);
	close_if_open(w->own_socket);
	if (w->hashes)
		hashes__destroy(w->hashes);
	if (w->tables)
		tables__destroy(w->tables);
	if (w->cgroup)
		cgroup__destroy(w->cgroup);
	free(w);
}

bool walker_sees_all_processes(const struct walker *w)
{
	return w->tables->bss->level == 0 && w->tables->bss->saw_first;
}

bool walker_knows_cgroups(const struct walker *w)
{
	return w->hashes->bss->cgroup.known;
}

/* --- walking ------------------------------------------------------------------------------------------- */

const struct walk_fds *walker_fds(struct walker *w, bool again, unsigned want, struct err *e)
{
	struct walk_place *place = &w->tables->bss->place;
	char nothing[64];
	int rc;

	*e = (struct err){ 0 };
	w->tables->bss->bound_want = want;
	if (again)
		*place = (struct walk_place){ 0 };
	else if (!place->tid)
		return NULL;
	w->fds->n = w->fds->n_tasks = w->fds->n_bound = 0;
	rc = iterator_run(w->link, nothing, sizeof nothing, NULL, NULL);
	if (rc < 0) {
		err_sys(e, -rc, "the tables of descriptors cannot be walked");
		return NULL;
	}
	return w->fds;
}

static bool seen_before(const struct walk_hashes *h, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (h->all[k].chains == h->all[i].chains)
			return true;
	return false;
}

int walker_hashes(struct walker *w, struct err *e)
{
	struct walk_hashes *h = w->found;
	size_t kept = 0;

	if (find_hashes(w, e) < 0)
		return -1;
	for (size_t i = 0; i < h->n; i++)
		if (!seen_before(h, i))
			h->all[kept++] = h->all[i];
	w->again = w->unsure = 0;
	h->n = kept;
	w->unsure += h->too_many;
	return (int)kept;
}

bool walker_is_listeners(const struct walker *w, int i)
{
	return w->found->all[i].listening;
}

const struct walk_socks *walker_socks(struct walker *w, int i, bool again, const struct walk_asked *asked, size_t *n,
                                      struct err *e)
{
	const struct walk_hash *h = &w->found->all[i];
	struct walk_run *r = &w->hashes->bss->run;
	int rc = 0;

	if (again)
		*r = (struct walk_run){ .chains = h->chains,
			                .to = h->n,
			                .mask = h->n - 1,
			                .listening = h->listening,
			                .want = asked->want,
			                .states = asked->states,
			                .local_from = asked->local.from,
			                .local_to = asked->local.to,
			                .remote_from = asked->remote.from,
			                .remote_to = asked->remote.to };
	*n = 0;
	while (r->from < r->to && *n == 0) {
		uint32_t before = r->from;

		rc = run(w->hashes->progs.walk_chains.prog_fd);
		if (rc < 0) {
			err_sys(e, -rc, "the kernel's hashes cannot be walked");
			return NULL;
		}
		*n = r->n;
		if (r->from == before && *n == 0) { /* it must not go on for ever, whatever the kernel has there */
			r->from++;
			r->unsure++;
		}
		w->again += r->again;
		w->unsure += r->unsure;
		r->again = r->unsure = 0;
	}
	return w->socks;
}

void walker_troubles(const struct walker *w, size_t *again, size_t *unsure)
{
	*again = w->again;
	*unsure = w->unsure;
}
