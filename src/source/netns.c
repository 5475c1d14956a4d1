/* SPDX-License-Identifier: MIT
 * Network namespaces, found by their files. */
#include "source/netns.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define NAMED "/run/netns" /* where ip-netns(8) keeps its names */

/* The one file of a namespace that is always there, where /proc is. */
#define OWN "/proc/thread-self/ns/net"

/* gVisor has such a file, of another number each time, and no namespace behind it. */
uint64_t netns_own(void)
{
	struct statfs fs;
	struct stat st;

	return statfs(OWN, &fs) == 0 && fs.f_type == NSFS_MAGIC && stat(OWN, &st) == 0 ? st.st_ino : 0;
}

int netns_home(struct err *e)
{
	int fd = open(OWN, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_sys(e, errno,
	                        "network namespaces cannot be told apart: " OWN " cannot be opened; is /proc mounted?")
	              : fd;
}

/* Opens the file of a namespace. What stands among the names may be anything, and somebody else's: a FIFO, at whose
 * opening one waits for ever, or a device. So it is looked at before it is opened (as base/foreign.h does, which wants
 * regular files). -1 with errno: EINVAL for what is no namespace. */
static int open_namespace(const char *path)
{
	int found = open(path, O_PATH | O_CLOEXEC), fd = -1;
	struct statfs fs;
	char again[48];

	if (found < 0)
		return -1;
	snprintf(again, sizeof again, "/proc/self/fd/%d", found);
	if (fstatfs(found, &fs) == 0 && fs.f_type == NSFS_MAGIC)
		fd = open(again, O_RDONLY | O_CLOEXEC);
	else
		errno = EINVAL;
	fd_close(&found);
	return fd;
}

/* A file of the nsfs that is a network namespace; 0: it is none, or may not be looked at (errno). */
static uint64_t inode_of(const char *path)
{
	int fd = open_namespace(path);
	struct stat st;
	uint64_t inode = 0;

	if (fd < 0) {
		errno = errno == EINVAL ? ENOENT : errno;
		return 0;
	}
	errno = ENOENT;
	if (ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET && fstat(fd, &st) == 0)
		inode = st.st_ino;
	close(fd);
	return inode;
}

static void path_of_pid(char path[static 48], pid_t pid)
{
	snprintf(path, 48, "/proc/%d/ns/net", pid);
}

const struct netns *netns_by_inode(const struct netns_list *l, uint64_t inode)
{
	struct table_walk w = table_find(&l->by_inode, inode);

	for (uint32_t i; table_next(&l->by_inode, &w, &i);)
		if (l->all[i].inode == inode)
			return &l->all[i];
	return NULL;
}

void netns_list_add(struct netns_list *l, uint64_t inode, pid_t pid, const char *name)
{
	struct netns *known = (struct netns *)netns_by_inode(l, inode);

	if (!inode)
		return;
	if (!known) {
		l->all = grow(l->all, l->n, &l->cap, sizeof *l->all);
		table_add(&l->by_inode, inode, (uint32_t)l->n);
		known = &l->all[l->n++];
		*known = (struct netns){ .inode = inode };
	}
	if (!known->pid)
		known->pid = pid;
	if (*name)
		snprintf(known->name, sizeof known->name, "%s", name);
}

/* Processes mostly share a namespace with the one before: the link's text tells. */
void netns_list_add_processes(struct netns_list *l)
{
	char path[48], link[64], last[64] = "";
	struct numbers pids;
	uint64_t inode;

	numbers_open(&pids, "/proc");
	while (numbers_next(&pids)) {
		ssize_t n;

		path_of_pid(path, pids.number);
		n = readlink(path, link, sizeof link - 1);
		if (n <= 0)
			continue;
		link[n] = 0;
		if (!streq(link, last) && sscanf(link, "net:[%" SCNu64 "]", &inode) == 1)
			netns_list_add(l, inode, pids.number, "");
		snprintf(last, sizeof last, "%s", link);
	}
	numbers_close(&pids);
}

/* A name's namespace, by its file's device and number: opening each one would take half as long again as looking into
 * it. What is a namespace of another kind is found out by who enters it. 0: it is none. */
static uint64_t inode_of_name(DIR *named, const char *name, dev_t nsfs)
{
	struct stat st;

	return fstatat(dirfd(named), name, &st, 0) == 0 && st.st_dev == nsfs ? st.st_ino : 0;
}

void netns_list_add_named(struct netns_list *l)
{
	DIR *named = opendir(NAMED);
	const struct dirent *entry;
	struct stat own;

	if (named && stat(OWN, &own) == 0)
		while ((entry = readdir(named)))
			if (*entry->d_name != '.')
				netns_list_add(l, inode_of_name(named, entry->d_name, own.st_dev), 0, entry->d_name);
	if (named)
		closedir(named);
}

void netns_list_begin(struct netns_list *l)
{
	*l = (struct netns_list){ 0 };
	netns_list_add(l, netns_own(), getpid(), "");
}

void netns_list_read(struct netns_list *l)
{
	netns_list_begin(l);
	netns_list_add_processes(l);
	netns_list_add_named(l);
}

void netns_list_free(struct netns_list *l)
{
	free(l->all);
	table_free(&l->by_inode);
	*l = (struct netns_list){ 0 };
}

/* The largest process id of 64-bit kernels; namespaces' inode numbers are above. */
enum { PID_LIMIT = 4194304 };

uint64_t netns_of_pid(pid_t pid)
{
	char path[48];

	path_of_pid(path, pid);
	return inode_of(path);
}

/* Is there a name that leads to it? */
static bool find_name(uint64_t inode, struct netns *found)
{
	struct netns_list named = { 0 };
	const struct netns *ns;

	netns_list_add_named(&named);
	ns = netns_by_inode(&named, inode);
	if (ns)
		*found = *ns;
	netns_list_free(&named);
	return ns;
}

static bool find_process(uint64_t inode, struct netns *found)
{
	struct numbers pids;
	struct stat st;
	char path[48];

	*found = (struct netns){ .inode = inode };
	numbers_open(&pids, "/proc");
	while (!found->pid && numbers_next(&pids)) {
		path_of_pid(path, pids.number);
		if (stat(path, &st) == 0 && st.st_ino == inode)
			found->pid = pids.number;
	}
	numbers_close(&pids);
	return found->pid;
}

bool netns_find(uint64_t inode, pid_t way, struct netns *found)
{
	if (way && netns_of_pid(way) == inode) {
		*found = (struct netns){ .inode = inode, .pid = way };
		return true;
	}
	return find_name(inode, found) || find_process(inode, found);
}

/* One that is known here. */
static uint64_t inode_by_number(uint64_t number, pid_t *way)
{
	struct netns found = { 0 };
	bool known = number == netns_own() || netns_find(number, 0, &found);

	errno = ENOENT; /* of all namespaces: it was no single one that could not be opened */
	*way = found.pid;
	return known ? number : 0;
}

/* "77", or "nginx[77]", as the column has it; 0: none that a process can have. */
static pid_t pid_of_word(const char *word)
{
	const char *bracket = strrchr(word, '[');
	size_t n = strlen(word);
	char digits[16] = "";
	long pid;

	if (bracket && word[n - 1] == ']') {
		n -= (size_t)(bracket + 1 - word) + 1;
		word = bracket + 1;
	}
	if (n < sizeof digits)
		memcpy(digits, word, n);
	return number_parse(digits, &pid) && pid > 0 && pid <= PID_LIMIT ? (pid_t)pid : 0;
}

bool netns_by_word(const char *word, uint64_t *inode, pid_t *way)
{
	char path[sizeof NAMED + 260], *end;
	unsigned long number = strtoul(word, &end, 10);
	bool is_number = *word && !*end;
	pid_t pid = pid_of_word(word);

	errno = ENOENT;
	*way = 0;
	snprintf(path, sizeof path, NAMED "/%.250s", word);
	if (strchr(word, '/'))
		*inode = inode_of(word);
	else if (streq(word, "this one"))
		*inode = netns_own();
	else if (*word && (*inode = inode_of(path)))
		return true;
	else if (is_number && number > PID_LIMIT)
		*inode = inode_by_number(number, way);
	else
		*inode = (*way = pid) ? netns_of_pid(pid) : 0;
	return *inode != 0;
}

/* --- entering ------------------------------------------------------------------------------------------ */

/* What a path leads to may be another one by now: a process ends and its number is given away, a name is made anew. -1:
 * errno. */
static int open_this(const char *path, uint64_t inode)
{
	int fd = open_namespace(path);
	struct stat st;

	if (fd < 0 || (fstat(fd, &st) == 0 && st.st_ino == inode))
		return fd;
	close(fd);
	errno = ENOENT;
	return -1;
}

static int open_by_pid(const struct netns *ns)
{
	char path[48];

	if (!ns->pid) {
		errno = ENOENT;
		return -1;
	}
	path_of_pid(path, ns->pid);
	return open_this(path, ns->inode);
}

static int open_by_name(const struct netns *ns)
{
	char path[sizeof NAMED + sizeof ns->name + 1];

	if (!*ns->name) {
		errno = ENOENT;
		return -1;
	}
	snprintf(path, sizeof path, NAMED "/%s", ns->name);
	return open_this(path, ns->inode);
}

/* The process that was seen in it may have ended, and others be there. */
static int open_by_any(const struct netns *ns)
{
	struct netns found;

	if (find_process(ns->inode, &found))
		return open_by_pid(&found);
	errno = ENOENT;
	return -1;
}

/* The last resort tells whether it is there at all; what kept us out before that is the reason. -1: errno. */
static int open_somehow(const struct netns *ns)
{
	static int (*const ways[])(const struct netns *ns) = { open_by_pid, open_by_name, open_by_any };
	int why = ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		int fd = ways[i](ns);

		if (fd >= 0)
			return fd;
		if (errno != ENOENT && errno != ESRCH && errno != EINVAL)
			why = errno;
	}
	errno = why;
	return -1;
}

int netns_enter(const struct netns *ns)
{
	int fd = open_somehow(ns), rc;

	if (fd < 0)
		return -errno;
	rc = setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
	close(fd);
	return rc == -EINVAL ? -ENOENT : rc; /* a namespace, and not of this kind */
}

void netns_back(int home)
{
	if (setns(home, CLONE_NEWNET) < 0)
		abort(); /* it was ours a moment ago */
}
