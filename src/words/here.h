/* SPDX-License-Identifier: MIT
 * What is here now: counters and settings of this network namespace, and how many sockets of all of them are meant. */
#ifndef WORDS_HERE_H
#define WORDS_HERE_H

#include "base/buf.h"
#include "base/err.h"
#include "model/evidence.h"

/* Adds what a counter (TcpExt.ListenDrops, TcpExtListenDrops, ListenDrops) or a setting (net.core.somaxconn,
 * net/core/somaxconn) has here; false: there is none of that name here, or it cannot be read. */
bool here_counter(struct buf *b, const char *name);
bool here_setting(struct buf *b, const char *name);

/* Adds which number this kernel gives a reason: a name of an enumeration, with its prefix or without; false: it has
 * none of that name, or its types cannot be read. */
bool here_reason(struct buf *b, const char *enumeration, const char *prefix, const char *name);

/* "TW 12, net.ipv4.tcp_max_tw_buckets 131072, SO_LINGER" from "TcpExt.TW, net.ipv4.tcp_max_tw_buckets, SO_LINGER":
 * names with what they have here, where they have something. For buf_free(). */
struct buf here_values(const char *names);

/* Every socket of every network namespace that can be seen, added to `ev` with WANT_… gathered; `*closed`: how many may
 * not be entered. False with `e` filled: none can be looked at. */
bool here_look(struct evidence *ev, unsigned want, size_t *closed, struct err *e);

/* "3 in the network namespaces that can be seen: lastack list recvq gt 0"; "" where sockets cannot be looked at. */
struct buf here_sockets(const char *filter);

#endif
