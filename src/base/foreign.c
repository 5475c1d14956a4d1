/* SPDX-License-Identifier: MIT
 * Strangers' files. */
#include "base/foreign.h"
#include "base/file.h"
#include "base/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* --- finding it, without opening it ---------------------------------------------------------------------- */

/* struct open_how and RESOLVE_IN_ROOT of openat2(2): linux/openat2.h has them since Linux 5.6. */
struct how {
	uint64_t flags, mode, resolve;
};
enum { IN_ROOT = 0x10 };

static int find_below(int below, const char *path, uint64_t flags)
{
	struct how how = { .flags = flags, .resolve = IN_ROOT };
	int fd = (int)syscall(SYS_openat2, below, path, &how, sizeof how);

	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return fd;
	path += strspn(path, "/");
	return openat(below, path, (int)flags | O_NOFOLLOW);
}

static int find(const struct foreign *f)
{
	int flags = O_PATH | O_CLOEXEC | (f->no_link ? O_NOFOLLOW : 0);

	return f->below ? find_below(f->below, f->path, (uint64_t)flags) : open(f->path, flags);
}

static const char *name_of(const struct foreign *f)
{
	return f->name ? f->name : f->path;
}

/* --- what it is ------------------------------------------------------------------------------------------ */

static const char *kind_of(mode_t mode)
{
	static const struct {
		mode_t mode;
		const char *kind;
	} kinds[] = { { S_IFDIR, "a folder" }, { S_IFLNK, "a link" },   { S_IFIFO, "a FIFO" },
		      { S_IFCHR, "a device" }, { S_IFBLK, "a device" }, { S_IFSOCK, "a socket" } };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if ((mode & S_IFMT) == kinds[i].mode)
			return kinds[i].kind;
	return "something else";
}

static int check(const struct foreign *f, const struct stat *st, struct err *e)
{
	errno = EINVAL;
	if (!S_ISREG(st->st_mode) && !(f->or_pipe && S_ISFIFO(st->st_mode)))
		return err_set(e, "%.200s is %s, and a file is wanted", name_of(f), kind_of(st->st_mode));
	errno = EFBIG;
	if (f->most && S_ISREG(st->st_mode) && (uint64_t)st->st_size > f->most)
		return err_set(e, "%.200s is larger than the %llu MB that are read", name_of(f),
		               (unsigned long long)f->most >> 20);
	return 0;
}

/* --- opening what was found ------------------------------------------------------------------------------ */

static bool is_same(int fd, const struct stat *found)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == found->st_dev && st.st_ino == found->st_ino;
}

/* By its number in /proc it is the same whatever its name leads to by now. Where there is no /proc, its name is tried
 * once more. */
static int reopen(const struct foreign *f, int found, const struct stat *st)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (S_ISFIFO(st->st_mode) ? 0 : O_NONBLOCK), fd;
	char path[48];

	snprintf(path, sizeof path, "/proc/thread-self/fd/%d", found);
	fd = open(path, flags);
	if (fd >= 0 || errno != ENOENT || f->below)
		return fd;
	fd = open(f->path, flags);
	if (fd >= 0 && !is_same(fd, st)) {
		fd_close(&fd);
		errno = ESTALE;
	}
	return fd;
}

static int open_found(const struct foreign *f, int found, struct stat *st, struct err *e)
{
	int fd;

	if (fstat(found, st) < 0)
		return err_sys(e, errno, "%.200s cannot be looked at", name_of(f));
	if (check(f, st, e) < 0)
		return -1;
	fd = reopen(f, found, st);
	return fd < 0 ? err_sys(e, errno, "%.200s cannot be read", name_of(f)) : fd;
}

int foreign_open(const struct foreign *f, struct stat *st, struct err *e)
{
	struct stat unwanted;
	int found = find(f), fd, kept;

	if (found < 0)
		return err_sys(e, errno, "%.200s cannot be read", name_of(f));
	fd = open_found(f, found, st ? st : &unwanted, e);
	kept = errno;
	close(found);
	errno = kept;
	return fd;
}

int foreign_read(const struct foreign *f, struct stat *st, struct buf *out, struct err *e)
{
	int fd = foreign_open(f, st, e), rc;

	if (fd < 0)
		return -1;
	rc = fd_read_all(fd, out, f->most ? f->most : SIZE_MAX);
	close(fd);
	if (rc == -EFBIG)
		return err_set(e, "%.200s grew beyond the %llu MB that are read", name_of(f),
		               (unsigned long long)f->most >> 20);
	return rc < 0 ? err_sys(e, -rc, "%.200s cannot be read", name_of(f)) : 0;
}

int foreign_root(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/%d/root", pid);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}
