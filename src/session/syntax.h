/* SPDX-License-Identifier: MIT
 * lastack lab --syntax: scenarios are read to their ends, and not a thing of them is run. */
#ifndef SESSION_SYNTAX_H
#define SESSION_SYNTAX_H

#include "session/batch.h"

/* Prints each mistake as "FILE:LINE:COLUMN: what is wrong; what to try", in the order of the lines, and a verdict
 * unless `quiet`. The exit code: 0, or 3 where there is a mistake. */
int syntax_check(const struct batch *what, bool quiet);

#endif
