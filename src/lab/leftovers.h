/* SPDX-License-Identifier: MIT
 * What stays of a lab when all of its processes are killed in one blow, the reaper too (cgroup.kill, the end of a
 * container): orphans, which keep the lab's network namespaces.
 *
 * Root's labs write down which namespaces are theirs, as handles of nsfs (name_to_handle_at(2); the kernel gives no
 * handle twice), into a file that is locked for as long as one of their processes lives. The next lab's reaper finds
 * the files that nobody locks, enters what they name, if it is still there, and ends the sockets in it: nothing but
 * what a lab wrote down is entered. Where this cannot be done (no root, a kernel without such handles) nothing is said,
 * for nothing is lost: the kernel ends most such orphans after 80 s (baseline.def, tcp_rto_max_ms). */
#ifndef LAB_LEFTOVERS_H
#define LAB_LEFTOVERS_H

#include "lab/host.h"

#define LEFTOVERS_DIR "/run/lastack"

struct leftovers {
	int fd; /* the locked file, which every process of the lab keeps open; -1: nothing was written down */
	char path[48];
};

void leftovers_note(struct leftovers *l, const struct host hosts[static SIDES]);

/* The namespaces are empty. */
void leftovers_forget(struct leftovers *l);

/* Ends the sockets that labs of which nobody lives have left. Afterwards the calling thread may be in one of their
 * namespaces: it is the reaper's to call this. */
void leftovers_sweep(void);

#endif
