/* SPDX-License-Identifier: MIT
 * Being told to end. */
#include "base/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* What the handler reads and writes. */
static struct {
	pid_t pid;          /* whose signals these are: a child has the handler too */
	int fd;             /* an eventfd */
	_Atomic int64_t at; /* when the first came, on clock_now(); 0: none did */
	_Atomic int signal; /* the first */
	struct sigaction was[ARRAY_SIZE(ends)];
	unsigned users;
} told;

static void (*_Atomic last_words)(void);

void interrupt_last_words(void (*say)(void))
{
	last_words = say;
}

static void die_of(int signal_number)
{
	void (*say)(void) = last_words;

	if (say && getpid() == told.pid)
		say();
	signal(signal_number, SIG_DFL);
	raise(signal_number); /* it is blocked until the handler returns, and ends us then */
}

static void handle(int signal_number)
{
	int64_t first = 0, now = clock_now().ns;
	int kept = errno;

	if (getpid() != told.pid) {
		die_of(signal_number);
	} else if (atomic_compare_exchange_strong(&told.at, &first, now)) {
		told.signal = signal_number;
		eventfd_write(told.fd, 1);
	} else if (now - first > INTERRUPT_BURST.ns) {
		die_of(signal_number);
	}
	errno = kept;
}

static void catch_signals(void)
{
	struct sigaction act = { .sa_handler = handle, .sa_flags = SA_RESTART };

	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		sigaddset(&act.sa_mask, ends[i]);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		sigaction(ends[i], NULL, &told.was[i]);
		if (ends[i] != SIGHUP || told.was[i].sa_handler != SIG_IGN)
			sigaction(ends[i], &act, NULL);
	}
	sigprocmask(SIG_UNBLOCK, &act.sa_mask, NULL); /* whoever started us may have blocked them */
}

static void give_back(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		sigaction(ends[i], &told.was[i], NULL);
	close(told.fd);
	told.users = 0;
}

int interrupt_open(void)
{
	if (told.users && told.pid != getpid())
		give_back(); /* what came to this child with fork() */
	if (!told.users) {
		told.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (told.fd < 0)
			return -1;
		told.pid = getpid();
		told.at = 0; /* the two are of different atomic types: clang assigns neither to the other */
		told.signal = 0;
		catch_signals();
	}
	told.users++;
	return told.fd;
}

void interrupt_close(int *fd)
{
	if (*fd < 0)
		return;
	*fd = -1;
	if (--told.users == 0)
		give_back();
}

int interrupt_fd(void)
{
	return told.users ? told.fd : -1;
}

int interrupt_signal(void)
{
	return told.signal;
}

void interrupt_heeded(void)
{
	eventfd_t any;

	if (told.users)
		eventfd_read(told.fd, &any);
	told.signal = 0;
	told.at = 0;
}

int ms_until(struct instant when)
{
	struct span left = span_between(clock_now(), when);

	return left.ns <= 0 ? 0 : (int)(span_to_ms(left) + 1);
}

bool interrupt_wait(int fd, struct instant until)
{
	struct pollfd p = { fd, POLLIN, 0 };
	int rc;

	do
		rc = poll(&p, 1, ms_until(until));
	while (rc < 0 && errno == EINTR);
	return rc > 0;
}
