/* SPDX-License-Identifier: MIT
 * Text as it stands on a terminal: width in columns, wrapping, and safety against hostile bytes. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"

#include <stdint.h>

/* Columns that UTF-8 text takes as text_escape() shows it: wide CJK characters count two, what is escaped as much as
 * its escape. So raw text may be padded, wrapped and cut first, and be escaped where it leaves. */
size_t text_width(const char *s);

/* Bytes of the character that begins here, of at most `n`; 0 if these bytes are no UTF-8 (RFC 3629: the shortest form,
 * up to U+10FFFF, no surrogates). text_decode() says which character, too. */
size_t text_char(const char *s, size_t n);
size_t text_decode(const char *s, size_t n, uint32_t *code);

/* False for control characters and for those that show nothing and change how others are shown: zero width, direction,
 * ends of lines. Such a character may command a terminal, or make a name read as another. */
bool text_shows(uint32_t code);

/* Adds `s` padded with blanks to `width` columns; longer text is added whole. */
void text_pad(struct buf *b, const char *s, size_t width);
void text_pad_left(struct buf *b, const char *s, size_t width);

/* The longest beginning of `s` that fits `width` columns, cut at a blank where there is one.
 * Returns its length in bytes; `*rest` is where the next line begins (blanks skipped). Never 0 unless
 * `s` is empty, so a loop over it ends. */
size_t text_wrap(const char *s, size_t width, const char **rest);

/* The longest beginning that needs no escape. */
size_t text_shown(const char *s, size_t n);

/* Adds `s` with characters that do not show (text_shows()) and bytes that are no UTF-8 as \n, \t, \r, \xHH: command
 * names and payloads are hostile input to a terminal. What is escaped already stays as it is. */
void text_escape(struct buf *b, const char *s, size_t n);

/* Does that to what `b` has from byte `from` on. */
void text_escape_from(struct buf *b, size_t from);

/* The same for what stands between quotes: " and \ are escaped too, so the bytes can be told back from it. */
void text_quote(struct buf *b, const char *s, size_t n);

/* Whole text to number, a minus before it or not; false if it is none, or none that a long holds. */
bool number_parse(const char *text, long *n);

#endif
