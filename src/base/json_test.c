/* SPDX-License-Identifier: MIT
 * The JSON writer: its lines, byte by byte. */
#include "base/json.h"
#include "base/tap.h"

/* Bytes as they come, and the string that stands for them (RFC 8259, 7; RFC 3629). */
static const struct {
	const char *bytes, *json, *what;
} strings[] = {
	{ "plain ~ text", "\"plain ~ text\"", "ASCII" },
	{ "", "\"\"", "nothing" },
	{ "a\tb", "\"a\\tb\"", "a tab" },
	{ "a\nb", "\"a\\nb\"", "the end of a line" },
	{ "a\rb", "\"a\\rb\"", "a carriage return" },
	{ "a\"b", "\"a\\\"b\"", "a quote" },
	{ "a\\b", "\"a\\\\b\"", "a backslash" },
	{ "a/b", "\"a/b\"", "a slash" },
	{ "\x01\x1f\033", "\"\\u0001\\u001f\\u001b\"", "control characters" },
	{ "\x7f", "\"\\u007f\"", "DEL, which JSON allows and a terminal acts upon" },
	{ "\xc2\x80\xc2\x9b\xc2\x9f", "\"\\u0080\\u009b\\u009f\"", "CSI and its like" },
	{ "\xc2\xa0", "\"\xc2\xa0\"", "U+00A0 is no control character" },
	{ "\xe2\x80\xae\xe2\x81\xa6", "\"\\u202e\\u2066\"", "direction" },
	{ "\xe2\x80\x8b\xef\xbb\xbf", "\"\\u200b\\ufeff\"", "no width" },
	{ "\xf3\xa0\x80\x81", "\"\\udb40\\udc01\"", "a tag, beyond 16 bits: a pair" },
	{ "é≥한😀", "\"é≥한😀\"", "other languages" },
	{ "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"", "the last character" },
	{ "a\x80z", "\"a\\ufffdz\"", "a byte that begins nothing" },
	{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"", "half of a pair of UTF-16" },
	{ "\xed\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\"", "the other half" },
	{ "\xe2\x82", "\"\\ufffd\\ufffd\"", "cut off" },
	{ "\xc0\xaf", "\"\\ufffd\\ufffd\"", "spelled too long" },
};

static void each_string(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		struct buf b = { 0 };
		struct json j = { &b, false };

		json_string(&j, NULL, strings[i].bytes);
		same_text(buf_text(&b), strings[i].json, strings[i].what);
		buf_free(&b);
	}
}

static void lines(void)
{
	struct buf b = { 0 };
	struct json j = { &b, false };

	json_open(&j, NULL, '{');
	json_open(&j, "none", '{');
	json_close(&j, '}');
	json_open(&j, "list", '[');
	json_number(&j, NULL, 1);
	json_open(&j, NULL, '{');
	json_bool(&j, "a\tkey", true);
	json_close(&j, '}');
	json_string(&j, NULL, "x");
	json_close(&j, ']');
	json_bool(&j, "no", false);
	json_id(&j, "id", UINT64_MAX);
	json_close(&j, '}');
	same_text(buf_text(&b),
	          "{\"none\":{},\"list\":[1,{\"a\\tkey\":true},\"x\"],\"no\":false,\"id\":\"18446744073709551615\"}",
	          "brackets and commas");
	buf_free(&b);
}

static void numbers(void)
{
	struct buf b = { 0 };
	struct json j = { &b, false };

	json_number(&j, NULL, 0);
	json_number(&j, NULL, -1);
	json_number(&j, NULL, INT64_MAX);
	json_number(&j, NULL, INT64_MIN);
	json_real(&j, NULL, 0.1);
	json_real(&j, NULL, -2.5e30);
	json_id(&j, NULL, 0);
	same_text(buf_text(&b), "0,-1,9223372036854775807,-9223372036854775808,0.1,-2.5e+30,\"0\"", "numbers");
	buf_free(&b);
}

int main(void)
{
	each_string();
	lines();
	numbers();
	return tap_done();
}
