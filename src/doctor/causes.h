/* SPDX-License-Identifier: MIT
 * What is a consequence of what. */
#ifndef DOCTOR_CAUSES_H
#define DOCTOR_CAUSES_H

#include "doctor/visit.h"

/* Sets the root of each finding that follows from another one: one trouble is then one incident. */
void causes_join(const struct visit *v, struct findings *fs);

/* Makes each root as severe as the worst that follows from it and counts. */
void causes_weigh(struct findings *fs);

#endif
