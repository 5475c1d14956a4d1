/* SPDX-License-Identifier: MIT
 * What is a consequence of what. */
#ifndef DOCTOR_CAUSES_H
#define DOCTOR_CAUSES_H

#include "model/finding.h"

/* Sets the root of each finding that follows from another one: one trouble is then one incident. */
void causes_join(struct findings *fs);

#endif
