/* SPDX-License-Identifier: MIT
 * sock_diag: the kernel's own table of TCP sockets, by netlink (libmnl). No privilege needed to look. */
#ifndef SOURCE_DIAG_H
#define SOURCE_DIAG_H

#include "base/err.h"
#include "model/evidence.h"

struct diag;

/* Opens in the calling thread's network namespace and stays bound to it. NULL with `e` filled.
 * diag_close() takes NULL. */
struct diag *diag_open(struct err *e);
void diag_close(struct diag *d);

/* One look at every TCP socket of the namespace, IPv4 and IPv6, request sockets, TIME_WAIT and bound ones
 * included, into `ev` (emptied first, finished: see evidence_finish()). Owners are not filled in: that is
 * owner.h's work. One dump answers for both families (TCPDIAG_GETSOCK; measured: a fifth faster than two).
 * A table that changed while it was dumped is read again (NLM_F_DUMP_INTR), three times at most.
 * -1 with `e` filled when the kernel refuses. */
int diag_look(struct diag *d, struct evidence *ev, struct err *e);

/* Destroys (SOCK_DESTROY, needs CAP_NET_ADMIN over the namespace) every socket that a look finds; how many
 * were found. 0 when none is left; -1 when looking failed. For the lab's own namespaces only. */
int diag_destroy_all(struct diag *d);

#endif
