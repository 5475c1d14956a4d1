/* SPDX-License-Identifier: MIT
 * Which call it is, and what came of it. */
#include "step/args.h"
#include "base/addr.h"
#include "base/system.h"
#include "step/processor.h"

#include <errno.h>
#include <stdio.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define ROW(call, what, changed, which, is_plain, ...)                                                                 \
	{ #call, SYS_##call, ROLE_##what,     CHANGES_##changed,                                                       \
	  which, is_plain,   { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }) },

const struct syscall_info syscalls[] = {
#define SYSCALL(call, role, changes, fd, ...)    ROW(call, role, changes, fd, false, __VA_ARGS__)
#define PLAIN_CALL(call, role, changes, fd, ...) ROW(call, role, changes, fd, true, __VA_ARGS__)
#include "step/syscall.def"
};
const size_t syscalls_n = ARRAY_SIZE(syscalls);

bool call_is_ours(uint32_t arch, uint64_t number)
{
	return arch == processor.arch && !(number & CALL_OTHER_ABI);
}

const struct syscall_info *syscall_find(long number)
{
	for (size_t i = 0; i < syscalls_n; i++)
		if (syscalls[i].number == number)
			return &syscalls[i];
	return NULL;
}

/* The words of a script that are no call's own name. */
static const char *const role_words[ROLES] = {
	[ROLE_SEND] = "send", [ROLE_RECV] = "recv", [ROLE_ACCEPT] = "accept", [ROLE_DUP] = "dup", [ROLE_EXIT] = "exit"
};

bool call_is(const struct syscall_info *s, const char *word)
{
	return streq(s->name, word) || (role_words[s->role] && streq(role_words[s->role], word));
}

bool call_word_ok(const char *word)
{
	for (size_t i = 0; i < syscalls_n; i++)
		if (call_is(&syscalls[i], word))
			return true;
	return false;
}

/* The one question that takes data out of a queue. */
enum call_changes call_changes(const struct call *c)
{
	if (c->is->role == ROLE_OPTION && c->arg[1] == IPPROTO_TCP && c->arg[2] == TCP_ZEROCOPY_RECEIVE)
		return CHANGES_QUEUES;
	return c->is->changes;
}

/* --- calls that sleep ---------------------------------------------------------------------------------- */

/* `timeout`: which argument says how long: NO_FD none, it sleeps until something comes; ALWAYS: it is a sleep. */
enum { ALWAYS = 100, NONE = -1 };

static const struct sleeper {
	long number;
	const char *name;
	int timeout;
	bool is_pointer; /* to a time; NULL: for ever */
	bool polls;      /* waits for descriptors, sockets among them */
} sleepers[] = {
	{ SYS_nanosleep, "nanosleep", ALWAYS, false, false },
	{ SYS_clock_nanosleep, "clock_nanosleep", ALWAYS, false, false },
	{ SYS_ppoll, "ppoll", 2, true, true },
	{ SYS_pselect6, "pselect6", 4, true, true },
	{ SYS_epoll_pwait, "epoll_pwait", 3, false, true },
	{ SYS_epoll_pwait2, "epoll_pwait2", 3, true, true },
	{ SYS_futex, "futex", 3, true, false },
	{ SYS_rt_sigtimedwait, "rt_sigtimedwait", 2, true, false },
	{ SYS_wait4, "wait4", NONE, false, false },
	{ SYS_waitid, "waitid", NONE, false, false },
	{ SYS_rt_sigsuspend, "rt_sigsuspend", NONE, false, false },
	{ SYS_io_uring_enter, "io_uring_enter", NONE, false, true },
	{ SYS_restart_syscall, "restart_syscall", ALWAYS, false, false },
	{ SYS_fcntl, "fcntl", NONE, false, false },
	{ SYS_flock, "flock", NONE, false, false },
#ifdef SYS_poll
	{ SYS_poll, "poll", 2, false, true },
	{ SYS_epoll_wait, "epoll_wait", 3, false, true },
	{ SYS_pause, "pause", NONE, false, false },
#endif
#ifdef SYS_select
	{ SYS_select, "select", 4, true, true },
#endif
};

static const struct sleeper *sleeper_find(long number)
{
	for (size_t i = 0; i < ARRAY_SIZE(sleepers); i++)
		if (sleepers[i].number == number)
			return &sleepers[i];
	return NULL;
}

bool syscall_is_timed(long number, const uint64_t arg[CALL_ARGS])
{
	const struct sleeper *s = sleeper_find(number);

	if (!s || s->timeout == NONE)
		return false;
	if (s->timeout == ALWAYS)
		return true;
	return s->is_pointer ? arg[s->timeout] != 0 : (int32_t)arg[s->timeout] >= 0;
}

bool syscall_polls(long number)
{
	const struct sleeper *s = sleeper_find(number);

	return s && s->polls;
}

void syscall_name(struct buf *out, long number)
{
	const struct syscall_info *info = syscall_find(number);
	const struct sleeper *s = sleeper_find(number);

	if (info)
		buf_puts(out, info->name);
	else if (s)
		buf_puts(out, s->name);
	else
		buf_addf(out, "system call %ld", number);
}

/* --- a call's result ----------------------------------------------------------------------------------- */

bool call_will_restart(const struct call *c)
{
	enum { ERESTARTSYS = 512, ERESTARTNOINTR = 513, ERESTARTNOHAND = 514, ERESTART_RESTARTBLOCK = 516 };

	return c->ret == -ERESTARTSYS || c->ret == -ERESTARTNOINTR || c->ret == -ERESTARTNOHAND ||
	       c->ret == -ERESTART_RESTARTBLOCK;
}

int call_fd(const struct call *c)
{
	return c->is->fd == NO_FD ? -1 : (int)c->arg[c->is->fd];
}

void call_text(struct buf *out, pid_t pid, const struct call *c)
{
	buf_addf(out, "%s(", c->is->name);
	for (int i = 0; i < c->is->n_args; i++) {
		if (i)
			buf_puts(out, ", ");
		arg_text(out, pid, c, i);
	}
	buf_puts(out, ")");
}

void call_result(struct buf *out, const struct call *c)
{
	int error = c->ret < 0 && c->ret > -4096 ? (int)-c->ret : 0;

	if (call_will_restart(c))
		buf_puts(out, "? (interrupted, will restart)");
	else if (error && errno_name(error))
		buf_addf(out, "-1 %s (%s)", errno_name(error), errno_text(error));
	else
		buf_addf(out, "%lld", (long long)c->ret);
}

size_t memory_read(pid_t pid, uint64_t from, void *to, size_t n)
{
	struct iovec local = { to, n }, remote = { (void *)(uintptr_t)from, n };
	ssize_t got = n ? process_vm_readv(pid, &local, 1, &remote, 1, 0) : 0;

	return got < 0 ? 0 : (size_t)got;
}

/* --- what it brought ----------------------------------------------------------------------------------- */

/* Gathers `total` bytes from pieces at `from`. */
static size_t gather(pid_t pid, uint64_t from, uint64_t pieces, size_t total, char *bytes, size_t max)
{
	size_t got = 0;

	if (total > max)
		total = max;
	for (uint64_t i = 0; i < pieces && got < total; i++) {
		struct iovec piece;
		size_t n;

		if (memory_read(pid, from + i * sizeof piece, &piece, sizeof piece) != sizeof piece)
			break;
		n = piece.iov_len < total - got ? piece.iov_len : total - got;
		if (memory_read(pid, (uint64_t)(uintptr_t)piece.iov_base, bytes + got, n) != n)
			break;
		got += n;
	}
	return got;
}

size_t call_received(pid_t pid, const struct call *c, char *bytes, size_t max)
{
	size_t n = c->ret > 0 ? (size_t)c->ret : 0;
	struct msghdr m;

	if (!c->returned || c->is->role != ROLE_RECV)
		return 0;
	switch (c->is->args[1]) {
	case ARG_DATA_BACK:
		return memory_read(pid, c->arg[1], bytes, n < max ? n : max);
	case ARG_PIECES_BACK:
		return gather(pid, c->arg[1], c->arg[2], n, bytes, max);
	case ARG_MESSAGE_BACK:
		if (memory_read(pid, c->arg[1], &m, sizeof m) != sizeof m)
			return 0;
		return gather(pid, (uint64_t)(uintptr_t)m.msg_iov, m.msg_iovlen, n, bytes, max);
	default: /* recvmmsg: several messages are no one text */
		return 0;
	}
}

bool call_endpoint(pid_t pid, const struct call *c, struct endpoint *e)
{
	struct sockaddr_storage ss = { 0 };
	int at = 0;

	while (at < c->is->n_args && c->is->args[at] != ARG_ADDRESS && c->is->args[at] != ARG_ADDRESS_BACK)
		at++;
	if (at == c->is->n_args || !c->arg[at] || memory_read(pid, c->arg[at], &ss, sizeof(struct sockaddr_in6)) == 0)
		return false;
	*e = endpoint_from_sockaddr(&ss);
	return e->addr.family != 0;
}
