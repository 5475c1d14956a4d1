/* SPDX-License-Identifier: MIT
 * Being told to end. */
#include "base/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

int interrupt_open(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		sigaddset(&set, ends[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int ms_until(struct instant when)
{
	struct span left = span_between(clock_now(), when);

	return left.ns <= 0 ? 0 : (int)(span_to_ms(left) + 1);
}

bool interrupt_wait(int fd, struct instant until)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, ms_until(until)) > 0;
}
