/* SPDX-License-Identifier: MIT
 * What the files of the wire know of one another: wire.c moves packets, copies.c knows what was delivered, late.c
 * what was sent only because the lab was late, hands.c obeys the scenario. Nobody else includes this. */
#ifndef LAB_WIRE_INTERNAL_H
#define LAB_WIRE_INTERNAL_H

#include "lab/wire.h"

/* copies.c: remembers what was delivered; says whether a packet is a copy that a frozen connection must not see, and of
 * which held packet (NULL: of a delivered one); up to where everything that `from` sent has arrived. */
void copies_remember(struct wire *w, const struct packet *p);
bool copies_contain(struct wire *w, const struct packet *p, struct packet **original);
/* copies.c: was the sender of `p`, after `p` was read, handed an acknowledgment of all that is in it? */
bool copies_acknowledged(struct wire *w, const struct packet *p);
uint32_t copies_arrived_up_to(struct wire *w, const struct conn *c, enum side from);
void copies_free(struct wire *w);

/* late.c: must `p` be put aside? It is then. The next of them that is to go on; NULL if there is none. */
bool late_put_aside(struct wire *w, struct packet *p);
struct packet *late_next(struct wire *w);

/* wire.c: the lab waits: what has to be overtaken is patient from now on. */
void wire_patience_begins(struct wire *w);

/* wire.c: tells the owner; delivers (1 or -errno); makes a packet of bytes, without its connection. `header` is the
 * offload header, NULL for what was not read from a device. */
void wire_seen(struct wire *w, const struct packet *p, enum fate fate);
int wire_deliver_and_free(struct wire *w, struct packet *p);
struct packet *wire_new_packet(enum side from, const uint8_t *header, const uint8_t *bytes, size_t n);

#endif
