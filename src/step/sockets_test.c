/* SPDX-License-Identifier: MIT
 * Which socket a descriptor is, held against what the kernel tells of it directly; sets of cookies; and that what is
 * gone is forgotten, and what is there is not. The stepped process is this one. */
#include "base/tap.h"
#include "step/forget.h"
#include "step/program_internal.h"
#include "base/syscall.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static uint32_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint32_t)st.st_ino : 0;
}

static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof cookie;

	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	return cookie;
}

static void which(void)
{
	static const struct {
		int domain, type;
	} rows[] = { { AF_INET, SOCK_STREAM },
		     { AF_INET6, SOCK_STREAM },
		     { AF_INET, SOCK_DGRAM },
		     { AF_UNIX, SOCK_SEQPACKET } };
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0), file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct sockets s = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd = socket(rows[i].domain, rows[i].type | SOCK_CLOEXEC, 0), copy = dup(fd);
		const struct socket_file *f = socket_of(&s, pidfd, getpid(), fd, true);

		ok(f && f->inode == inode_of(fd) && f->domain == rows[i].domain && f->type == rows[i].type &&
		           f->cookie == cookie_of(fd),
		   "socket %zu: inode, domain, type, cookie", i);
		ok(socket_of(&s, pidfd, getpid(), copy, true) == f && s.n == i + 1, "its copy is the same");
		close(fd);
		close(copy);
		ok(!socket_of(&s, pidfd, getpid(), fd, true), "a closed one is none");
	}
	ok(!socket_of(&s, pidfd, getpid(), file, true) && !socket_of(&s, pidfd, getpid(), 9999, true),
	   "nor is a file, nor what is not open");
	sockets_free(&s);
	close(pidfd);
	close(file);
}

static bool is_even(void *ctx, uint64_t cookie)
{
	(void)ctx;
	return cookie % 2 == 0;
}

static void cookies(void)
{
	struct cookies c = { 0 };
	unsigned wrong = 0;

	ok(!cookies_have(&c, 0) && !cookies_have(&c, 1), "an empty set has nothing");
	for (uint64_t i = 0; i < 5000; i++)
		cookies_add(&c, i * 4096 % 5003); /* each once, but 0, which is none */
	cookies_add(&c, 17);
	ok(c.n == 4999 && !cookies_have(&c, 0), "each is in it once, and 0 is not");
	cookies_keep(&c, is_even, NULL);
	for (uint64_t i = 1; i < 5003; i++)
		wrong += cookies_have(&c, i) && i % 2;
	for (uint64_t i = 0; i < 5000; i++)
		wrong += i * 4096 % 5003 && cookies_have(&c, i * 4096 % 5003) != (i * 4096 % 5003 % 2 == 0);
	ok(wrong == 0, "what is kept is there, and the rest is not");
	cookies_free(&c);
}

/* --- forgetting ------------------------------------------------------------------------------------------ */

enum { MANY = 5000, HELD = 3 };

static bool is_there(void *cookie, uint64_t asked)
{
	return asked == *(uint64_t *)cookie;
}

/* A stepper with one program: this process, whose sockets are many, and all but a few of them soon gone. */
struct many {
	struct stepper s;
	struct program *p;
	struct process *x;
	int held[HELD];
	uint64_t orphan, gone; /* closed, and the kernel has it still, or not */
	size_t most, rounds;
	int wrong;
};

static struct thread *step_ourselves(struct many *m)
{
	char name[] = "x", *argv[] = { name, NULL };

	stepper_open(&m->s, (struct step_hooks){ 0 });
	m->p = program_new(&m->s, "program", argv);
	m->p->attached = true;
	m->x = process_new(&m->s, getpid(), m->p);
	return thread_new(&m->s, getpid(), m->x);
}

static void one_more(struct many *m, int i)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	program_had(m->p, socket_of(&m->s.sockets, m->x->pidfd, m->x->pid, fd, true));
	m->orphan = i == 5 ? cookie_of(fd) : m->orphan;
	m->gone = i == 6 ? cookie_of(fd) : m->gone;
	if (i < HELD)
		m->held[i] = fd;
	else
		close(fd);
	m->most = m->s.sockets.n > m->most ? m->s.sockets.n : m->most;
}

static void forget_if_due(struct many *m)
{
	if (!forget_is_due(&m->s))
		return;
	forget_sockets(&m->s, is_there, &m->orphan);
	m->rounds++;
	m->wrong += m->s.sockets.n != HELD || m->p->cookies.n != HELD + 1 || forget_is_due(&m->s);
}

static void are_the_programs(struct many *m)
{
	int wrong = 0;

	for (int i = 0; i < HELD; i++)
		wrong += !program_has_cookie(m->p, cookie_of(m->held[i]));
	ok(wrong == 0 && program_has_cookie(m->p, m->orphan) && !program_has_cookie(m->p, m->gone),
	   "they are the program's still");
}

static void forgetting(void)
{
	struct many m = { .wrong = 0 };
	struct thread *t = step_ourselves(&m);

	ok(!forget_is_due(&m.s), "of nothing nothing is to be forgotten");
	for (int i = 0; i < MANY; i++) {
		one_more(&m, i);
		forget_if_due(&m);
	}
	ok(m.rounds >= 3 && m.wrong == 0,
	   "time and again all are forgotten but those that are held, and one that the kernel has");
	ok(m.most <= 1024, "never more than a thousand are kept: %zu", m.most);
	are_the_programs(&m);
	for (int i = 0; i < HELD; i++)
		close(m.held[i]);
	thread_forget(&m.s, t);
	program_forget(&m.s, m.p);
	stepper_close(&m.s);
}

int main(void)
{
	which();
	cookies();
	forgetting();
	return tap_done();
}
