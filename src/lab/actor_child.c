/* SPDX-License-Identifier: MIT
 * The life of an actor's process: it waits for a command, makes ordinary blocking system calls, answers.
 *
 * It holds its sockets alone, so the kernel's table names it as their owner; its first socket is descriptor 3;
 * it dies with lastack. A second thread takes what must not wait for a blocked call (shutdown). */
#include "lab/actor_wire.h"
#include "base/fdmsg.h"
#include "base/file.h"
#include "lab/host.h"
#include "lab/sockopt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OPTIONS_KEPT = 32 };

struct self {
	int listener, conn; /* descriptors, -1 = none */
	struct actor_page *page;
	struct {
		int row, value;
	} kept[OPTIONS_KEPT]; /* options set before there was a socket */
	size_t n_kept;
};

struct message {
	struct actor_cmd cmd;
	char text[ACTOR_TEXT];
	int fd; /* adopt: the connection that was handed over; -1 otherwise */
};

struct answer {
	struct actor_reply reply;
	char text[ACTOR_KEPT];
};

/* Notes a system call and its result; true if it succeeded. */
static bool made(struct answer *a, const char *call, int fd, int64_t ret)
{
	int err = errno;

	snprintf(a->reply.call, sizeof a->reply.call, "%s", call);
	a->reply.fd = fd;
	a->reply.ret = ret;
	a->reply.err = ret < 0 ? err : 0;
	return ret >= 0;
}

/* SO_COOKIE, the same number that sock_diag calls idiag_cookie. */
static void publish(_Atomic uint64_t *where, int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof cookie;

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0)
		atomic_store(where, cookie);
}

static int new_socket(struct self *me, const struct message *m, struct answer *a)
{
	const struct actor_cmd *c = &m->cmd;
	int on = 1;
	int fd = socket(c->at.addr.family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!made(a, "socket", fd, fd))
		return -1;
	if (c->reuseaddr)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (c->reuseport)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
	if (c->v6only)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	for (size_t i = 0; i < me->n_kept; i++)
		if (!made(a, "setsockopt", fd, sockopt_set(fd, me->kept[i].row, me->kept[i].value)))
			goto failed;
	me->n_kept = 0;
	return fd;
failed:
	close(fd);
	return -1;
}

/* Of a bind() or listen() that failed. */
static void note_reuse(struct answer *a, int fd)
{
	socklen_t len = sizeof a->reply.reuse;

	if (getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &a->reply.reuse, &len) < 0)
		a->reply.reuse = -1;
}

static int bound_socket(struct self *me, const struct message *m, struct answer *a)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&m->cmd.at, &ss);
	int fd = new_socket(me, m, a);

	if (fd >= 0 && !made(a, "bind", fd, bind(fd, (struct sockaddr *)&ss, len))) {
		note_reuse(a, fd);
		close(fd);
		return -1;
	}
	return fd;
}

static void do_listen(struct self *me, const struct message *m, struct answer *a)
{
	int fd = bound_socket(me, m, a);

	if (fd < 0)
		return;
	if (!made(a, "listen", fd, listen(fd, m->cmd.number))) {
		note_reuse(a, fd);
		close(fd);
		return;
	}
	me->listener = fd;
	publish(&me->page->listener_cookie, fd);
}

static void do_bind(struct self *me, const struct message *m, struct answer *a)
{
	int fd = bound_socket(me, m, a);

	if (fd < 0)
		return;
	me->conn = fd;
	publish(&me->page->conn_cookie, fd);
}

/* A socket that bind() or a failed connect() left is used again, as a program may on Linux. */
static void do_connect(struct self *me, const struct message *m, struct answer *a)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&m->cmd.at, &ss);

	if (me->conn < 0)
		me->conn = new_socket(me, m, a);
	if (me->conn < 0)
		return;
	publish(&me->page->conn_cookie, me->conn);
	made(a, "connect", me->conn, connect(me->conn, (struct sockaddr *)&ss, len));
}

static void do_accept(struct self *me, const struct message *m, struct answer *a)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof ss;
	int fd = accept4(me->listener, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC);

	a->reply.peer = endpoint_from_sockaddr(&ss);
	if (!made(a, "accept", me->listener, fd))
		return;
	a->reply.has_fd = m->cmd.give_away;
	if (m->cmd.give_away)
		return;
	me->conn = fd;
	publish(&me->page->conn_cookie, fd);
}

static void do_adopt(struct self *me, const struct message *m, struct answer *a)
{
	me->conn = m->fd;
	publish(&me->page->conn_cookie, me->conn);
	made(a, "adopt", m->fd, m->fd);
}

static void do_send(struct self *me, const struct message *m, struct answer *a)
{
	size_t n = m->cmd.text_len ? m->cmd.text_len : m->cmd.length;
	char *pattern = NULL;

	if (!m->cmd.text_len) {
		pattern = xcalloc(n, 1);
		memset(pattern, 'x', n);
	}
	made(a, "send", me->conn, send(me->conn, pattern ? pattern : m->text, n, MSG_NOSIGNAL));
	free(pattern);
}

static void do_recv(struct self *me, const struct message *m, struct answer *a)
{
	char *bytes = xcalloc(m->cmd.length, 1);
	ssize_t n = recv(me->conn, bytes, m->cmd.length, 0);

	if (made(a, "recv", me->conn, n)) {
		a->reply.text_len = n > ACTOR_KEPT ? ACTOR_KEPT : (uint32_t)n;
		memcpy(a->text, bytes, a->reply.text_len);
	}
	free(bytes);
}

static void do_shutdown(struct self *me, const struct message *m, struct answer *a)
{
	made(a, "shutdown", me->conn, shutdown(me->conn, m->cmd.number));
}

static void close_one(int *fd, struct answer *a)
{
	int which = *fd;

	*fd = -1;
	made(a, "close", which, close(which));
}

static void do_close(struct self *me, const struct message *m, struct answer *a)
{
	(void)m;
	close_one(&me->conn, a);
}

static void do_close_listener(struct self *me, const struct message *m, struct answer *a)
{
	(void)m;
	close_one(&me->listener, a);
}

static void do_abort(struct self *me, const struct message *m, struct answer *a)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	(void)m;
	if (made(a, "setsockopt", me->conn, setsockopt(me->conn, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once)))
		close_one(&me->conn, a);
}

/* TCP_REPAIR (net/ipv4/tcp.c tcp_close): the socket goes without a packet, as when the host lost its power. */
static void do_vanish(struct self *me, const struct message *m, struct answer *a)
{
	int on = 1;

	(void)m;
	if (made(a, "setsockopt", me->conn, setsockopt(me->conn, IPPROTO_TCP, TCP_REPAIR, &on, sizeof on)))
		close_one(&me->conn, a);
}

static void do_set(struct self *me, const struct message *m, struct answer *a)
{
	int fd = me->conn >= 0 ? me->conn : me->listener;

	if (fd >= 0) {
		made(a, "setsockopt", fd, sockopt_set(fd, m->cmd.number, m->cmd.value));
		return;
	}
	errno = E2BIG;
	if (!made(a, "setsockopt", -1, me->n_kept < OPTIONS_KEPT ? 0 : -1))
		return;
	me->kept[me->n_kept].row = m->cmd.number;
	me->kept[me->n_kept++].value = m->cmd.value;
}

static void (*const ops[ACTOR_OPS])(struct self *, const struct message *, struct answer *) = {
	[OP_LISTEN] = do_listen,
	[OP_BIND] = do_bind,
	[OP_CONNECT] = do_connect,
	[OP_ACCEPT] = do_accept,
	[OP_ADOPT] = do_adopt,
	[OP_SEND] = do_send,
	[OP_RECV] = do_recv,
	[OP_SHUTDOWN] = do_shutdown,
	[OP_CLOSE] = do_close,
	[OP_ABORT] = do_abort,
	[OP_VANISH] = do_vanish,
	[OP_SET] = do_set,
	[OP_CLOSE_LISTENER] = do_close_listener,
};

/* --- conversation -------------------------------------------------------------------------------------- */

static bool hear(int fd, struct message *m)
{
	struct iovec part[] = { { &m->cmd, sizeof m->cmd }, { m->text, sizeof m->text } };

	return fdmsg_recv(fd, part, ARRAY_SIZE(part), &m->fd, 0) >= (long)sizeof m->cmd;
}

static void say(int fd, struct answer *a)
{
	struct iovec part[] = { { &a->reply, sizeof a->reply }, { a->text, a->reply.text_len } };
	int given = a->reply.has_fd ? (int)a->reply.ret : -1;

	if (fdmsg_send(fd, part, ARRAY_SIZE(part), given) < 0)
		_exit(0); /* lastack is gone */
	if (given >= 0)
		close(given);
}

/* The phase is raised before anything that may sleep and lowered before the answer: the parent reads it
 * beside the process's state. */
static bool serve(struct self *me, int fd, struct message *m, struct answer *a)
{
	if (!hear(fd, m))
		return false;
	a->reply = (struct actor_reply){ .fd = -1, .at = m->cmd.at, .reuse = -1 };
	atomic_store(&me->page->phase, PHASE_IN_CALL);
	ops[m->cmd.op](me, m, a);
	a->reply.listener_fd = me->listener;
	a->reply.conn_fd = me->conn;
	atomic_store(&me->page->phase, PHASE_WAITING);
	say(fd, a);
	return true;
}

/* Only what needs no sleep comes this way; the page belongs to the first thread's calls. */
static void *urgent_thread(void *arg)
{
	static struct message m;
	static struct answer a;
	struct self *me = arg;

	while (hear(ACTOR_FD_URGENT, &m)) {
		a.reply = (struct actor_reply){ .fd = -1, .reuse = -1 };
		ops[m.cmd.op](me, &m, &a);
		a.reply.listener_fd = me->listener;
		a.reply.conn_fd = me->conn;
		say(ACTOR_FD_URGENT, &a);
	}
	return NULL;
}

/* --- birth --------------------------------------------------------------------------------------------- */

/* All are moved out of the way first: one of them may have the number that another one is to get. */
static void place(const int from[3], const int at[3])
{
	int high[3];

	for (int i = 0; i < 3; i++)
		high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, ACTOR_FD_CONTROL + 1);
	for (int i = 0; i < 3; i++)
		if (high[i] < 0 || dup3(high[i], at[i], O_CLOEXEC) < 0)
			_exit(1);
}

static void leave_the_crowd(const char *name, pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before the line above */
		_exit(0);
	prctl(PR_SET_NAME, name);
	setsid(); /* Ctrl-C at the terminal is lastack's alone */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 0; i < 3; i++)
		dup2(null, i);
}

void actor_child(const struct host *h, const char *name, int control, int urgent, int life, struct actor_page *page,
                 pid_t parent)
{
	static struct message m;
	static struct answer a;
	struct self me = { .listener = -1, .conn = -1, .page = page };
	pthread_t thread;

	leave_the_crowd(name, parent);
	if (host_enter(h) < 0)
		_exit(1);
	place((const int[]){ control, urgent, life },
	      (const int[]){ ACTOR_FD_CONTROL, ACTOR_FD_URGENT, ACTOR_FD_LIFE });
	fds_close(3, ACTOR_FD_LIFE - 1);
	fds_close(ACTOR_FD_CONTROL + 1, ~0U);
	if (pthread_create(&thread, NULL, urgent_thread, &me))
		_exit(1);
	while (serve(&me, ACTOR_FD_CONTROL, &m, &a))
		;
	_exit(0);
}
