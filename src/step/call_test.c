/* SPDX-License-Identifier: MIT
 * Calls in words: what is printed is read from memory, here our own. test/step.t compares the rest with strace. */
#include "base/addr.h"
#include "base/tap.h"
#include "step/call.h"
#include "base/syscall.h"

#include <errno.h>
#include <stdio.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static uint64_t at(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static void reads(const struct call *c, const char *should, const char *what)
{
	struct buf b = { 0 };

	call_text(&b, getpid(), c);
	same_text(buf_text(&b), should, what);
	buf_free(&b);
}

static void results(int64_t ret, const char *should)
{
	struct call c = { .is = syscall_find(SYS_recvfrom), .returned = true, .ret = ret };
	struct buf b = { 0 };

	call_result(&b, &c);
	same_text(buf_text(&b), should, "a result in words");
	buf_free(&b);
}

static void words(void)
{
	ok(call_is(syscall_find(SYS_write), "send"), "write is a send");
	ok(call_is(syscall_find(SYS_sendmmsg), "send"), "so is sendmmsg");
	ok(call_is(syscall_find(SYS_read), "recv") && call_is(syscall_find(SYS_read), "read"),
	   "read is a recv, and itself");
	ok(!call_is(syscall_find(SYS_read), "send"), "and no send");
	ok(call_is(syscall_find(SYS_accept4), "accept"), "accept4 is an accept");
	ok(call_is(syscall_find(SYS_exit_group), "exit"), "exit_group is an exit");
	ok(call_word_ok("close") && !call_word_ok("sned"), "a word that is no call is none");
	ok(!syscall_find(SYS_getppid), "getppid is no socket's call");
}

static void sleeps(void)
{
	const uint64_t for_ever[CALL_ARGS] = { 0, 0, (uint64_t)-1, (uint64_t)-1 },
		       a_second[CALL_ARGS] = { 0, 0, 1000, 1000 };

	ok(!syscall_is_timed(SYS_epoll_pwait, for_ever), "epoll_pwait without a timeout does not end by itself");
	ok(syscall_is_timed(SYS_epoll_pwait, a_second), "with one it does");
	ok(!syscall_is_timed(SYS_ppoll, (uint64_t[CALL_ARGS]){ 0 }), "ppoll without a time does not");
	ok(syscall_is_timed(SYS_clock_nanosleep, a_second), "a sleep does");
	ok(!syscall_is_timed(SYS_wait4, a_second) && !syscall_polls(SYS_wait4),
	   "waiting for a child is neither timed nor a poll");
	ok(syscall_polls(SYS_ppoll), "ppoll is a poll");
}

static void texts(void)
{
	static const char bytes[] = "a\n\t\"\\\0001\2x\377 and more than thirty-two of them";
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		                  .sin_port = htons(7777),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct iovec pieces[] = { { (void *)(uintptr_t)bytes, 1 }, { NULL, 0 } };
	uint32_t len = sizeof v4;
	struct call c = { .is = syscall_find(SYS_sendto), .arg = { 3, at(bytes), 5, MSG_NOSIGNAL | MSG_MORE, 0, 0 } };
	struct endpoint e;

	reads(&c, "sendto(3, \"a\\n\\t\\\"\\\\\", 5, MSG_NOSIGNAL|MSG_MORE, NULL, 0)", "bytes are escaped as in C");
	c.arg[2] = sizeof bytes - 1;
	c.arg[3] = 0;
	reads(&c, "sendto(3, \"a\\n\\t\\\"\\\\\\0001\\2x\\377 and more than thirty-\"..., 43, 0, NULL, 0)",
	      "32 of them, octal before a digit in full");
	c = (struct call){
		.is = syscall_find(SYS_recvfrom), .arg = { 4, at(bytes), 100, 0, 0, 0 }, .returned = true, .ret = 1
	};
	reads(&c, "recvfrom(4, \"a\", 100, 0, NULL, NULL)", "what was received");
	c = (struct call){ .is = syscall_find(SYS_connect), .arg = { 3, at(&v4), sizeof v4 } };
	reads(&c, "connect(3, {sa_family=AF_INET, sin_port=htons(7777), sin_addr=inet_addr(\"127.0.0.1\")}, 16)",
	      "an address");
	ok(call_endpoint(getpid(), &c, &e) && e.port == 7777, "and as a value");
	c = (struct call){
		.is = syscall_find(SYS_accept), .arg = { 3, at(&v4), at(&len) }, .room = 128, .returned = true, .ret = 4
	};
	reads(&c,
	      "accept(3, {sa_family=AF_INET, sin_port=htons(7777), sin_addr=inet_addr(\"127.0.0.1\")}, [128 => 16])",
	      "an address that the kernel filled in");
	c = (struct call){ .is = syscall_find(SYS_writev), .arg = { 3, at(pieces), 2 } };
	reads(&c, "writev(3, [{iov_base=\"a\", iov_len=1}, {iov_base=NULL, iov_len=0}], 2)", "pieces");
	c = (struct call){ .is = syscall_find(SYS_socket),
		           .arg = { AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP } };
	reads(&c, "socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP)", "a socket");
	c.arg[0] = 77;
	reads(&c, "socket(0x4d /* AF_??? */, SOCK_STREAM|SOCK_CLOEXEC, 6)", "a family that is not known");
	c = (struct call){ .is = syscall_find(SYS_connect), .arg = { 3, 1, sizeof v4 } };
	reads(&c, "connect(3, 0x1, 16)", "a pointer to nowhere is printed as one");
}

/* --- each kind of argument ------------------------------------------------------------------------------- */

static struct linger given_linger = { 1, 5 };
static struct sockaddr_in6 given_v6 = { .sin6_family = AF_INET6,
	                                .sin6_scope_id = 2,
	                                .sin6_addr = IN6ADDR_LOOPBACK_INIT };
static struct sockaddr_un given_path = { .sun_family = AF_UNIX, .sun_path = "/run/x" },
			  given_abstract = { .sun_family = AF_UNIX, .sun_path = "\0ab" };
static char given_device[] = "lo";
static int given_one = 1, given_pair[2] = { 5, 6 };
static uint32_t given_len = 4;
static int64_t given_offset = 77;

#define AT(object) ((uint64_t)(uintptr_t)(object))
#define CALLED(call, text, ...)                                                                                        \
	{                                                                                                              \
		.number = call, .should = text, .arg = { __VA_ARGS__ }                                                 \
	}
#define RETURNED(call, result, text, ...)                                                                              \
	{                                                                                                              \
		.number = call, .returned = true, .ret = result, .should = text, .arg = { __VA_ARGS__ }                \
	}

/* As strace(1) 6.1 prints it; "%p" is the pointer's own number. */
static const struct {
	long number;
	uint64_t arg[CALL_ARGS];
	bool returned;
	int64_t ret;
	const char *should;
} arguments[] = {
	CALLED(SYS_socketpair, "socketpair(AF_UNIX, SOCK_STREAM, 0, %p)", AF_UNIX, SOCK_STREAM, 0, AT(given_pair)),
	RETURNED(SYS_socketpair, 0, "socketpair(AF_UNIX, SOCK_STREAM, 0, [5, 6])", AF_UNIX, SOCK_STREAM, 0,
	         AT(given_pair)),
	CALLED(SYS_socket, "socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC|SOCK_NONBLOCK, 4)", AF_NETLINK,
	       SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 4),
	CALLED(SYS_bind,
	       "bind(3, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(7), inet_pton(AF_INET6, "
	       "\"::1\", &sin6_addr), sin6_scope_id=2}, 28)",
	       3, AT(&given_v6), sizeof given_v6),
	CALLED(SYS_connect, "connect(3, {sa_family=AF_UNIX, sun_path=\"/run/x\"}, 9)", 3, AT(&given_path), 2 + 7),
	CALLED(SYS_connect, "connect(3, {sa_family=AF_UNIX, sun_path=@\"ab\"}, 5)", 3, AT(&given_abstract), 2 + 3),
	CALLED(SYS_connect, "connect(3, {sa_family=AF_UNIX}, 2)", 3, AT(&given_path), 2),
	CALLED(SYS_connect, "connect(3, %p, 1)", 3, AT(&given_path), 1),
	CALLED(SYS_listen, "listen(3, -1)", 3, (uint64_t)-1),
	CALLED(SYS_shutdown, "shutdown(3, SHUT_RD)", 3, SHUT_RD),
	CALLED(SYS_shutdown, "shutdown(3, SHUT_WR)", 3, SHUT_WR),
	CALLED(SYS_shutdown, "shutdown(3, 0x9 /* SHUT_??? */)", 3, 9),
	CALLED(SYS_setsockopt, "setsockopt(3, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=5}, 8)", 3, SOL_SOCKET,
	       SO_LINGER, AT(&given_linger), sizeof given_linger),
	CALLED(SYS_setsockopt, "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4)", 3, SOL_SOCKET, SO_REUSEADDR,
	       AT(&given_one), 4),
	CALLED(SYS_setsockopt, "setsockopt(3, SOL_TCP, TCP_NODELAY, [1], 4)", 3, IPPROTO_TCP, 1, AT(&given_one), 4),
	CALLED(SYS_setsockopt, "setsockopt(3, SOL_IPV6, IPV6_V6ONLY, [1], 4)", 3, IPPROTO_IPV6, 26, AT(&given_one), 4),
	CALLED(SYS_setsockopt, "setsockopt(3, SOL_IP, IP_TOS, [1], 4)", 3, IPPROTO_IP, 1, AT(&given_one), 4),
	CALLED(SYS_setsockopt, "setsockopt(3, SOL_SOCKET, SO_BINDTODEVICE, \"lo\\0\", 3)", 3, SOL_SOCKET,
	       SO_BINDTODEVICE, AT(given_device), 3),
	RETURNED(SYS_getsockopt, 0, "getsockopt(3, SOL_SOCKET, SO_ERROR, [1], [4])", 3, SOL_SOCKET, SO_ERROR,
	         AT(&given_one), AT(&given_len)),
	CALLED(SYS_sendfile, "sendfile(4, 3, [77], 10)", 4, 3, AT(&given_offset), 10),
	CALLED(SYS_sendfile, "sendfile(4, 3, NULL, 10)", 4, 3, 0, 10),
	CALLED(SYS_splice, "splice(3, NULL, 4, NULL, 10, 0x1)", 3, 0, 4, 0, 10, 1),
	CALLED(SYS_splice, "splice(3, NULL, 4, NULL, 10, 0)", 3, 0, 4, 0, 10, 0),
	CALLED(SYS_dup3, "dup3(3, 4, O_CLOEXEC)", 3, 4, 02000000),
	CALLED(SYS_dup3, "dup3(3, 4, 0)", 3, 4, 0),
	CALLED(SYS_accept4, "accept4(3, NULL, NULL, SOCK_NONBLOCK)", 3, 0, 0, SOCK_NONBLOCK),
	RETURNED(SYS_read, -EAGAIN, "read(3, NULL, 10)", 3, 0, 10),
	CALLED(SYS_close, "close(-1)", (uint64_t)-1),
	CALLED(SYS_exit_group, "exit_group(7)", 7),
	CALLED(SYS_sendto, "sendto(3, \"x\", 1, MSG_OOB|MSG_DONTWAIT|0x8000000, NULL, 0)", 3, AT("x"), 1,
	       MSG_OOB | MSG_DONTWAIT | 0x8000000, 0, 0),
};

static void each_argument(void)
{
	given_v6.sin6_port = htons(443);
	given_v6.sin6_flowinfo = htonl(7);
	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++) {
		struct call c = { .is = syscall_find(arguments[i].number),
			          .returned = arguments[i].returned,
			          .ret = arguments[i].ret };
		const char *text = arguments[i].should, *pointer = strstr(text, "%p");
		char should[256];

		memcpy(c.arg, arguments[i].arg, sizeof c.arg);
		c.room = 4;
		if (pointer)
			snprintf(should, sizeof should, "%.*s%#llx%s", (int)(pointer - text), text,
			         (unsigned long long)c.arg[arguments[i].number == SYS_connect ? 1 : 3], pointer + 2);
		else
			snprintf(should, sizeof should, "%s", text);
		reads(&c, should, "an argument of each kind");
	}
}

static void restarts(void)
{
	static const struct {
		int64_t ret;
		bool again;
	} rows[] = { { -511, false }, { -512, true },  { -513, true }, { -514, true },   { -515, false },
		     { -516, true },  { -517, false }, { 512, false }, { -EINTR, false } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct call c = { .is = syscall_find(SYS_read), .returned = true, .ret = rows[i].ret };

		ok(call_will_restart(&c) == rows[i].again, "%lld: %s", (long long)rows[i].ret,
		   rows[i].again ? "the kernel makes it again" : "it has returned");
	}
}

/* Numbers mean ours only in our architecture, and not x32's. */
static void kinds(void)
{
#if defined(__x86_64__)
	enum { OURS = 0xC000003E, I386 = 0x40000003 };
#else
	enum { OURS = 0xC00000B7, I386 = 0x40000028 };
#endif

	ok(call_is_ours(OURS, 3) && call_is_ours(OURS, 0), "64-bit calls are ours");
	ok(!call_is_ours(I386, 3) && !call_is_ours(0, 3), "those of another architecture are not");
	ok(!call_is_ours(OURS, 0x40000003) && call_is_ours(OURS, 0x3fffffff), "nor those with x32's bit");
}

static void changes(void)
{
	static const struct {
		long number;
		uint64_t level, option;
		enum call_changes should;
	} rows[] = {
		{ SYS_getsockopt, SOL_SOCKET, SO_ERROR, CHANGES_NOTHING },
		{ SYS_getsockopt, IPPROTO_TCP, TCP_INFO, CHANGES_NOTHING },
		{ SYS_getsockopt, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, CHANGES_QUEUES },
		{ SYS_getsockopt, SOL_SOCKET, TCP_ZEROCOPY_RECEIVE, CHANGES_NOTHING },
		{ SYS_setsockopt, SOL_SOCKET, SO_REUSEADDR, CHANGES_QUEUES },
		{ SYS_recvfrom, 0, 0, CHANGES_QUEUES },
		{ SYS_bind, 0, 0, CHANGES_ENDS },
		{ SYS_sendto, 0, 0, CHANGES_ENDS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct call c = { .is = syscall_find(rows[i].number), .arg = { 3, rows[i].level, rows[i].option } };

		ok(call_changes(&c) == rows[i].should, "%s(3, %d, %d) changes so much", c.is->name, (int)rows[i].level,
		   (int)rows[i].option);
	}
}

int main(void)
{
	words();
	changes();
	sleeps();
	texts();
	each_argument();
	restarts();
	kinds();
	results(9, "9");
	results(-ECONNRESET, "-1 ECONNRESET (Connection reset by peer)");
	results(-512, "? (interrupted, will restart)");
	return tap_done();
}
