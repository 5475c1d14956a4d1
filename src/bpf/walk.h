/* SPDX-License-Identifier: MIT
 * What the walks in the kernel hand over: shared by hashes.bpf.c, tables.bpf.c and source/walk.c. */
#ifndef BPF_WALK_H
#define BPF_WALK_H

#include <linux/types.h>

/* What a walk is to read beside addresses, state and queues. */
enum walk_want {
	WALK_TIMER = 1,
	WALK_UID = 2,
	WALK_INODE = 4,
	WALK_AGE = 8,
	WALK_DROPS = 16,
	WALK_CGROUP = 32,
	WALK_INFO = 64,
	WALK_FILE = 128
};

enum walk_flag {
	WALK_HAS_SOCKET = 1, /* a struct socket: it is not waiting for accept(), and no orphan */
	WALK_HAS_FILE = 2,   /* and a file, if WALK_FILE asked for it: a process may hold it */
	WALK_V6ONLY = 4,
	WALK_MINI = 8,        /* a request or a TIME_WAIT minisocket */
	WALK_NEVER_SENT = 16, /* no data */
};

/* What this kernel does not tell, by any of the members in which others do. */
#define WALK_LEFT_UNKNOWN  ((__s32)0x80000000)
#define WALK_TIMER_UNKNOWN 255

/* Where WALK_CGROUP finds a socket's: offsets in its struct sock, in what that points to, and in what this points to.
 */
struct walk_cgroup {
	__u32 in_sock, in_cgroup, in_node;
	__u32 known; /* this kernel has them */
};

struct walk_sock {
	__u64 sk;     /* the kernel's address of it */
	__u64 socket; /* and of its struct socket; 0: none */
	__u64 cookie;
	__u64 cgroup;
	__u32 local[4], remote[4];
	__u32 netns;
	__u32 hash, ports; /* of its addresses, to tell it from another socket that was made at the same place */
	__u32 rq, wq;
	__u32 inode, uid, drops;
	__s32 timer_left;           /* jiffies; WALK_LEFT_UNKNOWN */
	__u32 since_ack, since_snd; /* jiffies */
	__u16 local_port, remote_port;
	__u8 family, state;
	__u8 timer, retrans; /* idiag_timer's numbers, WALK_TIMER_UNKNOWN */
	__u8 flags;
};

/* Beside it, where WALK_INFO asks for it. */
struct walk_info {
	__u32 since_rcv, rto; /* jiffies */
	__u32 rtt_us, rttvar_us;
	__u32 cwnd, mss, unacked, lost, retrans_out, total_retrans;
	__u32 rcv_wnd, snd_wnd;
	__u64 bytes_received;
	__u8 options, snd_wscale, rcv_wscale;
};

/* One piece of what a walk of a hash finds: small enough to stay in a cache. */
enum { WALK_SOCKS = 4096 };

struct walk_socks {
	struct walk_sock all[WALK_SOCKS];
	struct walk_info info[WALK_SOCKS];
};

/* A hash of TCP sockets; network namespaces share one, or have their own. */
enum { WALK_HASHES = 4096 };

struct walk_hash {
	__u64 chains;
	__u32 n;         /* chains in it */
	__u32 listening; /* the listeners' hash, whose chains have a head of another size */
};

struct walk_hashes {
	struct walk_hash all[WALK_HASHES];
	__u64 n;        /* 64 bits, for the verifier loses sight of what is widened */
	__u64 too_many; /* that had no room */
};

/* A range of chains that is to be walked: in, and how far it got: out. */
struct walk_run {
	__u64 chains;
	__u32 from, to; /* `from` goes on */
	__u32 listening;
	__u32 mask; /* of a socket's hash: its chain */
	__u32 want;
	__u32 states;                                       /* mask of the kernel's numbers */
	__u16 local_from, local_to, remote_from, remote_to; /* ports, both included; not of listeners */
	__u32 n;                                            /* sockets found */
	__u32 again;  /* chains that changed while they were read, and were read again */
	__u32 unsure; /* chains that changed each time: what was found last stands */
};

/* A process, or a thread with a table of its own. */
struct walk_task {
	__s32 pid, tid;
	char comm[16];
};

struct walk_fd {
	__u64 sk, socket;
	__u32 hash, ports;
	__u32 task; /* index */
	__s32 fd;
};

/* One piece of what the walk of the tables finds. */
enum { WALK_FDS = 16384, WALK_TASKS = 4096, WALK_BOUND = 1024 };

struct walk_fds {
	struct walk_fd all[WALK_FDS];
	struct walk_task tasks[WALK_TASKS];
	struct walk_sock bound[WALK_BOUND]; /* sockets that are in no hash: bind() was called, and neither listen() nor
	                                       connect() */
	__u32 n, n_tasks, n_bound;
};

/* Where the walk of the tables begins: in, and where it found no more room: out. */
struct walk_place {
	__s32 tid; /* 0: at the beginning; out: it is done */
	__u32 fd;
};

#endif
