/* SPDX-License-Identifier: MIT
 * What a rule is given, and what rules have in common: sockets by state, which side of a connection serves, gathering
 * the same into groups, and how a finding's subject and figures are said. */
#ifndef DOCTOR_VISIT_H
#define DOCTOR_VISIT_H

#include "base/sort.h"
#include "model/probes.h"
#include "doctor/threshold.h"
#include "model/finding.h"

struct rule;

/* Indexes in the last look. */
struct indexes {
	uint32_t *all;
	size_t n;
};

struct visit {
	const struct observation *o;
	const struct thresholds *t;
	const struct probes *probes;
	struct findings *out;
	const struct rule *rule; /* that is being judged */
	bool others;             /* what is looked at is not of the process that was asked for: visit_about() */
	struct indexes by_state[TCP_STATES];
	size_t unseen[TCP_STATES];   /* of these, held by who is not seen */
	struct sort_key *by_ports;   /* of the last look, by both ports */
	struct listening *listening; /* by namespace */
	size_t n_listening, cap_listening;
};

void visit_begin(struct visit *v, const struct observation *o, const struct thresholds *t, const struct probes *p,
                 struct findings *out);
void visit_end(struct visit *v);

static inline double visit_limit(const struct visit *v, enum threshold t)
{
	return v->t->of[t];
}

/* --- sockets ------------------------------------------------------------------------------------------- */

/* What is looked at from here on is this socket, and what goes with it; NULL: nothing in particular. Of a socket that
 * is not the asked process's own nothing is unknown: what visit_tell_unknown() is told then is not noted. Returns it.
 */
const struct sock *visit_about(struct visit *v, const struct sock *s);

/* NOLINTBEGIN(bugprone-macro-parentheses): names that it declares */
#define FOR_EACH_IN_STATE(v, state, i, s)                                                                              \
	for (size_t k_ = 0, i = 0; k_ < (v)->by_state[state].n; k_++)                                                  \
		for (const struct sock *s = &(v)->o->last.socks[i = (v)->by_state[state].all[k_]]; s; s = NULL)
/* The same, with visit_about() each. */
#define FOR_EACH_ABOUT(v, state, i, s)                                                                                 \
	for (size_t k_ = 0, i = 0; k_ < (v)->by_state[state].n; k_++)                                                  \
		for (const struct sock *s = visit_about(v, &(v)->o->last.socks[i = (v)->by_state[state].all[k_]]); s;  \
		     s = NULL)
/* NOLINTEND(bugprone-macro-parentheses) */

static inline const struct sock *visit_sock(const struct visit *v, size_t index)
{
	return &v->o->last.socks[index];
}
int64_t visit_number(const struct visit *v, size_t index, enum sock_number n); /* of tcp_info; UNKNOWN */

/* How long ago that number of milliseconds was: at least so long? */
enum truth visit_since(const struct visit *v, size_t index, enum sock_number ms, struct span limit);

enum truth visit_timer_is(const struct sock *s, enum sock_timer t);
enum truth visit_retransmits(const struct sock *s, double least); /* of the timer that runs */

/* Any data, in all its life? */
enum truth visit_never_sent(const struct visit *v, size_t index);

/* Has it no struct socket: no process can hold it. */
enum truth visit_is_nobodys(const struct sock *s);

/* Does anybody listen on that port there? */
bool visit_listens(const struct visit *v, uint64_t netns, uint16_t port);

/* Is ours the side that was connected to? Its port has a listener, or lies outside the range that connect() takes ports
 * from while the peer's lies in it. Without a listener it takes the range, and that listeners would be seen. */
enum truth visit_serves(const struct visit *v, const struct sock *s);

/* Has another socket of its namespace the same local port? */
bool visit_shares_port(const struct visit *v, const struct sock *s);

/* The first process that holds it; NULL: nobody, or nothing is known of it. */
const struct process_facts *visit_owner(const struct visit *v, const struct sock *s);
pid_t visit_pid(const struct visit *v, const struct sock *s); /* 0: nobody */

/* Has its program read any byte within the window? */
enum truth visit_reads(const struct visit *v, size_t index);

/* The other end of a connection, where it is on this machine too, in this network namespace or another one; -1: it is
 * not. */
ssize_t visit_other_end(const struct visit *v, size_t index);

/* Stuck: at least for the time of `settled` in its state, and nothing was sent meanwhile. */
enum truth visit_settled(const struct visit *v, size_t index);

/* --- the machine --------------------------------------------------------------------------------------- */

int64_t visit_setting(const struct visit *v, enum sysctl_id s); /* of the machine; UNKNOWN: not seen from here */

/* Of a network namespace; UNKNOWN. */
int64_t visit_setting_of(const struct visit *v, uint64_t netns, enum sysctl_id s);

/* The same, and where it is not known, the rule that is being judged is unknown besides what it finds. */
int64_t visit_setting_or_tell(struct visit *v, uint64_t netns, enum sysctl_id s);

/* Adds how much a counter rose in a namespace within the window. False: that is not known, and the rule that is being
 * judged is unknown besides what it finds. */
bool visit_add_rise(struct visit *v, const struct net_facts *n, enum counter_id c, int64_t *sum);

/* How much it rose in all namespaces of which that is known; where it is not, as in one look of what is not 0, the rule
 * is unknown besides what it finds. */
int64_t visit_rise(struct visit *v, enum counter_id c);

int64_t visit_total(const struct visit *v,
                    enum counter_id c); /* the same since they were made: it does not tell when */

/* Has the kernel's log told of it lately (`log-age`)? If that is not known, the rule that is being judged is unknown
 * besides what it finds. */
bool visit_said(struct visit *v, enum said_id s);

/* --- what is not seen ---------------------------------------------------------------------------------- */

/* Sockets in these states (0: in any) that a process holds which is not seen from here: another user's, or outside of
 * our container. */
size_t visit_unseen(const struct visit *v, state_set states);

/* One process was asked for, and what it holds is seen: who holds the other sockets does not matter then. */
bool visit_sees_only(const struct visit *v);

/* If there are any, the rule that is being judged is unknown besides what it has found: its trouble may be among
 * them. Of a process that was asked for, and whose own are seen, it does not matter. */
void visit_tell_unseen(struct visit *v, state_set states);

/* The rule that is being judged is unknown besides what it has found, for this reason: what is missing may change what
 * it says. */
void visit_tell_unknown(struct visit *v, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* --- groups -------------------------------------------------------------------------------------------- */

/* Sockets with a number that is the same for those that belong together. */
struct gather {
	struct sort_key *rows;
	size_t n, cap;
};

/* Process, namespace, and the service: the local port if we serve, else the peer's address and port. `s` is of that
 * look. */
uint64_t gather_service_key(const struct visit *v, const struct evidence *ev, const struct sock *s);

/* Sockets of these states that `pick` takes, gathered by `key`; each group of those that have the same is judged. Where
 * it is not known whether it would take one, the rule is unknown; one that needs owners also where they are not seen of
 * some, and one that asks by service where it is not known who serves. */
struct gathering {
	state_set states;                                        /* 0: all */
	enum truth (*pick)(const struct visit *v, size_t index); /* NULL: every one */
	uint64_t (*key)(const struct visit *v, size_t index);
	void (*judge)(struct visit *v, const struct gather *g, size_t from, size_t to);
};
void gather_groups(struct visit *v, const struct gathering *how);

uint64_t gather_by_service(const struct visit *v, size_t index); /* gather_service_key() in the last look */
uint64_t gather_by_netns(const struct visit *v, size_t index);
uint64_t gather_by_pid(const struct visit *v, size_t index);

/* How many it takes: this threshold, but one is enough where a single process was asked for. */
double gather_enough(const struct visit *v, enum threshold t);

void gather_add(struct gather *g, uint64_t key, size_t index);

/* Goes from group to group: rows from `*from` to before `*to`; begin with both 0. False: there are no more. */
bool gather_next(struct gather *g, size_t *from, size_t *to);
void gather_free(struct gather *g);

/* How those of one service in one state have changed within the window. */
struct growth {
	size_t stayed; /* in both looks */
	size_t came;
	size_t ripe; /* of these, that have been there for a while: what is on its way proves nothing */
	size_t went;
	size_t unsure; /* that may be among those who came, or went */
};

/* By how many a second they became more; 0: they did not. */
double gather_rate(const struct visit *v, struct growth g);

struct growth gather_growth(const struct visit *v, const struct gather *g, size_t from, size_t to);

/* `close-wait-growth` came and none went, while there were some before. gather_tell_growth(): where that is not known,
 * the rule that is being judged is unknown besides what it finds. */
enum truth gather_grows(const struct visit *v, struct growth g);
void gather_tell_growth(struct visit *v, enum truth grows);

/* --- findings ------------------------------------------------------------------------------------------ */

/* How long it was looked, as text. */
static inline void window_add(const struct visit *v, struct buf *out)
{
	span_add(out, v->o->window);
}

/* A finding of the rule that is being judged; its subject is empty. */
struct finding *find_new(struct visit *v, enum severity severity);

/* Its subject: who holds this socket, and the service that it is of; the sockets of a group are its own. */
void find_about(const struct visit *v, struct finding *f, size_t index);
void find_process(const struct visit *v, struct finding *f, pid_t pid);
void find_group(const struct visit *v, struct finding *f, const struct gather *g, size_t from, size_t to);

/* A figure, with the threshold that it was held against if `by` is not THRESHOLDS. */
void find_figure(const struct visit *v, struct finding *f, const char *metric, double value, enum unit unit,
                 enum threshold by, const char *source);

/* The line that says how often the kernel's log has it; none if it has not. */
void find_said(const struct visit *v, struct finding *f, enum said_id s);

/* "oldest 1d02h, half of them older than 3 h": the ages of its sockets, as far as they are known. */
void find_add_ages(const struct visit *v, const struct finding *f, struct buf *out);

/* Its process is stopped by a debugger or a signal: says that as the cause, and the finding is an info. True if so.
 * Where that is not known, the finding stays as it is, and the rule is unknown besides. */
bool find_stopped(struct visit *v, struct finding *f);

/* Adds where the threads of its process are, if that can be told. */
void find_tell_stacks(struct visit *v, struct finding *f);

/* "python3[4123]", hostile names escaped; "nobody". */
void find_add_process(struct buf *out, pid_t pid, const char *comm);

#endif
