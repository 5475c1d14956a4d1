/* SPDX-License-Identifier: MIT
 * hold OPTIONS: makes TCP sockets on the loopback device and holds them, for a snapshot to have something to look at.
 *
 * When everything stands it prints "ready PID netns INODE sockets N", one line, and waits until its standard input ends
 * or it is told to. PID is its own: `nsenter -t PID -n` leads to the sockets, or with -N to its children, one a
 * namespace. N is what ss -tan lists of it: -n, -t and -l as they are; -s and -q twice, for each has a client at its
 * other end; and a listener for every queue that -s and -q fill: one for each, in each process and address family,
 * while half of somaxconn is enough. Nothing else listens: a listener whose connections are all accepted is closed.
 *
 * One process, "hold", waits; its children, "hold-0" and so on, hold the sockets and die with it, however it dies. What
 * they hold is reset when they end and leaves no TIME_WAIT. TIME_WAIT that was asked for lasts 60 s, as everywhere: it
 * may be over before hold is, and outlive it. Half-open connections last an hour: TCP_DEFER_ACCEPT lets the kernel wait
 * for data that never comes, and until then the connection stays a request socket, without any packet being held back.
 *
 * Exit status: 0, 1 if it could not be done, 3 for wrong usage. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

enum { DONE, FAILED, USAGE = 3 };
enum { CHURNERS = 2 };
enum { READY_MS = 120000 }; /* longer than this, and something hangs */
enum { DEFER_S = 3600 };

/* What is held, in the order in which it is made: TIME_WAIT last, for its time is short. */
enum kind_is { PAIRS, HALF_OPEN, QUEUED, LISTENERS, TIME_WAIT, KINDS };

static struct {
	long amount[KINDS], others;
	long processes, namespaces, rate, seconds;
	long ipv4, ipv6, threads, own_namespace;
} want = { .processes = 1, .seconds = 10 };

/* What all processes see. */
static struct shared {
	atomic_long listeners; /* made so far: the next one's number */
	atomic_bool complained;
} * shared;

/* --- errors: one sentence, from whoever is the first to fail ----------------------------------------------------- */

static const struct {
	int error;
	const char *advice;
} remedies[] = {
	{ EMFILE, "; try more processes (-p)" },
	{ EPERM, "; try as root, or under unshare -Ur" },
	{ ENETUNREACH, "; is lo up? try -u" },
	{ EADDRNOTAVAIL, "; no free port, or no IPv6: try -u, or fewer" },
};

static const char *remedy(int error)
{
	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++)
		if (remedies[i].error == error)
			return remedies[i].advice;
	return "";
}

static bool first_to_complain(void)
{
	return !shared || !atomic_exchange(&shared->complained, true);
}

static _Noreturn void die(const char *what)
{
	const char *why = strerror(errno), *advice = remedy(errno);

	if (first_to_complain())
		fprintf(stderr, "hold: %s: %s%s\n", what, why, advice);
	_exit(FAILED);
}

static _Noreturn __attribute__((format(printf, 2, 3))) void refuse(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (first_to_complain()) {
		fputs("hold: ", stderr);
		vfprintf(stderr, format, args);
		fputs("\n", stderr);
	}
	va_end(args);
	_exit(status);
}

static long least(long a, long b)
{
	return a < b ? a : b;
}

/* The i-th of n parts, as equal as can be; together they are all of it. */
static long share(long total, long i, long n)
{
	return total / n + (i < total % n);
}

/* --- a network namespace and its limits -------------------------------------------------------------------------- */

/* Ports below the range are the listeners': no client is in their way. */
static const struct {
	const char *path, *value;
} settings[] = {
	{ "/proc/sys/net/ipv4/ip_local_port_range", "16384 65535" },
	{ "/proc/sys/net/ipv4/tcp_max_tw_buckets", "4000000" },
	{ "/proc/sys/net/ipv4/tcp_max_syn_backlog", "65535" },
	{ "/proc/sys/net/ipv4/tcp_tw_reuse", "0" },
	{ "/proc/sys/net/core/somaxconn", "65535" },
};

/* What may not be set is gone without: check_limits() and the listeners' backlog go by what there is. */
static void set(const char *path, const char *value)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return;
	fputs(value, f);
	fclose(f);
}

/* A limit that cannot be read is none. */
static long limit(const char *path)
{
	long value = LONG_MAX;
	FILE *f = fopen(path, "re");

	if (!f)
		return value;
	if (fscanf(f, "%ld", &value) != 1)
		value = LONG_MAX;
	fclose(f);
	return value;
}

static void raise_loopback(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (s < 0 || ioctl(s, SIOCSIFFLAGS, &lo) < 0)
		die("lo cannot be brought up");
	close(s);
}

static void enter_namespace(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		die("no network namespace can be made");
	raise_loopback();
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		set(settings[i].path, settings[i].value);
}

/* Beyond tcp_max_tw_buckets the kernel drops TIME_WAIT without a word. */
static void check_limits(void)
{
	long most = limit("/proc/sys/net/ipv4/tcp_max_tw_buckets");

	if (want.amount[TIME_WAIT] > most)
		refuse(FAILED, "%ld TIME_WAIT are more than tcp_max_tw_buckets (%ld) allows; try -u, or raise it",
		       want.amount[TIME_WAIT], most);
}

static unsigned long this_namespace(void)
{
	struct stat s;

	if (stat("/proc/self/ns/net", &s) < 0)
		die("/proc/self/ns/net");
	return s.st_ino;
}

/* --- listeners and connections ----------------------------------------------------------------------------------- */

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct listener {
	int fd;
	union address at;
	socklen_t len;
};

/* Every listener has an address of its own, so that none runs short of client ports. */
enum { FIRST_PORT = 1024, PORTS = 15000 };

static socklen_t place4(union address *a, long number)
{
	a->in = (struct sockaddr_in){ .sin_family = AF_INET,
		                      .sin_port = htons((uint16_t)(FIRST_PORT + number % PORTS)) };
	a->in.sin_addr.s_addr = htonl(0x7f010001 + (uint32_t)(number / PORTS)); /* 127.1.0.1 and on */
	return sizeof a->in;
}

static socklen_t place6(union address *a, long number)
{
	a->in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
		                        .sin6_port = htons((uint16_t)(FIRST_PORT + number % PORTS)) };
	a->in6.sin6_addr = in6addr_loopback;
	return sizeof a->in6;
}

static const struct family {
	const long *wanted;
	socklen_t (*place)(union address *a, long number);
} families[] = {
	{ &want.ipv4, place4 },
	{ &want.ipv6, place6 },
};

static bool bind_next(const struct family *f, struct listener *l)
{
	l->len = f->place(&l->at, atomic_fetch_add(&shared->listeners, 1));
	return bind(l->fd, &l->at.any, l->len) == 0;
}

static struct listener bound(const struct family *f)
{
	struct listener l = { .fd = -1 };
	int tries = PORTS;

	f->place(&l.at, 0);
	if ((l.fd = socket(l.at.any.sa_family, SOCK_STREAM, 0)) < 0)
		die("socket");
	while (!bind_next(f, &l))
		if (errno != EADDRINUSE || --tries == 0)
			die("bind");
	return l;
}

static struct listener listen_on(const struct family *f, int defer_s)
{
	struct listener l = bound(f);

	if (defer_s && setsockopt(l.fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &defer_s, sizeof defer_s) < 0)
		die("TCP_DEFER_ACCEPT");
	if (listen(l.fd, 65535) < 0) /* cut to somaxconn */
		die("listen");
	return l;
}

static int connect_to(const struct listener *l)
{
	int fd = socket(l->at.any.sa_family, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	if (connect(fd, &l->at.any, l->len) < 0)
		die("connect");
	return fd;
}

static int accept_from(const struct listener *l)
{
	int fd = accept(l->fd, NULL, NULL);

	if (fd < 0)
		die("accept");
	return fd;
}

/* Closed by a reset: the end of a holder leaves no TIME_WAIT behind. A client has the lower descriptor, so it goes
 * first. */
static void open_client(const struct listener *l)
{
	struct linger at_once = { .l_onoff = 1 };

	if (setsockopt(connect_to(l), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) < 0)
		die("SO_LINGER");
}

static void open_pair(const struct listener *l)
{
	open_client(l);
	accept_from(l);
}

/* The client closes first, and so it is the client that waits. */
static void leave_time_wait(const struct listener *l)
{
	int client = connect_to(l), server = accept_from(l);
	char byte;

	close(client);
	if (read(server, &byte, 1) != 0) /* its FIN */
		die("the end of a connection");
	close(server);
}

static void only_listen(const struct listener *l)
{
	(void)l;
}

/* How each kind is made: up to `batch` of it at one listener, 0 for as many as its queue may hold; `keeps` the listener
 * or not; `sockets` are what ss lists for each. */
static const struct kind {
	void (*open)(const struct listener *l);
	long batch;
	int sockets;
	bool keeps;
	int defer_s;
} kinds[KINDS] = {
	[PAIRS] = { open_pair, 4000, 2, false, 0 },
	[HALF_OPEN] = { open_client, 0, 2, true, DEFER_S },
	[QUEUED] = { open_client, 0, 2, true, 0 },
	[LISTENERS] = { only_listen, 1, 0, true, 0 },
	[TIME_WAIT] = { leave_time_wait, 4000, 1, false, 0 },
};

/* --- a holder: a process or a thread ----------------------------------------------------------------------------- */

struct holder {
	int number;
	long amount[KINDS];
	long queue;   /* how many a listener's queue is given */
	long sockets; /* made so far, as ss counts them */
};

/* What the children tell, through a pipe. */
enum { HELD, CHURNED, REPORTS };

struct report {
	long what;
	long count;
};

static int tell;

static void report(int what, long count)
{
	struct report r = { .what = what, .count = count };

	if (write(tell, &r, sizeof r) != sizeof r)
		die("the report");
}

static void make(struct holder *h, const struct kind *k, const struct family *f, long n)
{
	long batch = k->batch ? k->batch : h->queue;

	for (long here; n > 0; n -= here) {
		struct listener l = listen_on(f, k->defer_s);

		here = least(n, batch);
		for (long i = 0; i < here; i++)
			k->open(&l);
		h->sockets += here * k->sockets + k->keeps;
		if (!k->keeps)
			close(l.fd);
	}
}

static void make_in_each_family(struct holder *h, enum kind_is kind)
{
	long n = want.ipv4 && want.ipv6 ? 2 : 1, i = 0;

	for (size_t f = 0; f < ARRAY_SIZE(families); f++)
		if (*families[f].wanted)
			make(h, &kinds[kind], &families[f], share(h->amount[kind], i++, n));
}

static void open_others(void)
{
	for (long i = 0; i < want.others; i++)
		if (eventfd(0, 0) < 0)
			die("eventfd");
}

static void take_name(const char *what, int number)
{
	char name[32]; /* the kernel takes 15 */

	snprintf(name, sizeof name, "%s-%d", what, number);
	prctl(PR_SET_NAME, name);
}

static _Noreturn void wait_for_the_end(void)
{
	for (;;)
		pause();
}

static _Noreturn void hold(struct holder *h)
{
	take_name("hold", h->number);
	if (want.namespaces) {
		enter_namespace();
		check_limits();
	}
	/* Half of what is allowed: a fuller queue makes the kernel drop SYNs, or answer with cookies and remember
	 * nothing. */
	h->queue = least(limit("/proc/sys/net/core/somaxconn"), limit("/proc/sys/net/ipv4/tcp_max_syn_backlog")) / 2;
	if (h->queue < 1)
		h->queue = 1;
	open_others();
	for (enum kind_is kind = 0; kind < KINDS; kind++)
		make_in_each_family(h, kind);
	report(HELD, h->sockets);
	wait_for_the_end();
}

static void *hold_in_thread(void *holder)
{
	if (unshare(CLONE_FILES) < 0)
		die("no descriptor table of its own for a thread");
	hold(holder);
}

/* --- churn ------------------------------------------------------------------------------------------------------- */

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void sleep_until(int64_t ns)
{
	struct timespec t = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* In step with the clock as long as the machine keeps up; the time is held in any case. */
static long churn_for(const struct family *f, long rate, int64_t length)
{
	struct listener l = { .fd = -1 };
	int64_t began = now_ns(), at = 0;
	long n = 0;

	for (; at < length && now_ns() - began < length; at = ++n * INT64_C(1000000000) / rate) {
		sleep_until(began + at);
		if (n % kinds[TIME_WAIT].batch == 0) {
			if (n)
				close(l.fd);
			l = listen_on(f, 0);
		}
		leave_time_wait(&l);
	}
	return n;
}

static _Noreturn void churn(int number)
{
	const struct family *f = &families[want.ipv6 && (number || !want.ipv4)];
	long rate = share(want.rate, number, CHURNERS);

	take_name("churn", number);
	report(CHURNED, rate ? churn_for(f, rate, want.seconds * INT64_C(1000000000)) : 0);
	wait_for_the_end();
}

/* --- the process that waits -------------------------------------------------------------------------------------- */

enum { INPUT, SIGNALS, TOLD, WATCHED };

static struct {
	pid_t *children;
	size_t n_children;
	struct pollfd watched[WATCHED];
	long expected[REPORTS], came[REPORTS], count[REPORTS];
} run;

/* Forks; the child dies with its parent, also when that died before it could say so. */
static bool in_child(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0) {
		run.children[run.n_children++] = pid;
		return false;
	}
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(FAILED);
	return true;
}

static void start_process(struct holder *h)
{
	if (in_child())
		hold(h);
}

static void start_thread(struct holder *h)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, hold_in_thread, h);
	if (errno)
		die("a thread");
	pthread_detach(thread);
}

/* With -N each holder has all of it in a namespace of its own, otherwise its share of it. The array lives until the
 * end. */
static struct holder *start_holders(void)
{
	long n = want.namespaces ? want.namespaces : want.processes;
	struct holder *holders = calloc((size_t)n, sizeof *holders);

	run.children = calloc((size_t)n + CHURNERS, sizeof *run.children);
	if (!holders || !run.children)
		die("memory");
	run.expected[HELD] = n;
	for (int i = 0; i < n; i++) {
		holders[i].number = i;
		for (size_t k = 0; k < KINDS; k++)
			holders[i].amount[k] = want.namespaces ? want.amount[k] : share(want.amount[k], i, n);
		(want.threads ? start_thread : start_process)(&holders[i]);
	}
	return holders;
}

static void start_churn(void)
{
	run.expected[CHURNED] = CHURNERS;
	for (int i = 0; i < CHURNERS; i++)
		if (in_child())
			churn(i);
}

static void on_held(void)
{
	printf("ready %d netns %lu sockets %ld\n", getpid(), this_namespace(), run.count[HELD]);
	fflush(stdout);
	if (want.rate)
		start_churn();
}

static void on_churned(void)
{
	printf("churned %ld\n", run.count[CHURNED]);
	fflush(stdout);
}

static void (*const all_told[REPORTS])(void) = { [HELD] = on_held, [CHURNED] = on_churned };

/* Each of these says whether to go on. */
static bool on_input(int fd)
{
	char text[256];

	return read(fd, text, sizeof text) > 0;
}

static bool is_holder(pid_t pid)
{
	for (size_t i = 0; i < run.n_children; i++)
		if (run.children[i] == pid)
			return true;
	return false;
}

/* As the first process of a PID namespace it is also given orphans; one signal may stand for several. */
static bool bury(void)
{
	for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;)
		if (is_holder(pid))
			refuse(FAILED, "its child %d ended before its time", pid);
	return true;
}

static bool on_signal(int fd)
{
	struct signalfd_siginfo s;

	return read(fd, &s, sizeof s) == sizeof s && s.ssi_signo == SIGCHLD && bury();
}

static bool on_report(int fd)
{
	struct report r;

	if (read(fd, &r, sizeof r) != sizeof r)
		die("the reports");
	run.count[r.what] += r.count;
	if (++run.came[r.what] == run.expected[r.what])
		all_told[r.what]();
	return true;
}

static bool (*const handlers[WATCHED])(int fd) = { [INPUT] = on_input, [SIGNALS] = on_signal, [TOLD] = on_report };

static bool go_on(void)
{
	bool waiting = run.came[HELD] < run.expected[HELD];
	int n = poll(run.watched, WATCHED, waiting ? READY_MS : -1);

	if (n == 0)
		refuse(FAILED, "nothing moved for %d s; is the machine out of memory?", READY_MS / 1000);
	for (size_t i = 0; i < WATCHED; i++)
		if (run.watched[i].revents && !handlers[i](run.watched[i].fd))
			return false;
	return true;
}

/* Blocked signals stay blocked in the children: Ctrl-C is for the parent alone, who takes them along. */
static void watch(void)
{
	static const int ends[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
	sigset_t set_of;
	int p[2];

	sigemptyset(&set_of);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		sigaddset(&set_of, ends[i]);
	if (sigprocmask(SIG_BLOCK, &set_of, NULL) < 0 || pipe(p) < 0)
		die("pipe");
	tell = p[1];
	run.watched[INPUT] = (struct pollfd){ .fd = 0, .events = POLLIN };
	run.watched[SIGNALS] = (struct pollfd){ .fd = signalfd(-1, &set_of, 0), .events = POLLIN };
	run.watched[TOLD] = (struct pollfd){ .fd = p[0], .events = POLLIN };
	if (run.watched[SIGNALS].fd < 0)
		die("signalfd");
}

static void end_children(void)
{
	for (size_t i = 0; i < run.n_children; i++)
		kill(run.children[i], SIGKILL);
	for (size_t i = 0; i < run.n_children; i++)
		waitpid(run.children[i], NULL, 0);
	free(run.children);
}

/* --- options ----------------------------------------------------------------------------------------------------- */

static long help;

static const struct row {
	char letter;
	const char *argument; /* NULL: none, it is said or not */
	long *value;
	const char *text;
} rows[] = {
	{ 'n', "SOCKETS", &want.amount[PAIRS], "established sockets, both ends counted" },
	{ 'p', "PROCESSES", &want.processes, "that hold them together (1)" },
	{ 't', "NUMBER", &want.amount[TIME_WAIT], "of sockets in TIME_WAIT" },
	{ 's', "NUMBER", &want.amount[HALF_OPEN], "of half-open connections (SYN_RECV)" },
	{ 'q', "NUMBER", &want.amount[QUEUED], "of complete connections that are never accepted" },
	{ 'l', "NUMBER", &want.amount[LISTENERS], "of listeners beside" },
	{ 'x', "NUMBER", &want.others, "of other descriptors in each process" },
	{ '4', NULL, &want.ipv4, "IPv4, as without it; with -6: half and half" },
	{ '6', NULL, &want.ipv6, "IPv6" },
	{ 'T', NULL, &want.threads, "threads with descriptor tables of their own in place of processes" },
	{ 'N', "NUMBER", &want.namespaces, "of network namespaces, each with all of it in one process" },
	{ 'u', NULL, &want.own_namespace, "in a network namespace of its own, its limits raised" },
	{ 'c', "RATE", &want.rate, "connections to open and close each second, from when all stands" },
	{ 'd', "SECONDS", &want.seconds, "to do so (10)" },
	{ 'h', NULL, &help, "this text" },
};

static _Noreturn void print_help(void)
{
	puts("usage: hold [OPTION]...   makes TCP sockets on loopback and holds them until its input ends\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		printf("  -%c %-10s %s\n", rows[i].letter, rows[i].argument ? rows[i].argument : "", rows[i].text);
	exit(DONE);
}

static const struct row *row_of(int letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].letter == letter)
			return &rows[i];
	refuse(USAGE, "an option that it does not know, or without its number; try -h");
}

static long number(const struct row *r, const char *text)
{
	enum { MOST = 100000000 };
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end || value < 0 || value > MOST)
		refuse(USAGE, "-%c wants a number from 0 to %d, not \"%s\"", r->letter, MOST, text);
	return value;
}

static const char *letters(void)
{
	static char text[2 * ARRAY_SIZE(rows) + 2] = ":"; /* the errors are ours */
	size_t n = 1;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		text[n++] = rows[i].letter;
		if (rows[i].argument)
			text[n++] = ':';
	}
	return text;
}

static void check_options(void)
{
	if (want.amount[PAIRS] % 2)
		refuse(USAGE, "-n counts both ends: an even number");
	if (want.processes < 1)
		refuse(USAGE, "-p: at least one process");
	if (want.namespaces && want.processes > 1)
		refuse(USAGE, "-N has one process for each namespace: without -p");
	want.amount[PAIRS] /= 2;
	if (!want.ipv6)
		want.ipv4 = 1;
}

static void take_options(int argc, char **argv)
{
	for (int letter; (letter = getopt(argc, argv, letters())) != -1;) {
		const struct row *r = row_of(letter);

		*r->value = r->argument ? number(r, optarg) : 1;
	}
	if (help)
		print_help();
	if (optind < argc)
		refuse(USAGE, "\"%s\" is no option; try -h", argv[optind]);
	check_options();
}

static void raise_descriptors(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		die("getrlimit");
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static void share_memory(void)
{
	void *m = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED)
		die("memory");
	shared = m;
}

int main(int argc, char **argv)
{
	struct holder *holders;

	take_options(argc, argv);
	share_memory();
	raise_descriptors();
	if (want.own_namespace)
		enter_namespace();
	if (!want.namespaces)
		check_limits();
	watch();
	holders = start_holders();
	while (go_on())
		;
	end_children();
	if (!want.threads) /* threads use it to the last */
		free(holders);
	return DONE;
}
