/* SPDX-License-Identifier: MIT
 * What a call means for the life of a connection: recv(2) and send(2) say what each result is. The calls are written
 * down by hand, the descriptors are this process's. */
#include "step/lives.h"
#include "base/tap.h"
#include "step/program_internal.h"
#include "base/syscall.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
	struct stepper s;
	struct program *p;
	struct thread *t;
	struct lives lives;
};

static void open_world(struct world *w)
{
	char name[] = "x", *argv[] = { name, NULL };

	*w = (struct world){ .lives = { .wanted = true } };
	stepper_open(&w->s, (struct step_hooks){ 0 });
	w->p = program_new(&w->s, "program", argv);
	w->p->attached = true;
	w->t = thread_new(&w->s, getpid(), process_new(&w->s, getpid(), w->p));
}

static void close_world(struct world *w)
{
	lives_free(&w->lives);
	thread_forget(&w->s, w->t);
	program_forget(&w->s, w->p);
	stepper_close(&w->s);
}

/* A call on the socket `inode` has returned; `made`: of the one that accept() brought. */
static const struct life *returns(struct world *w, long number, uint64_t size, int64_t result, uint32_t inode,
                                  uint32_t made)
{
	w->t->call =
		(struct call){ .is = syscall_find(number), .arg = { 9, 0, size }, .returned = true, .ret = result };
	w->t->inode = inode;
	w->t->made = made;
	lives_returned(&w->lives, &w->s, w->t);
	return life_of(&w->lives, made ? made : inode);
}

static void beginnings(void)
{
	static const struct {
		long number;
		int64_t result;
		bool begins;
		const char *what;
	} rows[] = {
		{ SYS_accept, 4, true, "accept" },
		{ SYS_accept4, 0, true, "accept4, descriptor 0" },
		{ SYS_accept, -EAGAIN, false, "accept, nobody there" },
		{ SYS_connect, 0, true, "connect" },
		{ SYS_connect, -EINPROGRESS, true, "connect, on its way" },
		{ SYS_connect, -ECONNREFUSED, false, "connect, refused" },
		{ SYS_connect, -512, false, "connect, interrupted and made again" },
		{ SYS_listen, 0, false, "listen" },
		{ SYS_read, 10, false, "a read of what was there before" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool accepts = rows[i].number == SYS_accept || rows[i].number == SYS_accept4;
		const struct life *l;
		struct world w;

		open_world(&w);
		l = returns(&w, rows[i].number, 0, rows[i].result, 70, accepts && rows[i].result >= 0 ? 71 : 0);
		ok((l != NULL) == rows[i].begins, "a life begins or not: %s", rows[i].what);
		if (l)
			ok(streq(l->made.call, syscall_find(rows[i].number)->name) && l->pid == getpid() &&
			           l->inode == (accepts ? 71U : 70U) && !l->eof.call && !l->last.call,
			   "  where it was made, and nothing else");
		close_world(&w);
	}
}

static const struct {
	long number;
	uint64_t size;
	int64_t result;
	bool end;
} answers[] = {
	{ SYS_read, 100, 0, true },
	{ SYS_read, 1, 0, true },
	{ SYS_read, 0, 0, false }, /* nothing was asked for, so nothing was told */
	{ SYS_read, 100, 1, false },
	{ SYS_read, 100, -EAGAIN, false },
	{ SYS_read, 100, -ECONNRESET, true },
	{ SYS_read, 0, -ECONNRESET, true },
	{ SYS_read, 100, -ETIMEDOUT, true },
	{ SYS_read, 100, -EPIPE, true },
	{ SYS_read, 100, -EINTR, false },
	{ SYS_recvfrom, 100, 0, true },
	{ SYS_recvfrom, 0, 0, false },
	{ SYS_readv, 2, 0, true },
	{ SYS_recvmsg, 0, 0, true },
	{ SYS_write, 100, 100, false },
	{ SYS_write, 100, 0, false },
	{ SYS_write, 100, -EPIPE, true },
	{ SYS_sendto, 100, -ECONNRESET, true },
	{ SYS_sendto, 100, -ENOTCONN, false },
	{ SYS_close, 0, 0, false },
	{ SYS_shutdown, 0, -EPIPE, false },
	{ SYS_getsockopt, 0, 0, false },
};

static void ends(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		const struct life *l;
		struct world w;

		open_world(&w);
		returns(&w, SYS_accept, 0, 4, 70, 71);
		l = returns(&w, answers[i].number, answers[i].size, answers[i].result, 71, 0);
		ok(l && (l->eof.call != NULL) == answers[i].end, "%s(%llu) = %lld: %s",
		   syscall_find(answers[i].number)->name, (unsigned long long)answers[i].size,
		   (long long)answers[i].result, answers[i].end ? "the end" : "no end");
		ok(l && streq(l->last.call, syscall_find(answers[i].number)->name) && !l->copied.call,
		   "  the last call on it");
		close_world(&w);
	}
}

/* The own end of reading is no word of the peer. */
static void own_ends(void)
{
	static const struct {
		int how;
		int64_t result;
		bool end;
		const char *what;
	} rows[] = { { SHUT_RD, 0, false, "SHUT_RD" },
		     { SHUT_RDWR, 0, false, "SHUT_RDWR" },
		     { SHUT_WR, 0, true, "SHUT_WR" },
		     { SHUT_RD, -ENOTCONN, true, "SHUT_RD that failed" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct life *l;
		struct world w;

		open_world(&w);
		returns(&w, SYS_accept, 0, 4, 70, 71);
		w.t->call = (struct call){ .is = syscall_find(SYS_shutdown),
			                   .arg = { 9, (uint64_t)rows[i].how },
			                   .returned = true,
			                   .ret = rows[i].result };
		w.t->inode = 71;
		lives_returned(&w.lives, &w.s, w.t);
		l = returns(&w, SYS_read, 100, 0, 71, 0);
		ok((l->eof.call != NULL) == rows[i].end, "0 bytes after %s are the peer's end: %s", rows[i].what,
		   rows[i].end ? "yes" : "no");
		l = returns(&w, SYS_read, 100, -ECONNRESET, 71, 0);
		ok(l->eof.call != NULL, "  a reset is one");
		close_world(&w);
	}
}

static void datagrams(void)
{
	struct world w;

	open_world(&w);
	w.t->datagram = true;
	returns(&w, SYS_connect, 0, 0, 70, 0);
	returns(&w, SYS_read, 100, 0, 70, 0);
	ok(!life_of(&w.lives, 70), "a connected UDP socket has no life, and an empty datagram is no end");
	close_world(&w);
}

static void what_is_told(void)
{
	const struct life *l;
	struct world w;

	open_world(&w);
	w.t->number = 3;
	returns(&w, SYS_accept, 0, 4, 70, 71);
	l = returns(&w, SYS_read, 100, 0, 71, 0);
	same_text(l->eof.text, "read(9, NULL, 100) = 0", "a call in words, with its result");
	ok(l->eof.number == 3, "and which thread made it");
	l = returns(&w, SYS_dup, 0, 12, 71, 0);
	ok(l->copied.call && streq(l->copied.text, "dup(9) = 12"), "where its descriptor was copied");
	l = returns(&w, SYS_dup, 0, -EMFILE, 71, 0);
	same_text(l->copied.text, "dup(9) = 12", "and not where that failed");
	l = returns(&w, SYS_read, 100, -512, 71, 0);
	same_text(l->last.text, "dup(9) = -1 EMFILE (Too many open files)",
	          "a call that is made again has not been made");
	l = returns(&w, SYS_accept, 0, 4, 70, 71);
	ok(w.lives.n == 1 && streq(l->made.call, "accept"), "one life a socket");
	w.lives.wanted = false;
	returns(&w, SYS_accept, 0, 4, 70, 72);
	ok(!life_of(&w.lives, 72), "nothing is kept that nobody wants");
	close_world(&w);
}

static uint32_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint32_t)st.st_ino : 0;
}

static void holdings(void)
{
	int first = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    second = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int copy = dup(first);
	struct holding *all;
	unsigned found = 0;
	struct world w;
	size_t n;

	open_world(&w);
	all = holdings_of(&w.s, w.p, &n);
	for (size_t i = 0; i < n; i++) {
		found += all[i].inode == inode_of(first) && (all[i].fd == first || all[i].fd == copy);
		found += all[i].inode == inode_of(second) && all[i].fd == second;
		ok(i == 0 || all[i - 1].inode <= all[i].inode, "in order");
	}
	ok(n == 3 && found == 3, "every descriptor of a socket, copies too, and nothing else");
	free(all);
	close_world(&w);
	close(first);
	close(second);
	close(copy);
}

enum { MANY = 3000 };

static void many(void)
{
	int held = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct world w;
	size_t most = 0;

	open_world(&w);
	returns(&w, SYS_connect, 0, 0, inode_of(held), 0);
	for (uint32_t i = 0; i < MANY; i++) {
		returns(&w, SYS_accept, 0, 4, 70, 4000000000U + i);
		most = w.lives.n > most ? w.lives.n : most;
	}
	ok(most <= 128, "those that nobody holds are forgotten: never more than %zu", most);
	ok(life_of(&w.lives, inode_of(held)), "who is held is not");
	ok(life_of(&w.lives, 4000000000U + MANY - 1), "nor is the youngest");
	close_world(&w);
	close(held);
}

int main(void)
{
	beginnings();
	ends();
	own_ends();
	datagrams();
	what_is_told();
	holdings();
	many();
	return tap_done();
}
