/* SPDX-License-Identifier: MIT
 * Loading and running the walks. A "light skeleton" needs no library: bpf(2) only. */
#include "source/walk.h"

#include "source/skeleton.h"

#include "bpf/walk.skel.h"
#include "source/skeleton_end.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

struct walker {
	struct walk *skel;
	struct walk_socks *socks;
	struct walk_fds *fds;
	struct walk_hashes *hashes;
	int link; /* of the iterator over tasks */
	int own_socket;
	unsigned hz; /* ticks a second */
	size_t again, unsure;
};

/* --- the kernel's clock -------------------------------------------------------------------------------- */

/* The kernel does not tell its HZ, but its tick count began five minutes before it would not fit 32 bits (INITIAL_JIFFIES,
 * include/linux/jiffies.h): only one HZ makes that the time since the machine's start. */
static unsigned hz_of(uint64_t jiffies)
{
	static const unsigned known[] = { 250, 1000, 100, 300 };
	struct timespec up;

	clock_gettime(CLOCK_MONOTONIC, &up);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		uint64_t began = (uint32_t)(-300 * (int)known[i]);
		int64_t seconds = ((int64_t)jiffies - (int64_t)began) / known[i];

		if (llabs(seconds - up.tv_sec) <= 2 + up.tv_sec / 100)
			return known[i];
	}
	return known[0];
}

struct span walker_ticks(const struct walker *w, int64_t ticks)
{
	return (struct span){ ticks * (1000000000 / w->hz) };
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

static int why_not_loaded(int rc, struct err *e)
{
	if (rc == -EPERM || rc == -EACCES)
		return err_sys(e, -rc, "BPF programs may not be loaded; try as root, or with CAP_BPF and CAP_PERFMON");
	return err_sys(e, -rc, "this kernel does not take the walks of its socket tables: they need Linux 6.2 with BTF");
}

/* What the programs are told and tell before the first walk. */
static int acquaint(struct walker *w, struct err *e)
{
	int rc;

	w->own_socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	w->skel->bss->own_socket = w->own_socket;
	rc = run(w->skel->progs.find_hashes.prog_fd);
	if (rc < 0)
		return err_sys(e, -rc, "the kernel's hashes cannot be found");
	if (!w->skel->bss->socket_ops)
		return err_set(e, "this kernel's tables of descriptors are not as expected");
	w->hz = hz_of(w->skel->bss->jiffies);
	return 0;
}

static int load(struct walker *w, struct err *e)
{
	int rc;

	w->skel = walk__open();
	rc = w->skel ? walk__load(w->skel) : -ENOMEM;
	if (rc < 0)
		return why_not_loaded(rc, e);
	w->socks = map_value(w->skel->maps.socks.map_fd, sizeof *w->socks);
	w->fds = map_value(w->skel->maps.fds.map_fd, sizeof *w->fds);
	w->hashes = map_value(w->skel->maps.hashes.map_fd, sizeof *w->hashes);
	w->link = skel_link_create(w->skel->progs.walk_fds.prog_fd, 0, BPF_TRACE_ITER);
	if (!w->socks || !w->fds || !w->hashes || w->link < 0)
		return err_sys(e, errno, "the kernel's walks cannot be prepared");
	return acquaint(w, e);
}

struct walker *walker_open(struct err *e)
{
	struct walker *w = xcalloc(1, sizeof *w);

	w->link = w->own_socket = -1;
	if (load(w, e) == 0)
		return w;
	walker_close(w);
	return NULL;
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
	unmap(w->hashes, sizeof *w->hashes);
	close_if_open(w->link);
	close_if_open(w->own_socket);
	if (w->skel)
		walk__destroy(w->skel);
	free(w);
}

bool walker_sees_all_processes(const struct walker *w)
{
	return w->skel->bss->level == 0 && w->skel->bss->saw_first;
}

/* --- walking ------------------------------------------------------------------------------------------- */

static int iterate(struct walker *w)
{
	union bpf_attr attr;
	char nothing[64];
	ssize_t n;
	int fd;

	memset(&attr, 0, sizeof attr);
	attr.iter_create.link_fd = (uint32_t)w->link;
	fd = skel_sys_bpf(BPF_ITER_CREATE, &attr, sizeof attr);
	if (fd < 0)
		return -errno;
	do
		n = read(fd, nothing, sizeof nothing);
	while (n > 0 || (n < 0 && errno == EAGAIN));
	close(fd);
	return n < 0 ? -errno : 0;
}

const struct walk_fds *walker_fds(struct walker *w, bool again, unsigned want, struct err *e)
{
	struct walk_place *place = &w->skel->bss->place;
	int rc;

	e->text[0] = 0;
	w->skel->bss->bound_want = want;
	if (again)
		*place = (struct walk_place){ 0 };
	else if (!place->tid)
		return NULL;
	w->fds->n = w->fds->n_tasks = w->fds->n_bound = 0;
	rc = iterate(w);
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
	struct walk_hashes *h = w->hashes;
	size_t kept = 0;
	int rc = run(w->skel->progs.find_hashes.prog_fd);

	if (rc < 0)
		return err_sys(e, -rc, "the kernel's hashes cannot be found");
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
	return w->hashes->all[i].listening;
}

const struct walk_socks *walker_socks(struct walker *w, int i, bool again, const struct walk_asked *asked, size_t *n, struct err *e)
{
	const struct walk_hash *h = &w->hashes->all[i];
	struct walk_run *r = &w->skel->bss->run;
	int rc = 0;

	if (again)
		*r = (struct walk_run){ .chains = h->chains, .to = h->n, .mask = h->n - 1, .listening = h->listening, .want = asked->want, .states = asked->states,
				      .local_from = asked->local.from, .local_to = asked->local.to, .remote_from = asked->remote.from,
				      .remote_to = asked->remote.to };
	*n = 0;
	while (r->from < r->to && *n == 0) {
		uint32_t before = r->from;

		rc = run(w->skel->progs.walk_chains.prog_fd);
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
