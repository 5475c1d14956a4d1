/* SPDX-License-Identifier: MIT
 * A filter as its files see it: a tree in one array, and the text while it is read. Only filter*.c include this.
 *
 *   filter.c        the grammar                                filter_words.c   the table, spelling, states and groups
 *   filter_lex.c    text to words, operators and values        filter_error.c   the sentence and the caret
 *   filter_value.c  values to numbers, times and names         filter_match.c   one socket
 *   filter_end.c    values to ports and addresses              filter_bounds.c  states and ports that can match */
#ifndef MODEL_FILTER_INTERNAL_H
#define MODEL_FILTER_INTERNAL_H

#include "model/filter.h"

enum filter_word_id {
#define FILTER_WORD(id, word, aliases, kind, test, wants, arg, help, example) FILTER_##id,
#include "model/filter.def"
#undef FILTER_WORD
	FILTER_WORDS
};

enum filter_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE };

/* --- the tree ------------------------------------------------------------------------------------------- */

enum node_is { NODE_TERM, NODE_ALL, NODE_ANY };

/* An end of a connection that is meant. */
struct filter_end {
	struct addr addr; /* family 0: any */
	uint8_t bits;     /* of the address that count */
	struct port_range ports;
};

enum { NAME_BYTES = 32, COMM_BYTES = 15 };

struct filter_node {
	uint8_t is;     /* enum node_is */
	uint8_t word;   /* of a term: enum filter_word_id */
	uint8_t op;     /* of a number: enum filter_op */
	bool inverted;  /* holds where it otherwise would not */
	bool plain;     /* the name has no * and ? */
	uint16_t child; /* of NODE_ALL, NODE_ANY: the first; 0 none */
	uint16_t next;  /* the next child of the same parent; 0 none */
	union {         /* of a term, by the kind of its word */
		state_set states;
		struct filter_end end;
		uint64_t number; /* span: ns */
		char name[NAME_BYTES];
	};
};

struct filter {
	struct filter_node *nodes; /* nodes[0] is not used: 0 means none */
	size_t n, cap;
	uint16_t root;
};

/* --- the text while it is read ---------------------------------------------------------------------------- */

struct reading {
	const char *text, *at;
	const struct filter_names *names;
	struct filter *f;
	unsigned depth;
	struct err *e;
};

/* A stretch of the text. */
struct slice {
	const char *at;
	size_t n;
};

struct value {
	const char *at; /* where it begins in the text, for the caret */
	bool quoted;
	char text[FILTER_VALUE + 1];
};

/* Skips blanks; the character that follows them. */
char filter_peek(struct reading *r);

/* The word of an expression that begins here, not taken yet; n is 0 where there is none. */
struct slice filter_peek_word(struct reading *r);
bool filter_take_word(struct reading *r, const char *word);
bool filter_take_char(struct reading *r, char c);

/* An operator, OP_EQ where there is none; `colon`: a colon is one of them. `*said` is how it was written. */
enum filter_op filter_take_op(struct reading *r, bool colon, struct slice *said);
bool filter_is_op(struct slice word);

/* `word` and `wanted` are for the sentence. False with the error written. */
bool filter_take_value(struct reading *r, struct value *v, const char *word, const char *wanted);

/* Writes the sentence and the text with the caret under `at`. Always false: `return filter_refuse(…)` is the whole
 * error path, where the number of a node is returned too (0: none). Text of the user in the sentence goes through
 * filter_shown(). */
bool filter_refuse(struct reading *r, const char *at, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same, of a word that is none; of a sign or the end where a term should begin; of a name that is no state. */
bool filter_refuse_word(struct reading *r, struct slice s);
bool filter_refuse_sign(struct reading *r);
bool filter_refuse_state(struct reading *r, const struct value *v);

/* At most 40 bytes of a word, escaped; cut with "…". */
#define SHOWN_BYTES 48
const char *filter_shown(char out[static SHOWN_BYTES], struct slice s);

/* --- words -------------------------------------------------------------------------------------------------- */

/* Case does not count, '_' is '-'. */
bool filter_same(struct slice s, const char *word);

/* FILTER_WORDS when it is none. */
enum filter_word_id filter_word_find(struct slice s);

/* A state or a group of states; 0: it is neither. */
state_set filter_state_set(struct slice s);

/* What may have been meant by a name that is no state, or (all words) by a word that is none; NULL if nothing is
 * near. */
const char *filter_near(char out[static SHOWN_BYTES], struct slice s, bool all_words);

enum { ALL_STATES = (1U << TCP_STATES) - 1 };

/* --- values ------------------------------------------------------------------------------------------------- */

/* What stands behind a word. */
struct filter_kind {
	/* Value to node, whose word and op are set; NULL: nothing stands there, or (states) the grammar reads it.
	 * False with the error written, or without: it is just not what `wanted` says. */
	bool (*read)(struct reading *r, const struct value *v, struct filter_node *n);
	const char *wanted;
	enum {
		OPS_NONE,  /* and no list */
		OPS_SAME,  /* = and != */
		OPS_PORT,  /* all; read() makes a range of them */
		OPS_NUMBER /* all; kept in the node: a number that is not known matches none */
	} ops;
	bool own_colon; /* a colon is part of the value and no operator: 'sport :80', but 'comm:nginx' */
};

const struct filter_kind *filter_kind(enum filter_word_id word);

bool filter_read_ports(struct reading *r, const struct value *v, struct filter_node *n);
bool filter_read_end(struct reading *r, const struct value *v, struct filter_node *n);

/* Nothing but digits, of at most 64 bits. */
bool filter_digits(const char *text, uint64_t *n);

/* What a word that stands alone might be, for advice. */
bool filter_is_address(struct slice s);
bool filter_is_port(struct slice s);

#endif
