/* SPDX-License-Identifier: MIT
 * The kernel keeps no time at which a state began, but the time of the last ACK (tcpi_last_ack_recv) is that of the
 * peer's FIN in CLOSE_WAIT, and that of the handshake's end in the accept queue; TIME_WAIT's timer begins with 60 s.
 * src/model/age.h rests on it. */
#include "fact.h"

static struct evidence ev;

/* The first socket in this state, with its age; NULL if none. */
static const struct sock *aged(enum side side, enum tcp_state state)
{
	static const struct diag_ask with_info = { .info = true };
	struct err e;

	evidence_clear(&ev);
	if (diag_dump(hosts[side].diag, &with_info, &ev, &e) < 0)
		exit(1);
	for (size_t i = 0; i < ev.n; i++)
		if (ev.socks[i].state == state)
			return &ev.socks[i];
	return NULL;
}

/* Between so many milliseconds; the kernel counts in ticks of up to 10. */
static bool is_about(const struct sock *s, enum age_is is, int64_t ms)
{
	return s && s->age_is == is && span_to_ms(s->age) >= ms - 20 && span_to_ms(s->age) <= ms + 150;
}

int main(void)
{
	int listener, fd, child;

	fact_open();
	listener = fact_listen(7777, 5);
	fd = fact_socket(CLIENT);
	fact_connect(fd, 7777);
	fact_settle();
	usleep(300000);
	ok(is_about(aged(SERVER, TCP_ESTABLISHED), AGE_EXACT, 300), "in the accept queue: since the handshake, 300 ms");
	host_enter(&hosts[SERVER]);
	child = accept(listener, NULL, NULL);
	ok(is_about(aged(SERVER, TCP_ESTABLISHED), AGE_AT_LEAST, 300), "accepted: at least so long");
	host_enter(&hosts[CLIENT]);
	shutdown(fd, SHUT_WR);
	fact_settle();
	usleep(200000);
	ok(is_about(aged(SERVER, TCP_CLOSE_WAIT), AGE_EXACT, 200), "CLOSE_WAIT: since the FIN, 200 ms");
	close(child);
	fact_settle();
	close(fd);
	fact_settle();
	usleep(200000);
	ok(is_about(aged(CLIENT, TCP_TIME_WAIT), AGE_AT_LEAST, 200),
	   "TIME_WAIT: 60 s less what is left of its timer, 200 ms");
	evidence_free(&ev);
	return tap_done();
}
