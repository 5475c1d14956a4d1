/* SPDX-License-Identifier: MIT
 * When is a processor to spare? */
#include "session/spare.h"
#include "base/tap.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *loadavg;
	unsigned processors;
	int napped_ms;
	bool is;
	const char *name;
} rows[] = {
	{ "0.20 0.18 0.12 1/80 11206", 2, 3, true, "nobody runs but we" },
	{ "9.20 8.18 7.12 2/80 11206", 2, 3, true, "one more, on two processors, whatever was before" },
	{ "0.20 0.18 0.12 3/80 11206", 2, 3, false, "two more" },
	{ "0.20 0.18 0.12 2/80 11206", 1, 3, false, "one more, on one processor" },
	{ "0.20 0.18 0.12 64/800 11206", 64, 5, true, "a large machine" },
	{ "0.20 0.18 0.12 65/800 11206", 64, 5, false, "that is full" },
	{ "0.20 0.18 0.12 1/80 11206", 2, 6, false, "nobody runs, and yet we were not woken" },
	{ "", 2, 3, false, "nothing is told" },
	{ "0.20 0.18", 2, 3, false, "or not all" },
};

/* One that computes without end on each processor. */
static void with_all_busy(void)
{
	pid_t busy[64];
	cpu_set_t set;
	int n, spare = 0;

	sched_getaffinity(0, sizeof set, &set);
	n = CPU_COUNT(&set) < 64 ? CPU_COUNT(&set) : 64;
	for (int i = 0; i < n; i++)
		if ((busy[i] = fork()) == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (volatile unsigned long k = 0;; k++)
				;
		}
	for (int i = 0; i < 20; i++)
		spare += processor_is_spare();
	ok(spare == 0 || n == 64, "%d are busy: of 20 times %d to spare", n, spare);
	for (int i = 0; i < n; i++) {
		kill(busy[i], SIGKILL);
		waitpid(busy[i], NULL, 0);
	}
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ok(processor_seems_spare(rows[i].loadavg, rows[i].processors, span_ms(rows[i].napped_ms)) == rows[i].is,
		   "%s: %s", rows[i].name, rows[i].is ? "one is to spare" : "none");
	with_all_busy();
	return tap_done();
}
