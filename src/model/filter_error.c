/* SPDX-License-Identifier: MIT
 * What is wrong with a filter: one sentence, the text, and a caret under the place. */
#include "model/filter_internal.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

#define CUT    "…"
#define INDENT "    "

/* Of the text that is shown. Characters without width could make any number of bytes, and err.at is bounded. */
enum { COLUMNS = 72, BYTES = 120 };

/* Of a long text only what is near the place is escaped at all: more bytes than are shown. */
enum { NEAR = BYTES + 40 };

_Static_assert(2 * (BYTES + sizeof INDENT CUT) + COLUMNS < sizeof(((struct err *)0)->at), "all of it fits");

/* Bytes at the beginning of `s` that fit; whole characters. */
static size_t head(const char *s, size_t columns, size_t bytes)
{
	size_t at = 0, used = 0;

	while (s[at]) {
		size_t len = text_char(s + at, strlen(s + at));
		char one[8] = "";

		memcpy(one, s + at, len);
		used += text_width(one);
		if (used > columns || at + len > bytes)
			break;
		at += len;
	}
	return at;
}

/* Where the end of `s` that fits begins; whole characters. */
static const char *tail(const char *s, size_t columns, size_t bytes)
{
	while (*s && (text_width(s) > columns || strlen(s) > bytes))
		s += text_char(s, strlen(s));
	return s;
}

/* Columns for what stands before the place: half, and what the other half does not need. */
static size_t room_before(const char *before, const char *behind)
{
	size_t rest = text_width(behind);
	size_t room = rest < COLUMNS / 2 ? COLUMNS - rest : COLUMNS / 2;

	return text_width(before) > room ? room - text_width(CUT) : room;
}

/* `before` and `behind` are the escaped text on both sides of the place. */
static void show(struct buf *out, const char *before, const char *behind)
{
	const char *from = tail(before, room_before(before, behind), BYTES);
	const char *cut = from == before ? "" : CUT;
	size_t column = text_width(cut) + text_width(from);
	size_t fits = head(behind, COLUMNS - column, BYTES);

	if (behind[fits])
		fits = head(behind, COLUMNS - column - text_width(CUT), BYTES);
	buf_addf(out, INDENT "%s%s%.*s%s\n" INDENT, cut, from, (int)fits, behind, behind[fits] ? CUT : "");
	buf_repeat(out, " ", column);
	buf_puts(out, "^");
}

bool filter_refuse(struct reading *r, const char *at, const char *fmt, ...)
{
	const char *from = at - r->text > NEAR ? at - NEAR : r->text;
	struct buf before = { 0 }, behind = { 0 }, out = { 0 };
	va_list ap;

	va_start(ap, fmt);
	err_vwrite(r->e, fmt, ap);
	va_end(ap);
	text_escape(&before, from, (size_t)(at - from));
	text_escape(&behind, at, strnlen(at, NEAR));
	show(&out, buf_text(&before), buf_text(&behind));
	snprintf(r->e->at, sizeof r->e->at, "%s", buf_text(&out));
	buf_free(&before);
	buf_free(&behind);
	buf_free(&out);
	return false;
}

const char *filter_shown(char out[static SHOWN_BYTES], struct slice s)
{
	struct buf b = { 0 };
	size_t fits;

	text_escape(&b, s.at, s.n < SHOWN_BYTES ? s.n : SHOWN_BYTES);
	fits = head(buf_text(&b), 40, 40);
	snprintf(out, SHOWN_BYTES, "%.*s%s", (int)fits, buf_text(&b), fits < b.len ? CUT : "");
	buf_free(&b);
	return out;
}

/* --- words that are none ---------------------------------------------------------------------------------- */

/* What was meant by a word that is none: a value without its word, an operator without what it compares, a slip. */
bool filter_refuse_word(struct reading *r, struct slice s)
{
	char shown[SHOWN_BYTES], near[SHOWN_BYTES];
	const char *meant = filter_near(near, s, true);

	filter_shown(shown, s);
	if (filter_is_op(s))
		return filter_refuse(r, s.at, "'%s' compares, and the word before it is missing; try 'sport %s 80'",
		                     shown, shown);
	if (filter_same(s, "and") || filter_same(s, "or"))
		return filter_refuse(r, s.at, "'%s' joins two terms, and the one before it is missing", shown);
	if (filter_is_port(s))
		return filter_refuse(r, s.at, "'%s' alone is no term of a filter; for a port write 'port %s'", shown,
		                     shown);
	if (filter_is_address(s))
		return filter_refuse(r, s.at, "'%s' alone is no term of a filter; for an address write 'addr %s'",
		                     shown, shown);
	if (meant)
		return filter_refuse(r, s.at, "there is no filter word '%s'; did you mean '%s'?", shown, meant);
	return filter_refuse(r, s.at, "there is no filter word '%s'; for a process of that name write 'comm %s'", shown,
	                     shown);
}

/* A sign where a word should be. */
bool filter_refuse_sign(struct reading *r)
{
	const char *at = r->at;
	struct slice said;

	if (!*at)
		return filter_refuse(r, at,
		                     "the filter ends where a term is expected, as 'state close-wait' or 'sport 80'");
	filter_take_op(r, false, &said);
	if (said.n)
		return filter_refuse(r, at, "'%.*s' compares, and the word before it is missing; try 'sport %.*s 80'",
		                     (int)said.n, said.at, (int)said.n, said.at);
	if (*at == ':')
		return filter_refuse(
			r, at, "a port or an address needs a word before it: port, sport, dport, addr, src or dst");
	return filter_refuse(r, at, "a term is expected here, as 'state close-wait' or 'sport 80', not '%c'", *at);
}

bool filter_refuse_state(struct reading *r, const struct value *v)
{
	struct slice s = { v->text, strlen(v->text) };
	char shown[SHOWN_BYTES], near[SHOWN_BYTES];
	const char *meant = filter_near(near, s, false);

	filter_shown(shown, s);
	if (meant)
		return filter_refuse(r, v->at, "there is no state '%s'; did you mean '%s'?", shown, meant);
	return filter_refuse(
		r, v->at,
		"there is no state '%s'; states are listen, syn-sent, syn-recv, established, fin-wait-1, fin-wait-2, "
		"close-wait, closing, last-ack, time-wait, closed and bound, groups all, connected, synchronized, "
		"bucket "
		"and big",
		shown);
}
