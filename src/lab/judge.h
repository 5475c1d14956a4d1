/* SPDX-License-Identifier: MIT
 * What a sentence after `expect` means: read by expect.c, judged by the forms of judge.c. Internal to the lab. */
#ifndef LAB_JUDGE_H
#define LAB_JUDGE_H

#include "lab/lab.h"
#include "script/words.h"

enum { CLAUSES_MAX = 12 };

struct number {
	enum { EXACTLY, AT_LEAST, BELOW } op;
	long n;
};

struct clause;

/* A condition on one socket: a word of the language, its argument, and what it asks. */
struct clause_kind {
	const char *word;
	enum { ARG_NONE, ARG_NUMBER, ARG_TIMER } arg;
	bool listen; /* only LISTEN has it */
	bool (*holds)(const struct sock *s, const struct clause *c);
};

struct clause {
	const struct clause_kind *kind;
	struct number number;
	enum sock_timer timer;
};

extern const struct clause_kind clause_kinds[];
extern const size_t clause_kinds_n;

struct expectation;

/* A form of expectation: how it is judged, and how what is instead is told. One of the first two: `holds` of what the
 * lab has seen already; `asked` of what must be asked for now: 1 it is so, 0 it is not, -1 with `e` filled: it cannot
 * be judged, which is neither. */
struct form {
	bool (*holds)(struct lab *l, const struct expectation *x);
	int (*asked)(struct lab *l, const struct expectation *x, struct err *e);
	void (*seen)(struct lab *l, const struct expectation *x, struct buf *out);
};

struct expectation {
	const struct form *form;
	unsigned sides; /* hosts that are looked at, a bit each */
	const char *by; /* the actor whose socket is meant; NULL: anyone's */
	bool none;      /* `no finding` */
	bool any_state; /* `none` without a state, `exits` without a code */
	enum tcp_state state;
	struct clause clauses[CLAUSES_MAX];
	size_t n_clauses;
	struct number number;    /* count, counter, wire, held, a call's result, an exit code, leaks */
	const char *name;        /* counter, call or rule */
	struct pick pick;        /* wire, held: which packets; the sides are above */
	const struct word *text; /* what a call received; where a leak's end was read; or NULL */
	enum { RESULT_OK, RESULT_NUMBER, RESULT_ERRNO, RESULT_PENDING, RESULT_TEXT } result;
	int err;
	struct span within, stay;
};

/* Is the socket in the state that is meant; is it that actor's; is all so that is said of it? */
bool expected_state(const struct sock *s, const struct expectation *x);
bool expected_owner(struct lab *l, const struct sock *s, const struct expectation *x);
bool expected_socket(struct lab *l, const struct sock *s, const struct expectation *x);

/* "ESTABLISHED rq 0 sq 0 owned port 7777 by server" */
void judge_describe(struct lab *l, const struct sock *s, struct buf *out);

extern const struct form socket_form, none_form, count_form, call_form, exits_form, leaks_form, counter_form, wire_form,
	held_form, finding_form;

#endif
