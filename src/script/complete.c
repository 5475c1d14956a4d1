/* SPDX-License-Identifier: MIT
 * Forms of verbs, read as a grammar: alternatives between " | ", groups in brackets, words, capitals. */
#include "script/complete.h"
#include "base/buf.h"

#include <ctype.h>
#include <stdlib.h>

enum { ITEMS_MAX = 16, TOKENS_MAX = 4 };

/* "STATE", or "[rq N]". */
struct item {
	char *token[TOKENS_MAX];
	size_t n;
	bool optional, used;
};

struct form {
	struct item items[ITEMS_MAX];
	size_t n;
	char *text; /* that the tokens point into */
};

/* What Tab offers must outlive the line: the words of all forms are few. */
static const char *kept(const char *word, size_t n)
{
	static struct {
		char **all;
		size_t n, cap;
	} words;

	for (size_t i = 0; i < words.n; i++)
		if (strlen(words.all[i]) == n && !memcmp(words.all[i], word, n))
			return words.all[i];
	words.all = grow(words.all, words.n, &words.cap, sizeof *words.all);
	return words.all[words.n++] = xstrndup(word, n);
}

/* --- reading a form ------------------------------------------------------------------------------------ */

static void add_tokens(struct item *it, char *text)
{
	for (char *save, *t = strtok_r(text, " ", &save); t && it->n < TOKENS_MAX; t = strtok_r(NULL, " ", &save))
		it->token[it->n++] = t;
}

/* One alternative. */
static void form_read(struct form *f, const char *text, size_t n)
{
	char *at;

	*f = (struct form){ .text = xstrndup(text, n) };
	for (at = f->text + strspn(f->text, " "); *at && f->n < ITEMS_MAX; at += strspn(at, " ")) {
		struct item *it = &f->items[f->n++];
		size_t len = *at == '[' ? strcspn(at, "]") : strcspn(at, " ");
		char *end = at + len;

		it->optional = *at == '[';
		at += it->optional;
		len = *end ? 1 : 0;
		*end = 0;
		add_tokens(it, at);
		at = end + len;
	}
}

/* --- matching ------------------------------------------------------------------------------------------ */

/* LISTEN stands in a form for itself. */
static bool is_capital(const char *token)
{
	return (isupper((unsigned char)*token) && strcmp(token, "LISTEN") != 0) || *token == '"' || !isascii(*token);
}

static bool token_fits(const char *token, const char *word, const struct complete_hooks *h)
{
	size_t n = strlen(word);

	if (is_capital(token))
		return h->accepts(h->ctx, token, word);
	for (const char *at = token; *at; at += strcspn(at, "|"), at += *at == '|')
		if (strcspn(at, "|") == n && !strncasecmp(at, word, n))
			return true;
	return false;
}

struct place {
	struct form *f;
	const char *const *words;
	size_t n, at;          /* of the words */
	size_t item;           /* the first that was not passed yet */
	const struct item *in; /* the group in which the words end; NULL */
	size_t token;          /* its next token */
};

/* Takes the words of this item; false: it does not fit. */
static bool take_item(struct place *p, struct item *it, const struct complete_hooks *h)
{
	size_t at = p->at;

	if (it->used || !it->n || !token_fits(it->token[0], p->words[at], h))
		return false;
	for (size_t t = 0; t < it->n; t++, at++) {
		if (at == p->n) {
			p->in = it;
			p->token = t;
			break;
		}
		if (!token_fits(it->token[t], p->words[at], h))
			return false;
	}
	it->used = true;
	p->at = at;
	return true;
}

/* The next word is an optional item's before the next one that must be, or that one's; behind the last of these any
 * optional one's. */
static bool step(struct place *p, const struct complete_hooks *h)
{
	for (size_t i = p->item; i < p->f->n; i++) {
		if (take_item(p, &p->f->items[i], h)) {
			p->item = p->f->items[i].optional ? p->item : i + 1;
			return true;
		}
		if (!p->f->items[i].optional)
			return false;
	}
	return false;
}

/* --- offering ------------------------------------------------------------------------------------------ */

static void offer(const char *token, const char *before, const struct complete_hooks *h,
                  void (*add)(void *to, const char *word), void *to)
{
	if (is_capital(token)) {
		h->words_of(h->ctx, token, before, add, to);
		return;
	}
	for (const char *at = token; *at; at += strcspn(at, "|"), at += *at == '|')
		add(to, kept(at, strcspn(at, "|")));
}

static void offer_next(const struct place *p, const struct complete_hooks *h, void (*add)(void *to, const char *word),
                       void *to)
{
	if (p->in) {
		offer(p->in->token[p->token], p->token ? p->in->token[p->token - 1] : "", h, add, to);
		return;
	}
	for (size_t i = p->item; i < p->f->n; i++) {
		const struct item *it = &p->f->items[i];

		if (!it->used && it->n)
			offer(it->token[0], i ? p->f->items[i - 1].token[0] : "", h, add, to);
		if (!it->optional)
			return;
	}
}

static void complete_one(const char *text, size_t len, const char *const words[], size_t n,
                         const struct complete_hooks *h, void (*add)(void *to, const char *word), void *to)
{
	struct form f;
	struct place p = { .f = &f, .words = words, .n = n };
	bool fits = true;

	form_read(&f, text, len);
	while (fits && p.at < p.n)
		fits = step(&p, h);
	if (fits)
		offer_next(&p, h, add, to);
	free(f.text);
}

/* Where this alternative ends: at " | " outside of brackets, or at what is said of all, "; each". */
static size_t alternative(const char *form)
{
	size_t depth = 0, n;

	for (n = 0; form[n] && (depth || (strncmp(form + n, " | ", 3) != 0 && form[n] != ';')); n++)
		depth += (form[n] == '[') - (form[n] == ']');
	return n;
}

void complete_form(const char *form, const char *const words[], size_t n, const struct complete_hooks *hooks,
                   void (*add)(void *to, const char *word), void *to)
{
	const char *all = strstr(form, "; each ");

	while (*form && *form != ';') {
		size_t len = alternative(form);
		struct buf one = { 0 };

		buf_addf(&one, "%.*s %s", (int)len, form, all ? all + strlen("; each ") : "");
		complete_one(buf_text(&one), one.len, words, n, hooks, add, to);
		buf_free(&one);
		form += len + (form[len] == ' ' ? 3 : 0);
	}
}
