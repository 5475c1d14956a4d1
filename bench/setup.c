/* SPDX-License-Identifier: MIT
 * setup [ROUNDS]: the lab's set-up and looks beside a floor, in one run, in turn. Prints medians and ratios.
 *
 *   floor   two bare unshare(CLONE_NEWNET), each with a TUN device brought up with one address by ioctl
 *   hosts   the lab's two hosts, with own hash table, 25 sysctls, IPv4 and IPv6, routes, sock_diag, counters
 *   lab     the same with reaper: ready for the first verb
 *   look    one look at one host's sockets
 *   close   what the caller waits for when the lab ends */
#include "lab/lab.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FLOOR, HOSTS, LAB, LOOK, CLOSE, ROWS };

static const char *const names[ROWS] = { "floor", "hosts", "lab", "look", "close" };

static void nothing(void *ctx)
{
	(void)ctx;
}

static void floor_host(void)
{
	struct ifreq i = { .ifr_name = "t0", .ifr_flags = IFF_TUN | IFF_NO_PI };
	struct sockaddr_in *a = (struct sockaddr_in *)&i.ifr_addr;
	int tun, s;

	if (unshare(CLONE_NEWNET) < 0 || (tun = open("/dev/net/tun", O_RDWR)) < 0 || ioctl(tun, TUNSETIFF, &i) < 0)
		_exit(1);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	a->sin_family = AF_INET;
	inet_pton(AF_INET, "10.0.0.1", &a->sin_addr);
	ioctl(s, SIOCSIFADDR, &i);
	ioctl(s, SIOCGIFFLAGS, &i);
	i.ifr_flags |= IFF_UP;
	ioctl(s, SIOCSIFFLAGS, &i);
}

/* Nanoseconds that this process waited so far for a processor that others had. 0: the kernel does not count them. */
static long long waited(void)
{
	FILE *f = fopen("/proc/self/schedstat", "re");
	long long ns = 0;

	if (f && fscanf(f, "%*s %lld", &ns) != 1)
		ns = 0;
	if (f)
		fclose(f);
	return ns;
}

struct mark {
	struct instant at;
	long long waited;
};

/* The clock is asked first here and last in ms_since(): who is put aside between the two questions is slower for it,
 * never faster. */
static struct mark mark(void)
{
	struct mark m = { .at = clock_now() };

	m.waited = waited();
	return m;
}

/* On a machine of its own: what was waited for is taken off. */
static double ms_since(struct mark m)
{
	long long idle = waited() - m.waited;

	return (double)(span_since(m.at).ns - idle) / 1e6;
}

/* One round in a process of its own, so that no round inherits another one's namespaces. */
static void round_of(int row, double out[ROWS])
{
	struct mark t = mark();
	struct host hosts[SIDES];
	struct lab lab;
	struct evidence ev = { 0 };
	struct err e = { .what = "" };

	if (row == FLOOR) {
		floor_host();
		floor_host();
		out[FLOOR] = ms_since(t);
	} else if (row == HOSTS) {
		if (hosts_open(hosts, &(struct host_options){ 0 }, &e) < 0)
			_exit(1);
		out[HOSTS] = ms_since(t);
	} else {
		lab_init(&lab, (struct lab_hooks){ .show = nothing });
		if (lab_start(&lab, &e) < 0)
			_exit(1);
		out[LAB] = ms_since(t);
		t = mark();
		for (int i = 0; i < 100; i++)
			diag_look(lab.hosts[CLIENT].diag, DIAG_HASHED, &ev, &e);
		out[LOOK] = ms_since(t) / 100;
		t = mark();
		lab_close(&lab);
		out[CLOSE] = ms_since(t);
	}
}

static void in_child(int row, double out[ROWS])
{
	int p[2], status = 0;
	pid_t pid;

	if (pipe(p) < 0 || (pid = fork()) < 0)
		exit(1);
	if (pid == 0) {
		round_of(row, out);
		if (write(p[1], out, ROWS * sizeof *out) < 0)
			_exit(1);
		_exit(0);
	}
	close(p[1]);
	if (read(p[0], out, ROWS * sizeof *out) < 0)
		exit(1);
	close(p[0]);
	waitpid(pid, &status, 0);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 21;
	double *times[ROWS], out[ROWS] = { 0 };
	static const int measured[] = { FLOOR, HOSTS, LAB };

	for (int r = 0; r < ROWS; r++)
		times[r] = xcalloc((size_t)rounds, sizeof(double));
	for (int i = 0; i < rounds; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(measured); k++) {
			in_child(measured[k], out);
			usleep(150000); /* closing a TUN device burdens what comes next */
		}
		for (int r = 0; r < ROWS; r++)
			times[r][i] = out[r];
	}
	for (int r = 0; r < ROWS; r++)
		qsort(times[r], (size_t)rounds, sizeof(double), compare);
	printf("%-8s %10s %10s %10s\n", "", "min ms", "median ms", "/ floor");
	for (int r = 0; r < ROWS; r++)
		printf("%-8s %10.3f %10.3f %10.2f\n", names[r], times[r][0], times[r][rounds / 2],
		       times[r][rounds / 2] / times[FLOOR][rounds / 2]);
	return 0;
}
