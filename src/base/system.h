/* SPDX-License-Identifier: MIT
 * What the system's numbers are called: glibc has it since 2.32 (strerrorname_np() and its kin), other C libraries have
 * not. Words are never translated. */
#ifndef BASE_SYSTEM_H
#define BASE_SYSTEM_H

#include <stdbool.h>

/* "EPIPE", "Broken pipe"; NULL: Linux has no such error. */
const char *errno_name(int error);
const char *errno_text(int error);

/* Of a name as it is written in a program; 0: there is none. */
int errno_number(const char *name);

/* "PIPE" for SIGPIPE; NULL for the real-time signals, which have none. */
const char *signal_name(int number);

/* Of a name with or without SIG, in any case; 0: there is none. */
int signal_number(const char *name);

/* The first two numbers of "6.11.0-3-amd64" (uname(2)), or of "6.11" or "6" as people write it. false: it is no
 * version. */
struct kernel_version {
	unsigned major, minor;
};
bool kernel_version_read(const char *text, struct kernel_version *v);
bool kernel_version_before(struct kernel_version a, struct kernel_version b);

/* Is this kernel's version, as it says itself, before that one? false where it says none. Distributions take things
 * over into older versions: what can be tried is better tried. */
bool kernel_is_before(unsigned major, unsigned minor);

#endif
