/* SPDX-License-Identifier: MIT
 * What the files of the machine's own network know of one another: machine.c says whose sockets are,
 * machine_look.c looks at them, machine_packets.c takes packets. Nobody else includes this. */
#ifndef LAB_MACHINE_INTERNAL_H
#define LAB_MACHINE_INTERNAL_H

#include "lab/ends.h"
#include "lab/lab.h"
#include "lab/ports.h"

/* A connect() that is under way, or was a moment ago. */
struct connecting {
	struct endpoint to;
	enum side side;
	struct instant since; /* 0: none */
};

struct listening {
	struct endpoint at;
	enum side side;
};

/* Connects are remembered so many, the youngest. */
enum { CONNECTS = 16 };

struct machine {
	/* Of the last look, and met since. */
	struct ends known;           /* the programs' connections, and their other ends where they are here */
	struct listening *listening; /* the programs' listeners */
	size_t n_listening, cap_listening;
	struct table by_port; /* listeners: a server may have a thousand */
	bool stale;           /* a program did something since: what is not known may be its own */

	struct cookies others[SIDES]; /* sockets that were other ends of our connections: theirs may outlive ours */
	struct cookies met;           /* inodes of sockets whose addresses were asked for */

	/* Not every look reads the whole table (machine_look.c). */
	struct instant whole; /* when it was read last; 0: it must be */
	uint64_t lost_then;   /* packets that were lost by then */
	bool odd;             /* there was a socket that cannot be asked for by its addresses */
	bool unfollowed;      /* of some program not every call is seen */
	bool large;
	struct instant counted_at;
	size_t dumped;             /* sockets of the last look at a whole table */
	struct instant next_asked; /* where there are many to be asked for, not before */
	bool bound;                /* a socket may be bound and no more: these are found by walking all ports alone */
	struct evidence carried;   /* as of `carried.at`: what the next look does not ask for */
	struct diag *sweeper;      /* goes through the table in parts; NULL: has not begun yet */
	bool sweeping;
	struct instant swept_at;
	unsigned swept_in_vain; /* times in a row that it could not be read whole */
	struct evidence hidden; /* found on the way: what cannot be asked for */

	/* Packets. */
	struct ports ports;
	struct connecting connecting[CONNECTS];
	unsigned next_connect;
	bool all_packets; /* too many ports for a filter: said once */
	uint64_t lost, lost_said;
};

struct machine *machine_memory(struct lab *l);

/* Picks the programs' own, and the other ends of their connections, out of what a look found: into `kept`, each
 * finished (evidence_finish()). They are what is known from now on. */
void machine_split(struct lab *l, const struct evidence *all, struct evidence kept[SIDES]);

/* Whose is this socket, by what is known? NO_SIDE: nobody's here. */
enum side machine_side(struct lab *l, const struct sock *s);

/* Is it, by itself, one that nobody has accepted yet? What others left behind on our port (TIME_WAIT, orphans) is not.
 */
bool machine_may_wait(const struct sock *s);

/* The listener of a program at this address; NULL: none. */
const struct listening *machine_listener(const struct machine *m, const struct endpoint *at);

/* Renews the filter of the capture where the ports have changed. */
void machine_renew(struct lab *l);

#endif
