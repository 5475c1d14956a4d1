/* SPDX-License-Identifier: MIT
 * Which strangers' files come in, and that nobody waits for those that do not. */
#include "base/foreign.h"
#include "base/file.h"
#include "base/forbid_test.h"
#include "base/tap.h"
#include "base/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/lastack-foreign.XXXXXX";

/* --- what lies in the folder ------------------------------------------------------------------------------- */

static void file_of(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		exit(1);
	close(fd);
}

static void socket_at(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path, name, strlen(name) + 1);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0)
		exit(1);
	close(fd);
}

static void lay_out(void)
{
	if (!mkdtemp(folder) || chdir(folder) < 0 || mkdir("root", 0755) < 0 || mkdir("root/etc", 0755) < 0)
		exit(1);
	file_of("file", "eight by");
	file_of("empty", "");
	file_of("outside", "outside");
	file_of("root/etc/file", "inside");
	file_of("root/file", "inside");
	socket_at("socket");
	if (mkfifo("fifo", 0644) < 0 || symlink("file", "link") < 0 || symlink("nowhere", "dangling") < 0 ||
	    symlink("loop", "loop") < 0 || symlink("/etc/file", "root/absolute") < 0 ||
	    symlink("../outside", "root/out") < 0 || symlink("../../../../../../../file", "root/up") < 0 ||
	    symlink("/proc/self/cwd/outside", "root/magic") < 0)
		exit(1);
}

/* --- one by one ------------------------------------------------------------------------------------------- */

static const struct {
	const char *what;
	struct foreign file;
	bool below;       /* "root" is the root */
	int because;      /* errno; 0: it opens */
	const char *text; /* what is read, or a part of the sentence */
} rows[] = {
	{ "a file", { .path = "file" }, false, 0, "eight by" },
	{ "an empty one", { .path = "empty" }, false, 0, "" },
	{ "a file of just so many bytes", { .path = "file", .most = 8 }, false, 0, "eight by" },
	{ "a file of one byte more", { .path = "file", .most = 7 }, false, EFBIG, "is larger than the" },
	{ "one that is not there", { .path = "none" }, false, ENOENT, "none cannot be read (no such file" },
	{ "a name of its own", { .path = "none", .name = "the map" }, false, ENOENT, "the map cannot be read" },
	{ "a folder", { .path = "root" }, false, EINVAL, "root is a folder, and a file is wanted" },
	{ "a FIFO", { .path = "fifo" }, false, EINVAL, "fifo is a FIFO" },
	{ "a socket", { .path = "socket" }, false, EINVAL, "socket is a socket" },
	{ "a device", { .path = "/dev/null" }, false, EINVAL, "/dev/null is a device" },
	{ "a device, where a pipe would do", { .path = "/dev/null", .or_pipe = true }, false, EINVAL, "is a device" },
	{ "a link", { .path = "link" }, false, 0, "eight by" },
	{ "a link where none is due", { .path = "link", .no_link = true }, false, EINVAL, "link is a link" },
	{ "a file where no link is due", { .path = "file", .no_link = true }, false, 0, "eight by" },
	{ "a link to nothing", { .path = "dangling" }, false, ENOENT, "cannot be read" },
	{ "a link to itself", { .path = "loop" }, false, ELOOP, "cannot be read" },
	{ "below a root", { .path = "file" }, true, 0, "inside" },
	{ "below a root, by its whole name", { .path = "/etc/file" }, true, 0, "inside" },
	{ "below a root, a whole name is none of ours", { .path = "/etc/passwd" }, true, ENOENT, "cannot be read" },
	{ "a link to a whole name is taken below the root", { .path = "absolute" }, true, 0, "inside" },
	{ "a link that leads out of the root", { .path = "out" }, true, ENOENT, "cannot be read" },
	{ "a link up and up ends at the root", { .path = "up" }, true, 0, "inside" },
	{ "a name that leads out of the root", { .path = "../outside" }, true, ENOENT, "cannot be read" },
	{ "a link through /proc", { .path = "magic" }, true, ENOENT, "cannot be read" },
	{ "below a root, no link", { .path = "absolute", .no_link = true }, true, EINVAL, "is a link" },
	/* The size of these says nothing: they are as one that grows while it is read. */
	{ "one that has more than it said", { .path = "/proc/self/status", .most = 20 }, false, -1, "grew beyond" },
	{ "one that says nothing of its size", { .path = "/proc/self/comm", .most = 64 }, false, 0, "foreign_test\n" },
};

static void one_by_one(void)
{
	int root = open("root", O_PATH | O_CLOEXEC);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct foreign f = rows[i].file;
		struct buf text = { 0 };
		struct err e = { .what = "" };
		int rc;

		f.below = rows[i].below ? root : 0;
		errno = 0;
		rc = foreign_read(&f, NULL, &text, &e);
		if (!rows[i].because)
			ok(rc == 0 && streq(buf_text(&text), rows[i].text), "%s (%s)", rows[i].what, err_text(&e));
		else
			ok(rc < 0 && (rows[i].because < 0 || errno == rows[i].because) &&
			           strstr(err_text(&e), rows[i].text),
			   "%s: refused (%s)", rows[i].what, err_text(&e));
		buf_free(&text);
	}
	close(root);
}

static void tells_what_it_is(void)
{
	struct foreign f = { .path = "file" };
	struct stat st;
	struct err e;
	int fd = foreign_open(&f, &st, &e);

	ok(fd >= 0 && st.st_size == 8 && S_ISREG(st.st_mode), "what it is comes with it");
	ok(fcntl(fd, F_GETFD) == FD_CLOEXEC && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY,
	   "for reading, and for no program that is started");
	close(fd);
}

static void from_a_pipe(void)
{
	struct foreign f = { .path = "fifo", .or_pipe = true };
	int keep = open("fifo", O_RDWR | O_CLOEXEC), fd;
	char text[4] = "";
	struct err e;

	fd = foreign_open(&f, NULL, &e);
	ok(fd >= 0 && write(keep, "abc", 3) == 3 && read(fd, text, 3) == 3 && streq(text, "abc"),
	   "a FIFO that somebody named is read");
	ok(!(fcntl(fd, F_GETFL) & O_NONBLOCK), "and waited for");
	close(keep);
	close(fd);
}

/* --- what changes under one's hands ----------------------------------------------------------------------- */

/* Takes the place of what is found, as soon as it is found; NULL: nothing does. */
static const char *swap_in;

/* Instead of the C library's: what is tested calls this one. */
int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;
	int fd;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	if (swap_in && flags & O_PATH && rename(swap_in, path) == 0)
		swap_in = NULL;
	return fd;
}

static void changed_between(void)
{
	struct foreign f = { .path = "looked-at" };
	struct buf text = { 0 };
	struct err e = { .what = "" };

	file_of("looked-at", "looked at");
	file_of("another", "another");
	swap_in = "another";
	ok(foreign_read(&f, NULL, &text, &e) == 0 && !swap_in && streq(buf_text(&text), "looked at"),
	   "what is opened is what was looked at, whatever its name leads to by then: %s", buf_text(&text));
	buf_clear(&text);
	if (mkfifo("nobody-writes", 0644) < 0)
		exit(1);
	swap_in = "nobody-writes";
	ok(foreign_read(&f, NULL, &text, &e) == 0 && streq(buf_text(&text), "another"), "also if that is a FIFO");
	buf_free(&text);
}

__attribute__((noreturn)) static void swap_on(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		if (rename("regular", "swapped") < 0 || link("swapped", "regular") < 0)
			_exit(1);
		if (rename("waiting", "swapped") < 0 || link("swapped", "waiting") < 0)
			_exit(1);
	}
}

static bool is_another(int fd, const struct stat *found)
{
	struct stat st;

	return fd >= 0 && (fstat(fd, &st) < 0 || st.st_ino != found->st_ino);
}

/* Whoever looks first and opens then waits for ever here, sooner or later, or has opened what he did not look at. */
static void while_it_changes(void)
{
	enum { ROUNDS = 20000 };
	struct foreign f = { .path = "swapped" };
	unsigned opened = 0, refused = 0, others = 0;
	pid_t pid;

	file_of("regular", "regular");
	file_of("swapped", "");
	if (mkfifo("waiting", 0644) < 0 || (pid = fork()) < 0)
		exit(1);
	if (pid == 0)
		swap_on();
	for (unsigned i = 0; i < ROUNDS && (i < 1000 || !opened || !refused); i++) {
		struct stat st;
		struct err e;
		int fd = foreign_open(&f, &st, &e);

		opened += fd >= 0;
		refused += fd < 0 && errno == EINVAL;
		others += is_another(fd, &st);
		fd_close(&fd);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(opened && refused, "swapped with a FIFO time and again: %u opened, %u refused, none waited for", opened,
	   refused);
	ok(others == 0, "and what is opened is what was looked at (%u times another)", others);
}

/* --- without openat2() ------------------------------------------------------------------------------------ */

static bool forbid_openat2(void)
{
	return forbid_call(SYS_openat2, ENOSYS);
}

static int read_below(const char *path)
{
	struct foreign f = { .path = path, .below = open("root", O_PATH | O_CLOEXEC) };
	struct err e;
	int fd = foreign_open(&f, NULL, &e);

	close(f.below);
	return fd;
}

static void without_openat2(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (!forbid_openat2())
			_exit(9);
		_exit((read_below("/etc/file") < 0) | (read_below("absolute") >= 0) << 1 |
		      (read_below("/etc/passwd") >= 0) << 2 | (read_below("out") >= 0) << 3 |
		      (read_below("magic") >= 0) << 4);
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	   "where openat2() is forbidden: files are read, links are not followed (%#x)", (unsigned)status);
}

static void roots(void)
{
	struct foreign f = { .path = "/dev/null", .below = foreign_root(getpid()) };
	struct err e = { .what = "" };

	ok(f.below >= 0 && foreign_open(&f, NULL, &e) < 0 && errno == EINVAL, "the root of a process (%s)",
	   err_text(&e));
	close(f.below);
	ok(foreign_root(0) < 0 && errno == ENOENT, "no process, no root");
}

static int unlink_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void clean_up(void)
{
	nftw(folder, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	alarm(60); /* who waits for a FIFO fails */
	lay_out();
	one_by_one();
	tells_what_it_is();
	from_a_pipe();
	changed_between();
	while_it_changes();
	without_openat2();
	roots();
	clean_up();
	return tap_done();
}
