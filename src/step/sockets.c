/* SPDX-License-Identifier: MIT
 * Descriptors and sockets. */
#include "step/sockets.h"
#include "base/proc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

void link_read(pid_t pid, int fd, struct link *l)
{
	char path[48];
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
	n = readlink(path, l->text, sizeof l->text - 1);
	l->text[n > 0 ? n : 0] = 0;
	l->inode = socket_of_link(l->text);
}

/* The slot of an inode: its own, or the free one where it belongs. */
static struct socket_file *slot(struct socket_file *all, size_t cap, uint32_t inode)
{
	size_t i = inode * 2654435761UL % cap;

	while (all[i].inode && all[i].inode != inode)
		i = (i + 1) % cap;
	return &all[i];
}

static void make_room(struct sockets *s)
{
	size_t cap = s->cap ? s->cap * 2 : 64;
	struct socket_file *all;

	if (s->n * 2 < s->cap)
		return;
	all = xcalloc(cap, sizeof *all);
	for (size_t i = 0; i < s->cap; i++)
		if (s->all[i].inode)
			*slot(all, cap, s->all[i].inode) = s->all[i];
	free(s->all);
	s->all = all;
	s->cap = cap;
}

/* A copy of the descriptor answers for it. */
static void ask(struct socket_file *f, int pidfd, int fd, bool with_cookie)
{
	int copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	socklen_t len = sizeof f->domain;

	f->domain = f->type = -1;
	if (copy < 0)
		return;
	getsockopt(copy, SOL_SOCKET, SO_DOMAIN, &f->domain, &len);
	len = sizeof f->type;
	getsockopt(copy, SOL_SOCKET, SO_TYPE, &f->type, &len);
	len = sizeof f->cookie;
	if (with_cookie)
		getsockopt(copy, SOL_SOCKET, SO_COOKIE, &f->cookie, &len);
	close(copy);
}

const struct socket_file *socket_by_link(struct sockets *s, int pidfd, int fd, const struct link *l, bool with_cookie)
{
	struct socket_file *f;

	if (!l->inode)
		return NULL;
	make_room(s);
	f = slot(s->all, s->cap, l->inode);
	if (!f->inode) {
		f->inode = l->inode;
		s->n++;
		ask(f, pidfd, fd, with_cookie);
	}
	return f;
}

const struct socket_file *socket_of(struct sockets *s, int pidfd, pid_t pid, int fd, bool with_cookie)
{
	struct link l;

	link_read(pid, fd, &l);
	return socket_by_link(s, pidfd, fd, &l, with_cookie);
}

/* --- cookies ------------------------------------------------------------------------------------------- */

static uint64_t *place_of(uint64_t *all, size_t cap, uint64_t cookie)
{
	size_t i = cookie * 11400714819323198485ULL % cap;

	while (all[i] && all[i] != cookie)
		i = (i + 1) % cap;
	return &all[i];
}

bool cookies_have(const struct cookies *c, uint64_t cookie)
{
	return c->n && cookie && *place_of(c->all, c->cap, cookie) == cookie;
}

static void widen(struct cookies *c)
{
	struct cookies wider = { .cap = c->cap ? c->cap * 2 : 64 };

	wider.all = xcalloc(wider.cap, sizeof *wider.all);
	for (size_t i = 0; i < c->cap; i++)
		if (c->all[i])
			*place_of(wider.all, wider.cap, c->all[i]) = c->all[i];
	wider.n = c->n;
	free(c->all);
	*c = wider;
}

void cookies_add(struct cookies *c, uint64_t cookie)
{
	if (!cookie || cookies_have(c, cookie))
		return;
	if (c->n * 2 >= c->cap)
		widen(c);
	assert(c->cap);
	*place_of(c->all, c->cap, cookie) = cookie;
	c->n++;
}

void sockets_free(struct sockets *s)
{
	free(s->all);
	*s = (struct sockets){ 0 };
}
