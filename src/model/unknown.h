/* SPDX-License-Identifier: MIT
 * What could not be gathered is UNKNOWN, never 0: a rule that needs it says so. */
#ifndef MODEL_UNKNOWN_H
#define MODEL_UNKNOWN_H

#include <stdint.h>

#define UNKNOWN INT64_MIN

#endif
