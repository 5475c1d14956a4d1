/* SPDX-License-Identifier: MIT
 * Any bytes as a filter: no crash, an error that shows its place, no match outside of the states and ports that are
 * dumped. */
#include "model/filter.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool find(void *ctx, const char *name, uint64_t *id)
{
	(void)ctx;
	*id = (uint64_t)strlen(name);
	return *id % 2;
}

/* One socket of each state, each with something that the others have not. */
static void make(struct evidence *ev)
{
	struct holder a = { 1, 1, "a" }, b = { 2, 3, "b c" };

	evidence_add_holder(ev, &a);
	evidence_add_holder(ev, &b);
	for (unsigned i = 0; i < TCP_STATES; i++) {
		struct sock s = { .key = { i % 3, i },
			          .state = (enum tcp_state)i,
			          .rq = i,
			          .wq = i * 1000,
			          .half_open = i,
			          .retrans = (uint8_t)i,
			          .timer = (enum sock_timer)(i % TIMERS),
			          .uid = i % 2,
			          .drops = i,
			          .held = i % 3,
			          .is_mini = i % 4 == 0,
			          .age_is = (uint8_t)(i % 3),
			          .no_owner = (uint8_t)(i % NO_OWNER_REASONS),
			          .listener = i,
			          .age = span_s(i),
			          .cgroup = i };
		struct sock *added;

		s.local = (struct endpoint){ { i % 2 ? AF_INET : AF_INET6, { 10, 0, 0, (uint8_t)i } },
			                     (uint16_t)(i * 5461) };
		s.remote = (struct endpoint){ { AF_INET6, { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 } },
			                      (uint16_t)(i * 40) };
		added = evidence_add(ev, &s);
		*evidence_add_info(ev) = (struct sock_info){
			.known = i % 2, .rtt_us = i, .cwnd = i, .mss = i * 100, .total_retrans = i
		};
		if (i % 3)
			evidence_add_owner(ev, added, i % 2, (int)i);
	}
}

static bool within(const struct port_range *r, uint16_t port)
{
	return port >= r->from && port <= r->to;
}

static void check(const struct filter *f, const struct evidence *ev)
{
	state_set states = filter_states(f);
	struct port_range local, remote;

	filter_ports(f, &local, &remote);
	(void)filter_wants(f);
	for (size_t i = 0; i < ev->n; i++) {
		const struct sock *s = &ev->socks[i];

		if (filter_match(f, ev, i) && (!state_set_has(states, s->state) || !within(&local, s->local.port) ||
		                               !within(&remote, s->remote.port)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct filter_names names = { NULL, find, find };
	static struct evidence ev;
	struct err e;
	struct filter *f;
	char *text;

	if (!ev.n)
		make(&ev);
	if (size > 4096)
		return 0;
	text = xstrndup((const char *)data, size);
	f = filter_parse(text, size % 2 ? &names : NULL, &e);
	if (f)
		check(f, &ev);
	else if (strlen(e.text) < 3 || e.text[strlen(e.text) - 1] != '^')
		abort();
	filter_free(f);
	free(text);
	return 0;
}
