/* SPDX-License-Identifier: MIT
 * Calls in words: what is printed is read from memory, here our own. test/step.t compares the rest with strace. */
#include "base/addr.h"
#include "base/tap.h"
#include "step/call.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
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

int main(void)
{
	words();
	sleeps();
	texts();
	results(9, "9");
	results(-ECONNRESET, "-1 ECONNRESET (Connection reset by peer)");
	results(-512, "? (interrupted, will restart)");
	return tap_done();
}
