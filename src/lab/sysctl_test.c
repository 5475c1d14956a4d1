/* SPDX-License-Identifier: MIT
 * Sysctls in a network namespace of this test's own, where /proc/sys may be written and where it is read-only. */
#include "base/tap.h"
#include "lab/sysctl.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define RETRIES "net.ipv4.tcp_syn_retries"

static void is(const char *name, const char *should)
{
	struct buf value = { 0 };

	ok(sysctl_read(name, &value) == 0, "%s is read", name);
	same_text(buf_text(&value), should, "its value");
	buf_free(&value);
}

static void of_all(void)
{
	struct buf none = { 0 };

	ok(sysctl_write(RETRIES, "7") == 0, "one is set");
	is(RETRIES, "7");
	ok(sysctl_write("net.ipv4.ip_local_port_range", "40000 40009") == 0, "two numbers");
	is("net.ipv4.ip_local_port_range", "40000 40009");
	ok(sysctl_write("net.ipv4.tcp_none", "1") == -ENOENT, "one that is not there");
	ok(sysctl_read("net.ipv4.tcp_none", &none) == -ENOENT && !none.len, "nor can it be read");
	ok(sysctl_write(RETRIES, "900") == -EINVAL, "a value that may not be");
	is(RETRIES, "7");
}

static bool make_read_only(void)
{
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("/proc/sys", "/proc/sys", NULL, MS_BIND, NULL) == 0 &&
	       mount("none", "/proc/sys", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0;
}

/* As a container has it. Who may mount sets it all the same. */
static void of_read_only(bool root)
{
	if (!make_read_only()) {
		ok(true, "nothing can be mounted here # SKIP");
		return;
	}
	ok(sysctl_write(RETRIES, "7") == 0, "one that has this value need not be set");
	ok(sysctl_write(RETRIES, "8") == (root ? 0 : -EROFS), "%s", root ? "root has a /proc of its own" : "no other");
	is(RETRIES, root ? "8" : "7");
	ok(sysctl_write("net.ipv4.tcp_none", "1") == -ENOENT, "one that is not there");
}

int main(void)
{
	bool root = geteuid() == 0 && unshare(CLONE_NEWNET | CLONE_NEWNS) == 0;

	if (!root && unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) < 0)
		return tap_skip_all("no network namespace can be made here");
	of_all();
	of_read_only(root);
	return tap_done();
}
