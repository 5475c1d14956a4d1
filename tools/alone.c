/* SPDX-License-Identifier: MIT
 * alone SECONDS COMMAND…: runs a test so that nothing of it outlives it, at whatever moment it, this program or who
 * started this program ends. tools/run-test uses it.
 *
 * Two processes watch, each in a process group of its own: this one and a keeper between it and the command. Both are
 * subreapers: what loses its parent becomes a child of the nearest, which kills its children until it has none. The
 * keeper does so when the command has ended, or this program (PR_SET_PDEATHSIG tells); this program when the keeper
 * has.
 *
 * After SECONDS, and at SIGINT, SIGTERM or SIGHUP, the command gets the signal (SIGTERM after SECONDS), 5 s later
 * everything SIGKILL. Exit code: the command's, or 128 + its signal; 124 after SECONDS, as timeout(1) has it, and 125
 * when the command cannot be run. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LATE = 124, CANNOT = 125, GRACE_SECONDS = 5 };

/* --- everybody who is left ------------------------------------------------------------------------------ */

/* Of our only thread, as the kernel lists them. False: it does not (CONFIG_PROC_CHILDREN). */
static bool kill_children(void)
{
	FILE *f = fopen("/proc/thread-self/children", "re");
	int pid;

	if (!f)
		return false;
	while (fscanf(f, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	fclose(f);
	return true;
}

/* Children of who is killed become ours: again, until there are none. */
static void kill_all(void)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0) {
		if (pid > 0)
			continue;
		if (!kill_children()) {
			fputs("# alone: this kernel does not list children: what the test has left stays\n", stderr);
			return;
		}
		nanosleep(&moment, NULL);
	}
}

/* --- the two that watch ---------------------------------------------------------------------------------- */

static sigset_t watched(void)
{
	const int signals[] = { SIGCHLD, SIGALRM, SIGINT, SIGTERM, SIGHUP };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaddset(&set, signals[i]);
	return set;
}

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Reaps whoever has ended. True: child was among them, with this status. */
static bool has_ended(pid_t child, int *status)
{
	bool it = false;
	int s;

	for (pid_t pid; (pid = waitpid(-1, &s, WNOHANG)) > 0;)
		if (pid == child) {
			it = true;
			*status = s;
		}
	return it;
}

/* Waits for the test; its exit code. */
static int keep(pid_t test, unsigned seconds)
{
	sigset_t set = watched();
	int sig, status, asked = 0; /* asked: the first signal by which it should end */

	alarm(seconds);
	for (;;) {
		sigwait(&set, &sig);
		if (sig == SIGCHLD && has_ended(test, &status))
			return asked == SIGALRM ? LATE : code_of(status);
		if (sig == SIGCHLD)
			continue;
		if (asked && sig == SIGALRM)
			return asked == SIGALRM ? LATE : 128 + asked;
		kill(-test, sig == SIGALRM ? SIGTERM : sig);
		if (!asked) {
			asked = sig;
			alarm(GRACE_SECONDS);
		}
	}
}

/* Waits for the keeper; its exit code. */
static int watch(pid_t keeper)
{
	sigset_t set = watched();
	int sig, status;

	for (;;) {
		sigwait(&set, &sig);
		if (sig != SIGCHLD)
			kill(keeper, sig);
		else if (has_ended(keeper, &status))
			return code_of(status);
	}
}

/* --- who is whose child ---------------------------------------------------------------------------------- */

__attribute__((noreturn)) static void be_test(char **command, const sigset_t *signals)
{
	setpgid(0, 0);
	for (int sig = 1; sig < NSIG; sig++) /* whatever we were started by ignores, as nohup(1) does SIGHUP */
		signal(sig, SIG_DFL);
	sigprocmask(SIG_SETMASK, signals, NULL);
	execvp(command[0], command);
	fprintf(stderr, "alone: %s cannot be run (%s)\n", command[0], strerror(errno));
	_exit(CANNOT);
}

/* What loses its parent becomes ours, and we hear of the end of our own. */
static void become_keeper(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

/* life: the reading end of a pipe whose writing end only the parent has: it may have ended before we asked to be told.
 */
static int be_keeper(int life, unsigned seconds, char **command, const sigset_t *signals)
{
	struct pollfd parent = { .fd = life };
	pid_t test;

	setpgid(0, 0);
	become_keeper();
	if (poll(&parent, 1, 0) != 0)
		return CANNOT;
	test = fork();
	if (test == 0)
		be_test(command, signals);
	if (test < 0)
		return CANNOT;
	setpgid(test, test);
	return keep(test, seconds);
}

int main(int argc, char **argv)
{
	sigset_t set = watched(), before;
	int life[2], code = CANNOT;
	pid_t keeper;

	if (argc < 3 || pipe2(life, O_CLOEXEC) < 0)
		return CANNOT;
	signal(SIGCHLD, SIG_DFL); /* ignored, it would hide the exit codes */
	sigprocmask(SIG_BLOCK, &set, &before);
	become_keeper();
	keeper = fork();
	if (keeper == 0) {
		close(life[1]);
		code = be_keeper(life[0], (unsigned)atol(argv[1]), argv + 2, &before);
	} else if (keeper > 0) {
		code = watch(keeper);
	}
	kill_all();
	return code;
}
