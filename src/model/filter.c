/* SPDX-License-Identifier: MIT
 * The grammar of filters: text to a tree.
 *
 *   any  = all { "or" all }
 *   all  = one { ["and"] one }
 *   one  = { "not" } ( "[" any "]" | "(" any ")" | row of states | WORD [OP] value { "," value } | WORD )
 *
 * Every function takes its part of the text and returns the number of its node, 0 with the error written. */
#include "model/filter_internal.h"

#include <stdlib.h>

static unsigned any_of(struct reading *r);

/* --- nodes ------------------------------------------------------------------------------------------------ */

static unsigned add(struct reading *r, const char *at, const struct filter_node *n)
{
	struct filter *f = r->f;

	if (f->n > FILTER_TERMS)
		return filter_refuse(
			r, at,
			"a filter has at most %d terms, and here begins another; ranges and prefixes stand for many",
			FILTER_TERMS);
	f->nodes = grow(f->nodes, f->n, &f->cap, sizeof *f->nodes);
	f->nodes[f->n] = *n;
	return (unsigned)f->n++;
}

/* Nodes in a row, before the one that holds them is made. */
struct row {
	unsigned first, last, n;
};

/* False if there is no node: the error was written where it should have been made. */
static bool row_add(struct reading *r, struct row *row, unsigned node)
{
	if (!node)
		return false;
	if (row->n++ == 0)
		row->first = node;
	else
		r->f->nodes[row->last].next = (uint16_t)node;
	row->last = node;
	return true;
}

/* One alone needs no parent. */
static unsigned row_close(struct reading *r, const struct row *row, enum node_is is)
{
	const struct filter_node parent = { .is = (uint8_t)is, .child = (uint16_t)row->first };

	return row->n == 1 ? row->first : add(r, r->at, &parent);
}

/* --- operators -------------------------------------------------------------------------------------------- */

static const char *name_of(enum filter_word_id word)
{
	size_t n;

	return filter_words(&n)[word].name;
}

static bool check_op(struct reading *r, enum filter_word_id word, enum filter_op op, struct slice said)
{
	const struct filter_kind *kind = filter_kind(word);
	char shown[SHOWN_BYTES];

	filter_shown(shown, said);
	if (kind->ops == OPS_NONE && said.n)
		return filter_refuse(r, said.at, "'%s' takes no operator; write '%s' and behind it %s", name_of(word),
		                     name_of(word), kind->wanted);
	if (kind->ops == OPS_SAME && op > OP_NE)
		return filter_refuse(r, said.at, "'%s' has no order, so '%s' says nothing; it takes = and != (eq, ne)",
		                     name_of(word), shown);
	return true;
}

/* --- states ----------------------------------------------------------------------------------------------- */

static bool is_state_word(enum filter_word_id word)
{
	return word == FILTER_STATE || word == FILTER_EXCLUDE;
}

static bool state_list(struct reading *r, const char *word, state_set *set)
{
	struct value v;

	do {
		state_set named;

		if (!filter_take_value(r, &v, word, filter_kind(FILTER_STATE)->wanted))
			return false;
		named = filter_state_set((struct slice){ v.text, strlen(v.text) });
		if (!named)
			return filter_refuse_state(r, &v);
		*set |= named;
	} while (filter_take_char(r, ','));
	return true;
}

/* "state a,b", "exclude a", "a". */
static bool state_word(struct reading *r, state_set *named, state_set *excluded)
{
	struct slice s = filter_peek_word(r), said = { 0 };
	enum filter_word_id word = filter_word_find(s);
	enum filter_op op = OP_EQ;

	if (is_state_word(word)) {
		r->at += s.n;
		op = filter_take_op(r, true, &said);
		if (!check_op(r, word, op, said))
			return false;
	}
	return state_list(r, word == FILTER_EXCLUDE ? "exclude" : "state",
	                  (word == FILTER_EXCLUDE) != (op == OP_NE) ? excluded : named);
}

static bool states_follow(struct reading *r)
{
	struct slice s = filter_peek_word(r);

	return s.n && (is_state_word(filter_word_find(s)) || filter_state_set(s));
}

static unsigned row_of_states(struct reading *r)
{
	struct filter_node n = { .is = NODE_TERM, .word = FILTER_STATE };
	const char *at = r->at;
	state_set named = 0, excluded = 0;

	do {
		if (!state_word(r, &named, &excluded))
			return 0;
	} while (states_follow(r));
	n.states = (named ? named : ALL_STATES) & (state_set)~excluded;
	return add(r, at, &n);
}

/* --- terms ------------------------------------------------------------------------------------------------ */

static unsigned value(struct reading *r, enum filter_word_id word, enum filter_op op)
{
	const struct filter_kind *kind = filter_kind(word);
	struct filter_node n = { .is = NODE_TERM, .word = (uint8_t)word, .op = (uint8_t)op };
	char shown[SHOWN_BYTES];
	struct value v;

	n.inverted = op == OP_NE && kind->ops != OPS_NUMBER;
	if (!filter_take_value(r, &v, name_of(word), kind->wanted))
		return 0;
	if (kind->read(r, &v, &n))
		return add(r, v.at, &n);
	if (err_is_set(r->e))
		return 0;
	filter_shown(shown, (struct slice){ v.text, strlen(v.text) });
	return filter_refuse(r, v.at, "'%s' behind '%s' is not %s", shown, name_of(word), kind->wanted);
}

static bool another_value(struct reading *r, enum filter_word_id word, enum filter_op op, unsigned n)
{
	const char *comma = r->at + strspn(r->at, " ");

	if (!filter_take_char(r, ','))
		return false;
	if (filter_kind(word)->ops == OPS_NONE || op > OP_NE)
		return filter_refuse(r, comma, "a list means any of its values, and '%s' compares with one here",
		                     name_of(word));
	return n < FILTER_LIST ||
	       filter_refuse(
		       r, comma,
		       "a list has at most %d values; ranges and prefixes stand for many, and 'or' joins two lists",
		       FILTER_LIST);
}

/* "sport != 80,443": none of them, so both comparisons hold. */
static unsigned comparison(struct reading *r, enum filter_word_id word)
{
	struct row row = { 0 };
	struct slice said;
	enum filter_op op = filter_take_op(r, !filter_kind(word)->own_colon, &said);

	if (!check_op(r, word, op, said))
		return 0;
	do {
		if (!row_add(r, &row, value(r, word, op)))
			return 0;
	} while (another_value(r, word, op, row.n));
	return err_is_set(r->e) ? 0 : row_close(r, &row, op == OP_NE ? NODE_ALL : NODE_ANY);
}

static unsigned term(struct reading *r)
{
	struct slice s = filter_peek_word(r);
	enum filter_word_id word = filter_word_find(s);
	struct filter_node alone = { .is = NODE_TERM, .word = (uint8_t)word };

	if (!s.n)
		return filter_refuse_sign(r);
	if (is_state_word(word) || (word == FILTER_WORDS && filter_state_set(s)))
		return row_of_states(r);
	if (word == FILTER_WORDS)
		return filter_refuse_word(r, s);
	r->at += s.n;
	return filter_kind(word)->read ? comparison(r, word) : add(r, s.at, &alone);
}

/* --- joined ----------------------------------------------------------------------------------------------- */

static unsigned group(struct reading *r, char open)
{
	const char *at = r->at++;
	char close = open == '[' ? ']' : ')';
	unsigned node;

	if (++r->depth > FILTER_DEPTH)
		return filter_refuse(r, at, "brackets stand in one another more than %d deep", FILTER_DEPTH);
	node = any_of(r);
	r->depth--;
	if (!node || filter_take_char(r, close))
		return node;
	if (filter_peek(r))
		return filter_refuse(r, r->at, "this '%c' closes nothing: the group before it was opened with '%c'",
		                     *r->at, open);
	return filter_refuse(r, at, "this '%c' is never closed; a '%c' belongs behind the last term of the group", open,
	                     close);
}

static unsigned one(struct reading *r)
{
	bool inverted = false;
	unsigned node;
	char c;

	while ((filter_peek(r) == '!' && r->at[1] != '=' && filter_take_char(r, '!')) || filter_take_word(r, "not"))
		inverted = !inverted;
	c = filter_peek(r);
	node = c == '[' || c == '(' ? group(r, c) : term(r);
	if (node && inverted)
		r->f->nodes[node].inverted = !r->f->nodes[node].inverted;
	return node;
}

/* "and", "&", "&&". */
static bool take_joint(struct reading *r, const char *word, char sign)
{
	if (!filter_take_char(r, sign))
		return filter_take_word(r, word);
	if (*r->at == sign)
		r->at++;
	return true;
}

static bool all_ends(struct reading *r)
{
	char c = filter_peek(r);

	return !c || strchr("|)]", c) || filter_same(filter_peek_word(r), "or");
}

static unsigned all_of(struct reading *r)
{
	struct row row = { 0 };

	do {
		if (!row_add(r, &row, one(r)))
			return 0;
	} while (take_joint(r, "and", '&') || !all_ends(r));
	return row_close(r, &row, NODE_ALL);
}

static unsigned any_of(struct reading *r)
{
	struct row row = { 0 };

	do {
		if (!row_add(r, &row, all_of(r)))
			return 0;
	} while (take_joint(r, "or", '|'));
	return row_close(r, &row, NODE_ANY);
}

/* The whole text; an empty one is a NODE_ALL of nothing. */
static unsigned whole(struct reading *r)
{
	static const struct filter_node everything = { .is = NODE_ALL };
	unsigned node = filter_peek(r) ? any_of(r) : add(r, r->at, &everything);

	if (node && filter_peek(r))
		return filter_refuse(r, r->at, "this '%c' closes nothing: no group is open", *r->at);
	return node;
}

struct filter *filter_parse(const char *text, const struct filter_names *names, struct err *e)
{
	struct filter *f = xcalloc(1, sizeof *f);
	struct reading r = { .text = text, .at = text, .names = names, .f = f, .e = e };

	f->nodes = xcalloc(1, sizeof *f->nodes); /* nodes[0], which is never used */
	f->n = f->cap = 1;
	*e = (struct err){ 0 };
	f->root = (uint16_t)whole(&r);
	if (f->root)
		return f;
	filter_free(f);
	return NULL;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	free(f->nodes);
	free(f);
}
