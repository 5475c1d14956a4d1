/* SPDX-License-Identifier: MIT
 * The network namespaces of the machine, as far as they can be found: those of processes, and those that ip-netns(8)
 * has named. */
#ifndef SOURCE_NETNS_H
#define SOURCE_NETNS_H

#include "base/err.h"
#include "base/table.h"

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

struct netns {
	uint64_t inode;
	pid_t pid;               /* a process in it; 0: none was seen */
	char name[NAME_MAX + 1]; /* of ip-netns; "" */
};

struct netns_list {
	struct netns *all; /* the caller's own namespace is the first */
	size_t n, cap;
	struct table by_inode;
};

/* For netns_list_free(). */
void netns_list_read(struct netns_list *l);
void netns_list_free(struct netns_list *l);

/* The same in parts, for who knows by other means in which namespaces processes are: the caller's own in an empty list;
 * one in which a process is (0: none), or that has a name (""); those of all processes; those that have names. */
void netns_list_begin(struct netns_list *l);
void netns_list_add(struct netns_list *l, uint64_t inode, pid_t pid, const char *name);
void netns_list_add_processes(struct netns_list *l);
void netns_list_add_named(struct netns_list *l);

const struct netns *netns_by_inode(const struct netns_list *l, uint64_t inode); /* NULL: none */

/* The inode number of the calling thread's own (0: there are none here); of the one that a word names: a name of
 * ip-netns, a path, a process id, or the inode number itself, "this one", or "name[pid]". false: there is none, or
 * errno says why it may not be looked at. `*way`: for netns_find(). */
uint64_t netns_own(void);
uint64_t netns_of_pid(pid_t pid); /* 0: there is none, or it may not be looked at; errno says why */
bool netns_by_word(const char *word, uint64_t *inode, pid_t *way);

/* The one of this inode number, without a list of all: by `way`, a process that may be in it (0: none is known), by the
 * names, by any process. false: nothing leads there. */
bool netns_find(uint64_t inode, pid_t way, struct netns *found);

/* A descriptor of the calling thread's own, by which netns_back() comes back; for close(). -1 with `e` filled: then no
 * other may be entered. */
int netns_home(struct err *e);

/* Moves the calling thread there, to this namespace and no other: by the process, by the name, or by any other process
 * that is in it. 0; -ENOENT: nothing leads there any more; another -errno: it may not be entered, or we lack something.
 */
int netns_enter(const struct netns *ns);
void netns_back(int home);

#endif
