/* SPDX-License-Identifier: MIT
 * A timeline's packets as a pcapng file (draft-ietf-opsawg-pcapng): two interfaces, `client` and `server`, with what
 * each end sent and received and when. What happened in between (held, dropped, sent again) stands in the packets'
 * comments. */
#ifndef RENDER_PCAPNG_H
#define RENDER_PCAPNG_H

#include "model/timeline.h"

#include <stdio.h>

/* Writes the whole file; `captured`: the packets were seen at one place, and stand on one interface, `machine`. 0 or
 * -errno. Only packets whose bytes were kept are in it. */
int pcapng_write(FILE *out, const struct timeline *tl, const char *title, bool captured);

#endif
