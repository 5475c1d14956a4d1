/* SPDX-License-Identifier: MIT
 * What the kernel tells of a network namespace, and of the machine: counters, settings, sockets in all. */
#ifndef SOURCE_NET_H
#define SOURCE_NET_H

#include "model/filter.h"
#include "model/observation.h"
#include "source/counter.h"

/* Of the calling thread's network namespace: its counters into `values`, what cannot be read UNKNOWN. */
void net_read_counters(int64_t values[COUNTERS]);
void net_take_counters(int64_t values[COUNTERS], const struct counters *c); /* the same, of counters that were read */

/* Its settings, and the machine's as far as they are seen here; reserved ports. */
void net_read_settings(struct net_facts *n);

/* A setting's value in what its file holds; UNKNOWN. */
int64_t setting_parse(enum sysctl_id s, const char *text);

/* The first one sees every process of the machine. */
bool in_first_pid_namespace(void);

/* The line of TCP in /proc/net/sockstat. `orphans`, `allocated` and `pages` count for the whole machine, `time_wait`
 * for this network namespace (measured F22). False: it cannot be read, and all are UNKNOWN. */
struct sockstat {
	int64_t orphans, time_wait, allocated, pages;
};
bool sockstat_read(struct sockstat *s);
bool sockstat_parse(struct sockstat *s, const char *text); /* the same, from the file's text */

/* How many TCP sockets the network namespace has, TIME_WAIT included and handshakes not: three numbers of
 * /proc/net/sockstat and sockstat6, where a dump would cost a microsecond for each. UNKNOWN: they cannot be read. */
int64_t net_sockets(void);

/* The states in which the calling thread's network namespace may have TCP sockets: all of them where that is not told,
 * 0 where it has none. By what is counted there, at a hundredth of a dump's price where the machine's hash is large:
 * "inuse" has each full socket that is in a hash, "tw" the minisockets of TIME_WAIT and FIN_WAIT2, "used" every struct
 * sock that a process has made, also a closed listener that half-open connections still need. What is nowhere counted
 * (doc/kernel/sockstat_counts.c): request sockets, so where a struct sock is left and a segment of TCP ever came,
 * NEW_SYN_RECV is among these; and of the kernel's own sockets, what is bound only. */
state_set net_states(void);
state_set net_states_parse(const char *sockstat, const char *sockstat6, const char *snmp); /* NULL: there is none */

/* Of the machine: orphans and pages of TCP, which every namespace shows for all of them. */
void host_read(struct host_facts *h);

/* What the log of the kernel has of these messages (/dev/kmsg; may want CAP_SYSLOG, see kernel.dmesg_restrict). False:
 * it may not be read. */
bool kernel_log_read(struct said said[SAIDS]);

/* "32768-32800,40000": adds to n->reserved. */
void net_parse_ports(struct net_facts *n, const char *text);

/* Lines of /etc/sysctl.conf and the folders of sysctl.d(5) that set `name`: adds "FILE: NAME = VALUE", separated by ",
 * "; how many. */
size_t settings_configured(const char *name, struct buf *out);

#endif
