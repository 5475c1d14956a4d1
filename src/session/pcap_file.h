/* SPDX-License-Identifier: MIT
 * The file that --pcap names: opened before anything runs, written when all is over. */
#ifndef SESSION_PCAP_FILE_H
#define SESSION_PCAP_FILE_H

#include "base/err.h"
#include "model/timeline.h"

/* A descriptor, or -1 with `e` filled: it cannot be opened, or is there and is no capture. Links are followed; what is
 * in the file stays. */
int pcap_file_open(const char *name, struct err *e);

/* Puts the packets of the timeline in the place of what was there, if there is room for them; else -1 with `e` filled,
 * and an older capture is as it was. `captured`: they were seen at one place, in the machine's own network. */
int pcap_file_write(int fd, const char *name, const struct timeline *tl, const char *title, bool captured,
                    struct err *e);

#endif
