/* SPDX-License-Identifier: MIT
 * What /proc tells of a process. */
#include "source/process.h"
#include "base/file.h"
#include "base/privilege.h"
#include "base/proc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum { SMALL_FILE = 1 << 16, PATH_ROOM = 64 };

/* A small file of /proc/PID; "" if it may not be read. For buf_free(). */
static struct buf read_of(pid_t pid, const char *name)
{
	struct buf b = { 0 };
	char path[PATH_ROOM];

	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	file_read(path, &b, SMALL_FILE);
	return b;
}

/* --- what may be seen ----------------------------------------------------------------------------------- */

bool process_is_listed(pid_t pid)
{
	char path[PATH_ROOM];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d", pid);
	return stat(path, &st) == 0;
}

bool process_may_trace(void)
{
	return privileges() & PRIVILEGE(CAP_SYS_PTRACE);
}

/* --- descriptors --------------------------------------------------------------------------------------- */

static int64_t count_fds(pid_t pid)
{
	struct numbers fds;
	int64_t n = 0;

	if (!numbers_open(&fds, "/proc/%d/fd", pid))
		return UNKNOWN;
	while (numbers_next(&fds))
		n++;
	numbers_close(&fds);
	return n;
}

int64_t process_fds(pid_t pid)
{
	char path[PATH_ROOM];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	if (access(path, R_OK) < 0 || stat(path, &st) < 0)
		return UNKNOWN;
	return st.st_size > 0 ? st.st_size : count_fds(pid);
}

/* --- a process ----------------------------------------------------------------------------------------- */

static void read_limits(struct process_facts *p)
{
	struct buf b = read_of(p->pid, "limits");
	const char *line = strstr(buf_text(&b), "Max open files");
	long long soft, hard;

	if (line && sscanf(line, "Max open files %lld %lld", &soft, &hard) == 2) {
		p->fd_limit = soft;
		p->fd_hard = hard;
	}
	buf_free(&b);
}

static struct span since_boot(uint64_t ticks)
{
	struct timespec now;
	/* In a time namespace that began later than the process this is less than 0, of which the kernel tells as of a
	 * large number (fs/proc/array.c, do_task_stat()). */
	int64_t began = (int64_t)(ticks * (1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK)));

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (struct span){ now.tv_sec * 1000000000LL + now.tv_nsec - began };
}

static void read_stat(struct process_facts *p)
{
	struct proc_stat s;

	if (!proc_stat_read(p->pid, &s))
		return;
	p->state = s.state;
	p->parent = s.parent;
	p->started = s.started;
	p->age = since_boot(s.started);
}

static void read_tracer(struct process_facts *p)
{
	struct proc_status s;

	if (proc_status_read(p->pid, &s))
		p->tracer = s.tracer;
	if (p->tracer)
		comm_read(p->tracer, p->tracer_comm);
}

static void read_executable(struct process_facts *p)
{
	char path[PATH_ROOM];
	const char *name;
	struct stat st;
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/exe", p->pid);
	n = readlink(path, p->exe, sizeof p->exe - 1);
	p->exe[n < 0 ? 0 : n] = 0;
	if (stat(path, &st) == 0)
		p->exe_id = (uint64_t)st.st_dev << 32 ^ st.st_ino;
	name = strrchr(p->exe, '/');
	p->runtime = runtime_of(name ? name + 1 : p->comm);
}

void process_read(struct process_facts *p)
{
	read_stat(p);
	comm_read(p->pid, p->comm);
	read_tracer(p);
	read_limits(p);
	read_executable(p);
	p->fds = process_fds(p->pid);
	if (!proc_same(p->pid, p->started))
		*p = process_unknown(p->pid);
}

/* The tick in which it began is counted from its start: nobody seems younger than he is. Both spans end
 * now, that of the process last: an age of a moment ago would make it seem younger by that moment. */
static bool began_before(uint64_t started, struct instant seen)
{
	struct span since_seen = span_since(seen);

	return since_boot(started).ns >= since_seen.ns;
}

void process_read_seen(struct process_facts *p, struct instant seen)
{
	process_read(p);
	if (!began_before(p->started, seen))
		*p = process_unknown(p->pid);
}

bool process_was_there(pid_t pid, struct instant seen)
{
	struct proc_stat s;

	return proc_stat_read(pid, &s) && began_before(s.started, seen);
}

/* --- epoll sets ---------------------------------------------------------------------------------------- */

/* A set of a hundred thousand descriptors is a file of some ten megabytes. */
enum { EPOLL_FILE = 64 << 20 };

struct entries {
	struct watched *all;
	size_t n, cap;
};

/* "tfd:        3 events:     2019 data: …  pos:0 ino:3a9fa5 sdev:8" */
static void add_entries(struct entries *es, const char *text)
{
	const char *line = text;

	while ((line = strstr(line, "tfd:"))) {
		struct watched entry;
		unsigned long long inode;

		if (sscanf(line, "tfd: %d events: %x data: %*x pos:%*d ino:%llx", &entry.fd, &entry.events, &inode) ==
		    3) {
			entry.inode = inode;
			es->all = grow(es->all, es->n, &es->cap, sizeof *es->all);
			es->all[es->n++] = entry;
		}
		line += strlen("tfd:");
	}
}

/* The link of a descriptor; "" if it was closed meanwhile. false: it may not be read though the folder may be listed,
 * so of none is told what it is (root without CAP_SYS_PTRACE). */
static bool may_read_link(const struct numbers *fd, char link[static LINK_ROOM])
{
	return numbers_link(fd, link) || errno != EACCES;
}

/* What a set watches. false: it cannot be read, or not to its end; one that was closed meanwhile watches nothing. */
static bool add_set(struct entries *es, pid_t pid, int fd)
{
	struct buf b = { 0 };
	char path[PATH_ROOM];
	int rc;

	snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", pid, fd);
	rc = file_read(path, &b, EPOLL_FILE);
	if (rc == 0)
		add_entries(es, buf_text(&b));
	buf_free(&b);
	return rc == 0 || rc == -ENOENT;
}

ssize_t process_epoll(pid_t pid, struct watched **out)
{
	struct entries es = { 0 };
	struct numbers fds;
	char link[LINK_ROOM];
	bool seen = true;

	*out = NULL;
	if (!numbers_open(&fds, "/proc/%d/fd", pid))
		return -1;
	while (seen && numbers_next(&fds)) {
		seen = may_read_link(&fds, link);
		if (seen && streq(link, "anon_inode:[eventpoll]"))
			seen = add_set(&es, pid, fds.number);
	}
	numbers_close(&fds);
	if (!seen) {
		free(es.all);
		return -1;
	}
	*out = es.all;
	return (ssize_t)es.n;
}

/* --- sockets that no table has ------------------------------------------------------------------------- */

static bool is_known(const uint32_t *inodes, size_t n, uint32_t inode)
{
	size_t from = 0, to = n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (inodes[middle] == inode)
			return true;
		if (inodes[middle] < inode)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

static bool is_tcp(pid_t pid, int fd)
{
	char path[PATH_ROOM], name[16] = "";

	snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
	if (getxattr(path, "system.sockprotoname", name, sizeof name - 1) < 0)
		return false;
	return streq(name, "TCP") || streq(name, "TCPv6");
}

ssize_t process_strays(pid_t pid, const uint32_t *inodes, size_t n, struct stray **out)
{
	size_t found = 0, cap = 0;
	struct numbers fds;
	char link[LINK_ROOM];
	bool seen = true;

	*out = NULL;
	if (!numbers_open(&fds, "/proc/%d/fd", pid))
		return -1;
	while (seen && numbers_next(&fds)) {
		uint32_t inode;

		seen = may_read_link(&fds, link);
		inode = socket_of_link(link);
		if (!inode || is_known(inodes, n, inode) || !is_tcp(pid, fds.number))
			continue;
		*out = grow(*out, found, &cap, sizeof **out);
		(*out)[found++] = (struct stray){ fds.number, inode };
	}
	numbers_close(&fds);
	if (seen)
		return (ssize_t)found;
	free(*out);
	*out = NULL;
	return -1;
}
