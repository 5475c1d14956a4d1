/* SPDX-License-Identifier: MIT
 * A lab that is late: what a host sends again meanwhile, by the clock of its kernel, is no part of the story unless it
 * is needed. Two socket pairs stand in for the devices. */
#include "base/tap.h"
#include "lab/wire.h"
#include "packet/build.h"

#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct wire w;
static struct conns conns;
static int host[SIDES]; /* the hosts' ends of the pairs */
static char told[512];  /* "c SYN, s SYNACK": what passed, in order; "x" before what was dropped */

static void note(const char *fate, const struct packet *p)
{
	size_t n = strlen(told);

	snprintf(told + n, sizeof told - n, "%s%s%c %s", n ? ", " : "", fate, p->from == CLIENT ? 'c' : 's',
	         packet_kind_name(p->kind));
}

static void on_seen(void *ctx, const struct packet *p, enum fate fate)
{
	(void)ctx;
	note(fate == FATE_DROPPED ? "x" : fate == FATE_HELD ? "held " : "", p);
}

static void on_again(void *ctx, const struct packet *copy, const struct packet *original)
{
	(void)ctx, (void)original;
	note("again ", copy);
}

static void on_packet(void *ctx, const struct packet *p)
{
	(void)ctx, (void)p;
}

static void send_from(enum side from, struct segment s)
{
	uint8_t bytes[PACKET_BUILD_MAX];
	size_t n;

	s.src = (struct endpoint){ { .family = AF_INET, .bytes = { 10, 0, 0, from == CLIENT ? 1 : 2 } },
		                   from == CLIENT ? 1024 : 2048 };
	s.dst = (struct endpoint){ { .family = AF_INET, .bytes = { 10, 0, 0, from == CLIENT ? 2 : 1 } },
		                   from == CLIENT ? 2048 : 1024 };
	s.protocol = IPPROTO_TCP;
	s.window = 1000;
	n = packet_build(&s, bytes);
	if (write(host[from], bytes, n) != (ssize_t)n)
		exit(1);
}

static void on_delivered(void *ctx, const struct packet *p)
{
	(void)ctx, (void)p;
}

static void begin(void)
{
	struct wire_hooks hooks = {
		NULL, NULL, on_packet, on_seen, on_packet, on_delivered, on_packet, on_again, NULL
	};
	int devices[SIDES], pair[2];

	for (int i = 0; i < SIDES; i++) {
		if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) < 0)
			exit(1);
		devices[i] = pair[0];
		host[i] = pair[1];
	}
	told[0] = 0;
	conns = (struct conns){ 0 };
	wire_init(&w, devices, &conns, hooks);
}

static void end(void)
{
	for (int i = 0; i < SIDES; i++) {
		close(w.fd[i]);
		close(host[i]);
	}
	wire_free(&w);
	conns_free(&conns);
}

#define CLIENT_SAYS(...) send_from(CLIENT, (struct segment){ __VA_ARGS__ })
#define SERVER_SAYS(...) send_from(SERVER, (struct segment){ __VA_ARGS__ })
#define DATA_OF(at)      .flags = PSH | ACK, .seq = (at), .ack = 201, .len = 10
#define ACK_OF(at)       .flags = ACK, .seq = 201, .ack = (at)

static void work(void)
{
	while (wire_step(&w) > 0)
		;
}

/* As long as a kernel waits, nothing comes. (Nobody sleeps for it: a test must not depend on the clock.) */
static void time_passes(void)
{
	struct packet *p;

	if (!wire_may_wait(&w))
		return;
	TAILQ_FOREACH (p, &w.aside, link)
		p->due = clock_now();
	work();
}

/* When the client's device is found empty for the so manieth time, the lab is kept waiting, and a timer runs out. */
static unsigned empty_times;
static void (*meanwhile)(void);

ssize_t read(int fd, void *to, size_t n)
{
	ssize_t (*real)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
	ssize_t rc = real(fd, to, n);
	int why = errno;

	if (rc < 0 && fd == w.fd[CLIENT] && empty_times && !--empty_times)
		meanwhile();
	errno = why;
	return rc;
}

static void story_is(const char *should, const char *name)
{
	same_text(told, should, name);
	told[0] = 0;
}

static void drop_next(enum side from, enum packet_kind kind)
{
	wire_add_rule(&w, RULE_DROP, &(struct pick){ .from = from, .kind = kind }, 1, span_s(0));
}

static void late_copies(void)
{
	begin();
	CLIENT_SAYS(.flags = SYN, .seq = 99);
	CLIENT_SAYS(.flags = SYN, .seq = 99);
	SERVER_SAYS(.flags = SYN | ACK, .seq = 200, .ack = 100);
	SERVER_SAYS(.flags = SYN | ACK, .seq = 200, .ack = 100);
	work();
	CLIENT_SAYS(.flags = ACK, .seq = 100, .ack = 201);
	work();
	story_is("c SYN, s SYNACK, c ACK", "SYN and SYN+ACK that were sent again before the lab moved them");
	CLIENT_SAYS(DATA_OF(100));
	CLIENT_SAYS(DATA_OF(100));
	CLIENT_SAYS(DATA_OF(100));
	SERVER_SAYS(ACK_OF(110));
	work();
	time_passes();
	story_is("c DATA, s ACK", "data again and again, then acknowledged: as if the lab had been in time");
	CLIENT_SAYS(.flags = FIN | ACK, .seq = 110, .ack = 201);
	work();
	CLIENT_SAYS(.flags = FIN | ACK, .seq = 110, .ack = 201);
	SERVER_SAYS(ACK_OF(111));
	work();
	time_passes();
	story_is("c FIN, s ACK", "a FIN again beside the ACK that is on its way");
	ok(wire_left_out(&w) == 5, "five were sent only because the lab was late");
	end();
}

static void client_is_impatient(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 6000000 }, NULL);
	CLIENT_SAYS(.flags = SYN, .seq = 99);
}

static void copy_in_between(void)
{
	begin();
	CLIENT_SAYS(.flags = SYN, .seq = 99);
	work();
	SERVER_SAYS(.flags = SYN | ACK, .seq = 200, .ack = 100);
	meanwhile = client_is_impatient;
	empty_times = 2; /* looking for a packet, and before one is handed over */
	work();
	CLIENT_SAYS(.flags = ACK, .seq = 100, .ack = 201);
	work();
	time_passes();
	story_is("c SYN, s SYNACK, c ACK", "a SYN again while the SYN+ACK was being handed over is no answer to it");
	ok(wire_left_out(&w) == 1, "it is left out");
	end();
}

static void wanted_copies(void)
{
	begin();
	CLIENT_SAYS(.flags = SYN, .seq = 99);
	work();
	told[0] = 0;
	drop_next(CLIENT, KIND_DATA);
	CLIENT_SAYS(DATA_OF(100));
	CLIENT_SAYS(DATA_OF(100));
	CLIENT_SAYS(DATA_OF(100));
	work();
	story_is("xc DATA", "what is lost is not sent again before the lab waits");
	time_passes();
	story_is("c DATA, c DATA", "then it is");
	SERVER_SAYS(ACK_OF(110));
	work();
	drop_next(CLIENT, KIND_DATA);
	CLIENT_SAYS(DATA_OF(110));
	work();
	told[0] = 0;
	wire_may_wait(&w);
	CLIENT_SAYS(DATA_OF(110));
	work();
	story_is("c DATA", "what comes while the lab waits passes at once");
	ok(wire_left_out(&w) == 0, "none of them is left out");
	end();
}

/* The lab is not waiting once a packet moved, nor when it was told to work. */
static void waiting_ends(void)
{
	begin();
	CLIENT_SAYS(.flags = SYN, .seq = 99);
	work();
	told[0] = 0;
	wire_may_wait(&w);
	CLIENT_SAYS(DATA_OF(100));
	CLIENT_SAYS(DATA_OF(100));
	work();
	story_is("c DATA", "behind what moves, a copy is put aside");
	wire_may_wait(&w);
	wire_works(&w);
	CLIENT_SAYS(DATA_OF(100));
	work();
	story_is("", "and when the lab has something else to do");
	time_passes();
	story_is("c DATA, c DATA", "until it waits");
	end();
}

static void probes(void)
{
	begin();
	CLIENT_SAYS(.flags = SYN, .seq = 99);
	CLIENT_SAYS(DATA_OF(100));
	SERVER_SAYS(.flags = SYN | ACK, .seq = 200, .ack = 100);
	SERVER_SAYS(ACK_OF(110));
	work();
	told[0] = 0;
	CLIENT_SAYS(.flags = ACK, .seq = 109, .ack = 201);
	CLIENT_SAYS(.flags = ACK, .seq = 109, .ack = 201);
	work();
	story_is("", "a persist timer's question is put aside too");
	SERVER_SAYS(ACK_OF(110));
	work();
	time_passes();
	story_is("s ACK", "and forgotten when the window was told meanwhile");
	CLIENT_SAYS(.flags = ACK, .seq = 109, .ack = 201);
	work();
	time_passes();
	story_is("c ACK", "though what it stands before was acknowledged long ago, it goes on when nothing was");
	CLIENT_SAYS(.flags = ACK, .seq = 110, .ack = 201);
	work();
	story_is("c ACK", "an ordinary ACK is no question");
	end();
}

/* Frozen means frozen, late or not: what is held is counted only once the lab waits. */
static void held(void)
{
	begin();
	wire_add_rule(&w, RULE_HOLD, &(struct pick){ .from = CLIENT, .kind = KIND_DATA }, -1, span_s(0));
	CLIENT_SAYS(.flags = SYN, .seq = 99);
	CLIENT_SAYS(DATA_OF(100));
	CLIENT_SAYS(DATA_OF(100));
	work();
	story_is("c SYN, held c DATA", "a late copy of what is held is not counted at once");
	time_passes();
	story_is("again c DATA", "but when the lab has waited");
	end();
}

/* A device that gives back at once what is written to it: a host that answers. */
static int echo(void)
{
	struct sockaddr_un self = { .sun_family = AF_UNIX };
	socklen_t len = sizeof self;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof self.sun_family) < 0 ||
	    getsockname(fd, (struct sockaddr *)&self, &len) < 0 || connect(fd, (struct sockaddr *)&self, len) < 0)
		exit(1);
	return fd;
}

static void answers(void)
{
	begin();
	close(w.fd[SERVER]);
	w.fd[SERVER] = echo();
	CLIENT_SAYS(.flags = SYN, .seq = 99);
	work();
	CLIENT_SAYS(DATA_OF(100));
	work();
	story_is("c SYN, s SYN, c DATA, s DATA", "a host answers");
	wire_may_wait(&w);
	CLIENT_SAYS(DATA_OF(100));
	work();
	story_is("c DATA, s DATA", "what it sends again because of a packet is an answer, and never late");
	end();
}

static void pauses(void)
{
	struct instant before, after, due;

	begin();
	ok(wire_may_wait(&w) && !wire_next_move(&w, &due), "where nothing is put aside, nothing will move by itself");
	wire_works(&w);
	CLIENT_SAYS(.flags = SYN, .seq = 99);
	CLIENT_SAYS(.flags = SYN, .seq = 99);
	work();
	ok(!wire_next_move(&w, &due), "as long as the lab works, nothing will");
	before = clock_now();
	ok(wire_may_wait(&w) && wire_next_move(&w, &due), "when it waits a copy goes on some time");
	after = clock_now();
	ok(span_between(before, due).ns >= span_ms(200).ns && span_between(after, due).ns <= span_ms(200).ns,
	   "namely after 200 ms");
	ok(!wire_next_due(&w, &due), "and it is not delayed on purpose");
	end();
}

int main(void)
{
	late_copies();
	copy_in_between();
	wanted_copies();
	waiting_ends();
	probes();
	held();
	answers();
	pauses();
	return tap_done();
}
