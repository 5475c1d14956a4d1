/* SPDX-License-Identifier: MIT
 * A streaming JSON writer. */
#include "base/json.h"
#include "base/text.h"

#include <assert.h>
#include <math.h>

/* The bytes at the beginning that stand for themselves. */
static size_t plain(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && (unsigned char)s[i] >= 0x20 && (unsigned char)s[i] < 0x7f && s[i] != '"' && s[i] != '\\')
		i++;
	return i;
}

/* As its UTF-16 code units (RFC 8259, 7). */
static void escape(struct buf *out, uint32_t code)
{
	if (code > 0xffff) {
		escape(out, 0xd800 + ((code - 0x10000) >> 10));
		code = 0xdc00 + (code & 0x3ff);
	}
	buf_addf(out, "\\u%04x", code);
}

/* One character that is not plain ASCII, or a byte that is none; how many bytes that were. */
static size_t add_other(struct buf *out, const char *s, size_t n)
{
	static const char named[] = "\"\\\n\t\r", letter[] = "\"\\ntr";
	const char *e = *s ? strchr(named, *s) : NULL;
	uint32_t code;
	size_t len = text_decode(s, n, &code);

	if (e)
		buf_addf(out, "\\%c", letter[e - named]);
	else if (len == 0)
		buf_puts(out, "\\ufffd");
	else if (!text_shows(code))
		escape(out, code);
	else
		buf_add(out, s, len);
	return len ? len : 1;
}

static void quoted(struct buf *out, const char *s, size_t n)
{
	size_t most = plain(s, n);

	buf_puts(out, "\"");
	buf_add(out, s, most);
	for (size_t at = most; at < n;)
		at += add_other(out, s + at, n - at);
	buf_puts(out, "\"");
}

static void member(struct json *j, const char *key)
{
	if (j->comma)
		buf_puts(j->out, ",");
	j->comma = true;
	if (!key)
		return;
	quoted(j->out, key, strlen(key));
	buf_puts(j->out, ":");
}

void json_open(struct json *j, const char *key, char bracket)
{
	member(j, key);
	buf_add(j->out, &bracket, 1);
	j->comma = false;
}

void json_close(struct json *j, char bracket)
{
	buf_add(j->out, &bracket, 1);
	j->comma = true;
}

void json_string(struct json *j, const char *key, const char *value)
{
	member(j, key);
	quoted(j->out, value, strlen(value));
}

void json_number(struct json *j, const char *key, int64_t value)
{
	member(j, key);
	if (value < 0)
		buf_puts(j->out, "-");
	buf_number(j->out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_real(struct json *j, const char *key, double value)
{
	assert(isfinite(value)); /* JSON has no word for the others */
	member(j, key);
	buf_addf(j->out, "%.15g", value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	member(j, key);
	buf_puts(j->out, value ? "true" : "false");
}

void json_id(struct json *j, const char *key, uint64_t id)
{
	member(j, key);
	buf_puts(j->out, "\"");
	buf_number(j->out, id);
	buf_puts(j->out, "\"");
}
