/* SPDX-License-Identifier: MIT
 * Whole small files. */
#include "base/file.h"
#include "base/forbid_test.h"
#include "base/tap.h"
#include "base/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/lastack-file-test-XXXXXX", path[64];

static void writing(void)
{
	struct buf b = { 0 };
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	close(fd);
	ok(file_write(path, "hello") == 0 && file_read(path, &b, 100) == 0, "written and read");
	same_text(buf_text(&b), "hello", "it is what was written");
	ok(file_write(path, "HE") == 0, "written again");
	buf_clear(&b);
	file_read(path, &b, 100);
	same_text(buf_text(&b), "HEllo", "over what is there, as a file of /proc is");
	ok(file_write("/proc/self/no-such-file", "x") == -ENOENT, "no such file");
	ok(file_write("/dev/full", "x") == -ENOSPC, "a disk that is full");
	buf_free(&b);
}

/* 40,000 bytes: more than one read. */
static void reading(void)
{
	static char bytes[40000];
	struct buf b = { 0 };
	int fd = open(path, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 7 % 251);
	ok(write(fd, bytes, sizeof bytes) == (ssize_t)sizeof bytes, "40,000 bytes");
	buf_puts(&b, "before");
	ok(file_read(path, &b, sizeof bytes) == 0 && b.len == 6 + sizeof bytes,
	   "all of it, and no byte more is allowed");
	ok(memcmp(b.text, "before", 6) == 0 && memcmp(b.text + 6, bytes, sizeof bytes) == 0, "behind what was there");
	buf_clear(&b);
	ok(file_read(path, &b, sizeof bytes - 1) == -EFBIG, "one byte too many is told");
	buf_clear(&b);
	ok(fd_read_all(fd, &b, sizeof bytes) == 0 && b.len == sizeof bytes,
	   "a descriptor is read from the start, wherever it stands");
	buf_clear(&b);
	ok(file_read(folder, &b, 100) == -EISDIR, "a folder");
	ok(file_read("/proc/self/no-such-file", &b, 100) == -ENOENT && b.len == 0, "no such file");
	close(fd);
	buf_free(&b);
}

static void pipes(void)
{
	struct buf b = { 0 };
	int p[2];

	if (pipe(p) < 0)
		return;
	ok(write(p[1], "through", 7) == 7, "into a pipe");
	close(p[1]);
	ok(fd_read_all(p[0], &b, 100) == 0, "a pipe is read to its end");
	same_text(buf_text(&b), "through", "as it came");
	buf_free(&b);
	fd_close(&p[0]);
	ok(p[0] == -1 && fcntl(p[1], F_GETFD) < 0, "closed, and marked so");
	fd_close(&p[0]);
	ok(p[0] == -1, "once is enough");
}

static void names(void)
{
	char comm[COMM_SIZE] = "kept";
	pid_t pid;

	prctl(PR_SET_NAME, "fifteen bytes ok");
	comm_read(getpid(), comm);
	same_text(comm, "fifteen bytes o", "a process's name, as long as names are");
	prctl(PR_SET_NAME, "a\nb\033");
	comm_read(getpid(), comm);
	same_text(comm, "a\nb\033", "any byte of it");
	pid = fork();
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	comm_read(pid, comm);
	same_text(comm, "", "it is gone");
}

/* As execvp() looks: `folder` holds a file of that name that may not be run until the second time. */
static void programs(void)
{
	char found[PATH_MAX], search[PATH_MAX], own[80], *was = xstrdup(getenv("PATH"));

	snprintf(search, sizeof search, "%s:/nowhere:/bin", folder);
	setenv("PATH", search, 1);
	snprintf(own, sizeof own, "%s/sh", folder);
	close(open(own, O_CREAT | O_WRONLY, 0644));
	ok(program_find("sh", found) && streq(found, "/bin/sh"), "a file that may not be run is passed over");
	chmod(own, 0755);
	ok(program_find("sh", found) && streq(found, own), "the first that may be run");
	ok(program_find("./sh", found) && streq(found, "./sh"), "a name with a slash is the file itself");
	ok(!program_find("lastack-no-such-program", found) && !*found, "there is none");
	ok(!program_find("", found) && !*found, "no name is no program");
	unlink(own);
	setenv("PATH", was, 1);
	free(was);
}

/* --- many descriptors ------------------------------------------------------------------------------------ */

/* As on Linux 5.8, or under the seccomp filter of an old container engine. */
static bool forget_close_range(void)
{
	return forbid_call(SYS_close_range, EPERM);
}

enum { FIRST = 200, LAST = 209 };

/* Which of them are there (c: and will not outlive exec), after 202 to 205 were closed and those from 208 on marked. */
static void close_some(char seen[static LAST - FIRST + 2])
{
	for (int fd = FIRST; fd <= LAST; fd++)
		dup2(STDOUT_FILENO, fd);
	fds_close(FIRST + 2, FIRST + 5);
	fds_close_at_exec(FIRST + 8);
	for (int fd = FIRST; fd <= LAST; fd++) {
		int flags = fcntl(fd, F_GETFD);

		seen[fd - FIRST] = flags < 0 ? '-' : flags & FD_CLOEXEC ? 'c' : 'o';
	}
	seen[LAST - FIRST + 1] = 0;
}

static void many(bool without, const char *what)
{
	char seen[LAST - FIRST + 2] = "";
	int ends[2];

	if (pipe(ends) < 0 || ends[1] >= FIRST)
		exit(1);
	if (fork() == 0) {
		if (without && !forget_close_range())
			_exit(1);
		close_some(seen);
		_exit(write(ends[1], seen, sizeof seen) < 0);
	}
	close(ends[1]);
	if (read(ends[0], seen, sizeof seen) <= 0)
		ok(true, "%s # SKIP no filter may be made here", what);
	else
		same_text(seen, "oo----oocc", what);
	close(ends[0]);
	wait(NULL);
}

int main(void)
{
	if (!mkdtemp(folder))
		return tap_skip_all("no folder can be made in /tmp");
	snprintf(path, sizeof path, "%s/file", folder);
	writing();
	reading();
	pipes();
	names();
	programs();
	many(false, "many are closed, and marked");
	many(true, "where there is no close_range()");
	unlink(path);
	rmdir(folder);
	return tap_done();
}
