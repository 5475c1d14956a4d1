/* SPDX-License-Identifier: MIT
 * Into a network namespace by what leads there: the process that was seen, another one, or a name; and never into
 * another one. */
#include "base/child_test.h"
#include "base/clock.h"
#include "base/tap.h"
#include "source/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int home;

/* A new namespace with a process in it; we stay there. */
static pid_t new_namespace(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		exit(tap_skip_all("no network namespace can be made here"));
	return child_asleep();
}

/* Enters it from home, and comes back; where it has been. */
static int try(const struct netns *ns, uint64_t *was)
{
	int rc = netns_enter(ns);

	*was = rc == 0 ? netns_own() : 0;
	netns_back(home);
	return rc;
}

static struct netns seen(uint64_t inode)
{
	struct netns_list all;
	struct netns ns = { 0 };

	netns_list_read(&all);
	if (netns_by_inode(&all, inode))
		ns = *netns_by_inode(&all, inode);
	netns_list_free(&all);
	return ns;
}

static void one_of_two_ends(void)
{
	pid_t first = new_namespace(), second = child_asleep(), gone;
	uint64_t inode = netns_own(), was;
	struct netns ns;
	int rc;

	netns_back(home);
	ns = seen(inode);
	gone = ns.pid == first ? first : second;
	child_end(gone);
	rc = try(&ns, &was);
	ok(ns.pid == gone && rc == 0 && was == inode,
	   "the process that was seen has ended: another one leads there (%s)", strerror(-rc));
	child_end(gone == first ? second : first);
	rc = try(&ns, &was);
	ok(rc == -ENOENT, "the last one has ended: it is gone, not closed (%s)", strerror(-rc));
}

static void number_given_away(void)
{
	pid_t there = new_namespace(), elsewhere;
	uint64_t inode = netns_own(), was;
	struct netns ns;
	int rc;

	netns_back(home);
	elsewhere = new_namespace();
	netns_back(home);
	ns = (struct netns){ .inode = inode, .pid = elsewhere };
	rc = try(&ns, &was);
	ok(rc == 0 && was == inode, "its number is another process's, elsewhere: not into that namespace (%s)",
	   strerror(-rc));
	child_end(there);
	rc = try(&ns, &was);
	ok(rc == -ENOENT, "nor if there is no other way (%s)", strerror(-rc));
	child_end(elsewhere);
}

static void no_process(const char *path)
{
	uint64_t inode, was;
	struct netns ns, found;
	int rc;

	child_end(new_namespace());
	inode = netns_own();
	if (mount("/proc/thread-self/ns/net", path, NULL, MS_BIND, NULL) < 0)
		ok(false, "a name is given: %s", strerror(errno));
	netns_back(home);
	ns = seen(inode);
	rc = try(&ns, &was);
	ok(!ns.pid && rc == 0 && was == inode, "a name of %zu bytes leads there (%s)", strlen(ns.name), strerror(-rc));
	ok(netns_find(inode, 0, &found) && streq(found.name, ns.name), "it is found by its name, without a list");
	ns.pid = getpid();
	rc = try(&ns, &was);
	ok(rc == 0 && was == inode, "also where the process that was seen is elsewhere (%s)", strerror(-rc));
	umount2(path, MNT_DETACH);
}

/* Without a list, by each of the three ways. */
static void found(void)
{
	pid_t there = new_namespace();
	uint64_t inode = netns_own(), was;
	struct netns ns;

	netns_back(home);
	ok(netns_find(inode, there, &ns) && ns.pid == there && try(&ns, &was) == 0 && was == inode,
	   "one is found by a process that is known to be in it");
	ok(netns_find(inode, getpid(), &ns) && ns.pid == there, "by any, where that one is elsewhere");
	child_end(there);
	ok(!netns_find(inode, there, &ns), "and not when nothing leads there any more");
}

/* What it costs to add so many to a list, and to find each. */
static int64_t cost_of(uint64_t n)
{
	struct netns_list l = { 0 };
	struct instant began = clock_now();
	size_t known = 0;

	for (uint64_t i = 1; i <= n; i++)
		netns_list_add(&l, i, 0, "");
	for (uint64_t i = 1; i <= n; i++)
		known += netns_by_inode(&l, i)->inode == i;
	ok(known == n && l.n == n, "%zu namespaces are told apart", known);
	netns_list_free(&l);
	return span_since(began).ns;
}

/* The least of some rounds, for others run beside. */
static void is_linear(void)
{
	int64_t few = INT64_MAX, many = INT64_MAX;

	for (int i = 0; i < 5; i++) {
		int64_t one = cost_of(1000), all = cost_of(16000);

		few = one < few ? one : few;
		many = all < many ? all : many;
	}
	ok(many < 64 * few, "sixteen times as many cost %.1f times as much", (double)many / (double)few);
}

/* Names that nobody else sees. */
static void names(void)
{
	char path[NAME_MAX + 20] = "/run/netns/";
	size_t n = strlen(path);

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0 || mkdir("/run/netns", 0755) < 0) {
		printf("# no mounts here: names are not tested\n");
		return;
	}
	memset(path + n, 'n', NAME_MAX);
	path[n + NAME_MAX] = 0;
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	no_process(path);
}

int main(void)
{
	struct err e;

	if (geteuid() != 0)
		return tap_skip_all("network namespaces are made as root");
	home = netns_home(&e);
	one_of_two_ends();
	number_given_away();
	found();
	is_linear();
	names();
	return tap_done();
}
