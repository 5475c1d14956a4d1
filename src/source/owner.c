/* SPDX-License-Identifier: MIT
 * Owners from /proc/PID/fd. */
#include "source/owner.h"
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct sock *by_inode(struct evidence *ev, uint32_t inode)
{
	for (size_t i = 0; i < ev->n; i++)
		if (ev->socks[i].inode == inode)
			return &ev->socks[i];
	return NULL;
}

/* The inode of a descriptor that is a socket; 0 otherwise. */
static uint32_t socket_inode(int dir, const char *fd)
{
	char link[64];
	unsigned inode;
	ssize_t n = readlinkat(dir, fd, link, sizeof link - 1);

	if (n <= 0)
		return 0;
	link[n] = 0;
	return sscanf(link, "socket:[%u]", &inode) == 1 ? inode : 0;
}

static void add_owner(struct sock *s, pid_t pid, int fd)
{
	struct owner *o;

	if (s->owners >= SOCK_OWNERS)
		return;
	o = &s->owner[s->owners++];
	o->pid = pid;
	o->fd = fd;
	comm_read(pid, o->comm);
}

static void look_through(struct evidence *ev, pid_t pid)
{
	char path[48];
	DIR *dir;
	const struct dirent *entry;

	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		uint32_t inode = socket_inode(dirfd(dir), entry->d_name);
		struct sock *s = inode ? by_inode(ev, inode) : NULL;

		if (s)
			add_owner(s, pid, (int)strtol(entry->d_name, NULL, 10));
	}
	closedir(dir);
}

void owners_fill(struct evidence *ev, const pid_t *pids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		look_through(ev, pids[i]);
}
