/* SPDX-License-Identifier: MIT
 * A message over a Unix socket that may carry one descriptor (SCM_RIGHTS, unix(7)). */
#ifndef BASE_FDMSG_H
#define BASE_FDMSG_H

#include <sys/uio.h>

/* Sends the parts as one message, `fd` with it (-1: none). 0 or -errno; never SIGPIPE. */
int fdmsg_send(int to, struct iovec *part, int parts, int fd);

/* Receives one message into the parts. Its length, or -errno; `*fd` is the descriptor that came along, or -1. `flags`
 * as recvmsg() has them. */
long fdmsg_recv(int from, struct iovec *part, int parts, int *fd, int flags);

#endif
