/* SPDX-License-Identifier: MIT
 * Namespaces of the hosts: how many are made for them, what each is, and that no descriptor stays. */
#include "base/tap.h"
#include "lab/host.h"
#include "lab/sysctl.h"

#include <dirent.h>
#include <dlfcn.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned unshared;

int unshare(int flags)
{
	int (*real)(int) = dlsym(RTLD_NEXT, "unshare");

	unshared += flags == CLONE_NEWNET;
	return real(flags);
}

static ino_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static ino_t own_inode(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) == 0 ? st.st_ino : 0;
}

static unsigned open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* What the lab believes, and what the kernel says: a table of its own has this many entries (negative: the machine's).
 */
static bool is_own_hash(const struct host *h, bool should)
{
	struct buf entries = { 0 };
	bool own = host_enter(h) == 0 && sysctl_read("net.ipv4.tcp_ehash_entries", &entries) == 0 &&
	           *buf_text(&entries) != '-';

	buf_free(&entries);
	return h->own_hash == should && own == should;
}

static void of_hosts(bool loopback)
{
	const struct host_options options = { .loopback = loopback };
	bool hash = sysctl_is_there("net.ipv4.tcp_child_ehash_entries");
	unsigned before = open_descriptors(), should = 1 + hash + !loopback;
	ino_t was = own_inode();
	struct host hosts[SIDES];
	struct err e;

	unshared = 0;
	if (hosts_open(hosts, &options, &e) < 0) {
		ok(false, "%s hosts can be made: %s", loopback ? "one" : "two", err_text(&e));
		return;
	}
	ok(own_inode() == inode_of(hosts[SERVER].ns), "it is in the server's now");
	ok(unshared == should || hosts[CLIENT].is_veth, "%s: %u namespaces for it", loopback ? "one host" : "two",
	   unshared);
	ok(is_own_hash(&hosts[CLIENT], hash) && is_own_hash(&hosts[SERVER], hash),
	   "with a hash table of its own, where the kernel has that");
	ok(inode_of(hosts[CLIENT].ns) != was && (inode_of(hosts[CLIENT].ns) == inode_of(hosts[SERVER].ns)) == loopback,
	   "none is where this process was");
	hosts_close(hosts);
	ok(open_descriptors() == before, "no descriptor stays");
}

int main(void)
{
	struct host hosts[SIDES];
	struct err e;

	if (hosts_become_able(&e) < 0 || hosts_open(hosts, &(struct host_options){ .mtu = 0 }, &e) < 0)
		return tap_skip_all(err_text(&e));
	hosts_close(hosts);
	of_hosts(false);
	of_hosts(true);
	return tap_done();
}
