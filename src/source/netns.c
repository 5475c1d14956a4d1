/* SPDX-License-Identifier: MIT
 * Network namespaces, found by their files. */
#include "source/netns.h"
#include "base/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMED "/run/netns" /* where ip-netns(8) keeps its names */

static uint64_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

uint64_t netns_own(void)
{
	return inode_of("/proc/thread-self/ns/net");
}

static void path_of_pid(char path[static 48], pid_t pid)
{
	snprintf(path, 48, "/proc/%d/ns/net", pid);
}

const struct netns *netns_by_inode(const struct netns_list *l, uint64_t inode)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->all[i].inode == inode)
			return &l->all[i];
	return NULL;
}

static void add(struct netns_list *l, uint64_t inode, pid_t pid, const char *name)
{
	struct netns *known = (struct netns *)netns_by_inode(l, inode);

	if (!inode)
		return;
	if (!known) {
		l->all = grow(l->all, l->n, &l->cap, sizeof *l->all);
		known = &l->all[l->n++];
		*known = (struct netns){ .inode = inode };
	}
	if (!known->pid)
		known->pid = pid;
	if (*name)
		snprintf(known->name, sizeof known->name, "%.63s", name);
}

/* Processes mostly share a namespace with the one before: the link's text tells. */
static void add_of_processes(struct netns_list *l)
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
		if (!streq(link, last) && sscanf(link, "net:[%lu]", &inode) == 1)
			add(l, inode, pids.number, "");
		snprintf(last, sizeof last, "%s", link);
	}
	numbers_close(&pids);
}

static void add_named(struct netns_list *l)
{
	DIR *named = opendir(NAMED);
	const struct dirent *entry;
	char path[sizeof NAMED + 260];

	while (named && (entry = readdir(named))) {
		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof path, NAMED "/%s", entry->d_name);
		add(l, inode_of(path), 0, entry->d_name);
	}
	if (named)
		closedir(named);
}

void netns_list_read(struct netns_list *l)
{
	*l = (struct netns_list){ 0 };
	add(l, netns_own(), getpid(), "");
	add_of_processes(l);
	add_named(l);
}

void netns_list_free(struct netns_list *l)
{
	free(l->all);
	*l = (struct netns_list){ 0 };
}

/* The largest process id of 64-bit kernels; namespaces' inode numbers are above. */
enum { PID_LIMIT = 4194304 };

/* A file of the nsfs that is a network namespace; 0: it is none, or may not be looked at (errno). */
static uint64_t inode_of_netns(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint64_t inode = 0;

	if (fd < 0)
		return 0;
	errno = ENOENT;
	if (ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET && fstat(fd, &st) == 0)
		inode = st.st_ino;
	close(fd);
	return inode;
}

static uint64_t inode_of_pid(pid_t pid)
{
	char path[48];

	path_of_pid(path, pid);
	return inode_of_netns(path);
}

/* One that is known here. */
static uint64_t inode_by_number(uint64_t number)
{
	struct netns_list all;
	bool known;

	netns_list_read(&all);
	known = netns_by_inode(&all, number);
	netns_list_free(&all);
	errno = ENOENT; /* of all namespaces: it was no single one that could not be opened */
	return known ? number : 0;
}

/* "nginx[77]", as the column has it. */
static pid_t pid_in_brackets(const char *word)
{
	const char *bracket = strrchr(word, '[');

	return bracket && word[strlen(word) - 1] == ']' ? (pid_t)strtol(bracket + 1, NULL, 10) : 0;
}

bool netns_by_word(const char *word, uint64_t *inode)
{
	char path[sizeof NAMED + 260], *end;
	unsigned long number = strtoul(word, &end, 10);
	bool is_number = *word && !*end;
	pid_t pid = pid_in_brackets(word);

	errno = ENOENT;
	snprintf(path, sizeof path, NAMED "/%.250s", word);
	if (strchr(word, '/'))
		*inode = inode_of_netns(word);
	else if (streq(word, "this one"))
		*inode = netns_own();
	else if (*word && (*inode = inode_of_netns(path)))
		return true;
	else if (is_number && number > PID_LIMIT)
		*inode = inode_by_number(number);
	else
		*inode = is_number || pid ? inode_of_pid(pid ? pid : (pid_t)number) : 0;
	return *inode != 0;
}

int netns_enter(const struct netns *ns)
{
	char path[sizeof NAMED + 260];
	int fd, rc;

	if (ns->pid)
		path_of_pid(path, ns->pid);
	else
		snprintf(path, sizeof path, NAMED "/%s", ns->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

void netns_back(int home)
{
	if (setns(home, CLONE_NEWNET) < 0)
		abort(); /* it was ours a moment ago */
}
