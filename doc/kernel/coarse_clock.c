/* SPDX-License-Identifier: MIT
 * The resolution of CLOCK_MONOTONIC_COARSE is one tick of the kernel's clock, 1/HZ, which nothing else tells a program
 * (USER_HZ, that of sysconf(_SC_CLK_TCK), is always 100); and in a time namespace it is the same. src/source/walk.c
 * turns the kernel's ticks into time by it (kernel/time/posix-timers.c, posix_get_coarse_res). */
#include "base/file.h"
#include "base/tap.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long tick_ns(void)
{
	struct timespec res;

	return clock_getres(CLOCK_MONOTONIC_COARSE, &res) == 0 ? res.tv_nsec : 0;
}

/* Ticks since the machine's start and the time of then, by /proc/timer_list. */
static bool read_ticks(long long *ticks, long long *now_ns)
{
	struct buf b = { 0 };
	const char *ticks_at, *now_at;
	bool known;

	file_read("/proc/timer_list", &b, 64 << 20);
	now_at = strstr(buf_text(&b), "now at ");
	ticks_at = strstr(buf_text(&b), "jiffies: ");
	known = now_at && ticks_at && sscanf(now_at, "now at %lld", now_ns) == 1 &&
	        sscanf(ticks_at, "jiffies: %lld", ticks) == 1;
	buf_free(&b);
	return known;
}

/* Only children are in the new time namespace. */
static int in_a_time_namespace(void)
{
	int status = -1;
	pid_t pid;

	if (unshare(CLONE_NEWTIME) < 0 || file_write("/proc/self/timens_offsets", "monotonic 1000000 0") < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		_exit(now.tv_sec < 1000000 ? 2 : tick_ns() == 0 ? 3 : (int)(1000000000 / tick_ns() / 10));
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

int main(void)
{
	long long ticks[2], ns[2];
	int there;

	if (!read_ticks(&ticks[0], &ns[0]))
		return tap_skip_all("/proc/timer_list may not be read");
	usleep(500000);
	read_ticks(&ticks[1], &ns[1]);
	/* The two numbers are not read at one moment, nor by one processor. */
	ok(llabs((ticks[1] - ticks[0]) * tick_ns() - (ns[1] - ns[0])) < 100000000, "%lld ticks of %ld ns are %lld ns",
	   ticks[1] - ticks[0], tick_ns(), ns[1] - ns[0]);
	there = in_a_time_namespace();
	if (there < 0)
		ok(true, "# SKIP no time namespace can be made");
	else
		ok(there == (int)(1000000000 / tick_ns() / 10), "the same in a time namespace (%d0 Hz)", there);
	return tap_done();
}
