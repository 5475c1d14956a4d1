/* SPDX-License-Identifier: MIT
 * The terminal of a program: what comes out of it, and typing on it. */
#include "step/program_internal.h"
#include "base/file.h"
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { TERMINAL_PATIENCE_MS = 20, TYPE_ROUNDS = 50 };

void terminal_drain(struct stepper *s, struct program *p)
{
	char bytes[4096];
	ssize_t n;

	while (p->terminal >= 0) {
		struct pollfd f = { p->terminal, POLLIN, 0 };

		/* What a call has written takes a moment through the kernel's terminal layer: where it was seen, it is
		 * waited for. */
		if (poll(&f, 1, p->shown < p->written ? TERMINAL_PATIENCE_MS : 0) <= 0) {
			p->written = p->shown;
			return;
		}
		n = read(p->terminal, bytes, sizeof bytes);
		if (n < 0 && errno == EIO) /* the last one that had it open is gone */
			fd_close(&p->terminal);
		if (n <= 0)
			return;
		p->shown += (uint64_t)n;
		tell_output(s, p, bytes, (size_t)n);
	}
}

/* How often its threads have slept: a number that changes when one wakes. */
static uint64_t sleeps_of(struct stepper *s, const struct program *p)
{
	struct proc_status status;
	uint64_t sum = 0;
	struct thread *t;

	TAILQ_FOREACH (t, &s->threads, link)
		if (t->process && t->process->program == p && proc_status_read(t->tid, &status))
			sum += status.slept;
	return sum;
}

/* Is what was typed there to be read? */
static bool is_readable(const struct program *p)
{
	int fd = open(p->terminal_name, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), n = 0;

	if (fd < 0)
		return true;
	if (ioctl(fd, FIONREAD, &n) < 0)
		n = 0;
	close(fd);
	return n > 0;
}

int program_type(struct stepper *s, struct program *p, const char *text, size_t n, struct err *e)
{
	uint64_t before = sleeps_of(s, p);

	if (p->terminal < 0)
		return err_set(e, "%s has no terminal of ours to type on%s", p->name,
		               p->attached ? ": it was running before" : ", it has ended");
	if (write(p->terminal, text, n) != (ssize_t)n)
		return err_sys(e, errno, "%s cannot be typed to", p->name);
	/* It takes a moment through the kernel's terminal layer: until it can be read, or somebody was woken by it. */
	for (int round = 0; round < TYPE_ROUNDS && !is_readable(p) && sleeps_of(s, p) == before; round++)
		stepper_sleep(s, span_ms(1));
	return 0;
}
