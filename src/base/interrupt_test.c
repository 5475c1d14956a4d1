/* SPDX-License-Identifier: MIT
 * What the first and the second signal do, to children of ours that wait, or are stuck. */
#include "base/interrupt.h"
#include "base/file.h"
#include "base/tap.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HEARD = 7 }; /* exit code of who ended in an orderly way */

struct pipes {
	int ready[2]; /* the child says that it is where the test wants it */
	int stuck[2]; /* it is stuck in reading from this one */
};

static void say_ready(const struct pipes *p)
{
	if (write(p->ready[1], "", 1) != 1)
		_exit(1);
}

static ssize_t be_stuck(const struct pipes *p)
{
	char byte;

	say_ready(p);
	return read(p->stuck[0], &byte, 1);
}

static struct instant in_a_minute(void)
{
	return instant_after(clock_now(), span_s(60));
}

/* --- children ------------------------------------------------------------------------------------------- */

static int stuck(const struct pipes *p)
{
	interrupt_open();
	return be_stuck(p) == 1 ? HEARD : 1;
}

/* The second one comes within microseconds; from outside the two might be one before they are taken. */
static int told_twice(const struct pipes *p)
{
	interrupt_open();
	raise(SIGTERM);
	raise(SIGTERM);
	say_ready(p);
	return HEARD;
}

static int waits(const struct pipes *p)
{
	int fd = interrupt_open();

	say_ready(p);
	return interrupt_wait(fd, in_a_minute()) ? HEARD : 1;
}

static int waits_blocked(const struct pipes *p)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	return waits(p);
}

static int waits_twice(const struct pipes *p)
{
	int fd = interrupt_open();

	say_ready(p);
	if (!interrupt_wait(fd, in_a_minute()) || interrupt_signal() != SIGINT)
		return 1;
	interrupt_heeded();
	if (interrupt_signal() || interrupt_wait(fd, clock_now()))
		return 2;
	say_ready(p);
	return interrupt_wait(fd, in_a_minute()) && interrupt_signal() == SIGTERM ? HEARD : 3;
}

static int stuck_within(const struct pipes *p)
{
	int outer = interrupt_open(), inner = interrupt_open();

	interrupt_close(&inner);
	say_ready(p);
	return inner == -1 && interrupt_wait(outer, in_a_minute()) ? HEARD : 1;
}

static int stuck_after(const struct pipes *p)
{
	int fd = interrupt_open();

	interrupt_close(&fd);
	be_stuck(p);
	return 1;
}

static int without_hangup(const struct pipes *p)
{
	int fd;

	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* as a shell does with what it starts by '&' */
	fd = interrupt_open();
	raise(SIGHUP);
	if (interrupt_signal())
		return 1;
	say_ready(p);
	return interrupt_wait(fd, in_a_minute()) && interrupt_signal() == SIGINT ? HEARD : 2;
}

/* Has what its parent opened, and nothing of its own. */
static int has_inherited(const struct pipes *p)
{
	be_stuck(p);
	return 1;
}

/* The same, but it opens for itself. */
static int opens_again(const struct pipes *p)
{
	return waits(p);
}

/* --- the table ------------------------------------------------------------------------------------------ */

enum { LATER = 400, NEVER = -1 }; /* ms between the signals, beyond the burst */

static const struct {
	const char *what;
	int (*child)(const struct pipes *p);
	int first, pause_ms, second;
	int ends_by; /* a signal; 0: it ends itself */
} rows[] = {
	{ "SIGINT wakes who waits", waits, SIGINT, NEVER, 0, 0 },
	{ "SIGTERM wakes who waits", waits, SIGTERM, NEVER, 0, 0 },
	{ "SIGHUP wakes who waits", waits, SIGHUP, NEVER, 0, 0 },
	{ "SIGQUIT wakes who waits", waits, SIGQUIT, NEVER, 0, 0 },
	{ "who is told twice at once is told once", told_twice, 0, NEVER, 0, 0 },
	{ "a signal that was blocked before wakes who waits", waits_blocked, SIGTERM, NEVER, 0, 0 },
	{ "the second SIGINT ends who is stuck", stuck, SIGINT, LATER, SIGINT, SIGINT },
	{ "the second SIGTERM ends who is stuck", stuck, SIGTERM, LATER, SIGTERM, SIGTERM },
	{ "SIGTERM after SIGINT ends who is stuck", stuck, SIGINT, LATER, SIGTERM, SIGTERM },
	{ "SIGQUIT after SIGHUP ends who is stuck", stuck, SIGHUP, LATER, SIGQUIT, SIGQUIT },
	{ "what was heeded is forgotten: the next is a first one", waits_twice, SIGINT, LATER, SIGTERM, 0 },
	{ "opened twice and closed once: it is caught", stuck_within, SIGINT, NEVER, 0, 0 },
	{ "closed: the first one ends it", stuck_after, SIGINT, NEVER, 0, SIGINT },
	{ "an ignored SIGHUP stays ignored, an ignored SIGINT does not", without_hangup, SIGINT, NEVER, 0, 0 },
};

static pid_t start(const struct pipes *p, int (*child)(const struct pipes *p))
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);           /* nothing that is sent to us is for it */
		signal(SIGINT, SIG_DFL); /* a shell has what it starts by '&' ignore it */
		alarm(60);               /* and it does not stay */
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
		_exit(child(p));
	}
	return pid;
}

static bool is_ready(const struct pipes *p)
{
	char byte;

	return read(p->ready[0], &byte, 1) == 1;
}

/* So long after the child has taken the first signal, however late it came to run. */
static void pass_after(pid_t pid, int ms)
{
	struct buf status = { 0 };
	char path[48];

	snprintf(path, sizeof path, "/proc/%d/status", pid);
	do {
		buf_clear(&status);
		poll(NULL, 0, 1);
	} while (file_read(path, &status, 1 << 16) == 0 && !strstr(buf_text(&status), "ShdPnd:\t0000000000000000"));
	buf_free(&status);
	poll(NULL, 0, ms);
}

static void ends(pid_t pid, int by, const char *what)
{
	int status = 0;

	waitpid(pid, &status, 0);
	ok(by ? WIFSIGNALED(status) && WTERMSIG(status) == by : WIFEXITED(status) && WEXITSTATUS(status) == HEARD,
	   "%s (status %#x)", what, (unsigned)status);
}

static void pipes_open(struct pipes *p)
{
	if (pipe(p->ready) < 0 || pipe(p->stuck) < 0)
		exit(1);
}

static void pipes_close(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		close(p->ready[i]);
		close(p->stuck[i]);
	}
}

static void first_and_second(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pipes p;
		pid_t pid;

		pipes_open(&p);
		pid = start(&p, rows[i].child);
		is_ready(&p);
		kill(pid, rows[i].first);
		if (rows[i].pause_ms != NEVER) {
			pass_after(pid, rows[i].pause_ms);
			kill(pid, rows[i].second);
		}
		ends(pid, rows[i].ends_by, rows[i].what);
		pipes_close(&p);
	}
}

/* As timeout(1) does. Then what it is stuck in goes on as if nothing had come. */
static void twice_at_once(void)
{
	struct pipes p;
	pid_t pid;

	pipes_open(&p);
	pid = start(&p, stuck);
	is_ready(&p);
	kill(pid, SIGTERM);
	kill(pid, SIGTERM);
	pass_after(pid, LATER);
	ok(waitpid(pid, NULL, WNOHANG) == 0, "the same signal twice at once is one");
	if (write(p.stuck[1], "", 1) == 1)
		ends(pid, 0, "the call that it is stuck in was not ended with EINTR");
	pipes_close(&p);
}

static void after_fork(void)
{
	int fd = interrupt_open();
	struct pipes p;
	pid_t pid;

	pipes_open(&p);
	pid = start(&p, has_inherited);
	is_ready(&p);
	kill(pid, SIGINT);
	ends(pid, SIGINT, "a child that opened nothing is ended by the first");
	pid = start(&p, opens_again);
	is_ready(&p);
	kill(pid, SIGINT);
	ends(pid, 0, "a child that opens for itself is told");
	ok(!interrupt_signal() && !interrupt_wait(fd, clock_now()), "their parent is told of neither");
	interrupt_close(&fd);
	pipes_close(&p);
}

int main(void)
{
	int fd = interrupt_open();

	ok(!interrupt_wait(fd, clock_now()) && !interrupt_signal(), "nobody told us to end");
	ok(ms_until(clock_now()) == 0, "no time is left of what has passed");
	interrupt_close(&fd);
	ok(fd == -1, "a closed one is marked");
	first_and_second();
	twice_at_once();
	after_fork();
	return tap_done();
}
