/* SPDX-License-Identifier: MIT
 * Trying the ways. */
#include "lab/ways.h"
#include "lab/host.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAY_ROOT, WAY_USER, WAY_ROOT_VETH, WAY_USER_VETH, NOBODY_ID = 65534 };

#define USER_NAMESPACES                                                                                                \
	"user namespaces must be allowed: sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1, "       \
	"kernel.apparmor_restrict_unprivileged_userns=0"

const struct way ways[WAYS] = {
	[WAY_ROOT] = { "root + TUN",
	               "run as root; 'modprobe tun'; in a container: --device /dev/net/tun --cap-add SYS_ADMIN "
	               "--cap-add NET_ADMIN" },
	[WAY_USER] = { "user namespace + TUN",
	               "'chmod 0666 /dev/net/tun' (the default of most systems); " USER_NAMESPACES },
	[WAY_ROOT_VETH] = { "root + veth", "run as root; 'modprobe veth'" },
	[WAY_USER_VETH] = { "user namespace + veth", "'modprobe veth'; " USER_NAMESPACES },
};

static bool for_root(int way)
{
	return way == WAY_ROOT || way == WAY_ROOT_VETH;
}

/* Runs in the child. Root tries the ways of the others as nobody. */
static int attempt(int way, struct err *e)
{
	const struct host_options options = { .wire = way == WAY_ROOT || way == WAY_USER ? WIRE_TUN : WIRE_VETH };
	struct host hosts[SIDES];

	if (for_root(way) && geteuid() != 0)
		return err_set(e, "you are not root");
	if (!for_root(way) && geteuid() == 0 &&
	    (setgroups(0, NULL) < 0 || setgid(NOBODY_ID) < 0 || setuid(NOBODY_ID) < 0))
		return err_sys(e, errno, "not allowed to become another user to try");
	prctl(PR_SET_DUMPABLE, 1); /* a change of user took it away, and with it the right to /proc/self/uid_map */
	if (hosts_become_able(e) < 0 || hosts_open(hosts, &options, e) < 0)
		return -1;
	return 0;
}

_Static_assert(sizeof(struct err) <= PIPE_BUF, "an error goes through a pipe in one piece");

bool way_works(int i, struct err *why)
{
	int p[2], status = 1;
	pid_t pid;

	err_set(why, "no process can be started to try");
	if (pipe(p) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		struct err e = { 0 };
		int rc = attempt(i, &e);

		if (write(p[1], &e, sizeof e) != sizeof e)
			rc = -1;
		_exit(rc < 0);
	}
	close(p[1]);
	if (pid > 0 && read(p[0], why, sizeof *why) < 0) /* in one piece: pipe(7), PIPE_BUF */
		err_set(why, "the process that tried cannot be asked");
	close(p[0]);
	if (pid > 0)
		waitpid(pid, &status, 0);
	return status == 0;
}

int way_here(struct err *why)
{
	int way = geteuid() == 0 ? WAY_ROOT : WAY_USER, veth = geteuid() == 0 ? WAY_ROOT_VETH : WAY_USER_VETH;
	struct err no_veth;

	if (way_works(way, why))
		return way;
	return way_works(veth, &no_veth) ? veth : -1;
}
