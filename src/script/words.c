/* SPDX-License-Identifier: MIT
 * The lexer: one pass, one character at a time. */
#include "script/words.h"

#include <ctype.h>
#include <stdlib.h>

enum { NAME_MAX_LEN = 40, WORD_MAX_LEN = 65536 };

struct lexer {
	const char *at;
	const char *(*lookup)(void *ctx, const char *name);
	void *ctx;
	struct err *e;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* After a backslash inside quotes. */
static int escape(struct lexer *x, struct buf *out)
{
	static const char plain[] = "\"\\$", from[] = "nt", to[] = "\n\t";
	const char *known;
	char c = *x->at++;

	if (c && strchr(plain, c)) {
		buf_add(out, &c, 1);
		return 0;
	}
	known = c ? strchr(from, c) : NULL;
	if (known) {
		buf_add(out, &to[known - from], 1);
		return 0;
	}
	if (c == 'x' && hex_digit(x->at[0]) >= 0 && hex_digit(x->at[1]) >= 0) {
		c = (char)(hex_digit(x->at[0]) * 16 + hex_digit(x->at[1]));
		x->at += 2;
		buf_add(out, &c, 1);
		return 0;
	}
	return err_set(x->e, "'\\' in quotes is followed by n, t, \\, \", $ or xHH (two hexadecimal digits)");
}

static int variable(struct lexer *x, struct buf *out)
{
	char name[NAME_MAX_LEN + 1];
	const char *value;
	bool braces = *x->at == '{';
	size_t n = 0;

	if (braces)
		x->at++;
	while (is_name(x->at[n]))
		n++;
	if (n == 0 || n > NAME_MAX_LEN || (braces && x->at[n] != '}'))
		return err_set(x->e, "after '$' comes a name of letters and digits, as in $i or ${i}; "
		                     "for the sign itself write \"\\$\"");
	memcpy(name, x->at, n);
	name[n] = 0;
	x->at += n + braces;
	value = x->lookup(x->ctx, name);
	if (!value)
		return err_set(x->e, "there is no variable $%s; 'let NAME VALUE' sets one", name);
	buf_puts(out, value);
	return 0;
}

static int quoted(struct lexer *x, struct buf *out)
{
	while (*x->at != '"') {
		int rc = 0;
		char c = *x->at;

		if (!c)
			return err_set(x->e, "a quoted text has no closing \"");
		x->at++;
		if (c == '\\')
			rc = escape(x, out);
		else if (c == '$')
			rc = variable(x, out);
		else
			buf_add(out, &c, 1);
		if (rc < 0)
			return rc;
	}
	x->at++;
	return 0;
}

static int one_word(struct lexer *x, struct buf *out, bool *was_quoted)
{
	while (*x->at && !is_blank(*x->at)) {
		char c = *x->at++;
		int rc = 0;

		if (c == '"') {
			*was_quoted = true;
			rc = quoted(x, out);
		} else if (c == '$') {
			rc = variable(x, out);
		} else {
			buf_add(out, &c, 1);
		}
		if (rc == 0 && out->len > WORD_MAX_LEN)
			rc = err_set(x->e, "a word is longer than %d bytes", WORD_MAX_LEN);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Characters, not bytes; from 1. */
static unsigned column_of(const char *line, const char *at)
{
	unsigned column = 1;

	for (; line < at; line++)
		column += (*line & 0xc0) != 0x80;
	return column;
}

static void add(struct words *ws, const struct buf *text, bool was_quoted, unsigned column)
{
	char *copy = xcalloc(text->len + 1, 1);

	memcpy(copy, buf_text(text), text->len);
	ws->w = grow(ws->w, ws->n, &ws->cap, sizeof *ws->w);
	ws->w[ws->n++] = (struct word){ .text = copy, .len = text->len, .quoted = was_quoted, .column = column };
}

int words_split(struct words *ws, const char *line, const char *(*lookup)(void *ctx, const char *name), void *ctx,
                struct err *e)
{
	struct lexer x = { line, lookup, ctx, e };
	struct buf text = { 0 };
	const char *began = line;
	int rc = 0;

	*ws = (struct words){ 0 };
	for (;;) {
		bool was_quoted = false;

		while (is_blank(*x.at))
			x.at++;
		if (!*x.at || *x.at == '#')
			break;
		began = x.at;
		buf_clear(&text);
		rc = one_word(&x, &text, &was_quoted);
		if (rc < 0)
			break;
		add(ws, &text, was_quoted, column_of(line, began));
	}
	ws->stopped = column_of(line, rc < 0 ? began : x.at);
	buf_free(&text);
	return rc;
}

void words_free(struct words *ws)
{
	for (size_t i = 0; i < ws->n; i++)
		free(ws->w[i].text);
	free(ws->w);
	*ws = (struct words){ 0 };
}
