/* SPDX-License-Identifier: MIT
 * /proc/sys. */
#include "lab/sysctl.h"
#include "base/file.h"

#include <errno.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { VALUE_MAX = 4096 };

static int mount_proc(void)
{
	int context = (int)syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC), fd = -1;

	if (context >= 0 && syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC,
		                  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	fd_close(&context);
	return fd;
}

/* The folder of a /proc of our own, open for the life of this process; -1: it may have none. */
static int own_proc(void)
{
	static bool tried;
	static int fd = -1;

	if (!tried)
		fd = mount_proc();
	tried = true;
	return fd;
}

/* "net.ipv4.tcp_sack" below a folder that is a /proc. */
static void path_of(char path[static 256], const char *proc, const char *name)
{
	int n = snprintf(path, 256, "%s/sys/", proc);

	snprintf(path + n, (size_t)(256 - n), "%s", name);
	for (char *p = path + n; *p; p++)
		if (*p == '.')
			*p = '/';
}

/* A blank for whatever stands between two numbers, nothing at the end. */
static void take_words(struct buf *out, const char *text)
{
	while (*text) {
		size_t blank = strspn(text, " \t\n"), word = strcspn(text + blank, " \t\n");

		if (word)
			buf_addf(out, "%s%.*s", blank ? " " : "", (int)word, text + blank);
		text += blank + word;
	}
}

bool sysctl_is_there(const char *name)
{
	char path[256];

	path_of(path, "/proc", name);
	return access(path, F_OK) == 0;
}

int sysctl_read(const char *name, struct buf *value)
{
	struct buf text = { 0 };
	char path[256];
	int rc;

	path_of(path, "/proc", name);
	rc = file_read(path, &text, VALUE_MAX);
	if (rc == 0)
		take_words(value, buf_text(&text));
	buf_free(&text);
	return rc;
}

bool sysctl_has(const char *name, const char *value)
{
	struct buf is = { 0 };
	bool same = sysctl_read(name, &is) == 0 && streq(buf_text(&is), value);

	buf_free(&is);
	return same;
}

int sysctl_write(const char *name, const char *value)
{
	char path[256], own[48];
	int rc;

	path_of(path, "/proc", name);
	rc = file_write(path, value);
	if (rc == -EROFS && own_proc() >= 0) {
		snprintf(own, sizeof own, "/proc/thread-self/fd/%d", own_proc());
		path_of(path, own, name);
		rc = file_write(path, value);
	}
	return rc < 0 && rc != -ENOENT && sysctl_has(name, value) ? 0 : rc;
}
