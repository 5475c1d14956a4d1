/* SPDX-License-Identifier: MIT
 * Trying the ways. */
#include "lab/ways.h"
#include "lab/host.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAY_ROOT, WAY_USER, NOBODY_ID = 65534 };

const struct way ways[WAYS] = {
	[WAY_ROOT] = { "root + TUN", "run as root; 'modprobe tun'; in a container: --device /dev/net/tun --cap-add SYS_ADMIN "
				     "--cap-add NET_ADMIN" },
	[WAY_USER] = { "user namespace + TUN",
		       "'chmod 0666 /dev/net/tun' (the default of most systems); user namespaces must be allowed: sysctl "
		       "user.max_user_namespaces, kernel.unprivileged_userns_clone=1, "
		       "kernel.apparmor_restrict_unprivileged_userns=0" },
};

/* Runs in the child. Root tries the way of the others as nobody. */
static int attempt(int way, struct err *e)
{
	const struct host_options plain = { 0 };
	struct host hosts[SIDES];

	if (way == WAY_ROOT && geteuid() != 0)
		return err_set(e, "you are not root");
	if (way == WAY_USER && geteuid() == 0 &&
	    (setgroups(0, NULL) < 0 || setgid(NOBODY_ID) < 0 || setuid(NOBODY_ID) < 0))
		return err_sys(e, errno, "not allowed to become another user to try");
	prctl(PR_SET_DUMPABLE, 1); /* a change of user took it away, and with it the right to /proc/self/uid_map */
	if (hosts_become_able(e) < 0 || hosts_open(hosts, &plain, e) < 0)
		return -1;
	return 0;
}

bool way_works(int i, struct err *why)
{
	int p[2], status = 1;
	pid_t pid;
	ssize_t n;

	*why = (struct err){ "no process can be started to try" };
	if (pipe(p) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		struct err e = { "" };
		int rc = attempt(i, &e);

		if (write(p[1], e.text, strlen(e.text)) < 0)
			rc = -1;
		_exit(rc < 0);
	}
	close(p[1]);
	n = pid > 0 ? read(p[0], why->text, sizeof why->text - 1) : -1;
	close(p[0]);
	if (n >= 0)
		why->text[n] = 0;
	if (pid > 0)
		waitpid(pid, &status, 0);
	return status == 0;
}

int way_here(struct err *why)
{
	int way = geteuid() == 0 ? WAY_ROOT : WAY_USER;

	return way_works(way, why) ? way : -1;
}
