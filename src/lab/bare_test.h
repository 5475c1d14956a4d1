/* SPDX-License-Identifier: MIT
 * For tests: a lab without hosts. Its verbs are read and carried out; what they would do to the wire, to actors and to
 * kernels stays where a test can see it, and what kernels would say is made by hand. */
#ifndef LAB_BARE_TEST_H
#define LAB_BARE_TEST_H

#include "base/tap.h"
#include "lab/lab_internal.h"
#include "lab/verbs.h"
#include "packet/build.h"

#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct bare {
	struct lab l;
	struct language lang;
	struct script script;
	struct err e;
	int arrives[SIDES]; /* what the wire hands to the host of that side */
	int told[SIDES];    /* what the actor of that side's name is told */
};

static inline int bare_begins(void *ctx, const struct verb *verb, const char *line, struct err *e)
{
	(void)ctx, (void)verb, (void)line, (void)e;
	return 0;
}

static inline void bare_show(void *ctx)
{
	(void)ctx;
}

static inline void bare_must(bool good)
{
	if (!good)
		exit(1);
}

/* The text is what /proc would say: lines of names and of values. */
static inline int bare_file(const char *text)
{
	int fd = memfd_create("counters", MFD_CLOEXEC);

	bare_must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	return fd;
}

static inline void bare_hosts(struct bare *b)
{
	int fds[SIDES], pair[2];

	for (int i = 0; i < SIDES; i++) {
		bare_must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) == 0);
		fds[i] = b->l.hosts[i].device = pair[0];
		b->arrives[i] = pair[1];
		b->l.hosts[i].side = (enum side)i;
		b->l.hosts[i].diag = diag_open(&b->e);
		bare_must(b->l.hosts[i].diag != NULL);
	}
	addr_parse("10.0.0.1", &b->l.hosts[CLIENT].v4);
	addr_parse("10.0.0.2", &b->l.hosts[SERVER].v4);
	wire_init(&b->l.wire, fds, &b->l.timeline.conns, note_hooks(&b->l));
}

/* In a network namespace where nobody else has a socket: what kernels would say is made by hand. */
static inline void bare_alone(void)
{
	static bool alone;

	if (!alone && unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET) < 0)
		exit(tap_skip_all("no network namespace can be made"));
	alone = true;
}

static inline void bare_open(struct bare *b)
{
	bare_alone();
	*b = (struct bare){ .told = { -1, -1 } };
	lab_init(&b->l, (struct lab_hooks){ .show = bare_show });
	bare_hosts(b);
	b->lang = lab_language(&b->l);
	b->lang.begins = bare_begins;
	script_init(&b->script, &b->lang, "bare.lab");
}

static inline void bare_close(struct bare *b)
{
	b->l.started = true; /* what was made by hand goes as if it had been */
	script_free(&b->script);
	lab_close(&b->l);
	for (int i = 0; i < SIDES; i++) {
		close(b->arrives[i]);
		if (b->told[i] >= 0)
			close(b->told[i]);
	}
}

/* One line of a scenario; what is wrong with it, "" if nothing is. */
static inline const char *bare_says(struct bare *b, const char *line)
{
	b->e = (struct err){ .what = "" };
	return script_line(&b->script, line, &b->e) < 0 ? err_text(&b->e) : "";
}

static inline void bare_says_is(struct bare *b, const char *line, const char *should)
{
	same_text(bare_says(b, line), should, line);
}

/* The actor of a side's name, with these descriptors (-1: none). */
static inline struct actor *bare_actor(struct bare *b, enum side side, int listener_fd, int conn_fd)
{
	struct actor *a = lab_add_actor(&b->l, actor_without_process(side_name(side), side));
	int pair[2];

	bare_must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) == 0);
	a->control = pair[0];
	b->told[side] = pair[1];
	a->page = mmap(NULL, sizeof *a->page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bare_must(a->page != MAP_FAILED);
	a->listener_fd = listener_fd;
	a->conn_fd = conn_fd;
	a->connected = conn_fd >= 0;
	return a;
}

/* The connection of client:1024 and server:port. */
static inline struct segment bare_segment(enum side from, uint16_t port, uint8_t flags, uint32_t len)
{
	struct segment s = { .protocol = IPPROTO_TCP, .flags = flags, .window = 1000, .len = len };
	struct endpoint end[SIDES] = { { .port = 1024 }, { .port = port } };

	addr_parse("10.0.0.1", &end[CLIENT].addr);
	addr_parse("10.0.0.2", &end[SERVER].addr);
	s.src = end[from];
	s.dst = end[side_other(from)];
	s.seq = from == CLIENT ? 100 : 200;
	s.ack = from == CLIENT ? 201 : 101;
	return s;
}

/* Sends a packet from a host, and has the wire decide on it. */
static inline void bare_sends(struct bare *b, enum side from, struct segment s)
{
	uint8_t bytes[PACKET_BUILD_MAX];
	size_t n = packet_build(&s, bytes);

	bare_must(write(b->arrives[from], bytes, n) == (ssize_t)n);
	while (wire_step(&b->l.wire) > 0)
		;
}

/* Something that was seen of a host's sockets. */
static inline void bare_has(struct bare *b, enum side side, struct sock s)
{
	s.key.cookie = s.key.cookie ? s.key.cookie : b->l.seen[side].n + 1;
	evidence_add(&b->l.seen[side], &s);
}

#endif
