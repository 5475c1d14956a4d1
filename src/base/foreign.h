/* SPDX-License-Identifier: MIT
 * The door by which strangers' files come in: what a process has mapped or written, what lies in a report from
 * elsewhere, a capture that somebody sent.
 *
 * Whoever makes such a file decides what it is: a FIFO, at whose opening one waits for ever; a device, at whose opening
 * something happens; a link to what only root may read; something that never ends. So a file is looked at before it is
 * opened (O_PATH), and what is opened then is the very same thing (/proc/self/fd), without waiting. */
#ifndef BASE_FOREIGN_H
#define BASE_FOREIGN_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/stat.h>
#include <sys/types.h>

struct foreign {
	const char *path;
	const char *name; /* what sentences call it; NULL: its path */
	/* A folder's descriptor, of O_PATH too: the path, absolute or not, is resolved as if this folder were the root,
	 * links as well, so that nothing outside of it is reached (openat2(2), RESOLVE_IN_ROOT). Where openat2() is
	 * forbidden no link is followed. 0: the path is resolved as ever. */
	int below;
	bool no_link;  /* its last part may not be a link */
	bool or_pipe;  /* it may be a pipe or a FIFO, whose opening and reading wait: for what somebody named */
	uint64_t most; /* bytes; 0: as many as there are */
};

/* Opens it for reading; for close(). `st`, unless NULL, is its fstat(2). -1 with `e` filled and errno set:
 * it is not there or may not be read, is no regular file (EINVAL), or is larger than `most` (EFBIG). */
int foreign_open(const struct foreign *f, struct stat *st, struct err *e);

/* Appends what is in it to `out`: no more than `most` bytes, however fast it grows while it is read. 0; -1 with `e`
 * filled. */
int foreign_read(const struct foreign *f, struct stat *st, struct buf *out, struct err *e);

/* The root folder of a process, for `below`: names are then as the process itself knows them, in a container too. For
 * close(). -1: it is gone or may not be looked at (errno). */
int foreign_root(pid_t pid);

#endif
