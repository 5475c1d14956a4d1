/* SPDX-License-Identifier: MIT
 * The text of an observation by hand (by_hand.h): its lines, their words, and values of what they name. */
#ifndef DOCTOR_HAND_TEXT_H
#define DOCTOR_HAND_TEXT_H

#include "base/tap.h"
#include "model/unknown.h"

#include <stdio.h>
#include <stdlib.h>

PRINTF_LIKE(1, 2) __attribute__((noreturn)) static inline void hand_fail(const char *fmt, ...)
{
	va_list ap;

	printf("Bail out! by hand: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(1);
}

/* --- lines and words --------------------------------------------------------------------------------------- */

enum { HAND_LINES = 40, HAND_WORDS = 40, HAND_WORD = 80 };

enum hand_kind { HAND_LOOK, HAND_HOST, HAND_NET, HAND_LOG, HAND_PROCESS, HAND_SOCKS, HAND_PROBES, HAND_KINDS };
static const char *const hand_kinds[HAND_KINDS] = { "look", "host", "net", "log", "process", "socks", "probes" };

struct hand_word {
	char key[HAND_WORD], value[HAND_WORD]; /* a flag's value is "" */
};

struct hand_line {
	char label[HAND_WORD];
	enum hand_kind kind;
	bool out;
	struct hand_word words[HAND_WORDS];
	size_t n;
	uint32_t first_sock; /* 1 + the index of its first socket, when made */
	uint32_t first_was;
};

struct hand_text {
	struct hand_line lines[HAND_LINES];
	size_t n;
};

/* Cuts one word off; false: there is none on this line. */
static inline bool hand_next(const char **at, char out[HAND_WORD])
{
	size_t n;

	*at += strspn(*at, " \t");
	n = strcspn(*at, " \t\n");
	if (n >= HAND_WORD)
		hand_fail("a word is too long: %.90s", *at);
	memcpy(out, *at, n);
	out[n] = 0;
	*at += n;
	return n > 0;
}

static inline bool hand_kind(const char *word, enum hand_kind *kind)
{
	for (int k = 0; k < HAND_KINDS; k++)
		if (streq(word, hand_kinds[k])) {
			*kind = (enum hand_kind)k;
			return true;
		}
	return false;
}

static inline void hand_put(struct hand_line *l, const char *key, const char *value)
{
	size_t i = 0;

	while (i < l->n && !streq(l->words[i].key, key))
		i++;
	if (i == HAND_WORDS)
		hand_fail("too many words in %s", l->label);
	l->n += i == l->n;
	snprintf(l->words[i].key, HAND_WORD, "%s", key);
	snprintf(l->words[i].value, HAND_WORD, "%s", value);
}

static inline void hand_word(struct hand_line *l, char *word)
{
	char *equals = strchr(word, '=');

	if (equals)
		*equals = 0;
	hand_put(l, word, equals ? equals + 1 : "");
}

static inline void hand_read_line(struct hand_text *t, const char **at)
{
	struct hand_line *l = &t->lines[t->n];
	char word[HAND_WORD];

	if (!hand_next(at, l->label))
		return;
	if (++t->n == HAND_LINES)
		hand_fail("too many lines");
	if (hand_next(at, word) && !hand_kind(word, &l->kind)) {
		if (!hand_kind(l->label, &l->kind))
			hand_fail("neither %s nor %s is a kind", l->label, word);
		hand_word(l, word);
	} else if (!*word && !hand_kind(l->label, &l->kind)) {
		hand_fail("%s is no kind", l->label);
	}
	while (hand_next(at, word))
		hand_word(l, word);
}

static inline void hand_read(struct hand_text *t, const char *text)
{
	memset(t, 0, sizeof *t);
	for (const char *at = text; *at; at += *at == '\n')
		hand_read_line(t, &at);
}

static inline struct hand_line *hand_line(struct hand_text *t, const char *label)
{
	for (size_t i = 0; i < t->n; i++)
		if (streq(t->lines[i].label, label))
			return &t->lines[i];
	hand_fail("there is no line %s", label);
}

/* "waits.n=19", "waits=-" */
static inline void hand_differ(struct hand_text *t, char *word)
{
	char *dot = word + strcspn(word, ".="), *key = dot + 1, *equals;
	bool whole = *dot == '=';
	struct hand_line *l;

	*dot = 0;
	l = hand_line(t, word);
	if (whole) {
		l->out = streq(key, "-");
		return;
	}
	equals = strchr(key, '=');
	if (equals)
		*equals = 0;
	if (equals && streq(equals + 1, "-")) {
		for (size_t i = 0; i < l->n; i++)
			if (streq(l->words[i].key, key))
				l->words[i] = l->words[--l->n];
		return;
	}
	hand_put(l, key, equals ? equals + 1 : "");
}

/* What `but` changes; lines of its own stand behind a line break. */
static inline void hand_change(struct hand_text *t, const char *but)
{
	char word[HAND_WORD];

	while (hand_next(&but, word))
		hand_differ(t, word);
	for (; *but; but += *but == '\n')
		hand_read_line(t, &but);
}

/* --- values ------------------------------------------------------------------------------------------------ */

enum hand_how { HAND_NUMBER, HAND_MAYBE, HAND_SPAN, HAND_MS, HAND_US, HAND_FLAG, HAND_TEXT };

struct hand_key {
	const char *name;
	size_t offset, size;
	enum hand_how how;
};

#define HAND_KEY(type, name, member, how)                                                                              \
	{                                                                                                              \
		name, offsetof(type, member), sizeof(((type *)0)->member), how                                         \
	}

/* "60s", "200ms": nanoseconds. */
static inline int64_t hand_time(const char *text)
{
	char *end;
	double n = strtod(text, &end);

	if (strncmp(end, "ms", 2) == 0)
		return (int64_t)(n * 1e6);
	if (strncmp(end, "s", 1) == 0)
		return (int64_t)(n * 1e9);
	hand_fail("'%s' is no time", text);
}

static inline int64_t hand_number(const char *text)
{
	char *end;
	int64_t n = strtoll(text, &end, 10);

	if (end == text || *end)
		hand_fail("'%s' is no number", text);
	return n;
}

static inline int64_t hand_value(const struct hand_key *k, const char *text)
{
	switch (k->how) {
	case HAND_SPAN:
		return hand_time(text);
	case HAND_MS:
		return hand_time(text) / 1000000;
	case HAND_US:
		return hand_time(text) / 1000;
	case HAND_FLAG:
		return !*text;
	case HAND_MAYBE:
		return streq(text, "?") ? UNKNOWN : hand_number(text);
	default:
		return hand_number(text);
	}
}

/* Whole numbers of any width: their last bytes on a big-endian machine. */
static inline void hand_store(void *whole, const struct hand_key *k, const char *text)
{
	char *to = (char *)whole + k->offset;
	const bool big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	int64_t value;

	if (k->how == HAND_TEXT) {
		snprintf(to, k->size, "%s", text);
		return;
	}
	value = hand_value(k, text);
	memcpy(to, (char *)&value + (big_endian ? sizeof value - k->size : 0), k->size);
}

static inline const struct hand_key *hand_find_key(const struct hand_key *keys, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static inline bool hand_set(void *whole, const struct hand_key *keys, size_t n, const struct hand_word *w)
{
	const struct hand_key *k = hand_find_key(keys, n, w->key);

	if (k)
		hand_store(whole, k, w->value);
	return k != NULL;
}

static inline void hand_set_all(void *whole, const struct hand_key *keys, size_t n, const struct hand_line *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!hand_set(whole, keys, n, &l->words[i]))
			hand_fail("%s has no '%s'", l->label, l->words[i].key);
}

#endif
