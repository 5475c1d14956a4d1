/* SPDX-License-Identifier: MIT
 * Whole small files, and descriptors that close themselves once. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"

#include <limits.h>
#include <sys/types.h>

/* Writes `text` in one write(2), as the files of /proc want it. 0 or -errno. */
int file_write(const char *path, const char *text);

/* Appends the file's content to `out`, at most `max` bytes. 0 or -errno; -EFBIG when there is more,
 * -EISDIR for a directory. */
int file_read(const char *path, struct buf *out, size_t max);

/* The same from an open descriptor, from its start (pread): a /proc file kept open stays bound to the
 * network namespace in which it was opened (measured; fs/proc/proc_net.c). */
int fd_read_all(int fd, struct buf *out, size_t max);

/* The process's name as /proc/PID/comm has it, raw: it may hold any byte. "" if it is gone. */
#define COMM_SIZE 16
void comm_read(pid_t pid, char comm[static COMM_SIZE]);

/* The file that execvp() will find for a program's name: the name itself where it has a slash in it, be it there or
 * not; else the first of that name in PATH that may be run. False: there is none, and `path` is "". */
bool program_find(const char *name, char path[static PATH_MAX]);

/* Closes if open and marks it closed (-1). */
void fd_close(int *fd);

/* Closes all from `from` to `to`, or marks them to be closed by exec: close_range(2), and what it does by hand where
 * the kernel or a seccomp filter has not got it (the flag came with Linux 5.11). 0 or -errno. */
int fds_close(unsigned from, unsigned to);
int fds_close_at_exec(unsigned from);

#endif
