/* SPDX-License-Identifier: MIT
 * slow MS N before|behind COMMAND…: runs the command under ptrace, as a debugger would, and lets it stand still for so
 * long before, or behind, the Nth packet that it hands to a host: writev() to a TUN, sendmsg() to a packet socket. Exit
 * code 99 where it handed over fewer. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <stdio.h>

enum { TUN_MAJOR = 10, TUN_MINOR = 200, TOO_FEW = 99 };

static bool is_tun(pid_t pid, unsigned long long fd)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/fd/%llu", pid, fd);
	return stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(TUN_MAJOR, TUN_MINOR);
}

static bool is_packet(pid_t pid, const struct __ptrace_syscall_info *i)
{
	return i->entry.nr == SYS_writev && is_tun(pid, i->entry.args[0]);
}

static void stand_still(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

static pid_t start(char **command)
{
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execvp(command[0], command);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	return pid;
}

int main(int argc, char **argv)
{
	long ms, nth, n = 0;
	bool packet = false, behind;
	int status, sig = 0;
	pid_t pid;

	if (argc < 5)
		return TOO_FEW;
	ms = atol(argv[1]);
	nth = atol(argv[2]);
	behind = strcmp(argv[3], "behind") == 0;
	pid = start(argv + 4);
	for (;;) {
		struct __ptrace_syscall_info i = { 0 };

		ptrace(PTRACE_SYSCALL, pid, 0, sig);
		if (waitpid(pid, &status, 0) < 0 || WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		if (WIFEXITED(status))
			return n < nth ? TOO_FEW : WEXITSTATUS(status);
		sig = WSTOPSIG(status) & ~0x80;
		if (sig == SIGTRAP)
			sig = 0;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof i, &i);
		if (i.op == PTRACE_SYSCALL_INFO_ENTRY)
			n += packet = is_packet(pid, &i);
		if (packet && n == nth && (i.op == PTRACE_SYSCALL_INFO_EXIT) == behind)
			stand_still(ms);
	}
}
