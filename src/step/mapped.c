/* SPDX-License-Identifier: MIT
 * /proc/PID/maps. */
#include "step/mapped.h"
#include "base/util.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define VDSO "[vdso]" /* the kernel's own code in each process */

const char *mapped_name(const char *here, const char *root)
{
	size_t n = strlen(root);

	return n > 1 && strncmp(here, root, n) == 0 && here[n] == '/' ? here + n : here;
}

/* "55d0c9e00000-55d0c9e02000 r-xp 00000000 08:01 1234  /usr/bin/cat": with the inode's number, for `same`. */
static bool take_line(char *line, const char *root, struct mapped *m, uint64_t *inode)
{
	int n = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*4s %*x %*x:%*x %" SCNu64 " %n", &m->from, &m->to, inode, &n) < 3 ||
	    !n)
		return false;
	m->name = mapped_name(line + n, root);
	m->first_to = m->to;
	return m->from < m->to && (*m->name == '/' || streq(m->name, VDSO));
}

static void add(struct mapped_files *m, const struct mapped *one, uint64_t inode, uint64_t *last_inode)
{
	struct mapped *last = m->n ? &m->all[m->n - 1] : NULL;

	if (last && one->from < last->to)
		return;
	if (last && inode && inode == *last_inode && streq(last->name, one->name)) {
		last->to = one->to;
		return;
	}
	m->all = grow(m->all, m->n, &m->cap, sizeof *m->all);
	m->all[m->n++] = *one;
	*last_inode = inode;
}

void mapped_read(struct mapped_files *m, const char *maps, const char *root)
{
	uint64_t last_inode = 0, inode = 0;
	struct mapped one;
	char *rest;

	*m = (struct mapped_files){ .text = xstrdup(maps) };
	for (char *line = strtok_r(m->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (take_line(line, root, &one, &inode))
			add(m, &one, inode, &last_inode);
}

static int by_from(const void *a, const void *b)
{
	const struct mapped *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

const struct mapped *mapped_at(const struct mapped_files *m, uint64_t from)
{
	const struct mapped like = { .from = from };

	return m->n ? bsearch(&like, m->all, m->n, sizeof *m->all, by_from) : NULL;
}

void mapped_free(struct mapped_files *m)
{
	free(m->all);
	free(m->text);
	*m = (struct mapped_files){ 0 };
}
