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

static void forgetting(void)
{
	char name[] = "x", *argv[] = { name, NULL };
	int held[HELD], wrong = 0;
	size_t most = 0, rounds = 0;
	uint64_t orphan = 0, gone = 0;
	struct stepper s;
	struct program *p;
	struct process *x;
	struct thread *t;

	stepper_open(&s, (struct step_hooks){ 0 });
	p = program_new(&s, "program", argv);
	p->attached = true;
	x = process_new(&s, getpid(), p);
	t = thread_new(&s, getpid(), x);
	ok(!forget_is_due(&s), "of nothing nothing is to be forgotten");
	for (int i = 0; i < MANY; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		program_had(p, socket_of(&s.sockets, x->pidfd, x->pid, fd, true));
		orphan = i == 5 ? cookie_of(fd) : orphan;
		gone = i == 6 ? cookie_of(fd) : gone;
		if (i < HELD)
			held[i] = fd;
		else
			close(fd);
		most = s.sockets.n > most ? s.sockets.n : most;
		if (!forget_is_due(&s))
			continue;
		forget_sockets(&s, is_there, &orphan);
		rounds++;
		wrong += s.sockets.n != HELD || p->cookies.n != HELD + 1 || forget_is_due(&s);
	}
	ok(rounds >= 3 && wrong == 0,
	   "time and again all are forgotten but those that are held, and one that the kernel has");
	ok(most <= 1024, "never more than a thousand are kept: %zu", most);
	for (int i = 0; i < HELD; i++)
		wrong += !program_has_cookie(p, cookie_of(held[i]));
	ok(wrong == 0 && program_has_cookie(p, orphan) && !program_has_cookie(p, gone), "they are the program's still");
	for (int i = 0; i < HELD; i++)
		close(held[i]);
	thread_forget(&s, t);
	program_forget(&s, p);
	stepper_close(&s);
}

int main(void)
{
	which();
	cookies();
	forgetting();
	return tap_done();
}
