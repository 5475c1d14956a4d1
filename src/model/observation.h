/* SPDX-License-Identifier: MIT
 * What was gathered about a machine in a window of time, as a value: two looks at every socket, looks at the listeners
 * between them, counters and settings of each network namespace, and the processes that hold sockets. Rules judge it
 * (doctor/); it can be written down by hand for a test, or come from files of another machine.
 *
 * What could not be gathered is UNKNOWN, never 0: a rule that needs it says so. */
#ifndef MODEL_OBSERVATION_H
#define MODEL_OBSERVATION_H

#include "model/evidence.h"

/* --- counters and settings ----------------------------------------------------------------------------- */

enum counter_id {
#define COUNTER(name, group, word) CNT_##name,
#include "model/counter.def"
#undef COUNTER
	COUNTERS
};

struct counter_info {
	const char *group, *word; /* "TcpExt", "ListenDrops" */
};
const struct counter_info *counter_info(enum counter_id c);

enum sysctl_id {
#define SYSCTL(name, path, scope, field, before) SYS_##name,
#include "model/sysctl.def"
#undef SYSCTL
	SYSCTLS
};

struct sysctl_info {
	const char *path; /* "net/core/somaxconn" */
	bool of_host;     /* else each network namespace has its own */
	unsigned field;   /* which of its numbers */
	int64_t before;   /* as which kernels behave that have no such setting; UNKNOWN: all have it */
};
const struct sysctl_info *sysctl_info(enum sysctl_id s);

/* "net.core.somaxconn", as sysctl(8) writes it. */
void sysctl_add_name(struct buf *out, enum sysctl_id s);

/* --- a network namespace ------------------------------------------------------------------------------- */

struct ports_reserved {
	uint16_t from, to;
};

struct net_facts {
	uint64_t netns;
	bool own;                                  /* the one of who looks */
	int64_t before[COUNTERS], after[COUNTERS]; /* at both ends of the window */
	int64_t sysctl[SYSCTLS];                   /* the machine's are in each */
	bool reserved_told;                        /* ip_local_reserved_ports could be read: */
	struct ports_reserved *reserved;
	size_t n_reserved, cap_reserved;
};

/* How much a counter rose in the window; UNKNOWN. */
int64_t net_rise(const struct net_facts *n, enum counter_id c);

/* Could its files be read at all? Both counters and settings are there in every kernel, and not in every /proc. Each of
 * them may be UNKNOWN for itself all the same. */
bool net_has_counters(const struct net_facts *n); /* at the end of the window */
bool net_has_settings(const struct net_facts *n); /* any */

/* What the kernel has not got, where its other settings of TCP are known: what it does instead. */
void net_settle_settings(struct net_facts *n);

bool net_port_reserved(const struct net_facts *n, uint16_t port);

/* --- the machine --------------------------------------------------------------------------------------- */

/* /proc/net/sockstat: these count the sockets of every namespace, also from within one. */
struct host_facts {
	int64_t orphans, memory; /* sockets, pages */
	bool contained;          /* we are in a container: what is the host's may not be seen */
};

/* --- the kernel's log ---------------------------------------------------------------------------------- */

enum said_id {
#define SAID(name, phrase, sentence) SAID_##name,
#include "model/said.def"
#undef SAID
	SAIDS
};

struct said_info {
	const char *phrase, *sentence;
};
const struct said_info *said_info(enum said_id s);

/* How often the log has a message, and the last one of them. */
struct said {
	size_t times;
	bool timed; /* `ago` is known: a saved log does not tell what time it was then */
	struct span ago;
	char text[120]; /* hostile bytes possible */
};

/* Takes note of a line of the log, if it is one of these; `ago` NULL: it is not known. */
void said_take(struct said all[SAIDS], const char *line, const struct span *ago);

/* --- processes ----------------------------------------------------------------------------------------- */

/* Who runs there, as far as its executable's name tells: known backlogs, and the language's own tool for its stacks. */
enum runtime {
#define RUNTIME(name, word, executables, backlog, stacks) RUNTIME_##name,
#include "model/runtime.def"
#undef RUNTIME
	RUNTIMES
};

struct runtime_info {
	const char *word;        /* "Node.js" */
	const char *executables; /* "node nodejs" */
	const char *backlog;     /* what it passes to listen() if not told otherwise; NULL: not known */
	const char *stacks;      /* the command that shows where its own code is; NULL: lastack does */
};
const struct runtime_info *runtime_info(enum runtime r);
enum runtime runtime_of(const char *executable); /* the file's name: "python3.11" */

struct process_facts {
	pid_t pid;
	char comm[16];   /* hostile bytes possible */
	char exe[256];   /* path; "": not known */
	uint64_t exe_id; /* tells executables apart (device and inode); 0: not known */
	char state;      /* R, S, D, T, t, Z of /proc/PID/stat; 0: not known */
	pid_t tracer;    /* who stops it: a debugger, strace; 0 */
	char tracer_comm[16];
	pid_t parent;
	int64_t fds_before, fds;   /* open descriptors at both ends of the window */
	int64_t fd_limit, fd_hard; /* RLIMIT_NOFILE */
	struct span age;           /* since it was started */
	uint64_t started; /* in clock ticks since boot: tells it from who had its number before; 0: not known */
	enum runtime runtime;
};

/* A process of which nothing is known but its number. */
struct process_facts process_unknown(pid_t pid);

/* Takes over what was known of it at the beginning of the window, if it is the process that it was then: a number may
 * be another's by now, and nothing is known of the other's beginning. `was` may be NULL. */
void process_since(struct process_facts *p, const struct process_facts *was);

/* One descriptor that an epoll set of a process watches. */
struct watched {
	int32_t fd;
	uint32_t events; /* EPOLLIN … */
	uint64_t inode;  /* of what is watched: the number may be another descriptor's by now */
};

/* A descriptor of a TCP socket that no table of sockets has: the connection is over, and the descriptor is not. */
struct stray {
	int32_t fd;
	uint64_t inode;
};

/* "gdb[77]" holds it: what is stalled there is meant to be. */
bool process_is_stopped(const struct process_facts *p);

/* --- listeners between the looks ------------------------------------------------------------------------ */

/* The accept queue of one listener, in each look at the listeners. */
enum { QUEUE_SAMPLES = 16 };

struct queue_samples {
	uint32_t n, rq[QUEUE_SAMPLES];
};

/* --- all of it ------------------------------------------------------------------------------------------ */

/* What a table of sockets does not tell: a saved one, for ss was called without an option; and an older kernel's. */
enum lacks {
	LACKS_OWNERS = 1,       /* -p, or not as root */
	LACKS_INODES = 2,       /* -e: who waits for accept() cannot be told from who is hidden */
	LACKS_TIMERS = 4,       /* -o */
	LACKS_INFO = 8,         /* -i: ages, and the figures of tcp_info */
	LACKS_DROPS = 16,       /* -m */
	LACKS_LISTENERS = 32,   /* -a */
	LACKS_CONNECTIONS = 64, /* -a; or -l was said */
	LACKS_END = 128,        /* it ends within a line */
	LACKS_BOUND = 256,      /* sockets that are bound and neither listen nor are connected: before Linux 6.8 */
};

/* How well it could be seen. */
struct sight {
	size_t hidden;      /* processes whose descriptors may not be looked at */
	bool unlisted;      /* /proc does not even list those of others: `hidden` is the least */
	size_t closed;      /* network namespaces that could not be entered */
	int64_t orphans;    /* of the machine, in namespaces to which nothing leads; UNKNOWN */
	size_t unsure;      /* chains of the socket table that changed each time they were read */
	size_t unfollowed;  /* threads and children of the process that was followed, which could not be */
	bool privileged;    /* to look at processes of others */
	bool one_net;       /* only one network namespace was asked for: sockets of others are not known */
	bool unlogged;      /* the kernel's log could not be read: what it says is not known */
	bool saved;         /* from files of another machine, or another time: only what they tell */
	unsigned lacks;     /* LACKS_… */
	size_t wrong_lines; /* of saved files, that could not be understood */
	size_t tables;      /* of sockets that were saved in one folder, of which one was taken */
	bool times_differ;  /* the times of saved files do not fit what the sockets say: they were copied */
	const char *engine;
};

struct observation {
	struct evidence first, last; /* `first` is empty when there was but one look */
	bool twice;
	struct span window;
	uint32_t *was; /* 1 + the index in `first` of last.socks[i]; 0: it was not there. NULL before joining */
	uint32_t *is;  /* the other way round: 0: it has gone */
	struct queue_samples *queues; /* of last.socks[i] that are listeners, by their index in `listeners` */
	uint32_t *listeners;          /* indexes in `last` */
	size_t n_listeners;
	struct net_facts *nets;
	size_t n_nets, cap_nets;
	struct process_facts *processes; /* in the order of their pids */
	size_t n_processes, cap_processes;
	struct host_facts host;
	struct said said[SAIDS];
	struct sight sight;
	pid_t only;    /* the process that was asked for; 0: all */
	uint16_t port; /* of which it was asked who holds it; 0: of none */
};

/* Finds each socket of the last look in the first, and lists the listeners. */
void observation_join(struct observation *o);
void observation_unjoin(struct observation *o); /* what joining made is gone: the looks may be changed */
void observation_free(struct observation *o);

/* Adds one in which everything is UNKNOWN. */
struct net_facts *observation_add_net(struct observation *o, uint64_t netns);
struct net_facts *observation_net_of(struct observation *o, uint64_t netns); /* the one there is, or a new one */
const struct net_facts *observation_net(const struct observation *o, uint64_t netns); /* NULL: not looked at */

/* Adds one of which nothing is known but its id; there must be none with a greater one. */
struct process_facts *observation_add_process(struct observation *o, pid_t pid);
const struct process_facts *observation_process(const struct observation *o, pid_t pid); /* NULL */

/* The same socket in the first look; NULL: it came later, or there was but one look. */
const struct sock *observation_was(const struct observation *o, size_t index);

/* Of those that were in a state in the first look, the socket that it is now; NULL: it has gone. */
const struct sock *observation_is(const struct observation *o, size_t index_in_first);

/* The samples of a listener's accept queue; NULL: none were taken. */
const struct queue_samples *observation_queue(const struct observation *o, size_t index);

/* Could any counters be read at both ends of the window, in any namespace? */
bool observation_has_rates(const struct observation *o);

/* A value per second, of what rose in the window. */
double observation_per_second(const struct observation *o, int64_t rise);

#endif
