/* SPDX-License-Identifier: MIT
 * For tests: a process that sleeps until it is ended, and does not outlive its test; whether one may have a terminal.
 */
#ifndef BASE_CHILD_TEST_H
#define BASE_CHILD_TEST_H

#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static inline pid_t child_asleep(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent) /* it was killed before the line above */
			_exit(0);
		for (;;)
			pause();
	}
	return pid;
}

/* May a child be given a terminal? In a chroot without /dev/pts there is none. */
static inline bool child_has_terminals(void)
{
	int master, slave;

	if (openpty(&master, &slave, NULL, NULL, NULL) < 0)
		return false;
	close(master);
	close(slave);
	return true;
}

static inline void child_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
