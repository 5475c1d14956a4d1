/* SPDX-License-Identifier: MIT
 * Which sockets are meant: ss's words in any order, and what ss cannot ask (owner, age, queues, namespace).
 *
 *   expression  terms; 'and', '&&', '&' or nothing between two: both; 'or', '||', '|': one of them; 'not', '!' before
 *               one. 'and' binds tighter than 'or'; [ ... ] or ( ... ) group. Words in any case, '_' is '-'.
 *   term        WORD [OP] VALUE, the words being the rows of filter.def. OP: = == eq, != ne neq, < lt, <= le leq,
 *               > gt, >= ge geq; none is =. Blanks may be left out around signs: 'sport=:80', 'recvq>0', 'sport:443'.
 *               VALUE,VALUE means any of them, with != none of them. A value with blanks, round brackets or commas
 *               stands in quotes, '…' or "…".
 *   state       several 'state' and 'exclude' in a row, or bare names of states, are one term, as in ss: the states
 *               that are named (all when none is) less those excluded. Behind another word or 'and' a new term begins.
 *               syn-recv means SYN_RECV and NEW_SYN_RECV, unconn means CLOSED and BOUND.
 *
 * What is not known never matches a comparison, of numbers != included; 'not' turns that round as it does everything:
 *   numbers     tcp_info's are known of full sockets that are no listeners; half-open counts, of listeners; a uid, of a
 *               socket with a struct socket, or where the kernel gives another than 0
 *   ages        unknown: neither older nor younger. AGE_AT_LEAST: older, when the bound is enough; never younger.
 *               AGE_EXACT: older from the given time on, younger before it.
 *   ports       0 is none: 'lt' and 'le' leave it out
 *   owners      'pid 5 fd 7': somebody of pid 5, and somebody with it as descriptor 7; 'pid != 5' holds for nobody's
 *               too */
#ifndef MODEL_FILTER_H
#define MODEL_FILTER_H

#include "base/err.h"
#include "model/evidence.h"

/* What a filter may hold; more is an error with its sentence. */
enum filter_limits {
	FILTER_DEPTH = 32, /* brackets within brackets */
	FILTER_TERMS = 1000,
	FILTER_LIST = 100,  /* values in one list */
	FILTER_VALUE = 1023 /* bytes of one value */
};

struct filter;

/* Names that the model cannot know; a NULL function, or a NULL instead of the struct: those cannot be asked for by
 * name. Each returns false when there is none of that name. */
struct filter_names {
	void *ctx;
	/* A path, a name of ip-netns, or the number of a process: numbers above 4194304 are inode numbers and not asked
	 * for. */
	bool (*netns)(void *ctx, const char *name, uint64_t *inode);
	bool (*cgroup)(void *ctx, const char *path, uint64_t *id);
};

/* `text` is the words joined by blanks; empty: a filter that matches all. For filter_free(). Users and services are
 * looked up by base/account.h. NULL with `e` filled: one sentence, and below it the text with a caret
 * under the first column of the wrong word. */
struct filter *filter_parse(const char *text, const struct filter_names *names, struct err *e);
void filter_free(struct filter *f); /* takes NULL */

/* Whether ev->socks[index] is meant. Allocates nothing. */
bool filter_match(const struct filter *f, const struct evidence *ev, size_t index);

/* What must be collected to decide, evidence.h's WANT_… and the namespaces. Without it the words that need it find
 * nothing. */
enum filter_wants {
	FILTER_WANTS_OWNERS = WANT_OWNERS, /* and no_owner, listener, half_open */
	FILTER_WANTS_TIMER = WANT_TIMER,
	FILTER_WANTS_UID = WANT_UID,
	FILTER_WANTS_INODE = WANT_INODE,
	FILTER_WANTS_AGE = WANT_AGE,
	FILTER_WANTS_DROPS = WANT_DROPS,
	FILTER_WANTS_CGROUP = WANT_CGROUP,
	FILTER_WANTS_INFO = WANT_INFO,
	FILTER_WANTS_NETNS = 1 << 16, /* namespaces other than this one: no WANT_, it is for the caller */
};
unsigned filter_wants(const struct filter *f);

/* The states that must be dumped, 0 when nothing can match: those that can match, and those that must be there to judge
 * them. The latter are requests for 'halfopen', which counts them, listeners for 'listener', and where CLOSED or BOUND
 * is asked for, TIME_WAIT and FIN_WAIT2, whose husks evidence_finish() drops. What a table shows besides is the
 * caller's: a column of half-open connections needs the requests as well. */
state_set filter_states(const struct filter *f);

/* The ports outside of which nothing can match and nothing is needed for judging; `from` > `to`: nothing can match.
 * Ranges, so 'sport 80 or sport 443' gives 80..443. Whether one of them leaves ports out. */
struct port_range {
	uint16_t from, to; /* both included */
};
bool filter_ports(const struct filter *f, struct port_range *local, struct port_range *remote);

/* The words, for --help, completion and the manual page: the rows of filter.def in their order. */
struct filter_word {
	const char *name;
	const char *aliases; /* separated by blanks; "" none */
	const char *arg;     /* "" for a word that stands alone */
	const char *help;    /* one sentence, no full stop */
	const char *example; /* a complete filter */
	unsigned wants;      /* bits of enum filter_wants */
};
const struct filter_word *filter_words(size_t *n);

/* The list of the words in mdoc(7). */
void filter_manual(struct buf *out);

#endif
