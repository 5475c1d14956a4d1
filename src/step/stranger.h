/* SPDX-License-Identifier: MIT
 * Strangers for tests: processes that live as a function says, hear us by a pipe and tell us by another how they fare,
 * and end with the test at whatever moment that ends. Only *_test.c use this. */
#ifndef STEP_STRANGER_H
#define STEP_STRANGER_H

#include "base/proc.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Far more than any of it takes on a crowded machine. */
enum { PATIENCE_MS = 60000 };

/* A stranger runs `live`, which hears us by a pipe and tells us by another. */
struct stranger {
	pid_t pid;
	int hear, tell; /* our ends: what it says, and what we say to it */
};

static inline struct stranger stranger(void (*live)(int hear, int tell))
{
	int to[2], from[2];
	pid_t parent = getpid();
	struct stranger s;

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		exit(1);
	fflush(NULL);
	s.pid = fork();
	if (s.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent) /* it was killed before the line above */
			_exit(0);
		close(to[1]);
		close(from[0]);
		live(to[0], from[1]);
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	s.hear = from[0];
	s.tell = to[1];
	return s;
}

static inline void part(struct stranger *s)
{
	close(s->tell);
	close(s->hear);
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}

/* What it says next; 0: nothing for very long, or it is gone. */
static inline char says(const struct stranger *s)
{
	struct pollfd p = { s->hear, POLLIN, 0 };
	char byte = 0;

	return poll(&p, 1, PATIENCE_MS) == 1 && read(s->hear, &byte, 1) == 1 ? byte : 0;
}

static inline void say(int fd, char byte)
{
	if (write(fd, &byte, 1) != 1)
		_exit(1);
}

/* Waits until it is in this state: it is on its way there. */
static inline bool becomes(pid_t pid, char state)
{
	struct proc_stat s;

	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		if (proc_stat_read(pid, &s) && s.state == state)
			return true;
		usleep(1000);
	}
	return false;
}

static inline bool nobody_traces(pid_t pid)
{
	struct proc_status s;

	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		if (proc_status_read(pid, &s) && s.tracer == 0)
			return true;
		usleep(1000);
	}
	return false;
}

#endif
