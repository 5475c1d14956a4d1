/* SPDX-License-Identifier: MIT
 * Numbers of system calls that came after some C libraries' lists of them (glibc 2.31 ends with Linux 5.4). Since Linux
 * 5.1 a new call has one number on every processor (but for Alpha and MIPS, which add to it: there the C library has to
 * be newer). A kernel that has not got a call answers ENOSYS. */
#ifndef BASE_SYSCALL_H
#define BASE_SYSCALL_H

#include <sys/syscall.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

#endif
