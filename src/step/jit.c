/* SPDX-License-Identifier: MIT
 * The map that interpreters write for perf. */
#include "step/jit.h"
#include "base/file.h"
#include "base/foreign.h"
#include "base/proc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct code {
	uint64_t start, size;
	const char *name;
};

struct jit {
	struct buf text;
	struct code *all; /* in the order of their addresses; of one address the last that was written is the last */
	size_t n, cap;
};

/* --- the map --------------------------------------------------------------------------------------------- */

/* In a container it writes its number there into the file's name. */
static pid_t own_number(pid_t pid)
{
	struct proc_status s;

	return proc_status_read(pid, &s) && s.inside ? s.inside : pid;
}

static bool is_its_own(pid_t pid, const struct stat *map)
{
	struct stat process;
	char path[32];

	snprintf(path, sizeof path, "/proc/%d", pid);
	return stat(path, &process) == 0 && (map->st_uid == process.st_uid || map->st_uid == 0);
}

int jit_open(pid_t pid, struct err *e)
{
	char path[40], name[64];
	struct foreign map = {
		.path = path, .name = name, .below = foreign_root(pid), .no_link = true, .most = JIT_MOST
	};
	struct stat st;
	int fd;

	if (map.below < 0)
		return -1;
	snprintf(path, sizeof path, "/tmp/perf-%d.map", own_number(pid));
	snprintf(name, sizeof name, "%s of process %d", path, pid);
	fd = foreign_open(&map, &st, e);
	if (fd < 0 && errno == EFBIG)
		fd = -2;
	close(map.below);
	if (fd >= 0 && !is_its_own(pid, &st))
		fd_close(&fd);
	return fd;
}

static void add(struct jit *j, char *line)
{
	struct code c;
	char *end;

	c.start = strtoull(line, &end, 16);
	c.size = strtoull(end, &end, 16);
	if (*end != ' ' || !c.size)
		return;
	c.name = end + 1;
	j->all = grow(j->all, j->n, &j->cap, sizeof *j->all);
	j->all[j->n++] = c;
}

/* Names lie in one piece of memory in the order in which they were written. */
static int by_start(const void *a, const void *b)
{
	const struct code *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->name > y->name) - (x->name < y->name);
}

struct jit *jit_read(int map)
{
	struct jit *j = xcalloc(1, sizeof *j);
	char *rest;

	if (map >= 0 && fd_read_all(map, &j->text, JIT_MOST) < 0)
		buf_clear(&j->text); /* it grew meanwhile */
	fd_close(&map);
	if (!j->text.len)
		return j;
	for (char *line = strtok_r(j->text.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		add(j, line);
	if (j->n)
		qsort(j->all, j->n, sizeof *j->all, by_start);
	return j;
}

void jit_free(struct jit *j)
{
	if (!j)
		return;
	buf_free(&j->text);
	free(j->all);
	free(j);
}

/* --- names ----------------------------------------------------------------------------------------------- */

static const char *base_name(const char *path, size_t n)
{
	for (size_t i = n; i-- > 0;)
		if (path[i] == '/')
			return path + i + 1;
	return path;
}

/* "*serve /srv/app.js:12:5" behind "JS:": a mark of how it was made, the function, and where it begins. */
static void take_script(struct frame *f, const char *name)
{
	const char *place, *line;
	int column = 0, n = 0;

	name += strspn(name, "~*^+");
	place = line = strchr(name, ' ');
	if (place == name)
		snprintf(f->function, sizeof f->function, "(anonymous)");
	else
		snprintf(f->function, sizeof f->function, "%.*s", (int)strcspn(name, " "), name);
	while (line && (line = strchr(line + 1, ':')))
		if (sscanf(line, ":%d:%d%n", &f->line, &column, &n) == 2 && !line[n])
			break;
	if (!line) {
		f->line = 0;
		return;
	}
	place = base_name(place + 1, (size_t)(line - place - 1));
	snprintf(f->file, sizeof f->file, "%.*s", (int)(line - place), place);
}

/* "serve:/srv/app.py" behind "py::": no line is told. */
static void take_python(struct frame *f, const char *name)
{
	const char *colon = strrchr(name, ':');

	snprintf(f->function, sizeof f->function, "%.*s (%.40s)", colon ? (int)(colon - name) : (int)strlen(name), name,
	         colon ? base_name(colon + 1, strlen(colon + 1)) : "");
}

static void take_other(struct frame *f, const char *name)
{
	snprintf(f->function, sizeof f->function, "%s", name);
}

static const struct {
	const char *begins;
	void (*take)(struct frame *f, const char *name);
} writers[] = { { "Builtin:", NULL },       { "BytecodeHandler:", NULL },    { "Stub:", NULL },
	        { "JS:", take_script },     { "LazyCompile:", take_script }, { "Function:", take_script },
	        { "Script:", take_script }, { "py::", take_python },         { "", take_other } };

bool jit_place(const struct jit *j, uint64_t pc, struct frame *f)
{
	size_t low = 0, high = j->n, i = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (j->all[middle].start <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || pc - j->all[low - 1].start >= j->all[low - 1].size)
		return false;
	/* The interpreter's own, which are in its file as well, are told by that. */
	while (strncmp(j->all[low - 1].name, writers[i].begins, strlen(writers[i].begins)) != 0)
		i++;
	if (!writers[i].take)
		return false;
	*f = (struct frame){ .pc = pc, .made = true, .module = "[made]", .offset = pc - j->all[low - 1].start };
	writers[i].take(f, j->all[low - 1].name + strlen(writers[i].begins));
	return true;
}
