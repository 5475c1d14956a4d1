/* SPDX-License-Identifier: MIT
 * A traced program with a seccomp filter stops before the calls that the filter names and before no other;
 * PTRACE_SYSCALL from there stops it again after the same call, with its result. src/step relies on it: other calls
 * cost nothing. */
#include "step/filter.h"
#include "base/tap.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int child_says(int wait_for)
{
	char byte;

	if (read(wait_for, &byte, 1) != 1 || filter_install(false) < 0)
		return 1;
	for (int i = 0; i < 100; i++)
		syscall(SYS_getppid);
	return socket(AF_INET, SOCK_STREAM, -1) != -1; /* fails: EINVAL */
}

static struct __ptrace_syscall_info info_of(pid_t pid)
{
	struct __ptrace_syscall_info i = { 0 };

	ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof i, &i);
	return i;
}

/* The child's next stop; 0 when it has ended. */
static int next_stop(pid_t pid, int how)
{
	int status;

	ptrace(how, pid, NULL, NULL);
	return waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) ? status >> 8 : 0;
}

int main(void)
{
	int go[2], stop, status;
	struct __ptrace_syscall_info i;
	pid_t pid;

	if (pipe(go) < 0 || (pid = fork()) < 0)
		return 1;
	if (pid == 0)
		_exit(child_says(go[0]));
	if (ptrace(PTRACE_SEIZE, pid, NULL,
	           (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL)) < 0 ||
	    write(go[1], "", 1) != 1)
		return tap_skip_all("ptrace is not allowed here");
	waitpid(pid, &status, 0);
	i = info_of(pid);
	ok(status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8) && i.seccomp.nr == SYS_socket,
	   "100 other calls passed; the first stop is before socket()");
	ok(i.op == PTRACE_SYSCALL_INFO_SECCOMP && i.seccomp.args[0] == AF_INET, "with its arguments");
	stop = next_stop(pid, PTRACE_SYSCALL);
	i = info_of(pid);
	ok(stop == (SIGTRAP | 0x80) && i.op == PTRACE_SYSCALL_INFO_EXIT && i.exit.rval == -22,
	   "the next one is after it, with its result (%d)", (int)i.exit.rval);
	stop = next_stop(pid, PTRACE_CONT);
	i = info_of(pid);
	ok(stop == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8) && i.seccomp.nr == SYS_exit_group,
	   "and then before exit_group()");
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0, "which ends it");
	return tap_done();
}
