/* SPDX-License-Identifier: MIT
 * The place of a program in a lab: its host's network, the hosts' names, and the user it would be without us. */
#ifndef LAB_PLACE_H
#define LAB_PLACE_H

#include "lab/host.h"

struct place {
	const struct host *host;
	bool unprivileged; /* lastack made itself a user namespace; the program gets one in which it is who it was */
	uid_t uid;
	gid_t gid;
	bool loopback; /* both names mean 127.0.0.1 */
};

/* Called in the new process (step/program.h, struct placing). `place`: a struct place. Names are told by a file over
 * /etc/hosts in a mount namespace of its own; where none may be made, `client` and `server` are no names for this
 * program and their addresses must be used. 0 or -errno. */
int place_enter(void *place);

#endif
