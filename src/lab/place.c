/* SPDX-License-Identifier: MIT
 * Putting a program into its place. */
#include "lab/place.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

/* Any folder will do to mount the file's tmpfs on for a moment: nobody else sees this mount namespace. */
#define MOMENTARY "/tmp"

static int write_hosts(const struct place *p, const char *path)
{
	struct buf text = { 0 }, old = { 0 };
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), rc = -EIO;

	if (p->loopback)
		buf_puts(&text, "127.0.0.1 client server\n");
	else
		buf_puts(&text, "10.0.0.1 client\n10.0.0.2 server\nfd00::1 client\nfd00::2 server\n");
	if (file_read("/etc/hosts", &old, 1 << 20) == 0)
		buf_puts(&text, buf_text(&old));
	if (fd >= 0 && write(fd, buf_text(&text), text.len) == (ssize_t)text.len)
		rc = 0;
	fd_close(&fd);
	buf_free(&text);
	buf_free(&old);
	return rc;
}

/* The bind mount keeps the file when its tmpfs is taken away again. */
static void name_hosts(const struct place *p)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", MOMENTARY, "tmpfs", 0, "size=1m") < 0)
		return;
	if (write_hosts(p, MOMENTARY "/hosts") == 0)
		mount(MOMENTARY "/hosts", "/etc/hosts", NULL, MS_BIND, NULL);
	umount2(MOMENTARY, MNT_DETACH);
}

/* A user namespace inside lastack's, in which this process is its user again; with exec it loses what rights are
 * left. */
static int be_oneself(const struct place *p)
{
	return unshare(CLONE_NEWUSER) < 0 ? -errno : ids_map(p->uid, 0, p->gid, 0);
}

int place_enter(void *place)
{
	const struct place *p = place;
	int rc = host_enter(p->host);

	if (rc < 0)
		return rc;
	name_hosts(p);
	return p->unprivileged ? be_oneself(p) : 0;
}
