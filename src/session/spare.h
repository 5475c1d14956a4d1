/* SPDX-License-Identifier: MIT
 * Has this machine a processor to spare, at this moment? */
#ifndef SESSION_SPARE_H
#define SESSION_SPARE_H

#include "base/clock.h"

/* So long a nap is, and so late may who takes one be woken where nothing is short. */
#define SPARE_NAP  span_ms(3)
#define SPARE_LATE span_ms(3)

/* Takes a nap. True if it ended in time (a container's limit of processor time, or another guest of the same hardware,
 * would have kept us), and fewer threads run or want to than there are processors that this process may use. False
 * also where /proc does not tell. */
bool processor_is_spare(void);

/* The same of what was seen: /proc/loadavg's text, in which we are counted ourselves. */
bool processor_seems_spare(const char *loadavg, unsigned processors, struct span napped);

#endif
