/* SPDX-License-Identifier: MIT
 * sock_diag: the kernel's own table of TCP sockets, by netlink (libmnl). No privilege needed to look. */
#ifndef SOURCE_DIAG_H
#define SOURCE_DIAG_H

#include "base/err.h"
#include "model/filter.h"

struct diag;

/* Opens in the calling thread's network namespace and stays bound to it. NULL with `e` filled.
 * diag_close() takes NULL. */
struct diag *diag_open(struct err *e);
void diag_close(struct diag *d);

/* What is to be dumped. */
struct diag_ask {
	state_set states; /* 0: all. One that holds few sockets is cheap: LISTEN alone does not walk the big hash */
	struct port_range local, remote; /* `to` 0: all */
	bool info;                       /* with tcp_info, which costs a third more: infos are kept, ages set */
	bool memory;                     /* with sk_meminfo: drops */
	bool cgroup;                     /* with the cgroup's id (Linux 5.7) */
};

/* One dump, IPv4 and IPv6, request sockets, TIME_WAIT and bound ones included, added to `ev` as the kernel gives them,
 * unordered. Owners are not filled in: that is owner.h's work. One dump answers for both families (TCPDIAG_GETSOCK;
 * measured: a fifth faster than two). What was added by a dump that was disturbed (NLM_F_DUMP_INTR, ENOBUFS) is
 * taken back and dumped again, three times at most. -1 with `e` filled when the kernel refuses. */
int diag_dump(struct diag *d, const struct diag_ask *ask, struct evidence *ev, struct err *e);

/* The same in parts, so that somebody who waits does not wait for all of a large table: diag_begin() asks, and each
 * diag_more() adds what one read brings (some 200 sockets, in less than a millisecond). diag_more(): 1 there is more; 0
 * that was all; -1 with `e` filled: it was refused, or is at its end and was disturbed, so that something lacks. What
 * the table became meanwhile may be missed, or seen twice. Nothing else may be asked of `d` before the end. */
int diag_begin(struct diag *d, const struct diag_ask *ask, struct err *e);
int diag_more(struct diag *d, struct evidence *ev, struct err *e);

/* The two ends of a connection, of one family. */
struct diag_pair {
	struct endpoint local, remote;
};

/* The sockets between these ends, each found in the kernel's hash table, so that others cost nothing however many they
 * are (measured: 2 to 5 microseconds each). Added to `ev`, with drops; what is not there is left out. Listeners and
 * bound sockets are not found so, nor are connections that are bound to a device (sock.on_device). An IPv4 pair also
 * finds the socket that has these addresses inside IPv6. -1 with `e` filled: `ev` may have some of them. */
int diag_get(struct diag *d, const struct diag_pair *pairs, size_t n, struct evidence *ev, struct err *e);

/* Every state but BOUND. For bound sockets that neither connected nor listen the kernel walks the bind hash, which is
 * the whole machine's also in a namespace with a table of its own (net/ipv4/inet_diag.c, since 6.8; measured: 0.2 of
 * the 0.215 ms that a look at an empty lab took). */
#define DIAG_HASHED ((state_set)(STATE_SET_ALL & ~(1U << TCP_BOUND)))

/* One look at the TCP sockets in these states (0: all) of the namespace into `ev` (emptied first, finished: see
 * evidence_finish()). */
int diag_look(struct diag *d, state_set states, struct evidence *ev, struct err *e);

/* Does this kernel tell of sockets that are bound and neither listen nor are connected? Linux 6.8 and newer do; of an
 * older one it is tried, once, with a socket of our own, for a distribution may have taken it over. True where that
 * could not be tried. */
bool diag_tells_bound(void);

/* Destroys (SOCK_DESTROY, needs CAP_NET_ADMIN over the namespace) every socket that a look finds, but no orphan that is
 * to be spared; how many were found. 0 when none is left; -1 when looking failed. For the lab's own namespaces only. */
int diag_destroy_all(struct diag *d);

/* Before Linux 6.11 (and the stable kernels that took it over: 6.1.176 has, 5.10.223 has not; measured) tcp_abort()
 * takes what an orphan has to send from it and leaves it there without a timer, for ever. */
bool diag_spares_orphans(void);

#endif
