/* SPDX-License-Identifier: MIT
 * One thing that happened, and who says so. The kinds are in event.def. */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include "model/conn.h"
#include "model/evidence.h"
#include "model/story.h"

enum event_kind {
#define EVENT(name, word, witness, sentence) EV_##name,
#include "model/event.def"
#undef EVENT
	EVENT_KINDS
};

/* Who saw it; BY_INFERENCE: nobody did. */
enum witness { BY_CALLS, BY_WIRE, BY_KERNEL, BY_SCRIPT, BY_LAB, BY_INFERENCE };

struct event_kind_info {
	const char *word;
	enum witness witness;
	const char *sentence;
};

enum fate {
	FATE_PASSED,
	FATE_HELD,
	FATE_DROPPED,
	FATE_DELAYED,   /* on purpose; goes on by itself */
	FATE_OVERTAKEN, /* goes on behind the next packet of its sender */
	FATE_TWICE,     /* delivered, and delivered again */
	FATE_CORRUPTED, /* delivered with a wrong checksum */
	FATE_DOUBLED,   /* held: a copy that the wire made, nobody sent it */
	FATE_INJECTED,  /* nobody sent it */
};

/* Is the packet at the receiver as soon as it was sent? */
static inline bool fate_arrives(enum fate fate)
{
	return fate == FATE_PASSED || fate == FATE_TWICE || fate == FATE_CORRUPTED || fate == FATE_INJECTED;
}

/* What a kernel's counters tell of a packet, from counted.def. */
enum counted {
#define COUNTED(name, group, counter, thrown, words) COUNTED_##name,
#include "model/counted.def"
#undef COUNTED
	COUNTEDS
};

struct counted_info {
	const char *group, *counter; /* "TcpExt", "ListenOverflows" */
	bool thrown;                 /* the packet was thrown away */
	const char *words;           /* "the accept queue is full" */
};
const struct counted_info *counted_info(enum counted what);

struct event_call {
	unsigned id; /* a RESULT carries the id of its CALL */
	char *text;  /* CALL: "connect(3, server:7777)"; RESULT: "0", "-1 ECONNREFUSED (Connection refused)" */
	bool failed;
	struct span took; /* RESULT of a program's call, as the tracer sees it: with the stops on both sides of it; 0:
	                     not known */
	char *whole; /* RESULT of a program's call: the call again, with what the kernel filled in; NULL: as in CALL */
	char *where; /* CALL of a program: the line of its source, "echo.c:55 main"; NULL: unknown */
	char *why; /* RESULT: what an error comes from, "the RST #2: nobody listens on 10.0.0.2:81"; NULL: not known */
	bool silent; /* CALL: the actor's connection goes without a packet: a host that crashes, a connect() that is
	                given up */
};

struct event_packet {
	unsigned number; /* #1, #2, … on this wire; 0 where it has none */
	enum fate fate;
	struct segment seg;
	uint32_t rel_seq, rel_ack;
	bool seq_absolute,
		ack_absolute;     /* they are the segment's own: nothing of that end was seen that they relate to */
	unsigned conn;            /* conn.number */
	char port_of[ACTOR_NAME]; /* the actor of the client's end, to tell connections apart; "" if unknown */
	remarks remarks;          /* of a capture's packet */
	bool cookie;              /* a SYN+ACK that is a SYN cookie: its sender's kernel counted that (COUNTED) */
	bool resent;              /* the wire has seen all of it before */
	struct span kept;         /* how long it was held */
	unsigned copies;          /* how often it was sent again meanwhile */
	uint8_t *bytes;           /* the packet itself, where it is kept (--pcap); NULL otherwise */
	size_t n_bytes;
};

struct event_socket {
	bool appeared, gone; /* neither: it changed */
	bool before;         /* appeared to us: it was there before a running program was attached to */
	struct sock was, is; /* `was` is unset when it appeared, `is` when it is gone */
};

struct event_table {
	bool one_host; /* both sides are one namespace: one table */
	bool netstat;  /* asked for in netstat's layout, else ss's */
	struct evidence seen[SIDES];
};

struct event_kept {
	struct event_packet *packets;
	size_t n;
	enum side *from;
};

/* One call in the life of a leaked connection. */
struct leak_site {
	char *call;  /* "read(4, "", 1024) = 0"; NULL: it was not seen */
	char *where; /* "leaking_server.c:44 echo < leaking_server.c:71 main"; NULL: unknown */
	char *who;   /* the thread or process, "server/2"; NULL: the program's first one */
};

/* Its texts; not the site. */
void leak_site_free(struct leak_site *s);

/* Connections that were left at the same place. */
struct event_leak {
	unsigned n;
	enum tcp_state state; /* CLOSED: closed by both, and the descriptor is open still */
	char *fds;            /* "4, 5", with the process where it is not the first one: "4 of pid 12" */
	char *peers;          /* "127.0.0.1:46098, …" */
	struct leak_site made, eof, last;
	struct leak_site copied; /* where its descriptor was duplicated */
};

struct event {
	enum event_kind kind;
	struct span at;       /* since the timeline began; never less than the event before */
	enum side side;       /* where; of a packet: who sent it; NO_SIDE where neither */
	char who[ACTOR_NAME]; /* the actor, "" if none or unknown */
	union {
		struct event_call call;
		struct event_packet packet;
		struct event_socket socket;
		struct event_table table;
		struct event_kept kept;
		struct event_leak leak;
		struct {
			unsigned number; /* of the packet, which came to `side` */
			enum counted what;
		} counted;
		char *text; /* NOTE, LINE, NOTICE, OUTPUT, PROCESS, WAITS, STACK */
		struct {
			char *text;
			bool held;
		} expected;
		struct {
			state_set may;
			enum tcp_state likely; /* if what was seen arrived */
		} inferred;
	};
};

const struct event_kind_info *event_kind_info(enum event_kind k);

/* Frees what the event owns, not the event. */
void event_clear(struct event *e);

#endif
