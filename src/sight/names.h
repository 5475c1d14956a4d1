/* SPDX-License-Identifier: MIT
 * Names of what the kernel gives numbers: users, network namespaces, cgroups. Looked up once each. */
#ifndef SIGHT_NAMES_H
#define SIGHT_NAMES_H

#include "base/clock.h"
#include "base/table.h"
#include "model/column.h"
#include "source/netns.h"

#include <pthread.h>

struct names_known {
	uint64_t number;
	char *name; /* NULL: it has none */
};

struct names_table {
	struct names_known *all;
	size_t n, cap;
	size_t last; /* that was asked for: mostly it is asked for again */
	struct table by_number;
};

struct names {
	struct names_table users, namespaces, cgroups;
	struct names_table
		before;         /* what namespaces were called before the last names_forget(), of those that are gone */
	struct netns_list list; /* read when a namespace is asked for that is not in it */
	struct instant list_read;
	bool cgroups_read;
	pthread_mutex_t mutex; /* tables are printed by several threads */
};

/* Fills `cells`; `numeric`: numbers of users and cgroups. A namespace keeps its name, for nothing takes its number so
 * well, and JSON has it. */
void names_open(struct names *n, struct column_names *cells, bool numeric);
void names_close(struct names *n);

/* All of them are looked up anew: namespaces and cgroups come and go, their numbers and process ids are given to
 * others. A namespace that is gone, and is asked for again, keeps the name it had. Texts that were returned before the
 * last but one call are gone. */
void names_forget(struct names *n);

/* The other way, for filters (struct filter_names): false if there is none of that name. `ctx` is a struct names. */
bool names_netns(void *ctx, const char *name, uint64_t *inode);
bool names_cgroup(void *ctx, const char *path, uint64_t *id);

#endif
