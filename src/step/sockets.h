/* SPDX-License-Identifier: MIT
 * Which socket a descriptor of a stepped process is. */
#ifndef STEP_SOCKETS_H
#define STEP_SOCKETS_H

#include "base/err.h"
#include "base/table.h"
#include "base/util.h"

#include <stdint.h>
#include <sys/types.h>

/* A socket, known by its inode number (that of /proc/PID/fd and of sock_diag). */
struct socket_file {
	uint32_t inode;
	int domain, type;
	uint64_t cookie; /* SO_COOKIE; 0: not asked for */
};

struct sockets {
	struct socket_file *all;
	size_t n, cap;
	struct table by_inode;
};

/* A set of cookies. */
struct cookies {
	uint64_t *all;
	size_t n, cap;
	struct table index;
};
void cookies_add(struct cookies *c, uint64_t cookie); /* 0 is none */
bool cookies_have(const struct cookies *c, uint64_t cookie);
void cookies_free(struct cookies *c);

/* Only those stay of which `keep` says so. */
void cookies_keep(struct cookies *c, bool (*keep)(void *ctx, uint64_t cookie), void *ctx);

/* What a descriptor's link says. */
struct link {
	uint32_t inode; /* 0: no socket */
	char text[64];
};
void link_read(pid_t pid, int fd, struct link *l);

/* May what is behind descriptors of others be asked for? A container's seccomp filter may forbid it, and then nothing
 * is known of a program's sockets. -1 with `e` filled: it may not. */
int sockets_open_to_us(struct err *e);

/* The socket behind a descriptor, asked for once by pidfd_getfd() (Linux 5.6); NULL: it is no socket, or is gone. Valid
 * until the next one is asked for. */
const struct socket_file *socket_of(struct sockets *s, int pidfd, pid_t pid, int fd, bool with_cookie);

/* The same when the link was read already. */
const struct socket_file *socket_by_link(struct sockets *s, int pidfd, int fd, const struct link *l, bool with_cookie);

/* Only those stay of which `keep` says so: the others are asked again if they are met again. */
void sockets_keep(struct sockets *s, bool (*keep)(void *ctx, const struct socket_file *f), void *ctx);

/* The addresses of a stream socket, IPv4 inside IPv6 as IPv4; without a peer `remote` is all zero, and the port of
 * `local` is 0 while it has none. False: it is none, or is gone. */
struct endpoint;
bool socket_ends(int pidfd, int fd, struct endpoint *local, struct endpoint *remote);

/* Has it SO_REUSEADDR? 1, 0; -1: it cannot be asked. */
int socket_reuses(int pidfd, int fd);

void sockets_free(struct sockets *s);

#endif
