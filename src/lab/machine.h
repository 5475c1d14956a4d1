/* SPDX-License-Identifier: MIT
 * Programs in the machine's own network: no hosts, no wire. Their sockets are picked out of the namespace's table,
 * their packets out of a live capture, where one may be made.
 *
 * Others use this network, too, and programs of other people may be held in a stop while we look. So nothing here costs
 * more the more others there are, but for a look at the whole table, which is taken seldom where it is large; and
 * nothing here goes on as long as packets come. */
#ifndef LAB_MACHINE_H
#define LAB_MACHINE_H

#include "lab/lab.h"

/* Looks into the network namespace of process `pid` (0: our own) from now on. What cannot be seen is said on the
 * timeline. -1 with `e` filled. */
int machine_open(struct lab *l, pid_t pid, struct err *e);
void machine_close(struct lab *l);

/* One look, of which each side gets its own: what its programs hold or held, and what waits for accept() at their
 * listeners; and the other ends of those connections, where they are here too.
 *
 * Listeners are listed, and the connections that are known are asked for one by one: from the look before, from calls,
 * from packets (some 10 us, and 4 for each). Up to 1,000 sockets in the namespace its whole table is read where that
 * does not tell everything (some 1 ms: the kernel walks the whole machine's hash): at first, where a held socket or one
 * of an accept queue is not among what was asked for, where calls are not followed, and now and then. Where there are
 * more, machine_sweep() finds the rest. 1, or 0 with `seen` empty: more than 500 were to
 * be asked for, and the last time is not long ago, so that the last look still holds; or -1 with `e` filled. */
int machine_look(struct lab *l, struct evidence seen[SIDES], struct err *e);

/* The same at the whole table, whatever that costs: somebody asked. 0, or -1 with `e` filled. */
int machine_look_at_all(struct lab *l, struct evidence seen[SIDES], struct err *e);

/* Goes on through a large table, for 2 ms at most, in search of sockets of the programs that nothing told of, such as a
 * connection in an accept queue whose packets were not seen. To be called again and again when there is time; a
 * second after its end it begins again. */
void machine_sweep(struct lab *l);

/* Where nobody looks: forgets the sockets that no program holds any more, when they have become many. */
void machine_forget_closed(struct lab *l);

/* A program does what is not seen (io_uring, calls of another kind): it may have any socket. */
void machine_unfollowed(struct lab *l);

/* A program of this side did something: sockets and packets that are not known may be its own. */
void machine_changed(struct lab *l);

/* A program of this side calls connect() to this address: packets to and from it are its own, until its socket is known
 * or a second has passed. The socket may be gone before anybody could look (ECONNREFUSED). */
void machine_connects(struct lab *l, enum side side, const struct endpoint *to);

/* A program calls bind() to this port: packets to it may come as soon as it listens. */
void machine_binds(struct lab *l, uint16_t port);

/* A socket that a program of this side holds as descriptor `fd` is named: asked for its addresses, once, or `anew`,
 * because a call may have changed them. Its packets are let in from now on. */
void machine_meets(struct lab *l, enum side side, uint32_t inode, int pidfd, int fd, bool anew);

/* Takes packets that came and belong to the programs' connections; how many. At most 256 are looked at, and at most for
 * 2 ms: there may be more. */
unsigned machine_take_packets(struct lab *l);

/* Says how many packets were not seen, if some were not and that was not said yet. While they are lost that is said
 * when it is the first, and when there are ten times as many. */
void machine_tell_lost(struct lab *l);

#endif
