/* SPDX-License-Identifier: MIT
 * The text of a filter to words, operators and values. What a character means depends on the place: '[' groups where a
 * word may stand and begins an IPv6 address where a value may; so the grammar asks for what it wants. */
#include "model/filter_internal.h"

#include <strings.h>

/* The NUL at the end of the text is one of every set: it ends whatever stands before it. */
static bool is_one_of(char c, const char *set)
{
	return strchr(set, c) != NULL;
}

#define BLANKS " \t\r\n\v\f"

char filter_peek(struct reading *r)
{
	r->at += strspn(r->at, BLANKS);
	return *r->at;
}

struct slice filter_peek_word(struct reading *r)
{
	filter_peek(r);
	return (struct slice){ r->at, strcspn(r->at, BLANKS "()[]!&|=<>:,\"'") };
}

bool filter_take_word(struct reading *r, const char *word)
{
	struct slice s = filter_peek_word(r);

	if (!filter_same(s, word))
		return false;
	r->at += s.n;
	return true;
}

bool filter_take_char(struct reading *r, char c)
{
	if (filter_peek(r) != c)
		return false;
	r->at++;
	return true;
}

/* --- operators ------------------------------------------------------------------------------------------ */

/* A sign before the sign that it begins with. */
static const struct {
	const char *text;
	enum filter_op op;
} ops[] = { { "==", OP_EQ },  { "=", OP_EQ },  { "!=", OP_NE }, { "<=", OP_LE },  { "<", OP_LT },  { ">=", OP_GE },
	    { ">", OP_GT },   { "eq", OP_EQ }, { "ne", OP_NE }, { "neq", OP_NE }, { "lt", OP_LT }, { "le", OP_LE },
	    { "leq", OP_LE }, { "gt", OP_GT }, { "ge", OP_GE }, { "geq", OP_GE } };

static bool is_sign(const char *op)
{
	return is_one_of(*op, "=!<>");
}

/* The length of this operator when the text begins with it, 0 otherwise. A word ends where another character begins, so
 * that the name 'equator' is no 'eq'. */
static size_t op_length(const char *at, const char *op)
{
	size_t n = strlen(op);

	if (strncasecmp(at, op, n) != 0)
		return 0;
	return is_sign(op) || is_one_of(at[n], BLANKS ":\"'") ? n : 0;
}

bool filter_is_op(struct slice word)
{
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (filter_same(word, ops[i].text))
			return true;
	return false;
}

enum filter_op filter_take_op(struct reading *r, bool colon, struct slice *said)
{
	filter_peek(r);
	*said = (struct slice){ r->at, 0 };
	if (colon && *r->at == ':')
		said->n = 1;
	for (size_t i = 0; i < ARRAY_SIZE(ops) && !said->n; i++) {
		said->n = op_length(r->at, ops[i].text);
		if (!said->n)
			continue;
		r->at += said->n;
		return ops[i].op;
	}
	r->at += said->n;
	return OP_EQ;
}

/* --- values --------------------------------------------------------------------------------------------- */

/* Where a value that begins here ends. Brackets that are closed in it belong to it: '[::1]:443', '[a-z]*'. */
static size_t plain_length(const char *at)
{
	size_t n = 0;

	while (!is_one_of(at[n], BLANKS "()]&|,")) {
		size_t inside = at[n] == '[' ? strcspn(at + n, BLANKS "()],") : 0;

		n += at[n + inside] == ']' ? inside + 1 : 1;
	}
	return n;
}

static struct slice next_value(struct reading *r, struct value *v)
{
	char c = filter_peek(r);
	const char *end;

	v->at = r->at;
	v->quoted = c && is_one_of(c, "\"'");
	if (!v->quoted)
		return (struct slice){ r->at, plain_length(r->at) };
	end = strchr(r->at + 1, c);
	return end ? (struct slice){ r->at + 1, (size_t)(end - r->at - 1) } : (struct slice){ NULL, 0 };
}

bool filter_take_value(struct reading *r, struct value *v, const char *word, const char *wanted)
{
	struct slice s = next_value(r, v);

	if (!s.at)
		return filter_refuse(r, v->at, "a quoted value has no closing %c", *v->at);
	if (s.n == 0)
		return filter_refuse(r, v->at, "'%s' needs a value: %s", word, wanted);
	if (s.n > FILTER_VALUE)
		return filter_refuse(r, v->at, "a value is longer than %d bytes, which no name or path here is",
		                     FILTER_VALUE);
	memcpy(v->text, s.at, s.n);
	v->text[s.n] = 0;
	r->at = s.at + s.n + v->quoted;
	return true;
}
