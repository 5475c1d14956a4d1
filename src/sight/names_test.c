/* SPDX-License-Identifier: MIT
 * Names of network namespaces when processes end and others are in their place. */
#include "sight/names.h"
#include "base/tap.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process of this name, in a network namespace of its own, or in that of process `with`. 0: none may be made. */
static pid_t sleeper(const char *name, pid_t with)
{
	char path[48], byte = 0;
	int ready[2];
	pid_t pid;

	snprintf(path, sizeof path, "/proc/%d/ns/net", with);
	if (pipe2(ready, O_CLOEXEC) < 0)
		exit(1);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		int fd = with ? open(path, O_RDONLY | O_CLOEXEC) : -1;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		if (with ? setns(fd, CLONE_NEWNET) < 0 : unshare(CLONE_NEWNET) < 0)
			_exit(1);
		(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		waitpid(pid, NULL, 0);
		pid = 0;
	}
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static uint64_t netns_of(pid_t pid)
{
	char path[48];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* Keeps the namespace's number: else another one that is made meanwhile gets it, and is rightly called by its own
 * process. */
static int hold_netns(pid_t pid)
{
	char path[48];

	snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void called(const struct column_names *names, uint64_t inode, const char *name, pid_t pid, const char *what)
{
	const char *is = names->netns(names->ctx, inode);
	char should[64];

	snprintf(should, sizeof should, "%s[%d]", name, pid);
	same_text(is ? is : "(none)", should, what);
}

/* What it costs to ask for each of so many again, the last ones first; the least of some rounds, for others run
 * beside. */
static int64_t cost_of(uint32_t many)
{
	struct column_names names;
	struct names n;
	int64_t least = INT64_MAX;

	names_open(&n, &names, false);
	for (uint32_t uid = 0; uid < many; uid++)
		names.user(names.ctx, 1000000 + uid);
	for (int round = 0; round < 5; round++) {
		struct instant began = clock_now();
		int64_t took;

		for (uint32_t uid = many; uid-- > 0;)
			names.user(names.ctx, 1000000 + uid * 7919 % many);
		took = span_since(began).ns;
		least = took < least ? took : least;
	}
	names_close(&n);
	return least;
}

static void are_linear(void)
{
	int64_t few = cost_of(250), many = cost_of(4000);

	ok(many < 64 * few, "sixteen times as many names cost %.1f times as much", (double)many / (double)few);
}

int main(void)
{
	pid_t first = sleeper("first", 0), second = first ? sleeper("second", first) : 0;
	struct column_names names;
	uint64_t inode;
	struct names n;
	int held;

	if (!second) {
		if (first)
			end(first);
		return tap_skip_all("no network namespace may be made here");
	}
	held = hold_netns(first);
	inode = netns_of(first);
	names_open(&n, &names, false);
	called(&names, inode, "first", first, "a namespace is called by a process in it");
	end(first);
	called(&names, inode, "first", first, "and so for as long as the look lasts");
	names_forget(&n);
	called(&names, inode, "second", second, "then by another, for that one has ended");
	end(second);
	names_forget(&n);
	called(&names, inode, "second", second, "when all have ended by the last that was known");
	names_forget(&n);
	called(&names, inode, "second", second, "and so on");
	ok(!names.netns(names.ctx, 1), "what was never there has no name");
	same_text(names.netns(names.ctx, netns_of(getpid())), "this one", "our own");
	names_forget(&n);
	names_forget(&n);
	ok(!names.netns(names.ctx, inode), "what nobody asked for any more is forgotten");
	names_close(&n);
	names_open(&n, &names, true);
	ok(!names.user && !names.cgroup, "numbers of users and cgroups, where these are asked for");
	same_text(names.netns(names.ctx, netns_of(getpid())), "this one", "a namespace keeps its name");
	names_close(&n);
	close(held);
	are_linear();
	return tap_done();
}
