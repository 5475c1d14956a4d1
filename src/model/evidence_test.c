/* SPDX-License-Identifier: MIT
 * Evidence: what is added stays where it belongs. */
#include "base/tap.h"
#include "model/evidence.h"

static struct sock *add(struct evidence *ev, uint64_t cookie, enum tcp_state state)
{
	struct sock s = { .key = { 1, cookie }, .state = state };

	return evidence_add(ev, &s);
}

/* --- infos ------------------------------------------------------------------------------------------------ */

/* Only every fifth is told of: the others have one that knows nothing, wherever memory was moved to. */
static void infos_with_gaps(void)
{
	enum { MANY = 1000, EACH = 5 };
	struct evidence ev = { 0 };
	bool right = true;

	for (unsigned i = 0; i < MANY; i++) {
		add(&ev, i + 1, TCP_ESTABLISHED);
		if (i % EACH == 3)
			*evidence_add_info(&ev) = (struct sock_info){ .known = true, .cwnd = i };
	}
	for (unsigned i = 0; i < MANY; i++) {
		const struct sock_info *info = &ev.infos[i];

		right = right && ev.socks[i].key.cookie == i + 1 && info->known == (i % EACH == 3) &&
		        info->cwnd == (i % EACH == 3 ? i : 0);
	}
	ok(right, "each socket has its own info, and one that nothing was told of knows nothing");
	ok(ev.n_infos == MANY, "as many infos as sockets");
	evidence_clear(&ev);
	add(&ev, 1, TCP_ESTABLISHED);
	ok(!ev.infos[0].known && !ev.infos[0].cwnd, "nothing is left of the look before");
	evidence_free(&ev);
}

static void no_infos(void)
{
	struct evidence ev = { 0 };

	add(&ev, 1, TCP_ESTABLISHED);
	ok(!ev.infos, "who asks for none gets none");
	evidence_free(&ev);
}

int main(void)
{
	infos_with_gaps();
	no_infos();
	return tap_done();
}
