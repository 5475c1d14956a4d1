/* SPDX-License-Identifier: MIT
 * A client does not come before its server: of programs that run by themselves, one that calls connect() to a port on
 * which nobody listens yet is held in front of the call, as long as one of the others may still come to listen there.
 */
#ifndef LAB_AWAITED_H
#define LAB_AWAITED_H

#include "lab/lab.h"

/* From now on. The first program is the server, and is not held. */
void awaited_begin(struct lab *l);

/* Lets go whom nothing keeps any more: somebody listens on that port, at whatever address; or nobody will, for the
 * other programs have ended, or sleep: half a second in what may last, 5 s in what ends by itself, or compute for 10 s
 * (and more where they have no processor). Then that is said, and the program is not held again. To be called again and
 * again. */
void awaited_look(struct lab *l);

/* Is a thread of this program held so? */
bool awaited_keeps(const struct lab *l, const struct program *p);

#endif
