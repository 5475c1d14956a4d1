/* SPDX-License-Identifier: MIT
 * Descriptors and sockets. */
#include "step/sockets.h"
#include "base/addr.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/syscall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
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

static struct socket_file *known(const struct sockets *s, uint32_t inode)
{
	struct table_walk w = table_find(&s->by_inode, inode);

	for (uint32_t i; table_next(&s->by_inode, &w, &i);)
		if (s->all[i].inode == inode)
			return &s->all[i];
	return NULL;
}

static struct socket_file *add(struct sockets *s, uint32_t inode)
{
	s->all = grow(s->all, s->n, &s->cap, sizeof *s->all);
	s->all[s->n] = (struct socket_file){ .inode = inode };
	table_add(&s->by_inode, inode, (uint32_t)s->n);
	return &s->all[s->n++];
}

/* A copy of the descriptor answers for it. */
static int copy_of(int pidfd, int fd)
{
	return (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}

/* Nobody but a filter forbids it to a process for its own descriptors. */
int sockets_open_to_us(struct err *e)
{
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0), copy = pidfd < 0 ? -1 : copy_of(pidfd, pidfd);
	int why = errno;

	fd_close(&pidfd);
	if (copy < 0)
		return err_sys(e, why,
		               "a program's sockets cannot be seen: pidfd_getfd() is forbidden; in a container: "
		               "--cap-add SYS_PTRACE");
	close(copy);
	return 0;
}

static void ask(struct socket_file *f, int pidfd, int fd, bool with_cookie)
{
	int copy = copy_of(pidfd, fd);
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

bool socket_ends(int pidfd, int fd, struct endpoint *local, struct endpoint *remote)
{
	struct sockaddr_storage here = { 0 }, there = { 0 };
	socklen_t len = sizeof here, type_len = sizeof(int);
	int copy = copy_of(pidfd, fd), type = -1;

	if (copy < 0)
		return false;
	getsockopt(copy, SOL_SOCKET, SO_TYPE, &type, &type_len);
	getsockname(copy, (struct sockaddr *)&here, &len);
	len = sizeof there;
	getpeername(copy, (struct sockaddr *)&there, &len); /* fails where there is none */
	close(copy);
	*local = endpoint_from_sockaddr(&here);
	*remote = endpoint_from_sockaddr(&there);
	return type == SOCK_STREAM && local->addr.family;
}

int socket_reuses(int pidfd, int fd)
{
	int copy = copy_of(pidfd, fd), is = -1;
	socklen_t len = sizeof is;

	if (copy < 0)
		return -1;
	if (getsockopt(copy, SOL_SOCKET, SO_REUSEADDR, &is, &len) < 0)
		is = -1;
	close(copy);
	return is;
}

const struct socket_file *socket_by_link(struct sockets *s, int pidfd, int fd, const struct link *l, bool with_cookie)
{
	struct socket_file *f;

	if (!l->inode)
		return NULL;
	f = known(s, l->inode);
	if (!f) {
		f = add(s, l->inode);
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

bool cookies_have(const struct cookies *c, uint64_t cookie)
{
	struct table_walk w = table_find(&c->index, cookie);

	for (uint32_t i; table_next(&c->index, &w, &i);)
		if (c->all[i] == cookie)
			return true;
	return false;
}

void cookies_add(struct cookies *c, uint64_t cookie)
{
	if (!cookie || cookies_have(c, cookie))
		return;
	c->all = grow(c->all, c->n, &c->cap, sizeof *c->all);
	table_add(&c->index, cookie, (uint32_t)c->n);
	c->all[c->n++] = cookie;
}

void cookies_keep(struct cookies *c, bool (*keep)(void *ctx, uint64_t cookie), void *ctx)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n; i++)
		if (keep(ctx, c->all[i]))
			c->all[kept++] = c->all[i];
	table_clear(&c->index);
	for (size_t i = 0; i < kept; i++)
		table_add(&c->index, c->all[i], (uint32_t)i);
	c->n = kept;
}

void cookies_free(struct cookies *c)
{
	table_free(&c->index);
	free(c->all);
	*c = (struct cookies){ 0 };
}

void sockets_keep(struct sockets *s, bool (*keep)(void *ctx, const struct socket_file *f), void *ctx)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++)
		if (keep(ctx, &s->all[i]))
			s->all[kept++] = s->all[i];
	table_clear(&s->by_inode);
	for (size_t i = 0; i < kept; i++)
		table_add(&s->by_inode, s->all[i].inode, (uint32_t)i);
	s->n = kept;
}

void sockets_free(struct sockets *s)
{
	table_free(&s->by_inode);
	free(s->all);
	*s = (struct sockets){ 0 };
}
