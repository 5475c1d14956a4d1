/* SPDX-License-Identifier: MIT
 * Names of users, network namespaces and cgroups. */
#include "sight/names.h"
#include "base/account.h"
#include "base/file.h"
#include "source/process.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* --- known names --------------------------------------------------------------------------------------- */

static const struct names_known *find(struct names_table *t, uint64_t number)
{
	struct table_walk w;

	if (t->last < t->n && t->all[t->last].number == number)
		return &t->all[t->last];
	w = table_find(&t->by_number, number);
	for (uint32_t i; table_next(&t->by_number, &w, &i);) {
		t->last = i;
		if (t->all[i].number == number)
			return &t->all[i];
	}
	return NULL;
}

static const char *keep(struct names_table *t, uint64_t number, const char *name)
{
	t->all = grow(t->all, t->n, &t->cap, sizeof *t->all);
	table_add(&t->by_number, number, (uint32_t)t->n);
	t->all[t->n] = (struct names_known){ number, name ? xstrdup(name) : NULL };
	return t->all[t->n++].name;
}

static void forget(struct names_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->all[i].name);
	free(t->all);
	table_free(&t->by_number);
	*t = (struct names_table){ 0 };
}

/* --- users --------------------------------------------------------------------------------------------- */

static const char *look_up_user(struct names *n, uint64_t uid)
{
	const struct names_known *known = find(&n->users, uid);

	return known ? known->name : keep(&n->users, uid, account_name((uint32_t)uid));
}

/* --- namespaces ---------------------------------------------------------------------------------------- */

/* Docker, containerd, podman and CRI-O all name a container's cgroup by the 64 hexadecimal digits of its id. */
enum { CONTAINER_ID = 64, CONTAINER_SHOWN = 12 };

static bool container_of(pid_t pid, char id[static CONTAINER_SHOWN + 1])
{
	struct buf b = { 0 };
	char path[48];
	const char *at;
	size_t digits;

	snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
	file_read(path, &b, 65536);
	for (at = buf_text(&b); *at && (digits = strspn(at, "0123456789abcdef")) < CONTAINER_ID;)
		at += digits ? digits : 1;
	snprintf(id, CONTAINER_SHOWN + 1, "%s", at);
	buf_free(&b);
	return *id;
}

/* A new one is looked for, but the list of all is not read for each socket. */
#define LIST_LASTS span_s(2)

static const struct netns *find_netns(struct names *n, uint64_t inode)
{
	const struct netns *ns = netns_by_inode(&n->list, inode);

	if (ns || (n->list.n && span_since(n->list_read).ns < LIST_LASTS.ns))
		return ns;
	netns_list_free(&n->list);
	netns_list_read(&n->list);
	n->list_read = clock_now();
	return netns_by_inode(&n->list, inode);
}

static const char *gone_netns(struct names *n, uint64_t inode)
{
	const struct names_known *was = find(&n->before, inode);

	return was ? keep(&n->namespaces, inode, was->name) : NULL;
}

/* Its name of ip-netns; else the container of a process in it, "container 0123456789ab"; else the process,
 * "nginx[77]". */
static const char *look_up_netns(struct names *n, uint64_t inode)
{
	const struct names_known *known = find(&n->namespaces, inode);
	const struct netns *ns;
	char comm[COMM_SIZE], id[CONTAINER_SHOWN + 1], text[80];

	if (known)
		return known->name;
	ns = find_netns(n, inode);
	if (!ns)
		return gone_netns(n, inode);
	if (*ns->name)
		return keep(&n->namespaces, inode, ns->name);
	if (inode == netns_own())
		return keep(&n->namespaces, inode, "this one");
	comm_read(ns->pid, comm);
	if (container_of(ns->pid, id))
		snprintf(text, sizeof text, "container %s", id);
	else
		snprintf(text, sizeof text, "%s[%d]", comm, ns->pid);
	if (!process_was_there(ns->pid, n->list_read)) /* somebody else has its number by now */
		return NULL;
	return keep(&n->namespaces, inode, text);
}

/* --- cgroups ------------------------------------------------------------------------------------------- */

/* A cgroup's id is the inode number of its folder; nftw() has no context. */
static struct names_table *reading;
static size_t root_length;

static int keep_cgroup(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)at;
	if (type == FTW_D && st->st_ino)
		keep(reading, st->st_ino, path[root_length] ? path + root_length : "/");
	return 0;
}

static const char *const cgroup_roots[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };

static void read_cgroups(struct names *n)
{
	struct stat st;

	n->cgroups_read = true;
	reading = &n->cgroups;
	for (size_t i = 0; i < ARRAY_SIZE(cgroup_roots); i++) {
		char control[64];

		snprintf(control, sizeof control, "%s/cgroup.controllers", cgroup_roots[i]);
		if (stat(control, &st) < 0) /* no cgroup2 there */
			continue;
		root_length = strlen(cgroup_roots[i]);
		nftw(cgroup_roots[i], keep_cgroup, 16, FTW_PHYS | FTW_MOUNT);
		return;
	}
}

static const char *look_up_cgroup(struct names *n, uint64_t id)
{
	const struct names_known *known;

	if (!n->cgroups_read)
		read_cgroups(n);
	known = find(&n->cgroups, id);
	return known ? known->name : NULL;
}

/* --- for several threads ------------------------------------------------------------------------------- */

static const char *one_at_a_time(struct names *n, const char *look_up(struct names *n, uint64_t number),
                                 uint64_t number)
{
	const char *name;

	pthread_mutex_lock(&n->mutex);
	name = look_up(n, number);
	pthread_mutex_unlock(&n->mutex);
	return name;
}

static const char *user_name(void *ctx, uint32_t uid)
{
	return one_at_a_time(ctx, look_up_user, uid);
}
static const char *netns_name(void *ctx, uint64_t inode)
{
	return one_at_a_time(ctx, look_up_netns, inode);
}
static const char *cgroup_name(void *ctx, uint64_t id)
{
	return one_at_a_time(ctx, look_up_cgroup, id);
}

void names_open(struct names *n, struct column_names *cells, bool numeric)
{
	*n = (struct names){ .mutex = PTHREAD_MUTEX_INITIALIZER };
	*cells = (struct column_names){ n, netns_name, numeric ? NULL : cgroup_name, numeric ? NULL : user_name };
}

void names_forget(struct names *n)
{
	forget(&n->users);
	forget(&n->before);
	n->before = n->namespaces;
	n->namespaces = (struct names_table){ 0 };
	forget(&n->cgroups);
	n->cgroups_read = false;
	netns_list_free(&n->list);
}

void names_close(struct names *n)
{
	names_forget(n);
	forget(&n->before);
}

bool names_netns(void *ctx, const char *name, uint64_t *inode)
{
	(void)ctx;
	return netns_by_word(name, inode, &(pid_t){ 0 });
}

/* From the root of cgroups, or from that of the file system. */
bool names_cgroup(void *ctx, const char *path, uint64_t *id)
{
	struct names *n = ctx;
	struct stat st;

	if (!n->cgroups_read)
		read_cgroups(n);
	for (size_t i = 0; i < n->cgroups.n; i++) {
		if (!streq(n->cgroups.all[i].name, path) && !streq(n->cgroups.all[i].name + 1, path))
			continue;
		*id = n->cgroups.all[i].number;
		return true;
	}
	*id = stat(path, &st) == 0 ? st.st_ino : 0;
	return *id != 0;
}
