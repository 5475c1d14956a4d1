/* SPDX-License-Identifier: MIT
 * A system call of a stepped program as a value: which, with what, and what came of it. */
#ifndef STEP_CALL_H
#define STEP_CALL_H

#include "base/buf.h"

#include <linux/audit.h>
#include <stdint.h>
#include <sys/types.h>

enum { CALL_ARGS = 6, NO_FD = -1 };

/* What a call is for. A script's word means every call of its role: `send` is also write(), sendmsg() … */
enum role {
	ROLE_SOCKET,
	ROLE_BIND,
	ROLE_LISTEN,
	ROLE_CONNECT,
	ROLE_ACCEPT,
	ROLE_SEND,
	ROLE_RECV,
	ROLE_SHUTDOWN,
	ROLE_OPTION,
	ROLE_NAME,
	ROLE_CLOSE,
	ROLE_DUP,
	ROLE_URING,
	ROLE_EXIT,
	ROLES
};

/* What the tables of sockets can show of it (syscall.def). */
enum call_changes { CHANGES_NOTHING, CHANGES_QUEUES, CHANGES_ENDS };

struct syscall_info {
	const char *name;
	long number;
	enum role role;
	enum call_changes changes;
	int fd;                          /* which argument is the descriptor; NO_FD: none */
	bool plain;                      /* made on all kinds of descriptors */
	uint8_t args[CALL_ARGS], n_args; /* kinds, of args.h */
};

extern const struct syscall_info syscalls[];
extern const size_t syscalls_n;

struct call {
	const struct syscall_info *is;
	uint64_t arg[CALL_ARGS];
	uint32_t room; /* what the pointed-to length said before the call, where there is one */
	bool returned;
	int64_t ret; /* -errno on failure */
};

/* The numbers are those of one kind of system call. A process may make others: a 32-bit program, or a 64-bit one by
 * `int 0x80`, which have another architecture (AUDIT_ARCH_I386), and x32's, which have this bit. There the same numbers
 * mean other calls. Ours: processor.arch. */
#define CALL_OTHER_ABI 0x40000000U

/* Is it a call that the table means? */
bool call_is_ours(uint32_t arch, uint64_t number);

/* By number; NULL: not one of the table. */
const struct syscall_info *syscall_find(long number);

/* What this call can change, by its arguments too. */
enum call_changes call_changes(const struct call *c);

/* Any system call's name, as far as the table and the list of calls that sleep know it; "system call N" otherwise. */
void syscall_name(struct buf *out, long number);

/* Does this call end by itself, after a time (a sleep, a poll with a timeout)? `arg` as the kernel has them. */
bool syscall_is_timed(long number, const uint64_t arg[CALL_ARGS]);

/* Does it wait for descriptors (poll, select, epoll_wait …)? */
bool syscall_polls(long number);

/* Is `word` this call, by its own name or by its role (send, recv, accept, close, exit …)? */
bool call_is(const struct syscall_info *s, const char *word);

/* Is there such a word at all? */
bool call_word_ok(const char *word);

/* -ERESTARTSYS and its kin (include/linux/errno.h): the kernel will make the call again, or turn it into EINTR after a
 * signal handler; nothing was returned to the program. */
bool call_will_restart(const struct call *c);

/* The descriptor of a call, or -1. */
int call_fd(const struct call *c);

/* "recvfrom(4, "Echo This", 1023, 0, NULL, NULL)", as strace prints it; what the kernel fills in only when it has
 * returned. */
void call_text(struct buf *out, pid_t pid, const struct call *c);

/* "4", "-1 EPIPE (Broken pipe)". */
void call_result(struct buf *out, const struct call *c);

/* The bytes that a receiving call brought, at most `max`; how many were copied. */
size_t call_received(pid_t pid, const struct call *c, char *bytes, size_t max);

/* The address that accept(), bind(), connect() or sendto() is about; false if there is none. */
struct endpoint;
bool call_endpoint(pid_t pid, const struct call *c, struct endpoint *e);

/* Reads memory of a process; how many bytes could be read. */
size_t memory_read(pid_t pid, uint64_t from, void *to, size_t n);

#endif
