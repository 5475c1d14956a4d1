/* SPDX-License-Identifier: MIT
 * Namespaces of labs that were killed in one blow. */
#include "lab/leftovers.h"
#include "base/file.h"
#include "lab/reaper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A handle with room for any (MAX_HANDLE_SZ). The file has one for each host. */
struct note {
	struct file_handle head;
	unsigned char bytes[MAX_HANDLE_SZ];
};

static bool handle_of(int ns, struct note *n)
{
	int mount;

	*n = (struct note){ .head.handle_bytes = sizeof n->bytes };
	return name_to_handle_at(ns, "", &n->head, &mount, AT_EMPTY_PATH) == 0;
}

/* Nobody but root may have written there. */
static bool is_roots_own(int fd, mode_t kind)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == kind && st.st_uid == 0 && !(st.st_mode & 022);
}

static int open_folder(void)
{
	int fd = open(LEFTOVERS_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && !is_roots_own(fd, S_IFDIR))
		fd_close(&fd);
	return fd;
}

void leftovers_note(struct leftovers *l, const struct host hosts[static SIDES])
{
	struct note notes[SIDES];
	int folder;

	*l = (struct leftovers){ .fd = -1, .path = LEFTOVERS_DIR "/lab.XXXXXX" };
	for (int i = 0; i < SIDES; i++)
		if (!handle_of(hosts[i].ns, &notes[i]))
			return;
	if ((mkdir(LEFTOVERS_DIR, 0700) < 0 && errno != EEXIST) || (folder = open_folder()) < 0)
		return;
	close(folder);
	l->fd = mkostemp(l->path, O_CLOEXEC);
	if (l->fd < 0)
		return;
	if (flock(l->fd, LOCK_EX) < 0 || write(l->fd, notes, sizeof notes) != sizeof notes)
		leftovers_forget(l);
}

void leftovers_forget(struct leftovers *l)
{
	if (l->fd >= 0)
		unlink(l->path);
	fd_close(&l->fd);
}

/* Enters it and ends what is in it. False: something may be there still, or it cannot be entered. `any_ns` says which
 * file system the handle is of. */
static bool end_sockets_of(int any_ns, struct note *n)
{
	int ns = open_by_handle_at(any_ns, &n->head, O_RDONLY | O_CLOEXEC);
	bool ended;

	if (ns < 0)
		return errno ==
		       ESTALE; /* it is gone; or (Linux 7.2) nobody is in it, and nothing leads there any more */
	ended = setns(ns, CLONE_NEWNET) == 0 && reaper_end_sockets();
	close(ns);
	return ended;
}

static bool is_whole(const struct note *n)
{
	return n->head.handle_bytes <= sizeof n->bytes;
}

/* True when nothing of what the file names is there any more. */
static bool clear(int any_ns, int fd)
{
	struct note notes[SIDES];
	bool done = true;

	if (read(fd, notes, sizeof notes) != sizeof notes)
		return true; /* its lab was killed while it wrote */
	for (int i = 0; i < SIDES; i++)
		done = is_whole(&notes[i]) && end_sockets_of(any_ns, &notes[i]) && done;
	return done;
}

static void sweep_one(int folder, int any_ns, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && is_roots_own(fd, S_IFREG) && flock(fd, LOCK_EX | LOCK_NB) == 0 && clear(any_ns, fd))
		unlinkat(folder, name, 0);
	fd_close(&fd);
}

void leftovers_sweep(void)
{
	int folder = open_folder(), any_ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	DIR *dir = folder < 0 || any_ns < 0 ? NULL : fdopendir(dup(folder));
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strncmp(entry->d_name, "lab.", 4) == 0)
			sweep_one(folder, any_ns, entry->d_name);
	if (dir)
		closedir(dir);
	fd_close(&folder);
	fd_close(&any_ns);
}
