/* SPDX-License-Identifier: MIT
 * Owners from /proc/PID/fd. A thread may have a table of descriptors of its own (unshare(CLONE_FILES)), which only
 * /proc/TID/fd shows: ss, netstat and lsof -i miss it. */
#include "source/owner.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/table.h"
#include "source/owner_internal.h"
#include "source/process.h"
#include "base/syscall.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- sockets by inode number --------------------------------------------------------------------------- */

/* Sockets without a file are not in it. */
static struct table index_of(const struct evidence *ev)
{
	struct table by_inode = { 0 };

	table_reserve(&by_inode, ev->n);
	for (size_t i = 0; i < ev->n; i++)
		if (ev->socks[i].inode)
			table_add(&by_inode, ev->socks[i].inode, (uint32_t)i);
	return by_inode;
}

static struct sock *find(const struct evidence *ev, const struct table *by_inode, uint32_t inode)
{
	struct table_walk w = table_find(by_inode, inode);

	for (uint32_t i; table_next(by_inode, &w, &i);)
		if (ev->socks[i].inode == inode)
			return &ev->socks[i];
	return NULL;
}

void holdings_join(struct evidence *ev, const struct holdings *h)
{
	struct table by_inode = index_of(ev);

	for (size_t i = h->n; i-- > 0;) { /* an owner is added in front of the others */
		struct sock *s = find(ev, &by_inode, h->all[i].inode);

		if (s)
			evidence_add_owner(ev, s, h->all[i].holder, h->all[i].fd);
	}
	table_free(&by_inode);
}

void holdings_add(struct holdings *h, struct holding h1)
{
	h->all = grow(h->all, h->n, &h->cap, sizeof *h->all);
	h->all[h->n++] = h1;
}

/* --- descriptors --------------------------------------------------------------------------------------- */

/* The inode of a descriptor that is a socket; 0 otherwise. `hidden`: the folder may be listed, but its links may not be
 * read. */
static uint32_t socket_inode(const struct numbers *fd, bool *hidden)
{
	char link[LINK_ROOM];

	if (numbers_link(fd, link))
		return socket_of_link(link);
	*hidden = *hidden || errno == EACCES;
	return 0;
}

static uint32_t add_holder(struct evidence *ev, pid_t pid, pid_t tid)
{
	struct holder h = { pid, tid, "" };

	comm_read(pid, h.comm);
	return evidence_add_holder(ev, &h);
}

/* 0, or -errno: a table that may not be looked at, which is EACCES, or EPERM where /proc hides it (hidepid=1). */
static int look_through(struct evidence *ev, struct holdings *h, pid_t pid, pid_t tid)
{
	bool known = false, hidden = false;
	struct numbers fds;

	if (!numbers_open(&fds, "/proc/%d/fd", tid))
		return -errno;
	while (numbers_next(&fds)) {
		uint32_t inode = socket_inode(&fds, &hidden);

		if (!inode)
			continue;
		if (!known)
			add_holder(ev, pid, tid);
		known = true;
		holdings_add(h, (struct holding){ inode, (uint32_t)ev->n_holders - 1, fds.number });
	}
	numbers_close(&fds);
	return hidden ? -EACCES : 0;
}

static bool has_own_table(pid_t pid, pid_t tid)
{
	return syscall(SYS_kcmp, pid, tid, KCMP_FILES, 0, 0) > 0;
}

/* A thread's folder counts as a link of /proc/PID/task: with one thread there is nothing to look for. */
static void look_through_threads(struct evidence *ev, struct holdings *h, pid_t pid)
{
	struct numbers threads;
	char path[48];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/task", pid);
	if (stat(path, &st) < 0 || st.st_nlink <= 3)
		return;
	numbers_open(&threads, "%s", path);
	while (numbers_next(&threads))
		if (threads.number != pid && has_own_table(pid, threads.number))
			look_through(ev, h, pid, threads.number);
	numbers_close(&threads);
}

/* --- who --------------------------------------------------------------------------------------------- */

void owners_fill(struct evidence *ev, const pid_t *pids, size_t n)
{
	struct holdings h = { 0 };

	for (size_t i = 0; i < n; i++)
		look_through(ev, &h, pids[i], pids[i]);
	holdings_join(ev, &h);
	free(h.all);
}

size_t owners_fill_all(struct evidence *ev)
{
	struct holdings h = { 0 };
	struct numbers pids;
	size_t hidden = !process_is_listed(1);

	numbers_open(&pids, "/proc");
	while (numbers_next(&pids)) {
		int rc = look_through(ev, &h, pids.number, pids.number);

		hidden += rc == -EACCES || rc == -EPERM;
		look_through_threads(ev, &h, pids.number);
	}
	numbers_close(&pids);
	holdings_join(ev, &h);
	free(h.all);
	return hidden;
}
