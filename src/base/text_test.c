/* SPDX-License-Identifier: MIT
 * Text for a terminal: which bytes are characters, which of them show, how wide they are, where lines are cut. */
#include "base/tap.h"
#include "base/text.h"

#include <iconv.h>
#include <stdlib.h>

/* --- which bytes are characters ------------------------------------------------------------------------------- */

/* What the C library says of them: the bytes of the first character, 0 if it is none. */
static size_t by_iconv(iconv_t cd, const char *bytes, size_t n, uint32_t *code)
{
	char in[4], *from = in, *to = (char *)code;
	size_t left = n, room = sizeof *code;

	memcpy(in, bytes, n);
	iconv(cd, NULL, NULL, NULL, NULL);
	iconv(cd, &from, &left, &to, &room);
	return room ? 0 : (size_t)(from - in);
}

/* Sequences of four bytes, of which each is at a boundary of UTF-8's forms, or beside one: every form, every way to
 * spell it too long, both ends of the surrogates and the end of Unicode are among them. */
static void characters(void)
{
	static const unsigned char edges[] = { 0x00, 0x01, 0x09, 0x1f, 0x20, 0x41, 0x7e, 0x7f, 0x80, 0x81, 0x8e, 0x8f,
		                               0x90, 0x9f, 0xa0, 0xad, 0xbe, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe2,
		                               0xed, 0xee, 0xef, 0xf0, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xff };
	enum { N = ARRAY_SIZE(edges) };
	iconv_t cd = iconv_open(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? "UTF-32BE" : "UTF-32LE", "UTF-8");
	unsigned differ = 0, are = 0;

	for (unsigned i = 0; i < N * N * N * N; i++) {
		char s[4] = { (char)edges[i / N / N / N], (char)edges[i / N / N % N], (char)edges[i / N % N],
			      (char)edges[i % N] };
		size_t n = 1 + i % 4;
		uint32_t is = 0, should = 0;
		size_t len = text_decode(s, n, &is), right = by_iconv(cd, s, n, &should);

		if ((len != right || (len && is != should) || text_char(s, n) != len) && !differ++)
			printf("# of %zu: %02x %02x %02x %02x: %zu U+%x, iconv: %zu U+%x\n", n, (unsigned char)s[0],
			       (unsigned char)s[1], (unsigned char)s[2], (unsigned char)s[3], len, is, right, should);
		are += len > 0;
	}
	iconv_close(cd);
	ok(differ == 0 && are > 1000, "the same bytes are characters as for iconv (%u of %u)", are, N * N * N * N);
}

/* --- what is shown -------------------------------------------------------------------------------------------- */

static const struct {
	const char *bytes, *shown, *quoted, *what;
} texts[] = {
	{ "plain ~ text", "plain ~ text", "plain ~ text", "ASCII stays" },
	{ "é ≥ 한 😀", "é ≥ 한 😀", "é ≥ 한 😀", "so do the characters of all languages" },
	{ "a\tb", "a\\tb", "a\\tb", "a tab" },
	{ "a\nb", "a\\nb", "a\\nb", "the end of a line" },
	{ "a\rb", "a\\rb", "a\\rb", "a carriage return" },
	{ "a\bb\x1f", "a\\x08b\\x1f", "a\\x08b\\x1f", "other control characters" },
	{ "\033]0;owned\a", "\\x1b]0;owned\\x07", "\\x1b]0;owned\\x07", "a command to the terminal" },
	{ "\x7f", "\\x7f", "\\x7f", "DEL" },
	{ "\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f\xc2\xa0",
	  "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f\xc2\xa0",
	  "control characters of one byte in UTF-8 (U+0080-U+009F), not U+00A0" },
	{ "\x9b[31m", "\\x9b[31m", "\\x9b[31m", "CSI as one byte" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80", "half of a pair of UTF-16" },
	{ "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80",
	  "its neighbours are characters" },
	{ "\xc0\xaf\xe0\x80\xaf", "\\xc0\\xaf\\xe0\\x80\\xaf", "\\xc0\\xaf\\xe0\\x80\\xaf",
	  "characters spelled too long" },
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80", "beyond Unicode" },
	{ "\xe2\x82", "\\xe2\\x82", "\\xe2\\x82", "a character that is cut off" },
	{ "a\xe2\x80\xae"
	  "b",
	  "a\\xe2\\x80\\xaeb", "a\\xe2\\x80\\xaeb", "right to left" },
	{ "\\x1b and \\\\", "\\x1b and \\\\", "\\\\x1b and \\\\\\\\", "a backslash stays, but not between quotes" },
	{ "say \"hi\"", "say \"hi\"", "say \\\"hi\\\"", "so does a quote" },
};

static void escapes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct buf shown = { 0 }, quoted = { 0 }, again = { 0 };

		text_escape(&shown, texts[i].bytes, strlen(texts[i].bytes));
		same_text(buf_text(&shown), texts[i].shown, texts[i].what);
		text_quote(&quoted, texts[i].bytes, strlen(texts[i].bytes));
		same_text(buf_text(&quoted), texts[i].quoted, "between quotes");
		text_escape(&again, buf_text(&shown), shown.len);
		same_text(buf_text(&again), texts[i].shown, "escaped once is escaped for good");
		buf_free(&shown);
		buf_free(&quoted);
		buf_free(&again);
	}
}

/* NUL is a byte like others: a text says how long it is. */
static void escapes_nul(void)
{
	struct buf b = { 0 };

	text_escape(&b, "a\0b", 3);
	text_quote(&b, "\0", 1);
	same_text(buf_text(&b), "a\\x00b\\x00", "NUL");
	buf_free(&b);
}

/* The characters that do not show, as the Unicode Character Database has them (general categories Cc, Cf, Zl, Zp), but
 * for those that a text of its language needs: soft hyphen, Arabic number signs, hieroglyphs, music. */
static void hidden(void)
{
	static const struct {
		uint32_t first, last;
	} all[] = {
		{ 0x0, 0x1f },      { 0x7f, 0x9f },     { 0x61c, 0x61c },   { 0x180e, 0x180e }, { 0x200b, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff }
	};
	unsigned wrong = 0, n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		wrong += !text_shows(all[i].first - 1) && all[i].first > 0;
		wrong += !text_shows(all[i].last + 1);
	}
	for (uint32_t c = 0; c <= 0x10ffff; c++)
		n += !text_shows(c);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		for (uint32_t c = all[i].first; c <= all[i].last; c++)
			n -= !text_shows(c);
	ok(wrong == 0 && n == 0, "no other character is hidden");
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		ok(!text_shows(all[i].first) && !text_shows(all[i].last), "U+%04X to U+%04X do not show", all[i].first,
		   all[i].last);
}

/* --- widths --------------------------------------------------------------------------------------------------- */

static void widths(void)
{
	static const struct {
		const char *text;
		size_t columns;
	} rows[] = {
		{ "", 0 },
		{ "abc", 3 },
		{ "é", 1 },
		{ "─▶", 2 },
		{ "한글", 4 },
		{ "日本語", 6 },
		{ "ｆｕｌｌ", 8 },
		{ "😀", 2 },
		{ "e\xcc\x81", 1 }, /* e, combining acute accent
		                     */
		{ "\xff\xfe", 8 },
		{ "\xed\xa0\x80", 12 },
		{ "a\tb\nc\rd\033", 14 },
		{ "\xe2\x80\x8b", 12 }, /* zero width space */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ok(text_width(rows[i].text) == rows[i].columns, "'%s' takes %zu columns, not %zu", rows[i].text,
		   rows[i].columns, text_width(rows[i].text));
}

static void pads(void)
{
	struct buf b = { 0 };

	text_pad(&b, "한", 4);
	buf_puts(&b, "|");
	text_pad_left(&b, "ab", 4);
	buf_puts(&b, "|");
	text_pad(&b, "abcd", 4);
	buf_puts(&b, "|");
	text_pad(&b, "abcde", 4);
	text_pad_left(&b, "abcde", 4);
	same_text(buf_text(&b), "한  |  ab|abcd|abcdeabcde", "padded to columns, longer ones as they are");
	buf_free(&b);
}

/* --- lines ---------------------------------------------------------------------------------------------------- */

/* The text in lines of that width, joined by '|'. */
static void wraps(const char *text, size_t width, const char *lines)
{
	struct buf b = { 0 };
	const char *rest = text;

	while (*rest) {
		const char *from = rest;
		size_t n = text_wrap(from, width, &rest);

		buf_puts(&b, b.len ? "|" : "");
		buf_add(&b, from, n);
	}
	same_text(buf_text(&b), lines, "in lines");
	buf_free(&b);
}

static void lines(void)
{
	wraps("one two three", 9, "one two|three");
	wraps("one two three", 7, "one two|three");
	wraps("one two three", 6, "one|two|three");
	wraps("one two three", 13, "one two three");
	wraps("one  two", 4, "one |two");
	wraps("aaaaaaaaaa", 4, "aaaa|aaaa|aa");
	wraps("a bbbbbbbb", 4, "a|bbbb|bbbb");
	wraps("한글한글", 3, "한|글|한|글");
	wraps("한글한글", 4, "한글|한글");
	wraps("한", 1, "한");
	wraps("ab\033cd", 6, "ab\033|cd");
	wraps("ab\033cd", 5, "ab|\033c|d");
	wraps("", 5, "");
}

int main(void)
{
	characters();
	escapes();
	escapes_nul();
	hidden();
	widths();
	pads();
	lines();
	return tap_done();
}
