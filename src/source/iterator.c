/* SPDX-License-Identifier: MIT
 * BPF_ITER_CREATE, and reading to the end. */
#include "source/iterator.h"
#include "base/syscall.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

static int create(int link)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof attr); /* the kernel refuses what it does not know in the rest of it */
	attr.iter_create.link_fd = (unsigned)link;
	return (int)syscall(SYS_bpf, BPF_ITER_CREATE, &attr, sizeof attr);
}

int iterator_run(int link, void *piece, size_t size, void (*take)(void *ctx, const void *piece, size_t n), void *ctx)
{
	int fd = create(link), rc;
	ssize_t n;

	if (fd < 0)
		return -errno;
	/* EAGAIN: it went through very many without writing anything, and goes on. */
	while ((n = read(fd, piece, size)) > 0 || (n < 0 && errno == EAGAIN))
		if (n > 0 && take)
			take(ctx, piece, (size_t)n);
	rc = n < 0 ? -errno : 0;
	close(fd);
	return rc;
}
