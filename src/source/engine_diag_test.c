/* SPDX-License-Identifier: MIT
 * How many orphans of the machine are not among the sockets that were dumped. */
#include "base/tap.h"
#include "source/engine_internal.h"
#include "source/net.h"

static void add(struct evidence *ev, enum tcp_state state, bool held, bool is_mini)
{
	const struct sock s = { .state = state, .held = held, .is_mini = is_mini };

	evidence_add(ev, &s);
}

static void unseen(const struct evidence *ev, size_t from, int64_t before, int64_t after, size_t should,
                   const char *what)
{
	size_t n = orphans_unseen(ev, from, before, after);

	ok(n == should, "%s: %zu", what, n);
}

int main(void)
{
	struct evidence ev = { 0 };

	unseen(&ev, 0, 0, 0, 0, "none");
	unseen(&ev, 0, 3, 3, 3, "three, and none of them dumped");
	unseen(&ev, 0, 1, 1, 1, "one");
	add(&ev, TCP_FIN_WAIT1, false, false);
	add(&ev, TCP_FIN_WAIT2, false, false);
	add(&ev, TCP_CLOSING, false, false);
	add(&ev, TCP_LAST_ACK, false, false);
	unseen(&ev, 0, 4, 4, 0, "each of the four states of an orphan counts");
	unseen(&ev, 0, 5, 5, 1, "and leaves one");
	unseen(&ev, 3, 4, 4, 3, "what was there before the dump does not count");
	add(&ev, TCP_FIN_WAIT2, false, true); /* a minisocket is none */
	add(&ev, TCP_TIME_WAIT, false, true);
	add(&ev, TCP_FIN_WAIT1, true, false);    /* shutdown(): its process has it still */
	add(&ev, TCP_ESTABLISHED, false, false); /* waits for accept() */
	add(&ev, TCP_CLOSE_WAIT, false, false);
	unseen(&ev, 0, 5, 5, 1, "nothing else is an orphan");
	unseen(&ev, 0, 3, 3, 0, "fewer than were seen");
	unseen(&ev, 0, 7, 9, 3, "more came meanwhile: the least there was at any time");
	unseen(&ev, 0, 9, 7, 3, "some went meanwhile");
	unseen(&ev, 0, 6, 8, 0, "as many came as are missing: nothing is known");
	unseen(&ev, 0, UNKNOWN, UNKNOWN, UNKNOWN, "the kernel does not tell");
	unseen(&ev, 0, 9, UNKNOWN, UNKNOWN, "or not any more");
	evidence_free(&ev);
	return tap_done();
}
