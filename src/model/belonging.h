/* SPDX-License-Identifier: MIT
 * What belongs to what: connections to the listeners that they wait for, and the reason where no process holds a
 * socket. */
#ifndef MODEL_BELONGING_H
#define MODEL_BELONGING_H

#include "model/evidence.h"

/* Sets `listener` of connections that are not accepted and of request sockets, counts the latter in their listeners'
 * half_open, and sets `no_owner` of every socket that nobody holds, where the source has not told it. Of several
 * listeners of one port (SO_REUSEPORT) the first is taken: which one it will be is the kernel's to say. A listener: its
 * port, in the same namespace, at that address or at any. */
void evidence_belonging(struct evidence *ev);

/* The same of request sockets only, and without reasons: sets their `listener` and its half_open. */
void evidence_half_open(struct evidence *ev);

#endif
