/* SPDX-License-Identifier: MIT
 * What is told of a process, held against what the process itself knows; and that nothing is told of one number as if
 * it were one process, when it is two. */
#include "source/process.h"
#include "base/privilege.h"
#include "base/child_test.h"
#include "base/tap.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void facts(void)
{
	struct process_facts p = process_unknown(getpid());
	struct rlimit limit = { .rlim_cur = 77, .rlim_max = 777 };
	int64_t before = process_fds(getpid());
	char exe[256] = "";
	int fd = eventfd(0, EFD_CLOEXEC);

	ok(p.fds == UNKNOWN && p.fds_before == UNKNOWN && p.fd_limit == UNKNOWN && p.fd_hard == UNKNOWN && !p.started,
	   "at first nothing is known");
	setrlimit(RLIMIT_NOFILE, &limit);
	prctl(PR_SET_NAME, "a) R 1");
	process_read(&p);
	same_text(p.comm, "a) R 1", "its name");
	ok(p.state == 'R' && p.parent == getppid() && p.tracer == 0, "it runs, whose child it is, nobody traces it");
	ok(p.fd_limit == 77 && p.fd_hard == 777, "both limits of descriptors");
	ok(p.fds == before + 1, "its descriptors, one more than before");
	ok(readlink("/proc/self/exe", exe, sizeof exe - 1) > 0 && streq(p.exe, exe) && p.exe_id, "its program");
	ok(p.started && p.age.ns >= 0 && p.age.ns < span_s(3600).ns, "when it began");
	close(fd);
}

static bool nothing_known(const struct process_facts *p)
{
	struct process_facts none = process_unknown(p->pid);

	return p->fds == UNKNOWN && p->fd_limit == UNKNOWN && !p->state && !p->started && !*p->comm && !*p->exe &&
	       p->parent == none.parent && p->age.ns == 0;
}

/* The kernel counts the start of a process in ticks of 10 ms. */
enum { TICKS_US = 30000 };

static void seen(void)
{
	struct instant before = clock_now(), after;
	struct process_facts p;
	pid_t pid;

	usleep(TICKS_US);
	pid = child_asleep();
	after = clock_now();
	p = process_unknown(pid);
	process_read_seen(&p, after);
	ok(p.started && p.parent == getpid() && p.fds != UNKNOWN, "who was there when it was seen is known");
	p = process_unknown(pid);
	process_read_seen(&p, before);
	ok(nothing_known(&p), "of who began later nothing is: somebody else had its number");
	ok(process_was_there(pid, after) && !process_was_there(pid, before), "it was there then, and not before");
	child_end(pid);
	ok(!process_was_there(pid, after), "nor is it when it has ended");
	p = process_unknown(pid);
	process_read(&p);
	ok(nothing_known(&p), "and nothing is known of it");
}

/* So many seconds later, or earlier, it is by the clocks of the calling process's children. */
static bool shift_clocks(long seconds)
{
	char text[96];
	int fd, n;
	bool done;

	if (unshare(CLONE_NEWTIME) < 0)
		return false;
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	n = snprintf(text, sizeof text, "monotonic %ld 0\nboottime %ld 0\n", seconds, seconds);
	done = fd >= 0 && write(fd, text, (size_t)n) == n;
	if (fd >= 0)
		close(fd);
	return done;
}

/* In a process of its own, whose child looks: exit code 0 if what it sees is so, 1 if not, 2 if clocks cannot be
 * shifted here. */
static int looks_from_afar(pid_t at, long seconds, struct span age, struct instant when)
{
	int status;
	pid_t pid;

	if (!shift_clocks(seconds))
		return 2;
	pid = fork();
	if (pid == 0) {
		struct process_facts p = process_unknown(at), again = p;
		struct span more;

		process_read(&p);
		more = span_between(instant_after(when, span_s(seconds)), clock_now()); /* since it was read outside */
		process_read_seen(&again, clock_now());
		_exit(!(p.started && p.age.ns >= age.ns - TICKS_US * 1000LL &&
		        p.age.ns <= age.ns + more.ns + TICKS_US * 1000LL && again.started &&
		        process_was_there(at, clock_now())));
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* As old as it is, whatever the time is where it is looked at: also by clocks that began after it. */
static void time_namespace(void)
{
	struct process_facts p = process_unknown(getpid());
	struct instant when = clock_now();
	struct timespec up;
	long shifts[3] = { 100000, -1 };
	int status;

	process_read(&p);
	clock_gettime(CLOCK_BOOTTIME, &up);
	shifts[2] = -(up.tv_sec - 1);
	for (size_t i = 0; i < ARRAY_SIZE(shifts); i++) {
		pid_t pid;

		fflush(NULL);
		pid = fork();
		if (pid == 0)
			_exit(looks_from_afar(getppid(), shifts[i], p.age, when));
		waitpid(pid, &status, 0);
		if (WEXITSTATUS(status) == 2)
			printf("# no time namespace may be made here: not tried with %ld s\n", shifts[i]);
		else
			ok(WEXITSTATUS(status) == 0, "its age is the same by clocks that are %ld s off", shifts[i]);
	}
}

enum { SIGHTINGS = 400 };

/* A process seen in the moment of its birth, at all places of the kernel's tick: the time that reading it takes does
 * not make it younger. */
static void seen_at_birth(void)
{
	unsigned known = 0;

	for (int i = 0; i < SIGHTINGS; i++) {
		pid_t pid = child_asleep();
		struct process_facts p = process_unknown(pid);

		process_read_seen(&p, clock_now());
		known += p.started != 0;
		child_end(pid);
	}
	ok(known == SIGHTINGS, "who was there is known wherever in the tick it began: %u of %d", known, SIGHTINGS);
}

enum { ENDINGS = 1500 };

/* Processes that end while they are read, and are gone at once: all files of one are there, or none. */
static void ending(void)
{
	unsigned whole = 0, parts = 0;

	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < ENDINGS; i++) {
		struct process_facts p;
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		do {
			p = process_unknown(pid);
			process_read(&p);
			whole += p.started && p.fd_limit != UNKNOWN;
			parts += p.started && p.fd_limit == UNKNOWN;
		} while (p.started);
	}
	signal(SIGCHLD, SIG_DFL);
	ok(whole && !parts, "of who ends meanwhile all is known or nothing: %u, %u in part", whole, parts);
}

static void over_the_window(void)
{
	static const struct {
		struct process_facts was, is;
		int64_t should;
		const char *what;
	} rows[] = {
		{ { .pid = 7, .started = 100, .fds = 50 }, { .pid = 7, .started = 100 }, 50, "the same process" },
		{ { .pid = 7, .started = 100, .fds = 50 }, { .pid = 7, .started = 101 }, UNKNOWN, "its number again" },
		{ { .pid = 7, .started = 0, .fds = 50 }, { .pid = 7, .started = 0 }, UNKNOWN, "nobody knows" },
		{ { .pid = 7, .started = 100, .fds = 50 }, { .pid = 8, .started = 100 }, UNKNOWN, "another number" },
		{ { .pid = 7, .started = 100, .fds = UNKNOWN },
		  { .pid = 7, .started = 100 },
		  UNKNOWN,
		  "not counted then" },
	};
	struct process_facts new = { .pid = 7, .started = 100, .fds_before = 3 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct process_facts is = rows[i].is;

		process_since(&is, &rows[i].was);
		ok(is.fds_before == rows[i].should, "descriptors before: %s", rows[i].what);
	}
	process_since(&new, NULL);
	ok(new.fds_before == UNKNOWN, "descriptors before: it was not there");
}

static void epoll_sets(void)
{
	int set = epoll_create1(EPOLL_CLOEXEC), fd = eventfd(0, EFD_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	struct watched *all;
	struct stat st;
	ssize_t n;

	ok(process_epoll(getpid(), &all) == 0, "an empty set watches nothing");
	free(all);
	epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
	n = process_epoll(getpid(), &all);
	ok(n == 1 && all[0].fd == fd && (all[0].events & EPOLLIN) && (all[0].events & EPOLLET) && fstat(fd, &st) == 0 &&
	           all[0].inode == st.st_ino,
	   "one descriptor, its events, its inode");
	free(all);
	close(set);
	close(fd);
	ok(process_epoll(0, &all) == -1 && !all, "nobody's cannot be looked at");
}

/* Root without CAP_SYS_PTRACE may list the descriptors of who has it, and not see what they are. */
static void links_hidden(void)
{
	pid_t child, us = getpid();
	struct watched *watched;
	struct stray *strays;
	struct err e;
	int status;

	if (geteuid() != 0) {
		printf("# not root: the folder itself is closed\n");
		return;
	}
	fflush(NULL);
	child = fork();
	if (child == 0) {
		if (privilege_keep(PRIVILEGE(CAP_DAC_OVERRIDE), &e) < 0 || process_fds(us) == UNKNOWN)
			_exit(3);
		_exit((process_epoll(us, &watched) != -1 || watched) | (process_strays(us, NULL, 0, &strays) != -1)
		                                                               << 1);
	}
	waitpid(child, &status, 0);
	ok(status == 0, "epoll sets and strays whose links may not be read are not told to be none: %d",
	   WEXITSTATUS(status));
}

int main(void)
{
	facts();
	seen();
	seen_at_birth();
	time_namespace();
	ending();
	over_the_window();
	epoll_sets();
	links_hidden();
	ok(process_is_listed(getpid()) && !process_is_listed(0), "/proc lists us");
	return tap_done();
}
