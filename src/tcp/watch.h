/* SPDX-License-Identifier: MIT
 * What one observer knows of one connection: told each packet as it is seen, says in which states each end may be.
 *
 * Pure: no system call, no clock, no printing. Time comes with the packets, in nanoseconds since any beginning.
 *
 * An observer sees packets leave one end, arrive at one, or only pass. `struct tcp_view` says what its place tells:
 *   sends[X]     whatever X sends is told; else X may have sent what was lost before it came here
 *   arrivals[X]  whatever arrives at X is told by tcp_watch_arrived(); else what goes there may arrive, or be lost
 *                behind us
 *
 * Soundness: the true state is in `may`, provided that none of these happens, which no packet tells: a host crashes; a
 * program gives up a connect() under way, or aborts in CLOSING or LAST_ACK (Linux sends no RST there,
 * tcp_need_reset()); the server keeps a request by TCP_DEFER_ACCEPT; somebody forges a whole stream (a RST without a
 * timestamp may be forged). `likely` is the one of the states in which it is if everything that passed here arrived. */
#ifndef TCP_WATCH_H
#define TCP_WATCH_H

#include "model/segment.h"
#include "model/story.h"
#include "packet/spans.h"

struct tcp_view {
	bool sends[SIDES], arrivals[SIDES];
	bool genuine[SIDES]; /* what seems to come from X does: nobody could have forged it on its way here */
};

extern const struct tcp_view tcp_view_client; /* at the client: what comes there, what leaves there */
extern const struct tcp_view tcp_view_server;
extern const struct tcp_view tcp_view_middle; /* on both sides of a wire that tells what it lets pass */
extern const struct tcp_view tcp_view_tap;    /* one point between the ends: what passes may be lost behind it */

enum { FINGERPRINTS = 4 };

/* A segment is passed on to so many connections before, at most: who tries the same port anew for as long as this has
 * an old one that answers no more. */
enum { TCP_OLDER_MOST = 64 };

/* What is known of one end, X; "the peer" is the other. Numbers are as on the wire. */
struct tcp_end {
	state_set may;
	enum tcp_state likely;
	int64_t since;       /* when `likely` became so */
	int64_t waits_since; /* when it may first have been in FIN_WAIT2 or TIME_WAIT */

	/* What it sent, as seen. */
	bool numbered; /* isn and next are known */
	bool sent_syn, sent_synack, sent_fin, sent_rst;
	bool early_data;      /* in its SYN */
	bool fin_unseen;      /* numbers went on though nothing was seen: the last of them may be a FIN */
	bool fin_missed;      /* the peer went on, a round trip and more later, as if it had not come */
	uint32_t isn;         /* the number of its SYN; where that was not seen, one before the first number seen */
	uint32_t next;        /* after the highest number it used */
	uint32_t fin;         /* the number of its FIN */
	uint32_t fin_carries; /* the lowest acknowledgment that came with a FIN of its */
	uint32_t rst;         /* the number of its RST */
	int64_t rst_at;
	int64_t gap_at;     /* when numbers of its were first passed over */
	int64_t fin_at;     /* when it last sent its FIN */
	uint32_t last_len;  /* payload of its last segment that had any */
	struct spans sent;  /* its bytes that were seen, beginning where a gap is left */
	int64_t last_owed;  /* when it last sent what must be acknowledged, new or again */
	int64_t resend_gap; /* the time between the last two copies; 0: none was sent again since the last ACK */

	/* What it acknowledged and offered. */
	bool acks;
	uint32_t acked;  /* the highest */
	uint32_t window; /* the last, scaled */
	int8_t wscale;   /* -1: not known */
	uint8_t duplicate_acks;
	uint8_t asked; /* enum remark: its last packet asked for an ACK, as a keep-alive or a window probe */

	/* What arrived, where arrivals are told. */
	bool receives;      /* `expects` is known */
	uint32_t expects;   /* the next number in order */
	struct spans ahead; /* what came beyond a gap */
	bool fin_came;
	uint32_t fin_came_at;

	/* One byte's round trip at a time (Karn). */
	bool timing;
	uint32_t timed;
	int64_t timed_at;
	int64_t rtt_data; /* the shortest; -1 */

	uint16_t mss;
	uint8_t ttl;           /* of its last packet */
	bool stamps;           /* it carried timestamps */
	struct story_end tale; /* counters */
};

struct tcp_watch {
	struct tcp_view view;
	/* The server's accept queue may be full, so that the last ACK of the handshake is dropped
	 * (tcp_v4_syn_recv_sock): set by who sees the listener's other connections, see tcp_watch_may_wait(). True
	 * where they are not seen. */
	bool crowded;
	struct tcp_watch *older; /* the connection between the same ports before; NULL: none. Not owned */
	struct tcp_end end[SIDES];
	enum side first_closer;  /* who sent the first FIN; NO_SIDE */
	uint32_t data_after_fin; /* new bytes that the other side sent after it had the first FIN */
	bool crossed;            /* the second FIN was sent before the first one was there */
	bool early_data_taken;
	bool challenged; /* the SYN was answered by a connection that is not in the capture */
	bool fins_done_before_rst;
	enum side resetter; /* NO_SIDE */
	enum reset reset;
	struct {
		state_set may;
		enum tcp_state likely;
	} before[SIDES];   /* the last RST, or, of an older connection, the new SYN: in case it was forged */
	bool reset_exact;  /* the RST that is told of is one that its receiver takes */
	unsigned disowned; /* the packet number of a RST whose seeming sender went on as if it had not sent it; 0 */
	struct proof proof;
	int64_t began, last, now, synack_at, syn_at, rtt_open[SIDES];
	struct {
		uint64_t hash;
		int64_t at;
	} seen[FINGERPRINTS]; /* the youngest packets, to know one that was captured twice */
	uint8_t next_seen;
};

/* An observer from the first packet of a connection on. `older`, the one between the same ports before or NULL, is told
 * what belongs to it, so it must be there as long as `w` is told anything; those of TCP_OLDER_MOST connections before
 * are let go. It holds memory from the first segment on: tcp_watch_free() is due. */
void tcp_watch_init(struct tcp_watch *w, const struct tcp_view *view, struct tcp_watch *older,
                    const struct segment *first, enum side from, int64_t now);
/* Not the older ones: each is freed by who began it. */
void tcp_watch_free(struct tcp_watch *w);

/* `from` sent this segment, packet number `number`. Where arrivals at the other end are not told it may arrive there.
 * What is to be said of it. */
remarks tcp_watch_sent(struct tcp_watch *w, enum side from, const struct segment *s, unsigned number, int64_t now);

/* The segment arrived at `at`, sent by the peer or not. */
void tcp_watch_arrived(struct tcp_watch *w, enum side at, const struct segment *s, int64_t now);

/* Time passes: what must have been sent by now and was not, timers that may have run out. */
void tcp_watch_until(struct tcp_watch *w, int64_t now);

/* Does this segment belong to the connection between the same ports before, `w->older`? tcp_watch_sent() passes it on
 * then. */
bool tcp_watch_is_older(const struct tcp_watch *w, enum side from, const struct segment *s);

/* What a router leaves of a segment as it is, as a number, never 0: the same for two sights of one packet. */
uint64_t tcp_fingerprint(const struct segment *s, enum side from);

/* The server has this connection, and no packet shows that its program took it: it may fill the accept queue. */
bool tcp_watch_may_wait(const struct tcp_watch *w);

/* How it began and ended, as far as it goes. Endpoints, number and `reused` are left to the caller. */
void tcp_watch_story(const struct tcp_watch *w, struct story *s);

#endif
