/* SPDX-License-Identifier: MIT
 * Trying the ways. */
#include "lab/ways.h"
#include "lab/verbs.h"
#include "step/sockets.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAY_ROOT, WAY_USER, WAY_ROOT_VETH, WAY_USER_VETH, NOBODY_ID = 65534, PATIENCE_S = 20 };

const struct way ways[WAYS] = {
	[WAY_ROOT] = { "root + TUN",
	               "run as root; 'modprobe tun'; in a container: --device /dev/net/tun --cap-add SYS_ADMIN "
	               "--cap-add NET_ADMIN" },
	[WAY_USER] = { "user namespace + TUN", "'chmod 0666 /dev/net/tun' (the default of most systems)" },
	[WAY_ROOT_VETH] = { "root + veth",
	                    "run as root; 'modprobe veth'; in a container: --cap-add SYS_ADMIN --cap-add NET_ADMIN" },
	[WAY_USER_VETH] = { "user namespace + veth", "'modprobe veth'" },
};

static bool for_root(int way)
{
	return way == WAY_ROOT || way == WAY_ROOT_VETH;
}

static bool is_veth(int way)
{
	return way == WAY_ROOT_VETH || way == WAY_USER_VETH;
}

/* --- in the child -------------------------------------------------------------------------------------- */

/* Root tries the ways of the others as nobody; a root without the capabilities has no other way itself. */
static int be_who_has_it(int way, struct err *e)
{
	bool root = geteuid() == 0;

	if (for_root(way) && !root)
		return err_set(e, "you are not root");
	if (for_root(way) && *hosts_lack())
		return err_set(e, "you are root without %s", hosts_lack());
	if (!for_root(way) && root && !*hosts_lack() &&
	    (setgroups(0, NULL) < 0 || setgid(NOBODY_ID) < 0 || setuid(NOBODY_ID) < 0))
		return err_sys(e, errno, "not allowed to become another user to try");
	prctl(PR_SET_DUMPABLE, 1); /* a change of user took it away, and with it the right to /proc/self/uid_map */
	return hosts_become_able(e) < 0 ? -1 : 0;
}

static void show_nobody(void *ctx)
{
	(void)ctx;
}

static int connect_in(struct lab *l, struct err *e)
{
	static const char *const lines[] = { "server listen 7777", "client connect 7777", "server accept",
		                             "client send \"x\"",  "server recv",         "expect server recv \"x\"" };
	struct language lang = lab_language(l);
	struct script s;
	int rc = 0;

	script_init(&s, &lang, "");
	for (size_t i = 0; i < ARRAY_SIZE(lines) && rc == 0; i++)
		rc = script_line(&s, lines[i], e);
	script_free(&s);
	return rc < 0 && l->failed ? err_set(e, "a lab was made, but no connection came about in it") : rc;
}

/* A lab, a connection in it, and its end. */
static int prove(const struct host_options *options, struct baseline_left *left, struct err *e)
{
	struct lab l;
	int rc;

	lab_init(&l, (struct lab_hooks){ .show = show_nobody });
	l.options = *options;
	l.free_form = true;
	rc = connect_in(&l, e);
	*left = l.hosts[CLIENT].left;
	lab_close(&l);
	return rc;
}

static void attempt(int way, struct way_tried *t)
{
	struct host_options options = { .wire = is_veth(way) ? WIRE_VETH : WIRE_TUN };
	struct baseline_left left;

	t->not_able = be_who_has_it(way, &t->why) < 0;
	if (t->not_able)
		return;
	t->works = prove(&options, &t->left, &t->why) == 0;
	t->no_network = !t->works && unshare(CLONE_NEWNET) < 0;
	options.loopback = true;
	t->one_host = t->works && prove(&options, &left, &t->why) == 0;
}

/* --- trying -------------------------------------------------------------------------------------------- */

_Static_assert(sizeof(struct way_tried) <= PIPE_BUF, "what came of it goes through a pipe in one piece");

static _Noreturn void be_child(int way, int answer)
{
	struct way_tried t = { .works = false };

	alarm(PATIENCE_S);
	attempt(way, &t);
	_exit(write(answer, &t, sizeof t) != sizeof t);
}

static void ask_child(struct way_tried *t, pid_t pid, int answer)
{
	struct way_tried said;
	ssize_t n;

	do
		n = read(answer, &said, sizeof said); /* in one piece: pipe(7), PIPE_BUF */
	while (n < 0 && errno == EINTR);
	if (n == sizeof said)
		*t = said;
	else
		err_set(&t->why, "who tried did not come to an end in %d s", PATIENCE_S);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

bool way_works(int i, struct way_tried *t)
{
	int p[2];
	pid_t pid;

	*t = (struct way_tried){ .works = false };
	err_set(&t->why, "no process can be started to try");
	if (pipe(p) < 0)
		return false;
	fflush(NULL); /* or the child's copy of what is buffered would be written, too */
	pid = fork();
	if (pid == 0)
		be_child(i, p[1]);
	close(p[1]);
	if (pid > 0)
		ask_child(t, pid, p[0]);
	close(p[0]);
	return t->works;
}

int way_here(struct way_tried *t)
{
	bool root = geteuid() == 0 && !*hosts_lack();
	int way = root ? WAY_ROOT : WAY_USER, veth = root ? WAY_ROOT_VETH : WAY_USER_VETH;
	struct way_tried by_veth;

	if (way_works(way, t))
		return way;
	if (!way_works(veth, &by_veth))
		return -1;
	*t = by_veth;
	return veth;
}

bool way_programs(struct err *why)
{
	return sockets_open_to_us(why) == 0;
}

/* --- what to do ---------------------------------------------------------------------------------------- */

#define USER_NAMESPACES                                                                                                \
	"user namespaces must be allowed: sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1, "       \
	"kernel.apparmor_restrict_unprivileged_userns=0; a container's seccomp filter must let them "                  \
	"(--security-opt seccomp=unconfined); not in a chroot"

#define NO_TUN "'modprobe tun'; in a container: --device /dev/net/tun"

#define MORE_SETTINGS                                                                                                  \
	"/proc/sys must be writable: in a container --security-opt systempaths=unconfined (Docker), --security-opt "   \
	"unmask=ALL (podman), procMount: Unmasked (Kubernetes)"

static void remedy_of_root(int i, const struct way_tried *t, struct buf *out)
{
	if (*hosts_lack())
		buf_addf(out,
		         "give it %s: --cap-add SYS_ADMIN --cap-add NET_ADMIN (Docker, podman), "
		         "securityContext.capabilities.add (Kubernetes)",
		         hosts_lack());
	else if (t->no_network)
		buf_puts(out, "a seccomp filter or the limit of namespaces forbids it: --security-opt "
		              "seccomp=unconfined; sysctl user.max_net_namespaces");
	else if (is_veth(i))
		buf_puts(out, "'modprobe veth'");
	else
		buf_puts(out, NO_TUN);
}

static void remedy_of_others(int i, const struct way_tried *t, struct buf *out)
{
	if (t->not_able && !for_root(i))
		buf_puts(out, USER_NAMESPACES);
	else if (!is_veth(i) && access("/dev/net/tun", F_OK) < 0)
		buf_puts(out, NO_TUN);
	else
		buf_puts(out, ways[i].remedy);
}

void way_remedy(int i, const struct way_tried *t, struct buf *out)
{
	if (t->works)
		buf_puts(out, MORE_SETTINGS);
	else if (for_root(i) && geteuid() == 0)
		remedy_of_root(i, t, out);
	else
		remedy_of_others(i, t, out);
}
