/* SPDX-License-Identifier: MIT
 * What the kernel's sock_diag speaks and headers do not have yet that somebody builds with (from 5.4 on: Ubuntu 20.04).
 */
#ifndef SOURCE_DIAG_ABI_H
#define SOURCE_DIAG_ABI_H

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stddef.h>
#include <stdint.h>

/* include/uapi/linux/inet_diag.h */
#define DIAG_GETSOCK 18 /* TCPDIAG_GETSOCK: one dump, both families */

/* An attribute of an answer; the headers have it since Linux 5.9 (INET_DIAG_CGROUP_ID). */
enum { DIAG_CGROUP_ID = 21 };

/* include/net/tcp_states.h: every state, TCP_NEW_SYN_RECV (12) and, since 6.8, TCPF_BOUND_INACTIVE (bit 13)
 * included. A kernel that does not know a bit ignores it. */
#define DIAG_ALL_STATES 0x3fffU

/* Where struct tcp_info (include/uapi/linux/tcp.h) goes on behind a member of 32 bits. */
#define TCPI_BEHIND(member) (offsetof(struct tcp_info, tcpi_##member) + sizeof(uint32_t))

#endif
