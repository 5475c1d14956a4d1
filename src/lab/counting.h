/* SPDX-License-Identifier: MIT
 * What the receiver's kernel counts as a packet comes to it: one is handed over at a time, and nobody else goes on
 * meanwhile, so a counter that moves by one has moved with this packet. By that it is known that a kernel threw a
 * packet away, and why; where no counter tells, or one moved further, nothing is said.
 *
 * On TUN devices only: a veth pair may be done with a packet later. Costs 60 us a packet, so only lab.counts asks for
 * it. */
#ifndef LAB_COUNTING_H
#define LAB_COUNTING_H

#include "lab/lab.h"

/* Around the handing over of a packet. The second notes an EV_COUNTED where there is something to tell. */
void counting_begins(struct lab *l, const struct packet *p);
void counting_ends(struct lab *l, const struct packet *p);

/* Is this the SYN+ACK that a kernel sent at once when it was handed a SYN, and counted a SYN cookie? */
bool counting_made_cookie(const struct lab *l, const struct packet *p);

void counting_close(struct lab *l);

#endif
