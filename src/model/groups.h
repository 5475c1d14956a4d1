/* SPDX-License-Identifier: MIT
 * Sockets counted by state, owner, program, peer, listener or network namespace: half a million in some ten
 * milliseconds, for only numbers are compared. What a group is called is made of one of its sockets, when it is shown
 * (render/groups.c). */
#ifndef MODEL_GROUPS_H
#define MODEL_GROUPS_H

#include "base/sort.h"
#include "model/evidence.h"

enum grouping { GROUP_STATE, GROUP_OWNER, GROUP_PROGRAM, GROUP_PEER, GROUP_LISTENER, GROUP_NETNS, GROUPINGS };

extern const char *const grouping_words[];   /* by enum grouping: "state", "owner", …; ended by NULL */
const char *grouping_title(enum grouping g); /* "State" */

struct group {
	uint64_t key;    /* tells it again in another look; never 0 */
	uint32_t row;    /* a socket of it, in the look's */
	uint32_t n, was; /* how many now, and in the look before (groups_compare()) */
	uint32_t states[TCP_STATES];
	struct span oldest;
	uint8_t oldest_is; /* enum age_is; a bound, too, where the age of some is a bound or not known */
	bool bound;
};

struct groups {
	struct group *all;
	size_t n, cap;
	uint32_t *slots; /* open addressing: 1 + index */
	size_t n_slots;
	enum grouping by;
	size_t look; /* the caller's number of the look; 0: none was counted */
};

/* Counts these rows anew; for groups_free(). */
void groups_count(struct groups *gs, enum grouping by, const struct evidence *ev, const struct sort_key *rows,
                  size_t n);

/* Sets `was` of each by the look before; NULL: not known, so as many as there are now. */
void groups_compare(struct groups *gs, const struct groups *before);

const struct group *groups_find(const struct groups *gs, uint64_t key); /* NULL: there is none */
void groups_free(struct groups *gs);

/* The key of the group to which a socket belongs. */
uint64_t group_key(enum grouping by, const struct evidence *ev, size_t index);

/* Whose program a socket is counted with: its first owner, or that of the listener for which it waits; NULL: none. */
const struct holder *group_program(const struct evidence *ev, const struct sock *s);

/* The listener itself, or the one that a socket waits for; NULL: it waits for none. */
const struct sock *group_listener(const struct evidence *ev, const struct sock *s);

#endif
