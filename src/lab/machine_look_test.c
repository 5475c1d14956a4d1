/* SPDX-License-Identifier: MIT
 * Looks at the machine's own network that ask for single sockets: they find what the whole table has, which is read
 * when something lacks, and else is not. */
#include "lab/bare_test.h"
#include "lab/machine.h"
#include "lab/machine_internal.h"
#include "base/syscall.h"

#include <net/if.h>
#include <sys/ioctl.h>

static struct bare b;
static struct program program;

static void lo_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	bare_must(ioctl(fd, SIOCSIFFLAGS, &lo) == 0);
	close(fd);
}

/* --- sockets, of a program or of nobody here ------------------------------------------------------------ */

static int ours(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof cookie;

	bare_must(fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0);
	cookies_add(&program.cookies, cookie);
	return fd;
}

static struct sockaddr_in at(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		                     .sin_port = htons(port) };
}

static int bound(uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_in here = at(port);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	bare_must(bind(fd, (struct sockaddr *)&here, sizeof here) == 0);
	return fd;
}

static int listener(uint16_t port)
{
	int fd = bound(port);

	bare_must(listen(fd, 100) == 0);
	return fd;
}

static void connects(int fd, uint16_t port)
{
	struct sockaddr_in there = at(port);

	bare_must(connect(fd, (struct sockaddr *)&there, sizeof there) == 0);
}

static int connection(uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	connects(fd, port);
	return fd;
}

static int accepted(int fd)
{
	return accept4(fd, NULL, NULL, SOCK_CLOEXEC);
}

static void resets(int fd)
{
	const struct linger at_once = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fd);
}

/* --- looks ---------------------------------------------------------------------------------------------- */

static void text_of(struct buf *out, const struct evidence seen[SIDES])
{
	buf_clear(out);
	for (int side = 0; side < SIDES; side++) {
		for (size_t i = 0; i < seen[side].n; i++) {
			const struct sock *s = &seen[side].socks[i];

			buf_addf(out, "%c %s %u-%u rq %u wq %u%s\n", side_name((enum side)side)[0],
			         tcp_state_info(s->state)->name, s->local.port, s->remote.port, s->rq, s->wq,
			         s->inode ? " held" : "");
		}
	}
}

static void keep(struct evidence seen[SIDES])
{
	for (int side = 0; side < SIDES; side++) {
		evidence_free(&b.l.seen[side]);
		b.l.seen[side] = seen[side];
	}
}

/* So that no time passes, however slow the machine is. */
#define LATER ((int64_t)3600 * 1000000000)

/* The table was read just now: `whole`, if it is read again all the same. */
static void look_is(bool whole, const char *what)
{
	struct evidence seen[SIDES] = { { .n = 0 }, { .n = 0 } }, all[SIDES] = { { .n = 0 }, { .n = 0 } };
	struct machine *m = machine_memory(&b.l);
	struct instant before = instant_after(clock_now(), (struct span){ LATER });
	struct buf is = { 0 }, should = { 0 };

	before.ns = m->whole.ns ? before.ns : 0;
	m->whole = before;
	ok(machine_look(&b.l, seen, &b.e) == 1 && (m->whole.ns != before.ns) == whole, "%s: %s", what,
	   whole ? "the table is read" : "it is not read");
	text_of(&is, seen);
	keep(seen);
	if (!whole) {
		struct machine as_it_was = *m;

		bare_must(machine_look_at_all(&b.l, all, &b.e) == 0);
		text_of(&should, all);
		same_text(buf_text(&is), buf_text(&should), "  and nothing lacks");
		m->whole = as_it_was.whole;
	}
	for (int side = 0; side < SIDES; side++)
		evidence_free(&all[side]);
	buf_free(&is);
	buf_free(&should);
}

static void set_up(void)
{
	struct actor *a;

	bare_open(&b);
	lo_up();
	b.l.options.machine = true;
	a = lab_add_actor(&b.l, actor_without_process("server", SERVER));
	program = (struct program){ .terminal = -1 };
	a->program = &program;
}

static void tear_down(void)
{
	lab_find_actor(&b.l, "server")->program = NULL;
	cookies_free(&program.cookies);
	b.l.options.machine = false;
	bare_close(&b);
}

/* --- what is known -------------------------------------------------------------------------------------- */

static void of_connections(void)
{
	int l = ours(listener(80)), c = connection(80), a;

	look_is(true, "the first look");
	look_is(false, "the second");
	a = ours(accepted(l));
	look_is(false, "what waited is accepted");
	bare_must(write(c, "hello", 5) == 5);
	look_is(false, "something to read");
	shutdown(c, SHUT_WR);
	look_is(false, "the peer's FIN");
	close(a);
	look_is(true, "what was held is not there any more");
	close(c);
	look_is(false, "its other end is in TIME_WAIT");
	c = connection(80);
	look_is(true, "one more waits than is known");
	close(c);
	close(l);
	look_is(true, "a listener is closed");
	look_is(false, "only what is left of it stays");
}

static void of_bound(void)
{
	int l = listener(81), s = ours(bound(82)), a;

	look_is(true, "the first look finds what is bound");
	look_is(false, "the second does, too");
	connects(s, 81);
	look_is(true, "it is connected, and not known as that");
	look_is(false, "then it is");
	a = accepted(l);
	resets(a);
	look_is(true, "it was reset, and has its port still");
	look_is(true, "what is found in the table only");
	close(s);
	look_is(true, "until it is gone");
	look_is(false, "from then on");
	close(l);
}

static void of_a_device(void)
{
	int l = listener(83), s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	look_is(true, "the first look");
	setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
	connects(s, 83);
	ours(s);
	machine_memory(&b.l)->whole.ns = 0;
	look_is(true, "one that is bound to a device");
	look_is(true, "cannot be asked for");
	close(s);
	close(l);
}

/* A socket without addresses is asked for them once, until a call may have given it some; where not every call is seen,
 * again and again. */
static void of_meeting(void)
{
	struct machine *m = machine_memory(&b.l);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), l = listener(85);
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	machine_meets(&b.l, SERVER, 7, pidfd, s, false);
	ok(cookies_have(&m->met, 7) && !m->known.n, "a socket without addresses is asked for them");
	connects(s, 85);
	machine_meets(&b.l, SERVER, 7, pidfd, s, false);
	ok(!m->known.n, "once");
	machine_meets(&b.l, SERVER, 7, pidfd, s, true);
	ok(m->known.n == 1, "until a call may have given it some");
	machine_unfollowed(&b.l);
	machine_meets(&b.l, SERVER, 8, pidfd, l, false);
	ok(!cookies_have(&m->met, 8), "or may have, unseen");
	close(pidfd);
	close(s);
	close(l);
}

/* Why nothing but the whole table is good enough. */
static void of_reasons(void)
{
	struct machine *m = machine_memory(&b.l);
	struct evidence seen[SIDES] = { { .n = 0 }, { .n = 0 } };
	int fds[100], l = ours(listener(84));
	int64_t before;

	look_is(true, "the first look");
	look_is(false, "the second");
	m->whole.ns -= LATER + 30000000;
	before = m->whole.ns;
	bare_must(machine_look(&b.l, seen, &b.e) == 1);
	ok(m->whole.ns != before, "it was read 30 ms ago, and no packet tells who comes: the table is read");
	keep(seen);
	m->lost++;
	look_is(true, "packets were lost");
	look_is(false, "none since");
	b.l.silent = true;
	look_is(true, "calls are not noted");
	b.l.silent = false;
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = connection(84);
	look_is(true, "many come");
	look_is(true, "they cost more to ask for");
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		resets(fds[i]);
	machine_unfollowed(&b.l);
	look_is(true, "not every call is seen");
	look_is(true, "never again");
	close(l);
}

int main(void)
{
	void (*const parts[])(void) = { of_connections, of_bound, of_a_device, of_meeting, of_reasons };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		set_up();
		parts[i]();
		tear_down();
	}
	return tap_done();
}
