/* SPDX-License-Identifier: MIT
 * /proc: the folders whose entries are numbers, what the links of descriptors say, and what is told of a process: the
 * one place that reads stat, status and children. */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include "base/clock.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* --- folders of numbers -------------------------------------------------------------------------------- */

/* A walk over a folder's numbers: the processes of /proc, the threads of /proc/PID/task, the descriptors of
 * /proc/PID/fd. Every other name is passed over. */
struct numbers {
	DIR *dir; /* dirfd() of it serves readlinkat() */
	int number;
	const char *name; /* the number as it is written; valid until the next one */
};

/* The path is a format as printf's. false: there is no such folder or it may not be looked at, errno says which; the
 * walk is then empty and closing it is allowed. */
bool numbers_open(struct numbers *w, const char *path, ...) __attribute__((format(printf, 2, 3)));

/* The next one, in no order; false at the end. */
bool numbers_next(struct numbers *w);
void numbers_close(struct numbers *w);

/* The link of the descriptor that the walk stands at, cut at the room there is. false: it may not be read, or is
 * closed; errno says which, and `link` is "". */
#define LINK_ROOM 64
bool numbers_link(const struct numbers *w, char link[static LINK_ROOM]);

/* "socket:[81234]" -> 81234; 0 for a link to anything else (proc(5), /proc/PID/fd). */
uint32_t socket_of_link(const char *link);

/* --- a process ----------------------------------------------------------------------------------------- */

/* /proc/PID/stat, or a thread's (proc(5)). */
struct proc_stat {
	pid_t tid, parent; /* `parent`: the process, not the thread, that forked it or took it over */
	char state;        /* R runs, S sleeps, D sleeps beyond interruption, T stopped, t by its tracer, Z ended … */
	uint64_t started;  /* in ticks of sysconf(_SC_CLK_TCK) since boot: tells two processes of one number apart */
};

/* Of the file's text. The name in it stands in brackets and may hold any byte, brackets, spaces and newlines too.
 * false: it is no such text. */
bool proc_stat_parse(const char *text, struct proc_stat *s);

/* false: there is no such process or thread, or /proc does not show it to us. */
bool proc_stat_read(pid_t tid, struct proc_stat *s);

/* For who asks often: the file of a thread, kept open (-1 as open()), and what it says now. false: the thread is gone,
 * or `fd` is -1. */
int proc_stat_open(pid_t pid, pid_t tid);
bool proc_stat_again(int fd, struct proc_stat *s);

/* Does /proc show this process and its children under the numbers that they have here? Not the one of another PID
 * namespace (`unshare -pf` without --mount-proc), where these numbers are other processes'. True where there is no
 * /proc: whoever reads it says so. */
bool proc_is_ours(void);

/* Is this still the process that began then? A number is given to another process soon after its process is gone. false
 * too if `started` is 0, which is when nobody began: what is not known is not the same. */
bool proc_same(pid_t pid, uint64_t started);

/* Has it ended, and its parent has not asked for its exit code yet? Its number is taken still, and there is nothing to
 * look at. */
bool proc_is_zombie(pid_t pid);

/* How much of a processor it has had so far, all of its threads together (clock_getcpuclockid(3)); 0: it is gone. */
struct span process_worked(pid_t pid);

/* /proc/PID/status, or a thread's. */
struct proc_status {
	pid_t process;  /* the thread's process (Tgid) */
	pid_t parent;   /* its parent process (PPid) */
	pid_t tracer;   /* who traces it with ptrace; 0: nobody */
	pid_t inside;   /* its number in its own PID namespace (the last of NSpid) */
	uint64_t slept; /* how often it gave up the processor by itself (voluntary_ctxt_switches) */
};
bool proc_status_read(pid_t tid, struct proc_status *s);

/* The children of a process, whichever of its threads forked them; for free(). NULL: none, or it is gone. One that is
 * born or whose parent thread ends while we read may be missing or be there twice: whoever needs all stops the threads
 * first. */
pid_t *proc_children(pid_t pid, size_t *n);

/* The same by asking every process for its parent: slower, and all there is on kernels without CONFIG_PROC_CHILDREN,
 * where proc_children() does it. */
pid_t *proc_children_by_parent(pid_t parent, size_t *n);

#endif
