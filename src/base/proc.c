/* SPDX-License-Identifier: MIT
 * /proc: folders of numbers; a process. */
#include "base/proc.h"
#include "base/file.h"

#include <ctype.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

enum { PATH_ROOM = 64 };

bool numbers_open(struct numbers *w, const char *path, ...)
{
	char text[PATH_ROOM];
	va_list ap;

	va_start(ap, path);
	vsnprintf(text, sizeof text, path, ap);
	va_end(ap);
	*w = (struct numbers){ .dir = opendir(text) };
	return w->dir != NULL;
}

bool numbers_next(struct numbers *w)
{
	const struct dirent *entry;

	while (w->dir && (entry = readdir(w->dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		w->name = entry->d_name;
		w->number = (int)strtol(w->name, NULL, 10);
		return true;
	}
	return false;
}

void numbers_close(struct numbers *w)
{
	if (w->dir)
		closedir(w->dir);
	w->dir = NULL;
}

bool numbers_link(const struct numbers *w, char link[static LINK_ROOM])
{
	ssize_t n = readlinkat(dirfd(w->dir), w->name, link, LINK_ROOM - 1);

	link[n < 0 ? 0 : n] = 0;
	return n >= 0;
}

uint32_t socket_of_link(const char *link)
{
	static const char is[] = "socket:[";

	return strncmp(link, is, sizeof is - 1) ? 0 : (uint32_t)strtoul(link + sizeof is - 1, NULL, 10);
}

/* --- stat ---------------------------------------------------------------------------------------------- */

/* What stands behind `n` more blanks; NULL: there are not so many. */
static const char *skip_words(const char *at, int n)
{
	while (n-- > 0 && (at = strchr(at, ' ')))
		at++;
	return at;
}

/* proc(5) numbers the fields from 1: the state is the third, the parent the fourth. */
enum { FIELD_STATE = 3, FIELD_PARENT = 4, FIELD_STARTED = 22 };

bool proc_stat_parse(const char *text, struct proc_stat *s)
{
	const char *state = strrchr(text, ')'), *parent, *started;

	if (!state || state[1] != ' ' || !isalpha((unsigned char)state[2]))
		return false;
	state += 2;
	parent = skip_words(state, FIELD_PARENT - FIELD_STATE);
	started = skip_words(state, FIELD_STARTED - FIELD_STATE);
	if (!parent || !started)
		return false;
	*s = (struct proc_stat){ .tid = (pid_t)strtol(text, NULL, 10),
		                 .parent = (pid_t)strtol(parent, NULL, 10),
		                 .state = *state,
		                 .started = strtoull(started, NULL, 10) };
	return true;
}

/* 52 numbers of up to 20 digits, and a name. */
enum { STAT_ROOM = 1280 };

bool proc_stat_again(int fd, struct proc_stat *s)
{
	char text[STAT_ROOM];
	ssize_t n = fd < 0 ? 0 : pread(fd, text, sizeof text - 1, 0);

	if (n <= 0)
		return false;
	text[n] = 0;
	return proc_stat_parse(text, s);
}

int proc_stat_open(pid_t pid, pid_t tid)
{
	char path[PATH_ROOM];

	snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, tid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

struct span process_worked(pid_t pid)
{
	struct timespec t = { 0 };
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) == 0)
		clock_gettime(clock, &t);
	return (struct span){ t.tv_sec * INT64_C(1000000000) + t.tv_nsec };
}

bool proc_is_ours(void)
{
	char link[16] = "";
	struct statfs fs;
	ssize_t n;

	if (statfs("/proc", &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return true;
	n = readlink("/proc/self", link, sizeof link - 1);
	return n > 0 && atoi(link) == getpid();
}

bool proc_stat_read(pid_t tid, struct proc_stat *s)
{
	char path[PATH_ROOM];
	bool known;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	known = proc_stat_again(fd, s);
	fd_close(&fd);
	return known;
}

bool proc_same(pid_t pid, uint64_t started)
{
	struct proc_stat s;

	return started && proc_stat_read(pid, &s) && s.started == started;
}

bool proc_is_zombie(pid_t pid)
{
	struct proc_stat s;

	return proc_stat_read(pid, &s) && s.state == 'Z';
}

/* --- status -------------------------------------------------------------------------------------------- */

/* A process may be in 65,536 groups, whose numbers stand before the last lines. */
enum { STATUS_ROOM = 1 << 20 };

/* The number behind "NAME:"; of several in the line the last. Lines begin where they seem to: a newline in the
 * process's name is escaped in this file (fs/proc/array.c, proc_task_name()). */
static uint64_t last_number(const char *text, const char *name)
{
	const char *line = strstr(text, name), *end;
	uint64_t number = 0;

	if (!line)
		return 0;
	line += strlen(name);
	for (end = line + strcspn(line, "\n"); line < end; line += strcspn(line, "\t \n")) {
		line += strspn(line, "\t ");
		if (isdigit((unsigned char)*line))
			number = strtoull(line, NULL, 10);
	}
	return number;
}

bool proc_status_read(pid_t tid, struct proc_status *s)
{
	struct buf b = { 0 };
	char path[PATH_ROOM];
	const char *text;
	bool known;

	snprintf(path, sizeof path, "/proc/%d/status", tid);
	known = file_read(path, &b, STATUS_ROOM) == 0 && b.len;
	text = buf_text(&b);
	*s = (struct proc_status){ .process = (pid_t)last_number(text, "\nTgid:"),
		                   .parent = (pid_t)last_number(text, "\nPPid:"),
		                   .tracer = (pid_t)last_number(text, "\nTracerPid:"),
		                   .inside = (pid_t)last_number(text, "\nNSpid:"),
		                   .slept = last_number(text, "\nvoluntary_ctxt_switches:") };
	buf_free(&b);
	return known;
}

/* --- children ------------------------------------------------------------------------------------------ */

struct pids {
	pid_t *all;
	size_t n, cap;
};

static void add_pid(struct pids *p, pid_t pid)
{
	p->all = grow(p->all, p->n, &p->cap, sizeof *p->all);
	p->all[p->n++] = pid;
}

/* "4711 4712 ": those that this thread forked, or took over. */
static void add_children(struct pids *to, pid_t pid, pid_t tid)
{
	struct buf b = { 0 };
	char path[PATH_ROOM], *end;
	const char *at;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, tid);
	file_read(path, &b, STATUS_ROOM);
	for (at = buf_text(&b); isdigit((unsigned char)*at); at = end + strspn(end, " "))
		add_pid(to, (pid_t)strtol(at, &end, 10));
	buf_free(&b);
}

pid_t *proc_children_by_parent(pid_t parent, size_t *n)
{
	struct pids found = { 0 };
	struct numbers all;
	struct proc_stat s;

	numbers_open(&all, "/proc");
	while (numbers_next(&all))
		if (proc_stat_read(all.number, &s) && s.parent == parent)
			add_pid(&found, all.number);
	numbers_close(&all);
	*n = found.n;
	return found.all;
}

pid_t *proc_children(pid_t pid, size_t *n)
{
	struct pids found = { 0 };
	struct numbers threads;

	if (access("/proc/thread-self/children", F_OK) < 0)
		return proc_children_by_parent(pid, n);
	numbers_open(&threads, "/proc/%d/task", pid);
	while (numbers_next(&threads))
		add_children(&found, pid, threads.number);
	numbers_close(&threads);
	*n = found.n;
	return found.all;
}
