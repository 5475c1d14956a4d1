/* SPDX-License-Identifier: MIT
 * /proc: folders of numbers; what is told of processes with hostile names, of threads, of children of every thread, and
 * of a number that another process has now. Processes of our own are the oracle: fork(), getpid(), prctl(). */
#include "base/proc.h"
#include "base/file.h"
#include "base/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* LeakSanitizer stops our threads by ptrace, and falls where one of ours was traced. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* --- folders of numbers ---------------------------------------------------------------------------------- */

/* A process finds itself, its one thread and its socket; not "self" or "fdinfo". */
static void folders_of_numbers(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), pids = 0, threads = 0;
	char link[LINK_ROOM] = "";
	struct numbers w;

	numbers_open(&w, "/proc");
	while (numbers_next(&w))
		pids += w.number == getpid();
	numbers_close(&w);
	ok(pids == 1, "a process is met once in /proc");
	numbers_open(&w, "/proc/%d/task", getpid());
	while (numbers_next(&w))
		threads++;
	numbers_close(&w);
	ok(threads == 1, "its only thread, and not . and ..");
	numbers_open(&w, "/proc/self/fd");
	while (numbers_next(&w) && w.number != fd)
		;
	ok(numbers_link(&w, link) && socket_of_link(link) > 0, "a socket's link says its inode");
	numbers_close(&w);
	close(fd);
	ok(socket_of_link("socket:[81234]") == 81234 && !socket_of_link("pipe:[81234]") && !socket_of_link(""),
	   "only a socket's does");
	ok(!numbers_open(&w, "/proc/%d/fd", 0) && errno == ENOENT && !numbers_next(&w),
	   "no such folder: the walk is empty");
	numbers_close(&w);
}

/* --- stat as a text -------------------------------------------------------------------------------------- */

#define BEHIND " 40 30 20 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654321 11 12 13\n"

static void stat_texts(void)
{
	static const struct {
		const char *text, *what;
		bool good;
		char state;
	} rows[] = {
		{ "77 (nginx) S" BEHIND, "a name", true, 'S' },
		{ "77 (a b) c) D" BEHIND, "a name with blanks and a bracket", true, 'D' },
		{ "77 () R 1) Z" BEHIND, "a name that pretends to be the fields behind it", true, 'Z' },
		{ "77 (\n) R\n) t" BEHIND, "a name with newlines", true, 't' },
		{ "77 () R" BEHIND, "no name at all", true, 'R' },
		{ "77 (nginx) S 40 30 20 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0", "cut off before the start time", false,
		  0 },
		{ "77 (nginx)", "cut off behind the name", false, 0 },
		{ "77 (nginx) 5" BEHIND, "no letter", false, 0 },
		{ "77 nginx S" BEHIND, "no brackets", false, 0 },
		{ "", "nothing", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct proc_stat s = { 0 };
		bool good = proc_stat_parse(rows[i].text, &s);

		ok(good == rows[i].good && s.state == rows[i].state, "stat: %s", rows[i].what);
		if (good)
			ok(s.tid == 77 && s.parent == 40 && s.started == 987654321,
			   "  its number, its parent, its start");
	}
}

/* --- real processes -------------------------------------------------------------------------------------- */

/* A child that sleeps, by a name of its own. */
static pid_t sleep_as(const char *name)
{
	int ready[2];
	pid_t pid;
	char byte;

	if (pipe2(ready, O_CLOEXEC) < 0)
		exit(1);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 0) /* it has its name when its end is closed */
		exit(1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Reads until it is there: the child is on its way to sleep. */
static bool becomes(pid_t pid, char state, struct proc_stat *s)
{
	for (int i = 0; i < 10000; i++) {
		if (proc_stat_read(pid, s) && s->state == state)
			return true;
		usleep(1000);
	}
	return false;
}

static void hostile_names(void)
{
	static const char *const names[] = { ") R 1",        "a) S 2 3 4", "\n) Z 1 (", "\nTgid:\t1\nPPid",
		                             "\nNSpid:\t99", "Tgid:\t1",   "((((",      "\xff\xfe)\x1b" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		pid_t x = sleep_as(names[i]);
		struct proc_status status;
		struct proc_stat s;

		ok(becomes(x, 'S', &s) && s.tid == x && s.parent == getpid(), "stat behind hostile name %zu", i);
		ok(proc_status_read(x, &status) && status.process == x && status.parent == getpid() &&
		           status.tracer == 0 && status.inside == x,
		   "and status");
		end(x);
		ok(!proc_stat_read(x, &s) && !proc_status_read(x, &status) && status.process == 0,
		   "nothing is told of it when it is gone");
	}
}

static void ended_and_traced(void)
{
	pid_t x = sleep_as("x");
	int fd = proc_stat_open(x, x);
	struct proc_status status;
	struct proc_stat s;
	bool seized = ptrace(PTRACE_SEIZE, x, NULL, NULL) == 0;

	ok(becomes(x, 'S', &s) && proc_stat_again(fd, &s) && s.tid == x, "a stat that is kept open");
	ok(!seized || (proc_status_read(x, &status) && status.tracer == getpid()), "who traces it%s",
	   seized ? "" : " # SKIP it may not be traced here");
	kill(x, SIGKILL);
	ok(!proc_is_zombie(getpid()) && becomes(x, 'Z', &s) && proc_is_zombie(x),
	   "a process that has ended, before its parent asks");
	end(x);
	ok(!proc_stat_again(fd, &s), "the file that is kept open says that it is gone");
	ok(!proc_stat_again(-1, &s), "so does one that could not be opened");
	ok(proc_stat_open(x, x) < 0, "and it cannot be opened again");
	close(fd);
}

static void slept(void)
{
	struct proc_status before, after;

	proc_status_read(getpid(), &before);
	for (int i = 0; i < 5; i++)
		usleep(1000);
	ok(proc_status_read(getpid(), &after) && after.slept >= before.slept + 5, "how often it has slept");
}

/* In a PID namespace of its own a child is number 1, and to us it is another. */
static void inside(void)
{
	struct proc_status s = { 0 };
	char byte = 0;
	int told[2];
	pid_t pid;

	if (pipe2(told, O_CLOEXEC) < 0 || unshare(CLONE_NEWPID) < 0) {
		ok(true, "its number inside # SKIP no PID namespace may be made here");
		return;
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(told[1]);
		_exit(read(told[0], &byte, 1) >= 0 ? getpid() : 0);
	}
	ok(proc_status_read(pid, &s) && s.process == pid && s.inside == 1, "its number in its own PID namespace");
	close(told[1]);
	close(told[0]);
	waitpid(pid, NULL, 0);
}

/* --- children -------------------------------------------------------------------------------------------- */

struct forking {
	pid_t child;
	int done[2];
};

static void *fork_one(void *arg)
{
	struct forking *f = arg;

	f->child = sleep_as("thread's");
	if (write(f->done[1], "", 1) != 1)
		exit(1);
	pause(); /* when it ends, the first thread takes over its child */
	return NULL;
}

static bool has(const pid_t *all, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (all[i] == pid)
			return true;
	return false;
}

static void children_are(pid_t *all, size_t n, pid_t by_first, pid_t by_other, const char *how)
{
	ok(n == 2 && has(all, n, by_first) && has(all, n, by_other), "both children%s", how);
	free(all);
}

static void children(void)
{
	pid_t mine = sleep_as("first's");
	struct forking f;
	pthread_t thread;
	pid_t *all;
	char byte;
	size_t n;

	if (pipe2(f.done, O_CLOEXEC) < 0 || pthread_create(&thread, NULL, fork_one, &f) ||
	    read(f.done[0], &byte, 1) != 1)
		exit(1);
	all = proc_children(getpid(), &n);
	children_are(all, n, mine, f.child, ", of the first thread and of another");
	all = proc_children_by_parent(getpid(), &n);
	children_are(all, n, mine, f.child, ", by asking everybody for his parent");
	all = proc_children(f.child, &n);
	ok(!all && n == 0, "who has none");
	all = proc_children(0, &n);
	ok(!all && n == 0, "nobody's");
	end(mine);
	end(f.child);
	/* The thread sleeps on: this process ends with it. */
}

/* --- a number that another process has now ---------------------------------------------------------------- */

static void same(void)
{
	pid_t x = sleep_as("x"), other;
	struct proc_stat s, again;
	char last[16];

	proc_stat_read(x, &s);
	ok(s.started > 0 && proc_same(x, s.started), "it is itself");
	ok(!proc_same(x, s.started + 1) && !proc_same(x, s.started - 1), "and not who began at another time");
	ok(!proc_same(x, 0), "what is not known is not the same");
	end(x);
	ok(!proc_same(x, s.started), "who is gone is not the same");
	/* The kernel gives the number behind this one to the next. A tick is 10 ms: later than that it is another. */
	snprintf(last, sizeof last, "%d", x - 1);
	usleep(30000);
	if (file_write("/proc/sys/kernel/ns_last_pid", last) < 0) {
		ok(true, "a number that is given again # SKIP it may not be chosen here");
		return;
	}
	other = sleep_as("x");
	if (other == x)
		ok(proc_stat_read(x, &again) && again.tid == s.tid && !proc_same(x, s.started),
		   "another process with its number and name is not the same");
	else
		ok(true, "a number that is given again # SKIP somebody else was faster");
	end(other);
}

/* Of this process, which computes. */
static void work(void)
{
	struct instant end = instant_after(clock_now(), span_s(10));
	struct span before = process_worked(getpid());
	pid_t pid;

	while (process_worked(getpid()).ns < before.ns + 5000000 && !instant_reached(end, clock_now()))
		;
	ok(process_worked(getpid()).ns >= before.ns + 5000000,
	   "what it has had of a processor grows while it computes");
	pid = fork();
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	ok(process_worked(pid).ns == 0, "and is 0 of one that is gone");
}

int main(void)
{
	folders_of_numbers();
	stat_texts();
	hostile_names();
	ended_and_traced();
	slept();
	same();
	children();
	work();
	inside(); /* the last: from then on children are in the other namespace */
	return tap_done();
}
