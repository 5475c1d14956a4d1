/* SPDX-License-Identifier: MIT
 * Kinds of arguments, and how each is printed. Internal to step/. */
#ifndef STEP_ARGS_H
#define STEP_ARGS_H

#include "step/call.h"

/* …_BACK: the kernel fills it in; printed as a pointer before the call, and when it failed. */
enum arg_kind {
	ARG_INT,
	ARG_SIZE,
	ARG_FD,
	ARG_POINTER,
	ARG_DOMAIN,
	ARG_TYPE,
	ARG_PROTOCOL,
	ARG_SOCKET_FLAGS,
	ARG_MESSAGE_FLAGS,
	ARG_OPEN_FLAGS,
	ARG_FLAGS,
	ARG_HOW,
	ARG_LEVEL,
	ARG_OPTION, /* after ARG_LEVEL */
	ARG_VALUE,  /* after ARG_OPTION; the next argument is its length */
	ARG_VALUE_BACK,
	ARG_ADDRESS,      /* the next argument is its length */
	ARG_ADDRESS_BACK, /* the next argument points to its length */
	ARG_LENGTH_BACK,
	ARG_DATA, /* the next argument is its length */
	ARG_DATA_BACK,
	ARG_PIECES, /* struct iovec; the next argument is how many */
	ARG_PIECES_BACK,
	ARG_MESSAGE, /* struct msghdr */
	ARG_MESSAGE_BACK,
	ARG_MESSAGES, /* struct mmsghdr; the next argument is how many */
	ARG_MESSAGES_BACK,
	ARG_OFFSET,
	ARG_PAIR_BACK,
	ARG_KINDS
};

/* Prints argument `i`. */
void arg_text(struct buf *out, pid_t pid, const struct call *c, int i);

/* Bytes as strace shows them: quoted, octal escapes, 32 of them at most. */
void bytes_text(struct buf *out, pid_t pid, uint64_t from, uint64_t n);

#endif
