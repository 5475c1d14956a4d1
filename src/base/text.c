/* SPDX-License-Identifier: MIT
 * Text as it stands on a terminal. UTF-8 is decoded here and not by the locale, so that a scenario's
 * notes are laid out alike under LANG=C and LANG=ko_KR.UTF-8. */
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>

/* --- characters ---------------------------------------------------------------------------------------- */

struct range {
	uint32_t from, to;
};

static bool is_in(uint32_t cp, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cp >= ranges[i].from && cp <= ranges[i].to)
			return true;
	return false;
}

/* The halves of UTF-16's pairs are no characters, and have no UTF-8 (RFC 3629, 3): strict readers of JSON refuse the
 * whole line for one. */
static bool is_character(uint32_t cp, uint32_t least)
{
	return cp >= least && cp <= 0x10ffff && !(cp >= 0xd800 && cp <= 0xdfff);
}

size_t text_decode(const char *text, size_t n, uint32_t *code)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} form[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };
	const unsigned char *s = (const unsigned char *)text;

	for (size_t len = 1; len <= ARRAY_SIZE(form); len++) {
		if ((s[0] & form[len - 1].mask) != form[len - 1].lead)
			continue;
		if (len > n)
			return 0;
		*code = s[0] & (unsigned char)~form[len - 1].mask;
		for (size_t i = 1; i < len; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return 0;
			*code = *code << 6 | (s[i] & 0x3f);
		}
		return is_character(*code, form[len - 1].least) ? len : 0;
	}
	return 0;
}

size_t text_char(const char *s, size_t n)
{
	uint32_t cp;

	return text_decode(s, n, &cp);
}

bool text_shows(uint32_t code)
{
	static const struct range hidden[] = {
		{ 0x00, 0x1f },       /* control characters */
		{ 0x7f, 0x9f },       /* and those that begin sequences with one byte, as CSI */
		{ 0x061c, 0x061c },   /* direction (Unicode's Bidi_Control), here and below */
		{ 0x180e, 0x180e },   /* no width */
		{ 0x200b, 0x200f },   /* no width, direction */
		{ 0x2028, 0x202e },   /* ends of lines, direction */
		{ 0x2060, 0x206f },   /* no width, direction */
		{ 0xfeff, 0xfeff },   /* the byte order mark */
		{ 0xfff9, 0xfffb },   /* annotations */
		{ 0xe0000, 0xe0fff }, /* tags, and what is to be ignored by default */
	};

	return code < 0x80 ? code >= 0x20 && code != 0x7f : !is_in(code, hidden, ARRAY_SIZE(hidden));
}

/* --- escapes ------------------------------------------------------------------------------------------- */

size_t text_shown(const char *s, size_t n)
{
	size_t at = 0, len;
	uint32_t cp;

	while (at < n) {
		if (s[at] >= 0x20 && s[at] < 0x7f) {
			at++;
			continue;
		}
		len = text_decode(s + at, n - at, &cp);
		if (len == 0 || !text_shows(cp))
			break;
		at += len;
	}
	return at;
}

/* The letter that stands for a control character behind '\'; 0: it has none. */
static char letter_of(char c)
{
	static const char named[] = "\t\n\r", letters[] = "tnr";
	const char *at = c ? strchr(named, c) : NULL;

	return at ? letters[at - named] : 0;
}

/* What begins here and does not show; how many bytes that were. */
static size_t escape(struct buf *b, const char *s, size_t n)
{
	size_t len = text_char(s, n);

	len = len ? len : 1;
	if (letter_of(*s))
		buf_addf(b, "\\%c", letter_of(*s));
	else
		for (size_t i = 0; i < len; i++)
			buf_addf(b, "\\x%02x", (unsigned char)s[i]);
	return len;
}

void text_escape(struct buf *b, const char *s, size_t n)
{
	for (size_t at = 0; at < n;) {
		size_t plain = text_shown(s + at, n - at);

		buf_add(b, s + at, plain);
		at += plain;
		if (at < n)
			at += escape(b, s + at, n - at);
	}
}

void text_escape_from(struct buf *b, size_t from)
{
	size_t n = b->len - from;
	char *raw;

	if (n == 0 || text_shown(b->text + from, n) == n)
		return;
	raw = xstrndup(b->text + from, n);
	b->len = from;
	text_escape(b, raw, n);
	free(raw);
}

void text_quote(struct buf *b, const char *s, size_t n)
{
	struct buf shown = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"' || s[i] == '\\')
			buf_add(&shown, "\\", 1);
		buf_add(&shown, s + i, 1);
	}
	text_escape(b, buf_text(&shown), shown.len);
	buf_free(&shown);
}

/* --- columns and lines --------------------------------------------------------------------------------- */

/* Wide and combining ranges of the scripts our scenarios are written in (Unicode UAX #11). */
static size_t columns(uint32_t cp)
{
	static const struct range wide[] = { { 0x1100, 0x115f },  { 0x2e80, 0x303e }, { 0x3041, 0x33ff },
		                             { 0x3400, 0x4dbf },  { 0x4e00, 0x9fff }, { 0xa000, 0xa4cf },
		                             { 0xac00, 0xd7a3 },  { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f },
		                             { 0xff00, 0xff60 },  { 0xffe0, 0xffe6 }, { 0x1f300, 0x1faff },
		                             { 0x20000, 0x3fffd } };

	if (cp >= 0x300 && cp <= 0x36f)
		return 0;
	return is_in(cp, wide, ARRAY_SIZE(wide)) ? 2 : 1;
}

/* One character as it will be shown: how many bytes and columns. */
static size_t step(const char *s, size_t n, size_t *cols)
{
	uint32_t cp = 0;
	size_t len = text_decode(s, n, &cp);

	if (len && text_shows(cp))
		*cols = columns(cp);
	else
		*cols = letter_of(*s) ? strlen("\\t") : strlen("\\x1b") * (len ? len : 1);
	return len ? len : 1;
}

size_t text_width(const char *s)
{
	size_t width = 0, cols;

	for (size_t n = strlen(s); n > 0;) {
		size_t len = step(s, n, &cols);

		width += cols;
		s += len;
		n -= len;
	}
	return width;
}

static void blanks(struct buf *b, const char *s, size_t width)
{
	size_t w = text_width(s);

	if (w < width)
		buf_repeat(b, " ", width - w);
}

void text_pad(struct buf *b, const char *s, size_t width)
{
	buf_puts(b, s);
	blanks(b, s, width);
}

void text_pad_left(struct buf *b, const char *s, size_t width)
{
	blanks(b, s, width);
	buf_puts(b, s);
}

size_t text_wrap(const char *s, size_t width, const char **rest)
{
	size_t n = strlen(s), at = 0, used = 0, cut = 0, cols;

	while (at < n) {
		size_t len = step(s + at, n - at, &cols);

		if (used + cols > width && at > 0)
			break;
		if (s[at] == ' ')
			cut = at;
		used += cols;
		at += len;
	}
	if (at < n && s[at] != ' ' && cut > 0)
		at = cut;
	*rest = s + at;
	while (**rest == ' ')
		(*rest)++;
	return at;
}

/* --- numbers --------------------------------------------------------------------------------------------- */

bool number_parse(const char *text, long *n)
{
	char *end;

	if (!((text[0] >= '0' && text[0] <= '9') || (text[0] == '-' && text[1] >= '0' && text[1] <= '9')))
		return false;
	errno = 0;
	*n = strtol(text, &end, 10);
	return errno == 0 && *end == 0;
}
