/* SPDX-License-Identifier: MIT
 * What the packets say of a connection as a whole: how it began, who closed first, how it ended, what was lost. All of
 * it is inferred; each verdict names the packets that prove it. */
#ifndef MODEL_STORY_H
#define MODEL_STORY_H

#include "base/addr.h"
#include "base/clock.h"
#include "model/side.h"
#include "model/tcp_state.h"

enum remark {
#define REMARK(name, word, label, sentence) REMARK_BIT_##name,
#include "model/remark.def"
#undef REMARK
	REMARKS
};

/* A set of remarks. */
typedef uint32_t remarks;
#define REMARK_(name) ((remarks)1 << REMARK_BIT_##name)

struct remark_info {
	const char *word, *label, *sentence;
};

enum opening {
#define OPENING(name, word, sentence) OPENING_##name,
#include "model/opening.def"
#undef OPENING
	OPENINGS
};

enum ending {
#define ENDING(name, word, label, sentence) ENDING_##name,
#include "model/ending.def"
#undef ENDING
	ENDINGS
};

enum reset {
#define RESET(name, word, label, sentence) RESET_##name,
#include "model/reset.def"
#undef RESET
	RESETS
};

/* A word for programs, a few words for a list, and a sentence; in both SIDE may stand. */
struct word_info {
	const char *word, *label, *sentence;
};

const struct remark_info *remark_info(enum remark r);
const struct word_info *opening_info(enum opening o);
const struct word_info *ending_info(enum ending e);
const struct word_info *reset_info(enum reset r);

/* Adds the sentence with the side's name in the place of SIDE. */
void sentence_add(struct buf *out, const char *sentence, enum side side);

/* Packets that prove something, by their number in the capture; 0: there is none. */
struct proof {
	unsigned syn, synack, ack;             /* the handshake */
	unsigned fin[SIDES], fin_acked[SIDES]; /* the FIN that a side sent, and the ACK of it */
	unsigned rst;
	unsigned last; /* the youngest packet of the connection */
};

/* One end. */
struct story_end {
	struct endpoint at;
	state_set may;         /* the states it may be in now */
	enum tcp_state likely; /* of these, if what was seen arrived */
	struct span since;     /* when it came into `likely`, since the capture began */
	uint64_t bytes;        /* of payload, each counted once */
	uint32_t packets;
	uint32_t remarked[REMARKS]; /* how many of its packets have this remark */
	struct span fin_at;         /* when it last sent its FIN, if it did */
	uint64_t unseen;            /* bytes that it must have sent and that the capture has not */
};

struct story {
	unsigned number; /* of the connection, 1, 2, … in order of appearance */
	struct story_end end[SIDES];
	enum opening opening;
	enum ending ending;
	enum side closer; /* who closed, reset or gave up first; NO_SIDE where nobody did */
	enum reset reset;
	struct proof proof;
	struct span began, ended; /* first and last packet, since the capture began */
	/* Round trip as seen from the tap: to the server (SYN to SYN+ACK), to the client (SYN+ACK to ACK), and of data
	 * and its ACK, the shortest, by who sent the data. Negative: not measured. */
	struct span rtt_open[SIDES], rtt_data[SIDES];
	bool sides_guessed; /* no SYN was seen: the client is the end with the higher port */
	bool reused;        /* the same ports had a connection before */
};

/* How many of a kind. */
struct tally {
	struct story like; /* ending, closer and reset count */
	size_t n;
};

struct left_out {
	const char *why; /* "ARP", "cut off" */
	size_t n;
};

/* A capture file as a whole. */
struct capture_facts {
	const char *name, *format, *links; /* "pcapng", "Ethernet" */
	size_t packets, segments, conns;
	size_t backwards; /* packets that are earlier than the one before them */
	int64_t wall_ns;  /* of its first packet */
	struct span lasted;
	const struct left_out *left_out; /* packets that carry no TCP, or that could not be read */
	size_t n_left_out;
	const struct tally *tallies; /* the most frequent first */
	size_t n_tallies;
	const char *damage; /* why it ends early; NULL: it does not */
};

/* "orderly, client first", "reset by server after its own FIN". */
void story_label(struct buf *out, const struct story *s);

/* "client closed first: …", the verdict in one sentence. */
void story_sentence(struct buf *out, const struct story *s);

#endif
