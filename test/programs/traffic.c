/* SPDX-License-Identifier: MIT
 * Other people's traffic, for the tests of step and doctor on a busy host.
 *
 * traffic crowd SOCKETS RATE: holds so many idle sockets and makes so many connections a second, all on 127.0.0.1,
 * until standard input ends; prints "ready" when the sockets are there, and at its end how many connections it made.
 * traffic serve PORT: a server of one thread: accept, read, write, close.
 * traffic ask PORT SECONDS: asks that server again and again, every 20 ms; prints how often, how often in vain, and the
 *     median and the worst answer in ms.
 * traffic rush PORT COUNT: asks it COUNT times, one right after the other.
 * traffic share: prints how many times as long as alone a process takes that computes for 0.1 s, 1 or more, because
 * others want the processor too. traffic end PID SERVER: sends SIGTERM to PID, which traces the server; prints after
 * how many ms the server was let go and after how many PID had ended, or what did not happen. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { PAIRS_EACH = 400, WORKERS = 2, PATIENCE_S = 20, ANSWERS_MOST = 1 << 20 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void until(double when)
{
	struct timespec t = { (time_t)when, (long)((when - (double)(time_t)when) * 1e9) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in here(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		                     .sin_port = htons((uint16_t)port),
		                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int listener(int port)
{
	struct sockaddr_in at = here(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 128) < 0)
		give_up("traffic: listen");
	return fd;
}

/* Connects to what a listener of ours has for address; the other end is accepted at once. */
static void pair(int from, int ends[2])
{
	struct sockaddr_in at;
	socklen_t len = sizeof at;

	getsockname(from, (struct sockaddr *)&at, &len);
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (ends[0] < 0 || connect(ends[0], (struct sockaddr *)&at, sizeof at) < 0 ||
	    (ends[1] = accept(from, NULL, NULL)) < 0)
		give_up("traffic: connect");
}

/* --- the crowd ----------------------------------------------------------------------------------------- */

/* A child that goes when its parent goes, however that is. */
static pid_t child(pid_t parent)
{
	pid_t pid = fork();

	if (pid < 0)
		give_up("traffic: fork");
	if (pid == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent))
		_exit(1);
	return pid;
}

static void hold(int pairs, int ready)
{
	int from = listener(0), ends[2];

	for (int i = 0; i < pairs; i++)
		pair(from, ends);
	if (write(ready, "r", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void churn(double rate, volatile long *made)
{
	int from = listener(0), ends[2];
	double began = now();
	char c = 'x';

	for (long n = 1;; n++) {
		pair(from, ends);
		if (write(ends[0], &c, 1) != 1 || read(ends[1], &c, 1) != 1)
			give_up("traffic: a byte");
		close(ends[0]);
		close(ends[1]);
		*made = n;
		until(began + (double)n / rate);
	}
}

static void hold_all(int sockets, pid_t me)
{
	int ready[2], parts = 0;
	char c;

	if (pipe(ready) < 0)
		give_up("traffic: pipe");
	for (int left = sockets / 2; left > 0; left -= PAIRS_EACH, parts++)
		if (child(me) == 0)
			hold(left < PAIRS_EACH ? left : PAIRS_EACH, ready[1]);
	close(ready[1]);
	for (int i = 0; i < parts; i++)
		if (read(ready[0], &c, 1) != 1)
			give_up("traffic: a process that holds sockets is gone");
}

static int crowd(int sockets, double rate)
{
	volatile long *made =
		mmap(NULL, sizeof(long[WORKERS]), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t me = getpid();
	double began;
	long all = 0;
	char c;

	hold_all(sockets, me);
	for (int i = 0; i < WORKERS; i++)
		if (child(me) == 0)
			churn(rate / WORKERS, &made[i]);
	began = now();
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	for (int i = 0; i < WORKERS; i++)
		all += made[i];
	printf("%ld connections, %.0f a second\n", all, (double)all / (now() - began));
	return 0;
}

/* --- a server, and who asks it ------------------------------------------------------------------------- */

static int serve(int port)
{
	int from = listener(port), conn;
	char text[64];
	ssize_t n;

	puts("ready");
	fflush(stdout);
	while ((conn = accept(from, NULL, NULL)) >= 0) {
		if ((n = read(conn, text, sizeof text)) > 0 && write(conn, text, (size_t)n) != n)
			perror("traffic: write");
		close(conn);
	}
	return 1;
}

/* How long one answer took; less than 0: none came. */
static double asked(int port)
{
	struct timeval patience = { PATIENCE_S, 0 };
	struct sockaddr_in at = here(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	double began = now();
	bool good;
	char c = 'q';

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	good = connect(fd, (struct sockaddr *)&at, sizeof at) == 0 && write(fd, &c, 1) == 1 && read(fd, &c, 1) == 1;
	close(fd);
	return good ? now() - began : -1;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int ask(int port, double seconds)
{
	double *took = calloc(ANSWERS_MOST, sizeof *took), end = now() + seconds;
	int n = 0, in_vain = 0;

	while (now() < end && n < ANSWERS_MOST) {
		double t = asked(port);

		if (t < 0)
			in_vain++;
		else
			took[n++] = t;
		until(now() + 0.02);
	}
	qsort(took, (size_t)n, sizeof *took, by_size);
	printf("%d answers, %d in vain, median %.1f worst %.1f ms\n", n, in_vain, n ? took[n / 2] * 1e3 : 0,
	       n ? took[n - 1] * 1e3 : 0);
	free(took);
	return 0;
}

static int rush(int port, int count)
{
	int in_vain = 0;

	for (int i = 0; i < count; i++)
		in_vain += asked(port) < 0;
	printf("%d answers, %d in vain\n", count - in_vain, in_vain);
	return in_vain != 0;
}

/* --- who lets go ---------------------------------------------------------------------------------------- */

static bool is_traced(int pid)
{
	char path[64], line[256];
	bool traced = false;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "TracerPid:", 10))
			traced = atoi(line + 10) != 0;
	if (f)
		fclose(f);
	return traced;
}

/* How long after SIGTERM the server is let go, and how long until nothing of the tracer runs any more. */
static int end(int tracer, int server)
{
	struct pollfd gone = { (int)syscall(SYS_pidfd_open, tracer, 0), POLLIN, 0 };
	double began = now(), let_go;

	if (!is_traced(server) || gone.fd < 0) {
		printf("process %d is not traced, or not by process %d\n", server, tracer);
		return 1;
	}
	kill(tracer, SIGTERM);
	while (is_traced(server) && now() < began + PATIENCE_S)
		until(now() + 0.001);
	let_go = now();
	if (is_traced(server) || poll(&gone, 1, PATIENCE_S * 1000) != 1) {
		printf("not %s in %.0f ms\n", is_traced(server) ? "let go" : "ended", (now() - began) * 1e3);
		return 1;
	}
	printf("let go after %.0f ms, ended after %.0f ms\n", (let_go - began) * 1e3, (now() - began) * 1e3);
	return 0;
}

static double used(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int share(void)
{
	double began = now(), from = used(), all;

	while (used() < from + 0.1)
		;
	all = (now() - began) / (used() - from);
	printf("%d\n", (int)(all + 0.7));
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	double last = argc > 3 ? atof(argv[3]) : 0;

	if (argc == 2 && !strcmp(argv[1], "share"))
		return share();
	if (!strcmp(what, "crowd") && last > 0)
		return crowd(atoi(argv[2]), last);
	if (!strcmp(what, "serve"))
		return serve(atoi(argv[2]));
	if (!strcmp(what, "ask") && last > 0)
		return ask(atoi(argv[2]), last);
	if (!strcmp(what, "rush") && last > 0)
		return rush(atoi(argv[2]), (int)last);
	if (!strcmp(what, "end") && last > 0)
		return end(atoi(argv[2]), (int)last);
	fputs("traffic crowd SOCKETS RATE | serve PORT | ask PORT SECONDS | rush PORT COUNT | share | end PID SERVER\n",
	      stderr);
	return 3;
}
