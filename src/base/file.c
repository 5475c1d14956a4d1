/* SPDX-License-Identifier: MIT
 * Whole small files. */
#include "base/file.h"
#include "base/proc.h"
#include "base/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* pread() does not work on pipes; a scenario may come through one (/dev/stdin, <(…)). */
static ssize_t read_at(int fd, void *to, size_t n, off_t at)
{
	ssize_t got = pread(fd, to, n, at);

	return got < 0 && errno == ESPIPE ? read(fd, to, n) : got;
}

int fd_read_all(int fd, struct buf *out, size_t max)
{
	char chunk[16384];
	off_t at = 0;

	for (;;) {
		ssize_t n = read_at(fd, chunk, sizeof chunk, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		if ((size_t)at + (size_t)n > max)
			return -EFBIG;
		buf_add(out, chunk, (size_t)n);
		at += n;
	}
}

int file_read(const char *path, struct buf *out, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return -errno;
	rc = fd_read_all(fd, out, max);
	close(fd);
	return rc;
}

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* --- many descriptors ------------------------------------------------------------------------------------ */

/* The C library's function came with glibc 2.34. */
enum { AT_EXEC = 1 << 2 };

static int close_now(int fd)
{
	return close(fd);
}

static int close_at_exec(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* But for the one by which they are listed, which goes by itself. */
static int each_open(unsigned from, unsigned to, int (*do_it)(int fd))
{
	struct numbers fds;

	if (!numbers_open(&fds, "/proc/self/fd"))
		return -errno;
	while (numbers_next(&fds))
		if ((unsigned)fds.number >= from && (unsigned)fds.number <= to && fds.number != dirfd(fds.dir))
			do_it(fds.number);
	numbers_close(&fds);
	return 0;
}

int fds_close(unsigned from, unsigned to)
{
	if (syscall(SYS_close_range, from, to, 0) == 0)
		return 0;
	return each_open(from, to, close_now);
}

int fds_close_at_exec(unsigned from)
{
	if (syscall(SYS_close_range, from, ~0U, AT_EXEC) == 0)
		return 0;
	return each_open(from, ~0U, close_at_exec);
}

void comm_read(pid_t pid, char comm[static COMM_SIZE])
{
	struct buf b = { 0 };
	char path[48];

	snprintf(path, sizeof path, "/proc/%d/comm", pid);
	if (file_read(path, &b, 64) == 0 && b.len > 0)
		b.text[b.len - 1] = 0;
	snprintf(comm, COMM_SIZE, "%s", buf_text(&b));
	buf_free(&b);
}

bool program_find(const char *name, char path[static PATH_MAX])
{
	const char *env = getenv("PATH");
	char *all = xstrdup(env ? env : "/usr/bin:/bin"), *save, *dir;

	snprintf(path, PATH_MAX, "%s", strchr(name, '/') ? name : "");
	for (dir = strtok_r(all, ":", &save); dir && *name && !strchr(name, '/'); dir = strtok_r(NULL, ":", &save)) {
		snprintf(path, PATH_MAX, "%s/%s", dir, name);
		if (access(path, X_OK) == 0)
			break;
		path[0] = 0;
	}
	free(all);
	return path[0];
}
