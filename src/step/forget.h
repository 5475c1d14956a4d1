/* SPDX-License-Identifier: MIT
 * Forgetting sockets that are gone: what is known of each socket that the stepped programs ever had would grow for as
 * long as they are stepped. */
#ifndef STEP_FORGET_H
#define STEP_FORGET_H

#include "step/program.h"

/* Are so many kept that it is worth the walk over all descriptors? At a thousand, then at twice what was left. */
bool forget_is_due(const struct stepper *s);

/* Forgets the sockets that no process of a stepped program holds any more; and of each program the cookies of those
 * that `is_there` does not find in the kernel's table either: an orphan's and a TIME_WAIT's are needed for as long as
 * they are there. Who was forgotten wrongly (it was on its way from one process to another) is asked again when it is
 * met. */
void forget_sockets(struct stepper *s, bool (*is_there)(void *ctx, uint64_t cookie), void *ctx);

#endif
