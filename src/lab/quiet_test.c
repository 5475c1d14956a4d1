/* SPDX-License-Identifier: MIT
 * When the lab is quiet: what a kernel's timer sends between the last packet and the look at the sockets belongs to the
 * state that was seen, and is moved before anybody believes that state. */
#include "lab/bare_test.h"

#include <dlfcn.h>
#include <libmnl/libmnl.h>

static struct bare b;

/* Each look at sockets asks the kernel by this. While it asks for the `comes_at`th time, a packet comes; 0: none does.
 */
static unsigned asked, comes_at;

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len)
{
	ssize_t (*real)(const struct mnl_socket *, const void *, size_t) = dlsym(RTLD_NEXT, "mnl_socket_sendto");
	struct segment reset = bare_segment(CLIENT, 7777, RST, 0);
	uint8_t bytes[PACKET_BUILD_MAX];
	size_t n;

	if (++asked == comes_at) {
		n = packet_build(&reset, bytes);
		bare_must(write(b.arrives[CLIENT], bytes, n) == (ssize_t)n);
	}
	return real(nl, buf, len);
}

/* How many packets had been seen when the lab said for the first time that it is quiet. */
static size_t seen_then;
static unsigned times;

static void when_quiet(void *ctx)
{
	(void)ctx;
	if (times++)
		return;
	for (size_t i = 0; i < b.l.timeline.n; i++)
		seen_then += b.l.timeline.events[i]->kind == EV_PACKET;
}

/* `at`: during which question; more than there are is never. */
static void comes(unsigned at, bool is_there)
{
	asked = 0;
	seen_then = times = 0;
	bare_open(&b);
	b.l.hooks.quiet = when_quiet;
	b.l.started = true;
	comes_at = at;
	ok(lab_quiet(&b.l, &b.e) == 0 && times == 1, "the lab is quiet, and says so once");
	ok(seen_then == is_there, "%s: %zu seen by then", is_there ? "a packet that comes meanwhile" : "no packet",
	   seen_then);
	comes_at = 0;
	bare_close(&b);
}

/* Beside load a call takes long by the clock, and who makes it has had little of a processor. */
static void patience(void)
{
	static const struct {
		struct span waited, worked;
		bool gives_up;
		const char *what;
	} rows[] = {
		{ { 4999999999 }, { 4999999999 }, false, "less than the limit" },
		{ { 5000000000 }, { 1000000000 }, true, "as long as the limit, and it did work" },
		{ { 5000000000 }, { 999999999 }, false, "as long, and others had the processor" },
		{ { 59999999999 }, { 0 }, false, "nearly the most" },
		{ { 60000000000 }, { 0 }, true, "the most, whoever worked" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ok(lab_gives_up(span_s(5), rows[i].waited, rows[i].worked) == rows[i].gives_up, "who is waited for: %s",
		   rows[i].what);
}

int main(void)
{
	comes(0, false);
	for (unsigned host = 1; host <= SIDES; host++)
		comes(host, true);
	patience();
	return tap_done();
}
